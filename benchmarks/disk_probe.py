"""What one sync costs on a disk: figures of durable writes say nothing without it."""

import os
import statistics
import tempfile
import time


def sync_times(folder, count=500):
    """Median and 99th percentile in ms of 4 KiB written and synced, over and over, to a file that has its size."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix="sync-probe-") as file:
        file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        times = []
        for n in range(count):
            os.pwrite(file.fileno(), bytes(4096), n % 256 * 4096)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1000)
    return {"p50": round(statistics.median(times), 3), "p99": round(sorted(times)[count * 99 // 100], 3)}
