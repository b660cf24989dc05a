"""What must hold whatever the model says: folds what records did, and looks at each step.

I1 and I2: a seat changes only from a state that allows it, one version of its show at a time. I9: tokens grow, and only the
current one does anything. I10: grants go in the order of asking. I11: time and deadlines. I12: owners only.
"""

import json

LONGEST_STEP_MS = 1000
BY_TOKEN = ("lock.renew", "lock.append", "lock.release")
# kind of event: (states that allow it, the state after it)
STEPS = {
    "seat.held": (("AVAILABLE",), "HELD"),
    "seat.booked": (("AVAILABLE", "HELD"), "BOOKED"),
    "seat.released": (("HELD", "BOOKED"), "AVAILABLE"),
    "seat.blocked": (("AVAILABLE",), "BLOCKED"),
    "seat.unblocked": (("BLOCKED",), "AVAILABLE"),
}


class Ledgers:
    """`problem(invariant, text)` is called for each violation. Records come in the order of the log."""

    def __init__(self, problem):
        self.problem = problem
        self.parts = [Clock(problem), Seats(problem), Tokens(problem), Owners(problem)]

    def record(self, offset, timestamp_ms, command, result):
        """`command`: the decoded record, or None. `result`: {"time_ms","replies","events"}, own reply first."""
        for part in self.parts:
            part.record(offset, timestamp_ms, command, result)

    @property
    def seats(self):
        return self.parts[1]


class Clock:
    def __init__(self, problem):
        self.problem = problem
        self.time_ms = None
        self.timestamp_ms = None
        self.holds = {}  # hold id -> deadline

    def record(self, offset, timestamp_ms, command, result):
        before, now = self.time_ms, result["time_ms"]
        wanted = 0 if before is None else before + min(max(timestamp_ms - self.timestamp_ms, 0), LONGEST_STEP_MS)
        if now != wanted:
            self.problem("I11", f"booking time at {offset} is {now}, and should be {wanted}")
        self.time_ms, self.timestamp_ms = now, timestamp_ms
        for event in result["events"]:
            if event["type"] == "hold.expired":
                self.expired(offset, event["hold_id"], result)
            elif event["type"] == "waitlist.offered":
                self.holds[event["hold_id"]] = now + event["expires_in_ms"]
        self.take_deadlines(result, now)

    def expired(self, offset, hold_id, result):
        """Not before its deadline, unless its session ended in the same record."""
        deadline = self.holds.pop(hold_id, None)
        ended = any(event["type"] == "session.expired" for event in result["events"])
        if deadline is not None and deadline > result["time_ms"] and not ended:
            self.problem("I11", f"{hold_id} expired at {result['time_ms']}, {deadline - result['time_ms']} ms early ({offset})")

    def take_deadlines(self, result, now):
        for reply in result["replies"][:1]:
            body = reply.get("body") or {}
            if reply["status"] == "OK" and not reply["replayed"] and "hold_id" in body:
                if reply["code"] in ("HELD", "EXTENDED"):
                    self.holds[body["hold_id"]] = now + body["expires_in_ms"]
                deadline = self.holds.get(body["hold_id"])
                if reply["code"] == "BOOKED" and deadline is not None and deadline <= now:
                    self.problem("I11", f"{body['hold_id']} was confirmed at {now}, and ended at {deadline}")


class Seats:
    """{show: {seat: (state, hold or booking)}}, by events alone."""

    def __init__(self, problem):
        self.problem = problem
        self.shows = {}
        self.versions = {}

    def record(self, offset, timestamp_ms, command, result):
        for event in result["events"]:
            kind, show = event["type"], event.get("show_id")
            if kind in STEPS:
                self.step(offset, kind, show, event)
            if kind == "show.removed":
                self.shows.pop(show, None)
                self.versions.pop(show, None)
            elif kind == "show.added":
                self.shows[show], self.versions[show] = {}, 1
            elif (kind in STEPS or kind == "show.updated") and show in self.versions:
                self.versions[show] += 1
                told = event.get("show_version", event.get("version"))
                if told != self.versions[show]:
                    self.problem("I2", f"{kind} at {offset} made version {told} of {show}, after {self.versions[show] - 1}")

    def step(self, offset, kind, show, event):
        allowed, after = STEPS[kind]
        seats = self.shows.setdefault(show, {})
        for seat in event["seats"]:
            state, by = seats.get(seat, ("AVAILABLE", None))
            if state not in allowed:
                self.problem("I1", f"{kind} at {offset} of {show} {seat}, which is {state} by {by}")
            if after == "AVAILABLE":
                seats.pop(seat, None)
            else:
                seats[seat] = (after, event.get("booking_id") or event.get("hold_id"))

    def states(self):
        """{(show, seat): state} of all that are not AVAILABLE."""
        return {(show, seat): state for show, seats in self.shows.items() for seat, (state, _) in seats.items()}


