"""How the scripts lay out, find and stop the processes of the booking application; starts no cluster."""

import json
import pathlib
import subprocess
import time
import tomllib

import pytest

import running_cluster
from cluster import booking, configuration, process, replica_process
from cluster.cluster import Cluster
from cluster.layout import Layout


@pytest.fixture
def layout(tmp_path):
    return Layout(running_cluster.ROOT, tmp_path, 100, pathlib.Path("/marquee"), booking=True)


@pytest.fixture
def sleeper():
    child = subprocess.Popen(["sleep", "600"])
    # A busy machine shows for a moment what it was before it became this program.
    end = time.monotonic() + 10
    while not pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes().startswith(b"sleep"):
        assert time.monotonic() < end
        time.sleep(0.01)
    yield child
    child.kill()
    child.wait()


def start_ticks(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def note(data_dir, **noted):
    pathlib.Path(data_dir).mkdir(parents=True, exist_ok=True)
    (pathlib.Path(data_dir) / "process.json").write_text(json.dumps(noted))


def replica_of(layout, n=1):
    return next(p for p in layout.processes() if p.name == f"booking-replica-{n}")


def configured(layout, name):
    made = next(p for p in layout.processes() if p.name == name)
    command = configuration.write(layout, made, "postgresql:///")
    return command, tomllib.loads(layout.configuration_file(name).read_text())


def test_booking_adds_seven_processes_with_ports_of_their_own(layout):
    added = [p for p in layout.processes() if p.role.startswith("booking_")]
    assert [(p.name, p.http_port) for p in added] == [
        ("booking-replica-1", 8501),
        ("booking-replica-2", 8502),
        ("booking-replica-3", 8503),
        ("booking-replica-4", 8504),
        ("booking-supervisor", 8551),
        ("booking-fe-1", 8401),
        ("booking-fe-2", 8402),
    ]
    ports = [port for p in layout.processes() for port in p.ports()]
    assert len(ports) == len(set(ports))


def test_a_cluster_without_booking_has_none_of_them_and_its_load_balancer_knows_none(layout):
    layout.booking = False
    assert not any(p.role.startswith("booking_") for p in layout.processes())
    assert "booking_front_ends" not in configured(layout, "lb-1")[1]["load_balancer"]


def test_every_process_knows_those_that_it_speaks_to(layout):
    load_balancers = {"load_balancers": ["127.0.0.1:8180"]}
    assert configured(layout, "lb-1")[1]["load_balancer"]["booking_front_ends"] == ["127.0.0.1:8401", "127.0.0.1:8402"]
    command, front_end = configured(layout, "booking-fe-2")
    assert command == ["/marquee", "booking-front-end", "--config", str(layout.configuration_file("booking-fe-2"))]
    assert front_end["booking"] == load_balancers
    assert front_end["front_end"] == {
        "number": 2,
        "replicas": ["r1=127.0.0.1:8501", "r2=127.0.0.1:8502", "r3=127.0.0.1:8503", "r4=127.0.0.1:8504"],
    }
    command, replica = configured(layout, "booking-replica-3")
    assert command[1:2] == ["booking-replica"] and replica["booking"] == load_balancers
    assert replica["replica"] == {"id": "r3"} and replica["data_dir"].endswith("data/booking-replica-3")
    command, supervisor = configured(layout, "booking-supervisor")
    assert command[1:2] == ["booking-supervisor"] and supervisor["booking"] == load_balancers
    assert supervisor["supervisor"]["cluster_file"] == str(layout.cluster_file)
    assert supervisor["supervisor"]["replicas"][3] == f"r4={layout.configuration_file('booking-replica-4')}"


def test_a_replica_that_was_replaced_starts_again_as_its_newest_incarnation(layout):
    data_dir = replica_of(layout).data_dir
    note(data_dir, pid=1, start_ticks=0, replica="r1", incarnation=3)
    assert configured(layout, "booking-replica-1")[0][-2:] == ["--set", "replica.incarnation=3"]
    (pathlib.Path(data_dir) / "process.json").write_text("{")
    assert "--set" not in configured(layout, "booking-replica-1")[0]


def test_a_replica_is_the_process_that_its_data_directory_names(layout, sleeper):
    data_dir = replica_of(layout).data_dir
    assert replica_process.running(data_dir) is None
    note(data_dir, pid=sleeper.pid, start_ticks=start_ticks(sleeper.pid), replica="r1", incarnation=2)
    assert replica_process.running(data_dir)["command"] == ["sleep", "600"]
    note(data_dir, pid=sleeper.pid, start_ticks=start_ticks(sleeper.pid) - 1, replica="r1", incarnation=2)
    assert replica_process.running(data_dir) is None, "another process has that id"


def test_stopping_and_status_look_at_the_process_that_took_the_place_of_the_first(layout, sleeper):
    replica = replica_of(layout)
    note(replica.data_dir, pid=sleeper.pid, start_ticks=start_ticks(sleeper.pid), replica="r1", incarnation=2)
    replica.pid, replica.command = 2**22 - 1, ["/marquee", "booking-replica"]
    layout.cluster_file.write_text(json.dumps({"processes": [replica.to_json()]}))
    said = []
    cluster = Cluster(layout, say=said.append)
    assert [entry["pid"] for entry in cluster.running()] == [sleeper.pid]
    cluster.stop()
    assert said == ["booking-replica-1: stopped"] and not process.is_alive(sleeper.pid, ["sleep", "600"])
    assert cluster.running() == []


class FrontEnd:
    """Stands for a front end: what was asked of it, and shows that are there."""

    def __init__(self, monkeypatch, shows):
        self.shows = shows
        self.added = []
        monkeypatch.setattr(booking, "_call", self.call)

    def call(self, url, method, path, body=None):
        assert url == "http://127.0.0.1:8401" and path == "/v1/shows"
        if method == "GET":
            return {"shows": self.shows}
        self.added.append(body)
        return {"status": "success"}


def test_up_adds_two_shows_where_none_is_to_come(layout, monkeypatch):
    front_end = FrontEnd(monkeypatch, [{"show_id": "S1", "starts_at_ms": 1}])
    assert booking.add_shows(layout, say=lambda text: None) == "S2"
    assert [show["show_id"] for show in front_end.added] == ["S2", "S3"]
    for show in front_end.added:
        assert show["starts_at_ms"] > time.time() * 1000
        rows = show["rows"] if "rows" in show else len(show["layout"])
        assert sorted(row for each in show["categories"] for row in each["rows"]) == list(range(1, rows + 1))


def test_up_leaves_shows_as_they_are(layout, monkeypatch):
    front_end = FrontEnd(monkeypatch, [{"show_id": "mine", "starts_at_ms": time.time() * 1000 + 60_000}])
    assert booking.add_shows(layout, say=lambda text: None) == "mine"
    assert front_end.added == []
