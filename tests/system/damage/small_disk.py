"""A file system of its own for one broker's data directory, small enough to be filled.

An ext4 in a file where loop devices are allowed (blocks are taken late there, as on most servers), else one in memory.
"""

import contextlib
import os
import subprocess

import pytest

MIB = 1 << 20


@contextlib.contextmanager
def mounted(folder, image, mib):
    """Skips the test with both reasons where nothing can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = _mount_loop(folder, image, mib)
    if loop is not None:
        memory = _run("mount", "-t", "tmpfs", "-o", f"size={mib}m", "marquee-full", str(folder))
        if memory is not None:
            pytest.skip(f"no small disk can be mounted: loop device: {loop}; in memory: {memory}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mount_loop(folder, image, mib):
    """None, or why not."""
    with open(image, "wb") as file:
        file.truncate(mib * MIB)
    return _run("mkfs.ext4", "-q", "-m", "0", str(image)) or _run("mount", "-o", "loop", str(image), str(folder))


def _run(*command):
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except OSError as problem:
        return str(problem)
    return None if made.returncode == 0 else made.stderr.strip() or f"status {made.returncode}"


def free_bytes(folder):
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize


@contextlib.contextmanager
def filled(folder, left_bytes=0):
    """Somebody else takes all space but `left_bytes`; what becomes free meanwhile stays free."""
    ballast = folder / "ballast"
    try:
        with open(ballast, "wb", buffering=0) as file:
            wanted = free_bytes(folder) - left_bytes
            if wanted > 0:
                with contextlib.suppress(OSError):  # part of it goes to the file system itself
                    os.posix_fallocate(file.fileno(), 0, wanted)
            if left_bytes == 0:
                _write_until_full(file)
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _write_until_full(file):
    file.seek(0, os.SEEK_END)
    for size in (1 << 20, 1 << 16, 1 << 12):
        with contextlib.suppress(OSError):
            while file.write(b"x" * size):
                os.fsync(file.fileno())
