"""File systems that are small enough to be filled: one in memory for each broker's data directory."""

import contextlib
import os
import pathlib
import subprocess

SIZE = "1500m"  # room for what half an hour writes; only what is written takes memory


@contextlib.contextmanager
def mounted(folders):
    """Needs to be root. Raises CalledProcessError where mounting is not allowed."""
    done = []
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "marquee-chaos", str(folder)], check=True)
            done.append(folder)
        yield
    finally:
        for folder in done:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder):
    """Takes every free byte of the file system that `folder` is on; gives the file to remove."""
    file = pathlib.Path(folder) / "filler"
    with open(file, "wb") as target:
        free = os.statvfs(folder)
        os.posix_fallocate(target.fileno(), 0, free.f_bavail * free.f_frsize)
    return file
