"""Every answer over HTTP is the model's answer to that command: code, status, body, place in the log; and always the same."""

from booking import indexed_model  # noqa: F401  (puts tests/booking on the path)
import specified_answers

NOT_STORED = ("BAD_COMMAND", "SEQ_TOO_OLD", "IDEMPOTENCY_MISMATCH", "NO_SUCH_SESSION", "SESSION_EXPIRED", "NOT_OWNER")
CODES = {
    200: "RELEASED EXTENDED CANCELLED EXCHANGED CLOSED SHOW_UPDATED SHOW_REMOVED LEFT BLOCKED UNBLOCKED ADMITTED GRANTED "
    "RENEWED STAGED BROKEN CONFIG_SET",
    201: "SESSION_OPENED SHOW_ADDED HELD BOOKED RESERVED QUEUED",
    202: "WAITING",
    400: "BAD_REQUEST BAD_COMMAND",
    401: "UNAUTHENTICATED",
    403: "NOT_OWNER NOT_ADMIN NOT_HOLDER NOT_ADMITTED",
    404: "NO_SUCH_SHOW NO_SUCH_SEAT NO_SUCH_HOLD NO_SUCH_BOOKING NO_SUCH_SESSION NO_SUCH_LOCK NOT_WAITING NOT_FOUND",
    409: "SEAT_TAKEN NOT_ENOUGH_SEATS NOT_OCCUPIED ALREADY_CONFIRMED ALREADY_RELEASED ALREADY_CANCELLED SHOW_EXISTS "
    "HAS_BOOKINGS CANNOT_SHRINK SHOW_CLOSED SHOW_STARTED NOT_SOLD_OUT ALREADY_WAITING LOCK_HELD STALE_TOKEN IN_PROGRESS "
    "SEQ_TOO_OLD",
    410: "SESSION_EXPIRED HOLD_EXPIRED LOCK_EXPIRED GONE",
    412: "VERSION_MISMATCH",
    413: "PAYLOAD_TOO_LARGE TXN_TOO_BIG",
    422: "ORPHAN_SEAT LIMIT HOLD_LIMIT DUPLICATE_SEAT BAD_LAYOUT BAD_CONFIG IDEMPOTENCY_MISMATCH",
    429: "QUEUE TOO_MANY_SESSIONS",
    503: "NO_QUORUM NO_MAJORITY",
    504: "TIMEOUT WAIT_TIMEOUT",
}
STATUS = {code: status for status, codes in CODES.items() for code in codes.split()}


def owner_of(command):
    """(client, key) of a decoded record; None if it has none."""
    if not command or not isinstance(command.get("client_id"), str):
        return None
    for name in ("seq", "idem_key"):
        if command.get(name) is not None:
            key = command[name]
            return (command["client_id"], (name, key if isinstance(key, int) else str(key)))
    return None


def fixed(reply, time_ms):
    """What the specification fixes of a reply, told at whatever time and for the how-manieth time."""
    return specified_answers.of_reply({**reply, "replayed": False, "time_ms": time_ms})


def is_among(reply, wanted):
    """Whether one of the model's replies is this one."""
    return any(fixed(reply, 0) == fixed(one, 0) for one in wanted)


def are_events(told, wanted):
    return specified_answers.of_events(told) == specified_answers.of_events(wanted)


def as_reply(call):
    """The reply record that an HTTP answer was made of."""
    answer = call.json
    ok = answer.get("status") == "success"
    envelope = ("status", "code", "outcome", "offset")
    reply = {
        "client_id": call.client,
        call.key[0]: call.key[1],
        "status": "OK" if ok else "ERROR",
        "code": answer.get("code"),
        "offset": call.offset,
        "replayed": False,
        "body": {name: value for name, value in answer.items() if name not in envelope},
    }
    version = call.headers.get("etag", "").strip('"')
    if version.isdigit():
        reply["show_version"] = int(version)
    return reply


class Answers:
    """Over all portions of a run: `judge` has the log as far as it is read."""

    def __init__(self, judge):
        self.judge = judge
        self.first = {}  # (client, key, offset, code) -> the first such answer
        self.succeeded = {}  # (client, key) -> offset of its success
        self.final = {}  # (client, key) -> when it was first told that its waiting is over

    def check(self, call):
        if call.key is None or not call.status:
            return
        code = call.code
        if code is None or (STATUS.get(code) != call.status and not is_accepted(call)):
            self.judge.problem("I6", f"{code} as {call.status}: {call}")
            return
        if call.offset is None:
            self.check_without_offset(call)
            return
        self.check_place(call)
        self.check_same(call)

    def check_without_offset(self, call):
        """Given by the front end alone: it must not say that anything was done."""
        if call.outcome == "done":
            self.judge.problem("I4", f"done without an offset: {call}")
        if call.status >= 500 and call.outcome != "unknown":
            self.judge.problem("I6", f"{call.status} that claims to know: {call}")

    def check_place(self, call):
        judge, offset, owner = self.judge, call.offset, (call.client, call.key)
        if offset >= judge.next_offset:
            judge.problem("I4", f"answered at offset {offset}, and the log ends at {judge.next_offset - 1}: {call}")
            return
        if judge.owner_at.get(offset) != owner:
            judge.problem("I4", f"offset {offset} holds a command of {judge.owner_at.get(offset)}: {call}")
            return
        wanted = [reply for reply in judge.replies.get(offset, ()) if reply["code"] == call.code]
        if not is_among(as_reply(call), wanted):
            said = judge.replies.get(offset, ())
            judge.problem("I6", f"{call}; version {call.headers.get('etag')}; the model says {said}")
        if call.json.get("offset", offset) != offset:
            judge.problem("I6", f"X-Offset is {offset}: {call}")

    def check_same(self, call):
        judge, owner = self.judge, (call.client, call.key)
        same = (*owner, call.offset, call.code)
        first = self.first.setdefault(same, call)
        if first.body != call.body or first.headers.get("etag") != call.headers.get("etag"):
            judge.problem("I3", f"answered {first}, then {call}")
        if call.json.get("status") == "success":
            if self.succeeded.setdefault(owner, call.offset) != call.offset:
                judge.problem("I3", f"{owner} succeeded at {self.succeeded[owner]} and at {call.offset}")
        if "/acquire" in call.path and call.code != "WAITING" and call.code not in NOT_STORED:
            self.final[owner] = min(call.end, self.final.get(owner, call.end))
        if "/acquire" in call.path and call.code == "WAITING" and call.start > self.final.get(owner, call.start):
            judge.problem("I3", f"told to wait after its waiting was over: {call}")


def is_accepted(call):
    return call.status == 202 and call.path.startswith("/v1/admin/")
