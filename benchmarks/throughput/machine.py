"""On what was measured: figures without it say nothing."""

import os
import pathlib
import platform
import statistics
import subprocess
import time


def describe(root, folder):
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "kernel": platform.release(),
        "file_system": output("stat", "-f", "-c", "%T", str(folder)),
        "fdatasync_ms": sync_times(folder),
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "commit": output("git", "-C", str(root), "describe", "--always", "--dirty"),
        "started": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
    }


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def output(*command):
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    return made.stdout.strip() or "not known"


def sync_times(folder):
    """What one sync costs with nothing else running: 4 KiB written over and over to a file that has its size."""
    path = folder / "sync-probe"
    path.write_bytes(bytes(1 << 20))
    descriptor = os.open(path, os.O_WRONLY)
    os.fsync(descriptor)
    times = []
    for n in range(300):
        os.pwrite(descriptor, bytes(4096), (n % 256) * 4096)
        begin = time.perf_counter()
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - begin) * 1000)
    os.close(descriptor)
    path.unlink()
    return {"p50": round(statistics.median(times), 3), "p99": round(sorted(times)[-3], 3)}
