"""Four replicas over topics of their own, without front ends: what they are given is what the test writes to the log."""

import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

from booking.topic_reader import TopicReader

NAMES = ("r1", "r2", "r3", "r4")
KEPT = {"durability": "durable", "retention.ms": -1, "retention.bytes": -1, "partition.max.messages": 0}


class FourReplicas:
    def __init__(self, cluster, folder, prefix, settings):
        self.cluster = cluster
        self.folder = folder
        self.prefix = prefix
        self.settings = {"replica.snapshot_records": 60, "replica.self_check_records": 50, **settings}
        self.ports = {name: free_port() for name in NAMES}
        self.running = {}
        self._seq = 0
        self._producer = None

    def create_topics(self):
        commands = {**KEPT, "partitions.max": 1, "message.timestamp.type": "append"}
        self.cluster.api("POST", "/topics", {"name": f"{self.prefix}.cmd", "partitions": 1, "config": commands})
        self.cluster.api(
            "POST", "/topics", {"name": f"{self.prefix}.reply", "partitions": 16, "config": {"durability": "relaxed"}}
        )

    # processes

    def data_dir(self, name):
        return self.folder / name

    def snapshots(self, name):
        """Newest first."""
        found = self.data_dir(name).glob("1/*.snapshot")
        return sorted(found, key=lambda path: int(path.stem), reverse=True)

    def log_text(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start(self, *names, wait=True, **settings):
        for name in names:
            chosen = {
                "name": f"booking-replica-{name[1:]}",
                "http.port": self.ports[name],
                "replica.id": name,
                "data_dir": self.data_dir(name),
                "booking.load_balancers": self.cluster.url.removeprefix("http://"),
                "booking.topic_prefix": self.prefix,
                **self.settings,
                **{key.replace("__", "."): value for key, value in settings.items()},
            }
            arguments = [part for key, value in chosen.items() for part in ("--set", f"{key}={value}")]
            with open(self.folder / f"{name}.log", "ab") as log:
                command = [str(self.cluster.layout.binary), "booking-replica", *arguments]
                self.running[name] = subprocess.Popen(command, stdout=log, stderr=log)
        for name in names if wait else ():
            wait_until(lambda one=name: self.ask(one, "/ready")[0] == 200, f"{name} is ready")

    def end(self, name, how=signal.SIGKILL):
        process = self.running.pop(name)
        process.send_signal(how)
        return process.wait(timeout=30)

    def ask(self, name, target, body=None):
        """(status, JSON); (0, {}) while nobody answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[name]}{target}", data, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=12) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")
        except OSError:
            return 0, {}

    def applied(self, name):
        return self.ask(name, "/status")[1].get("offset", -1)

    def digest(self, name, offset):
        wait_until(lambda: self.applied(name) >= offset, f"{name} has applied offset {offset}")
        status, answer = self.ask(name, f"/digest?offset={offset}")
        assert status == 200, answer
        return answer["digest"]

    def assert_equal_digests(self, offset):
        digests = {name: self.digest(name, offset) for name in NAMES}
        assert len(set(digests.values())) == 1, (offset, digests)
        return digests["r1"]

    # the log

    def command(self, kind, client, body):
        self._seq += 1
        return json.dumps(
            {"v": 1, "type": kind, "client_id": client, "seq": self._seq, "reply_to": "fe-2", "body": body}
        )

    def write(self, *commands):
        """The offset of the last one."""
        if self._producer is None:
            self._producer = self.cluster.api("POST", "/producer/register", {"topic": f"{self.prefix}.cmd"})["producer_id"]
        messages = [{"message": one} for one in commands]
        answer = self.cluster.api(
            "POST",
            "/producer/produce",
            {"topic": f"{self.prefix}.cmd", "producer_id": self._producer, "messages": messages},
        )
        return answer["results"][-1]["offset"]

    def add_show(self, show="S1"):
        body = {"show_id": show, "movie": "Dune", "hall": "1", "starts_at_ms": 4102444800000, "rows": 25, "cols": 7}
        return self.write(self.command("show.add", "admin", body))

    def reserve(self, client, *seats, show="S1"):
        return self.write(*[self.command("seat.reserve", client, {"show_id": show, "seats": [seat]}) for seat in seats])

    def hold_and_release(self, count):
        """Commands that never run out of seats: one offset each."""
        return self.write(
            *[self.command("seat.hold", f"c{n % 7}", {"show_id": "S1", "best": {"n": 1}}) for n in range(count)]
        )

    def votes(self):
        """What was voted for front end 2, which asks for everything here."""
        return [json.loads(one.value) for one in TopicReader(self.cluster, f"{self.prefix}.reply").read_new()]

    def vote_times(self, offset):
        """{replica: when its vote on the record at this offset was stored}."""
        stored = TopicReader(self.cluster, f"{self.prefix}.reply").read_new()
        votes = [(json.loads(one.value), one.timestamp_ms) for one in stored]
        return {vote["replica"]: at_ms for vote, at_ms in votes if vote["at_offset"] == offset}

    @contextlib.contextmanager
    def commands_all_the_time(self):
        """Until the block ends; what it gives is told the last offset."""
        told = {"last": -1}
        stop = threading.Event()

        def run():
            while not stop.is_set():
                told["last"] = self.hold_and_release(10)

        writer = threading.Thread(target=run)
        writer.start()
        try:
            yield told
        finally:
            stop.set()
            writer.join(timeout=60)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, patience_s=60):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {patience_s} s"
        time.sleep(0.05)


@contextlib.contextmanager
def four_replicas(cluster, folder, prefix, **settings):
    made = FourReplicas(cluster, folder, prefix, settings)
    made.create_topics()
    try:
        yield made
    finally:
        for name in list(made.running):
            made.end(name)
        texts = [made.log_text(name) for name in NAMES if (folder / f"{name}.log").exists()]
        assert not any("Sanitizer" in text or "runtime error" in text for text in texts), texts
