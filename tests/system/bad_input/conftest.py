"""Bad input: after every test all processes are the same as before, without a report, and their logs are clean."""

import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import front_doors  # noqa: E402

REPORTS = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "ThreadSanitizer", "invariant violated", "terminate called")
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) \S+ [a-z_./]+: ")

UNESCAPED = re.compile("[\x00-\x1f\x7f-\x9f]")


class LogWatch:
    """Reads what the processes log during a test, and insists that each line is one that they meant to write."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.start = {entry["name"]: self._size(entry) for entry in self._entries()}

    def _entries(self):
        return [entry for entry in self._cluster.processes() if entry["role"] != "postgres"]

    @staticmethod
    def _size(entry):
        path = pathlib.Path(entry["log"])
        return path.stat().st_size if path.exists() else 0

    def written(self):
        """What was logged since, by process name, as bytes; whole lines only."""
        found = {}
        for entry in self._entries():
            with open(entry["log"], "rb") as log:
                log.seek(self.start.get(entry["name"], 0))
                found[entry["name"]] = log.read().rpartition(b"\n")[0]
        return found

    def check(self):
        for name, text in self.written().items():
            self.check_text(name, text.decode())  # must be UTF-8

    @staticmethod
    def check_text(name, text):
        for report in REPORTS:
            assert report not in text, f"{name} reported {report}:\n{text[:4000]}"
        for line in text.split("\n") if text else []:
            assert LOG_LINE.match(line), f"{name} logged a line that is not its own: {line!r}"
            assert not UNESCAPED.search(line), f"{name} logged unescaped: {line!r}"


@pytest.fixture
def logs(cluster):
    return LogWatch(cluster)


@pytest.fixture(autouse=True)
def everything_survives(cluster, logs):
    before = {entry["name"]: entry["pid"] for entry in cluster.processes()}
    yield
    for entry in cluster.processes():
        assert cluster.is_alive(entry) and entry["pid"] == before[entry["name"]], f"{entry['name']} died"
    logs.check()


@pytest.fixture
def doors(cluster):
    return front_doors.all_of(cluster)


@pytest.fixture(scope="session", autouse=True)
def slow_since_the_beginning(shared_cluster):
    """Half requests at each process, opened before the first test: their time-outs run while other tests do."""
    doors = front_doors.all_of(shared_cluster)
    opened = {"header section": {}, "body": {}}
    for name in front_doors.PROCESSES:
        whole = doors[name].request("slow")
        for part, length in (("header section", 30), ("body", whole.index(b"\r\n\r\n") + 5)):
            opened[part][name] = doors[name].connect()
            opened[part][name].send(whole[:length])
    yield opened
    for connections in opened.values():
        for connection in connections.values():
            connection.close()


@pytest.fixture(params=front_doors.NAMES)
def door(request, doors):
    """Each way in: the load balancer towards both kinds of managers, and a manager of each kind directly."""
    return doors[request.param]


@pytest.fixture(params=front_doors.PROCESSES)
def process_door(request, doors):
    """One way in for each process."""
    return doors[request.param]
