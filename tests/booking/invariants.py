"""The invariants of booking.md section 7 that one machine alone can break, checked after every record of a model run.

I1 a seat has one owner; I2 the four states add up; I3 one effect and one answer for each key; I8 all or nothing;
I9 tokens grow and old ones do nothing; I10 grants in the order of asking; I11 time and expiry; I12 owners only.
"""

import copy
import json

LONGEST_STEP_MS = 1000
NOT_STORED = ("BAD_COMMAND", "SEQ_TOO_OLD", "IDEMPOTENCY_MISMATCH", "NO_SUCH_SESSION", "SESSION_EXPIRED", "NOT_OWNER")
BY_HOLD = ("hold.extend", "hold.release", "booking.confirm")
BY_BOOKING = ("booking.cancel", "booking.exchange")
BY_TOKEN = ("lock.renew", "lock.append", "lock.release")


class Broken(Exception):
    pass


def need(condition, invariant, what):
    if not condition:
        raise Broken(f"{invariant}: {what}")


def claims(state):
    """{(show, seat): [(state, by which hold or booking)]}."""
    found = {}
    for kind, entities in (("HELD", state.holds), ("BOOKED", state.bookings)):
        for entity in entities.values():
            if entity["state"] == "LIVE":
                for seat in entity["seats"]:
                    found.setdefault((entity["show"], seat), []).append((kind, entity["id"]))
    for show in state.shows.values():
        for seat in show["blocked"]:
            found.setdefault((show["id"], seat), []).append(("BLOCKED", show["id"]))
    return found


class World:
    """What is looked at before and after a command."""

    def __init__(self, state):
        self.claims = claims(state)
        self.holds = {hold["id"]: (hold["client"], hold["state"]) for hold in state.holds.values()}
        self.bookings = {booking["id"]: (booking["client"], booking["state"]) for booking in state.bookings.values()}
        self.grants = {lock["name"]: copy.deepcopy(lock["grant"]) for lock in state.locks.values()}
        self.waiting = {lock["name"]: [one["session"] for one in lock["waiters"]] for lock in state.locks.values()}
        self.lockfiles = dict(state.lockfiles)
        self.sessions = set(state.sessions)

    def effects(self):
        return (self.claims, self.holds, self.bookings, self.grants, self.waiting, self.lockfiles)


class CheckedModel:
    """A model that is looked at between the parts of each record; raises Broken."""

    def __init__(self, model, record_type):
        self.model = model
        self.state = model.state
        self.record_type = record_type
        self.answers = {}  # (client, key) -> the answer that is to stay
        self.queues = {}  # lock -> [(session, who)] in the order of asking
        self.highest_token = 0
        self.time_ms = 0

    def apply(self, offset, timestamp_ms, value):
        record = self.record_type(offset, timestamp_ms)
        deadlines = Deadlines(self.state)
        self.model.before_command(record)
        self.check_time()
        deadlines.check_what_ended(self.state)
        check_nothing_is_overdue(self.state)
        before = World(self.state)
        self.model.command(record, value)
        after = World(self.state)
        self.model.after_command(record)
        own, *pushed = record.replies
        self.check_seats()
        self.check_answer(own)
        self.check_pushed(pushed)
        check_effect(own, before, after)
        check_owner(own, value, before)
        self.check_tokens(own, value, before, after)
        self.check_queues(own, value)
        return {"time_ms": self.state.time_ms, "replies": record.replies, "events": record.events}

    def check_time(self):
        step = self.state.time_ms - self.time_ms
        need(0 <= step <= LONGEST_STEP_MS, "I11", f"booking time moved by {step}")
        self.time_ms = self.state.time_ms

    def check_seats(self):
        taken = claims(self.state)
        for (show_id, seat), by in taken.items():
            need(show_id in self.state.shows, "I2", f"{seat} of {show_id}, which is gone, is {by}")
            need(len(by) == 1, "I1", f"{seat} of {show_id} is {by}")
        for show in self.state.shows.values():
            total = sum(line.count("s") for line in show["layout"])
            known = {
                (show["id"], f"{row}{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[column]}")
                for row, line in enumerate(show["layout"], 1)
                for column, one in enumerate(line)
                if one == "s"
            }
            mine = {place for place in taken if place[0] == show["id"]}
            need(mine <= known and len(known - mine) + len(mine) == total, "I2", f"{show['id']}: {mine - known}")
        for booking in self.state.bookings.values():
            need(booking["state"] != "LIVE" or booking["seats"], "I1", f"{booking['id']} has no seats")

    def check_answer(self, own):
        key = (own.get("client_id"), own.get("seq"), own.get("idem_key"))
        if key[1:] == (None, None):
            return
        if own["replayed"]:
            first = self.answers.setdefault(key, {**own, "replayed": False})
            need({**own, "replayed": False} == first, "I3", f"{key} was answered {first}, then {own}")
        elif own["code"] not in NOT_STORED:
            need(key not in self.answers, "I3", f"{key} was executed twice: {self.answers.get(key)} and {own}")
            self.answers[key] = own

    def check_pushed(self, pushed):
        for reply in pushed:
            key = (reply["client_id"], reply.get("seq"), reply.get("idem_key"))
            need(self.answers.get(key, reply)["code"] in ("WAITING", reply["code"]), "I3", f"{key} changed to {reply}")
            self.answers[key] = reply

    def check_tokens(self, own, value, before, after):
        for name, lock in self.state.locks.items():
            token = lock["grant"]["token"] if lock["grant"] else 0
            old = (before.grants.get(name) or {"token": 0})["token"]
            if token and token != old:
                need(token > self.highest_token, "I9", f"{name} was granted {token} after {self.highest_token}")
        grants = [lock["grant"]["token"] for lock in self.state.locks.values() if lock["grant"]]
        self.highest_token = max([self.highest_token, *grants])
        need(len(grants) == len(set(grants)), "I9", f"tokens {grants}")
        if own["status"] == "OK" and not own["replayed"] and (command := read(value)) and command["type"] in BY_TOKEN:
            grant = before.grants.get(command["body"]["name"]) or {}
            need(grant.get("token") == command["body"]["token"], "I9", f"{own['code']} under an old token")
            need(grant.get("session") == command["session_id"], "I12", f"{own['code']} by another session")
        if after.lockfiles != before.lockfiles:
            need(own["code"] == "RELEASED" and not own["replayed"], "I9", f"{own['code']} wrote a lock file")

    def check_queues(self, own, value):
        """Grants go to the first who asked and still waits."""
        command = read(value)
        if command and command.get("type") == "lock.acquire" and own["code"] == "WAITING" and not own["replayed"]:
            queue = self.queues.setdefault(command["body"]["name"], [])
            if command["session_id"] not in queue:
                queue.append(command["session_id"])
        for name, queue in self.queues.items():
            lock = self.state.locks[name]
            waiting = [one["session"] for one in lock["waiters"]]
            holder = lock["grant"]["session"] if lock["grant"] else None
            if holder in queue:
                ahead = queue[: queue.index(holder)]
                need(not set(ahead) & set(waiting), "I10", f"{name} went to {holder}, before {ahead}")
            need(
                waiting == [one for one in queue if one in waiting], "I10", f"{name}: {waiting}, asked in order {queue}"
            )
            need(set(waiting) <= set(self.state.sessions), "I10", f"{name}: dead sessions wait")
            self.queues[name] = waiting


