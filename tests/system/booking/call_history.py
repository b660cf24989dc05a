"""What clients asked the front ends and were told: one `Call` for each HTTP request, kept for the checker.

Times are nanoseconds of the machine's monotonic clock, so that calls of several processes can be compared.
"""

import dataclasses
import json
import threading
import time


def now():
    return time.monotonic_ns()


@dataclasses.dataclass
class Call:
    """`key` is ("seq", n) or ("idem_key", text) of a command, None of a read. `status` 0: no answer came."""

    client: str
    method: str
    path: str
    front_end: str
    start: int
    key: tuple | None = None
    asked: object = None
    end: int = 0
    status: int = 0
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    problem: str = ""

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def __getitem__(self, name):
        """A field of the answer."""
        return self.json[name]

    def get(self, name, default=None):
        return self.json.get(name, default)

    @property
    def code(self):
        return self.json.get("code")

    @property
    def outcome(self):
        return self.json.get("outcome")

    @property
    def offset(self):
        """The offset that the answer is of; None if it is of none."""
        text = self.headers.get("x-offset")
        return None if text is None else int(text)

    @property
    def replayed(self):
        return self.headers.get("idempotency-replayed") == "true"

    @property
    def took_ms(self):
        return (self.end - self.start) / 1e6

    def __str__(self):
        what = self.problem or f"{self.status} {self.body[:300].decode(errors='replace')}"
        return f"{self.client} {self.key or ''} {self.method} {self.path} at {self.front_end}: {what}"


class History:
    """Calls in the order in which they ended. Any thread may add."""

    def __init__(self):
        self._calls = []
        self._lock = threading.Lock()

    def add(self, call):
        with self._lock:
            self._calls.append(call)

    def take(self):
        """What came since the last time."""
        with self._lock:
            taken, self._calls = self._calls, []
            return taken

    def put_back(self, calls):
        """Calls that are to be judged later."""
        with self._lock:
            self._calls = calls + self._calls


def write(calls, path):
    with open(path, "w") as file:
        for call in calls:
            fields = {**dataclasses.asdict(call), "body": call.body.decode(errors="backslashreplace")}
            file.write(json.dumps(fields) + "\n")


def read(path):
    with open(path) as file:
        for line in file:
            fields = json.loads(line)
            key = tuple(fields.pop("key") or ()) or None
            yield Call(**{**fields, "key": key, "body": fields["body"].encode()})
