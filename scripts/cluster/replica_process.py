"""Which process a booking replica is: the supervisor may have put another one in the place of the one that was started."""

import json
import pathlib


def running(data_dir):
    """What `process.json` in the replica's data directory says of a process that still runs, with its command; or None."""
    noted = _noted(data_dir)
    if noted is None:
        return None
    try:
        stat = pathlib.Path(f"/proc/{noted['pid']}/stat").read_text().rpartition(")")[2].split()
        arguments = pathlib.Path(f"/proc/{noted['pid']}/cmdline").read_bytes().split(b"\0")[:-1]
    except (OSError, KeyError):
        return None
    # Fields 3 (state) and 22 (start time) of the line: ids are used again, but not at the same tick.
    if stat[0] == "Z" or int(stat[19]) != noted.get("start_ticks"):
        return None
    return {**noted, "command": [argument.decode(errors="surrogateescape") for argument in arguments]}


def incarnation_arguments(data_dir):
    """What a replica that has been replaced is started with: an incarnation that was retired must not come back."""
    incarnation = (_noted(data_dir) or {}).get("incarnation", 1)
    return [] if incarnation == 1 else ["--set", f"replica.incarnation={incarnation}"]


def _noted(data_dir):
    try:
        noted = json.loads((pathlib.Path(data_dir) / "process.json").read_text())
    except (OSError, ValueError):
        return None
    return noted if isinstance(noted, dict) else None
