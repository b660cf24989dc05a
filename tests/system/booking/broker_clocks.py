"""Brokers whose wall clocks a test can move while they run (shifted_clock.c says how)."""

import contextlib
import pathlib
import shutil
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def library(folder):
    compiler = next(found for name in ("clang-19", "clang", "cc", "gcc") if (found := shutil.which(name)))
    built = folder / "shifted_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(built), str(HERE / "shifted_clock.c")], check=True)
    return built


@contextlib.contextmanager
def movable(booking, folder):
    """Gives `move(entry, seconds)`: from then on that broker's clock is so many seconds off the machine's."""
    preloaded = library(folder)
    commands = {entry["name"]: entry["command"] for entry in booking.cluster.processes("broker")}
    files = {name: folder / f"{name}.clock" for name in commands}

    def move(entry, seconds):
        with open(files[entry["name"]], "r+b") as file:
            file.write(struct.pack("<q", seconds))

    for name, command in commands.items():
        files[name].write_bytes(struct.pack("<q", 0))
        booking.restart_with(name, ["env", f"LD_PRELOAD={preloaded}", f"MARQUEE_TEST_CLOCK={files[name]}", *command])
    try:
        yield move
    finally:
        for entry in booking.cluster.processes("broker"):
            move(entry, 0)
