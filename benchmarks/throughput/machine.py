"""On what was measured: figures without it say nothing."""

import os
import pathlib
import platform
import subprocess
import time

import disk_probe


def describe(root, folder):
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "kernel": platform.release(),
        "file_system": output("stat", "-f", "-c", "%T", str(folder)),
        "fdatasync_ms": disk_probe.sync_times(folder),
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
