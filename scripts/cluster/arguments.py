"""Options that `up` and `down` share."""

import argparse
import os
import pathlib

from .layout import Layout

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def parser(description):
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--state-dir", type=pathlib.Path, default=ROOT / ".marquee", help="data, logs and cluster.json")
    made.add_argument("--port-offset", type=int, default=0, help="added to every port, for clusters side by side")
    return made


def layout(options):
    binary = os.environ.get("MARQUEE_BINARY") or ROOT / "build" / "release" / "cli" / "marquee"
    return Layout(
        ROOT,
        options.state_dir.resolve(),
        options.port_offset,
        pathlib.Path(binary).resolve(),
        booking=not getattr(options, "without_booking", True),
    )