class Deadlines:
    """What could end, taken before a record, to see afterwards that nothing ended early."""

    def __init__(self, state):
        self.sessions = {one["id"]: one["lease_deadline"] + one["grace_ms"] for one in state.sessions.values()}
        self.holds = {
            hold["id"]: (hold["deadline"], hold["session"]) for hold in state.holds.values() if hold["state"] == "LIVE"
        }
        self.grants = {
            lock["grant"]["token"]: (lock["grant"]["deadline"], lock["grant"]["session"])
            for lock in state.locks.values()
            if lock["grant"]
        }

    def check_what_ended(self, state):
        now = state.time_ms
        for session, deadline in self.sessions.items():
            need((session in state.sessions) == (deadline > now), "I11", f"{session}, due at {deadline}, at {now}")
        for hold, (deadline, session) in self.holds.items():
            due = deadline <= now or self.has_ended(session, state)
            need((state.holds[hold]["state"] == "EXPIRED") == due, "I11", f"{hold}, due at {deadline}, at {now}")
        current = {lock["grant"]["token"] for lock in state.locks.values() if lock["grant"]}
        for token, (deadline, session) in self.grants.items():
            due = deadline <= now or self.has_ended(session, state)
            need((token not in current) == due, "I11", f"the grant {token}, due at {deadline}, at {now}")

    @staticmethod
    def has_ended(session, state):
        return session is not None and session not in state.sessions


def check_nothing_is_overdue(state):
    for show in state.shows.values():
        for place in show["admitted"]:
            need(place["deadline"] > state.time_ms, "I11", f"{place} is over")
    for lock in state.locks.values():
        for waiter in lock["waiters"]:
            need(waiter["deadline"] is None or waiter["deadline"] > state.time_ms, "I11", f"{waiter} is over")


def read(value):
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("body"), dict) else None


def check_effect(own, before, after):
    if own["status"] == "ERROR" or own["replayed"]:
        need(
            before.effects() == after.effects(), "I8", f"{own['code']} changed something (replayed: {own['replayed']})"
        )
        return
    booking_id = own["body"].get("booking_id")
    if booking_id and own["code"] in ("RESERVED", "BOOKED", "EXCHANGED"):
        owned = sorted(seat for (_, seat), by in after.claims.items() if ("BOOKED", booking_id) in by)
        need(owned == sorted(own["body"]["seats"]), "I8", f"{booking_id} has {owned}, was told {own['body']['seats']}")
    if own["code"] in ("CANCELLED", "RELEASED") and "seats" in own["body"]:
        gone = set(before.claims) - set(after.claims)
        need(sorted(seat for _, seat in gone) == sorted(own["body"]["seats"]), "I8", f"{own['code']} freed {gone}")


def check_owner(own, value, before):
    """Judged by what was there before the command."""
    if own["status"] == "ERROR" or own["replayed"]:
        return
    command = read(value)
    if command["type"] in BY_HOLD:
        need(before.holds[command["body"]["hold_id"]] == (command["client_id"], "LIVE"), "I12", f"{command}")
    if command["type"] in BY_BOOKING:
        need(before.bookings[command["body"]["booking_id"]] == (command["client_id"], "LIVE"), "I12", f"{command}")
    if command["type"] == "seat.cancel":
        for seat in command["body"]["seats"]:
            [(_, booking)] = before.claims[(command["body"]["show_id"], seat)]
            need(before.bookings[booking][0] == command["client_id"], "I12", f"{command} took {booking}")
    if command["type"] == "session.close":
        need(command["session_id"] in before.sessions, "I12", f"{command}")
