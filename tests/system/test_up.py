"""scripts/up and scripts/down as a person types them."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request

import pytest

import running_cluster
from cluster import process
from cluster.cluster import Cluster
from cluster.layout import Layout


class Commands:
    """A state folder and a port offset of their own."""

    def __init__(self, binary, state_dir):
        self.binary = binary
        self.state_dir = state_dir
        self.offset = running_cluster.free_offset()

    def run(self, script, *arguments):
        return subprocess.run(
            [str(running_cluster.ROOT / "scripts" / script), "--state-dir", str(self.state_dir), *arguments],
            env=dict(os.environ, MARQUEE_BINARY=str(self.binary)),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self, *arguments):
        """Without the booking application: tests/system/booking/test_up_with_booking.py has it."""
        return self.run("up", "--port-offset", str(self.offset), "--without-booking", *arguments)

    def processes(self):
        return json.loads((self.state_dir / "cluster.json").read_text())["processes"]


@pytest.fixture(scope="module")
def commands(binary, tmp_path_factory):
    """One cluster for all tests here: each does `up` first, which is harmless if it runs already."""
    yield from serve(binary, tmp_path_factory.mktemp("up"))


@pytest.fixture
def commands_of_nothing(binary, tmp_path):
    yield from serve(binary, tmp_path)


def serve(binary, state_dir):
    made = Commands(binary, state_dir)
    yield made
    made.run("down")
    layout = Layout(running_cluster.ROOT, made.state_dir, made.offset, made.binary)
    running_cluster.remove_database(Cluster(layout, say=lambda text: None).known(), made.state_dir)


def test_up_proves_itself_twice_and_down_stops_everything(commands):
    first = commands.up()
    assert first.returncode == 0, first.stdout + first.stderr
    produced = int(re.search(r"produced (\d+) records in", first.stdout)[1])
    read = re.search(r"read back (\d+) records in .* all (\d+) produced lines are there", first.stdout)
    assert produced > 0 and int(read[1]) == int(read[2]) == produced
    for command in ("marquee cluster", "consume packages", "curl -s", "kcat -b"):
        assert command in first.stdout

    second = commands.up()
    assert second.returncode == 0, second.stdout + second.stderr
    assert f"produced {produced}" not in second.stdout and f"read back {produced} records" in second.stdout

    assert commands.run("down").returncode == 0
    assert [entry["name"] for entry in commands.processes() if process.is_alive(entry["pid"], entry["command"])] == []

    third = commands.up()
    assert third.returncode == 0, third.stdout + third.stderr
    assert f"read back {produced} records" in third.stdout


def test_restart_brings_a_killed_process_back(commands):
    assert commands.up().returncode == 0
    entry = next(one for one in commands.processes() if one["name"] == "broker-2")
    os.kill(entry["pid"], signal.SIGKILL)
    restarted = commands.up("--restart", "broker-2")
    assert restarted.returncode == 0, restarted.stdout + restarted.stderr
    with urllib.request.urlopen(entry["http"] + "/ready", timeout=5) as answer:
        assert answer.status == 200
    again = next(one for one in commands.processes() if one["name"] == "broker-2")
    assert again["pid"] != entry["pid"] and again["broker_id"] == entry["broker_id"] == 2
    unknown = commands.up("--restart", "broker-9")
    assert unknown.returncode == 1 and "broker-9" in unknown.stderr and "broker-1" in unknown.stderr


def test_a_taken_port_is_an_error_that_names_it_and_nothing_is_started(commands_of_nothing):
    commands = commands_of_nothing
    port = 9093 + commands.offset
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        refused = commands.up()
    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr and "--port-offset" in refused.stderr
    assert not (commands.state_dir / "cluster.json").exists()
