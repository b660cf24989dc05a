"""scripts/up as a person types it: the booking application is there, with shows, and what is printed works."""

import json
import os
import re
import shlex
import signal
import subprocess
import time
import urllib.request

import running_cluster
from cluster import process
from cluster.cluster import Cluster
from cluster.layout import Layout


def run(script, binary, state_dir, *arguments):
    return subprocess.run(
        [str(running_cluster.ROOT / "scripts" / script), "--state-dir", str(state_dir), *arguments],
        env=dict(os.environ, MARQUEE_BINARY=str(binary), HOME=str(state_dir)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def shows(front_end):
    with urllib.request.urlopen(front_end["http"] + "/v1/shows", timeout=10) as answer:
        return [show["show_id"] for show in json.load(answer)["shows"]]


def try_what_is_printed(text):
    """The three commands that book, as they stand there."""
    commands = re.findall(r"^  (\S+ booking .*)$", text, re.MULTILINE)
    assert [command.split()[6] for command in commands] == ["shows", "reserve", "bookings"], text
    printed = [subprocess.run(shlex.split(one), capture_output=True, text=True, timeout=60, check=False) for one in commands]
    assert [made.returncode for made in printed] == [0, 0, 0], printed
    assert "B-" in printed[2].stdout


def test_up_has_shows_to_book_and_down_stops_what_took_a_replicas_place(binary, tmp_path):
    offset = running_cluster.free_offset()
    control = Cluster(Layout(running_cluster.ROOT, tmp_path, offset, binary, booking=True), say=lambda text: None)
    try:
        up = run("up", binary, tmp_path, "--port-offset", str(offset))
        assert up.returncode == 0, up.stdout + up.stderr
        entries = {entry["name"]: entry for entry in control.known()}
        assert sum(entry["role"].startswith("booking_") for entry in entries.values()) == 7
        page = re.search(r"http://\S+/booking/", up.stdout)[0]
        with urllib.request.urlopen(page, timeout=10) as answer:
            assert answer.status == 200 and b"<html" in answer.read()
        assert len(shows(entries["booking-fe-2"])) == 2
        try_what_is_printed(up.stdout)

        replica = entries["booking-replica-2"]
        os.kill(replica["pid"], signal.SIGKILL)
        while process.is_alive(replica["pid"], replica["command"]):
            time.sleep(0.05)
        again = run("up", binary, tmp_path, "--port-offset", str(offset))
        assert again.returncode == 0, again.stdout + again.stderr
        assert len(shows(entries["booking-fe-1"])) == 2
        assert len(control.running()) == len(entries)
    finally:
        assert run("down", binary, tmp_path).returncode == 0
        assert control.running() == []
        running_cluster.remove_database(control.known(), tmp_path)