class Tokens:
    def __init__(self, problem):
        self.problem = problem
        self.highest = 0
        self.current = {}  # lock -> (token, session)
        self.asked = {}  # lock -> [session] in the order of asking, of those who wait
        self.waits = {}  # offset of an acquire that was told to wait -> (lock, session)

    def record(self, offset, timestamp_ms, command, result):
        own = result["replies"][0] if result["replies"] else None
        used = command and command.get("type") in BY_TOKEN and own and own["status"] == "OK" and not own["replayed"]
        if used:
            # What expires in this record has gone before the command, and its own release comes after it.
            gone = [e["token"] for e in result["events"] if e["type"] == "lock.expired"]
            body = command["body"]
            token, session = self.current.get(body["name"], (None, None))
            if token != body["token"] or token in gone:
                self.problem("I9", f"{own['code']} at {offset} under token {body['token']} of {body['name']}, now {token}")
            elif session != command.get("session_id"):
                self.problem("I12", f"{own['code']} at {offset} of {body['name']} by {command.get('session_id')}")
        wrote = any(event["type"] == "lockfile.appended" for event in result["events"])
        if wrote and not (used and own["code"] == "RELEASED"):
            self.problem("I9", f"a lock file was written at {offset} without a release")
        self.leave(result)
        for reply in result["replies"][1:]:
            if reply["code"] == "WAIT_TIMEOUT" and reply["offset"] in self.waits:
                name, session = self.waits[reply["offset"]]
                self.asked[name] = [one for one in self.asked[name] if one != session]
        for event in result["events"]:
            if event["type"] == "lock.granted":
                self.granted(offset, event)
            elif event["type"] in ("lock.released", "lock.expired"):
                if self.current.get(event["name"], (None, None))[0] == event["token"]:
                    del self.current[event["name"]]
        if command and own and own["code"] == "WAITING" and not own["replayed"] and command.get("type") == "lock.acquire":
            queue = self.asked.setdefault(command["body"]["name"], [])
            self.waits[offset] = (command["body"]["name"], command["session_id"])
            if command["session_id"] not in queue:
                queue.append(command["session_id"])

    def leave(self, result):
        """Whoever is told that its waiting or its session is over waits no more."""
        ended = {e["session_id"] for e in result["events"] if e["type"] in ("session.expired", "session.closed")}
        for queue in self.asked.values():
            queue[:] = [session for session in queue if session not in ended]

    def granted(self, offset, event):
        name, token, session = event["name"], event["token"], event["session_id"]
        if token <= self.highest:
            self.problem("I9", f"{name} was granted token {token} at {offset}, after {self.highest}")
        self.highest = max(self.highest, token)
        if name in self.current:
            self.problem("I9", f"{name} was granted to {session} at {offset} while {self.current[name]} had it")
        self.current[name] = (token, session)
        queue = self.asked.get(name, [])
        if session in queue:
            if queue[0] != session:
                self.problem("I10", f"{name} went to {session} at {offset}, before {queue[: queue.index(session)]}")
            queue.remove(session)
        elif queue:
            self.problem("I10", f"{name} went to {session} at {offset}, which did not wait, before {queue}")


class Owners:
    def __init__(self, problem):
        self.problem = problem
        self.of = {}  # hold or booking id -> client

    def record(self, offset, timestamp_ms, command, result):
        for event in result["events"]:
            if event["type"] == "waitlist.offered":
                self.of[event["hold_id"]] = event["client_id"]
        own = result["replies"][0] if result["replies"] else None
        if not command or not own or own["status"] != "OK" or own["replayed"]:
            return
        body, asked = own.get("body") or {}, command.get("body") or {}
        for name in ("hold_id", "booking_id"):
            if name in asked and self.of.get(asked[name]) != command["client_id"]:
                owner = self.of.get(asked[name])
                self.problem("I12", f"{own['code']} at {offset} of {asked[name]}, of {owner}, by {command['client_id']}")
        for made in [body.get("hold_id"), body.get("booking_id"), *body.get("booking_ids", [])]:
            if made:
                self.of.setdefault(made, command["client_id"])


def decoded(value):
    """A record as far as it is JSON with a body."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("body", {}), dict) else None
