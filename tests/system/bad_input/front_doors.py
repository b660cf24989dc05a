"""The HTTP ports that clients reach, and for each a request that shows what its server understood."""

import dataclasses
import json
import pathlib

import raw_http


@dataclasses.dataclass
class FrontDoor:
    """`path` answers 404 naming the topic of its JSON body, if that topic does not exist: so a test sees which body
    was taken for which request. `role` is who finds that out."""

    name: str
    entry: dict
    role: str
    path: str
    others: dict  # further fields that `path` requires

    @property
    def address(self):
        host, _, port = self.entry["http"].removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def component(self):
        return f"{self.entry['role']}/{self.entry['name']}"

    def body(self, topic="no-such-topic", **fields):
        return json.dumps({"topic": topic, **self.others, **fields}).encode()

    def request(self, topic="no-such-topic", **options):
        return raw_http.request("POST", self.path, self.body(topic), **options)

    def exchange(self, data, timeout_s=10.0):
        return raw_http.exchange(self.address, data, timeout_s)

    def connect(self, timeout_s=10.0):
        return raw_http.RawConnection(self.address, timeout_s)

    def send_json(self, body):
        """The answer to a POST of `body` (bytes, valid or not)."""
        return self.exchange(raw_http.request("POST", self.path, body))


def all_of(cluster):
    """By name. Through the load balancer there are two ways, one to each kind of manager."""
    produce = {"path": "/producer/produce", "others": {"producer_id": "nobody", "message": "m"}}
    register = {"path": "/consumer/register", "others": {}}
    ways = [
        ("lb-to-writes", "load_balancer", "write_manager", produce),
        ("lb-to-reads", "load_balancer", "read_manager", register),
        ("write_manager", "write_manager", "write_manager", produce),
        ("read_manager", "read_manager", "read_manager", register),
    ]
    return {name: FrontDoor(name, cluster.processes(entry)[0], role, **rest) for name, entry, role, rest in ways}


NAMES = ["lb-to-writes", "lb-to-reads", "write_manager", "read_manager"]
#: One for each process: enough where the request never gets beyond its HTTP server.
PROCESSES = ["lb-to-writes", "write_manager", "read_manager"]


def understood(answer, topic):
    """True if the answer is about a request for `topic`, whole and as it was meant."""
    return answer.status == 404 and answer.json["code"] == "TOPIC_NOT_FOUND" and f"'{topic}'" in answer.json["message"]


def assert_refused(answer, status, code="BAD_REQUEST"):
    """The documented form of a failure. Returns its JSON."""
    assert answer is not None, "the connection was closed without an answer"
    assert answer.status == status, answer
    assert answer.field("Content-Type") == "application/json", answer
    assert answer.field("X-Request-Id"), answer
    found = answer.json
    assert found["status"] == "failure" and found["code"] == code, answer
    assert found["component"] and found["message"] and found["outcome"] in ("definite", "unknown"), answer
    assert isinstance(found["retriable"], bool)
    if status in (429, 503):
        assert found["retriable"] and found["retry_after_ms"] >= 1 and int(answer.field("Retry-After")) >= 1
    return found


def resident_bytes(entry):
    for line in pathlib.Path(f"/proc/{entry['pid']}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
