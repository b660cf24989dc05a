"""What of an answer the specification fixes: two machines must agree on it. Texts and extra fields are their own."""

import json

SEQUENCE_FREE = ("tick", "sm.version")
PUSHED = ("GRANTED", "WAIT_TIMEOUT", "SESSION_EXPIRED")
# The fields of a success's body that the specification names, by code.
BODY_FIELDS = {
    "SESSION_OPENED": ["session_id", "lease_ms", "grace_ms"],
    "TOUCHED": ["unknown"],
    "CLOSED": ["released_holds", "released_locks"],
    "SHOW_REMOVED": ["cancelled", "moved"],
    "HELD": ["hold_id", "seats", "price_cents", "expires_in_ms", "orphans"],
    "EXTENDED": ["hold_id", "expires_in_ms"],
    "BOOKED": ["booking_id", "seats", "price_cents"],
    "RESERVED": ["booking_id", "show_id", "seats", "price_cents", "orphans"],
    "CANCELLED": ["seats", "refund_cents"],
    "EXCHANGED": ["booking_id", "show_id", "seats", "price_cents", "diff_cents", "orphans"],
    "QUEUED": ["position"],
    "ADMITTED": ["token"],
    "WAITING": ["position", "eta_ms"],
    "GRANTED": ["token", "ttl_ms"],
    "STAGED": ["n"],
    "RELEASED": ["appended"],
    "NO_SUCH_SEAT": ["conflicts"],
    "NOT_OWNER": ["conflicts"],
    "NOT_OCCUPIED": ["conflicts"],
    "SEAT_TAKEN": ["conflicts"],
    "ORPHAN_SEAT": ["conflicts"],
    "NOT_ENOUGH_SEATS": ["free"],
}
EVENTS = {
    "session.opened", "session.safe", "session.jeopardy", "session.expired", "session.closed", "show.added",
    "show.updated", "show.removed", "booking.cancelled", "booking.moved", "seat.held", "seat.released",
    "seat.booked", "waitlist.joined", "waitlist.offered", "seat.blocked", "seat.unblocked", "queue.admitted", "lock.granted",
    "lock.released", "lockfile.appended", "lock.expired",
}  # fmt: skip
NAMED = {
    "session": ["session_id"],
    "lock": ["name", "token"],
    "lockfile": ["target"],
    "booking": ["booking_id"],
    "waitlist": ["hold_id", "expires_in_ms"],
}


def of_reply(reply):
    if reply["code"] == "BAD_COMMAND":
        return {"status": reply["status"], "code": "BAD_COMMAND"}
    body = {**reply, **(reply.get("body") or {})}
    names = ["booking_ids"] if body.get("booking_ids") else BODY_FIELDS.get(reply["code"], [])
    fixed = {name: body[name] for name in names if body.get(name) not in (None, [])}
    fixed.update({name: reply.get(name) for name in ("client_id", "seq", "idem_key", "status", "code")})
    fixed["replayed"] = bool(reply.get("replayed"))
    if reply["status"] == "OK" and reply["code"] != "SHOW_REMOVED":
        fixed["show_version"] = reply.get("show_version")
    if not fixed["replayed"]:
        fixed.update(offset=reply["offset"], time_ms=reply["time_ms"])
    return {name: value for name, value in fixed.items() if value is not None}


def of_replies(replies, kind):
    """In one order: the record's own answer, then whose waiting ended. A tick has nothing to answer."""
    if kind in SEQUENCE_FREE:
        replies = [reply for reply in replies if reply["code"] in PUSHED and {"seq", "idem_key"} & set(reply)]
    fixed = [of_reply(reply) for reply in replies]
    return sorted(
        fixed, key=lambda one: (str(one.get("client_id")), one.get("seq", 0), str(one.get("idem_key")), one["code"])
    )


def of_event(event):
    """What changed where. Names of fields that the specification does not give are left out."""
    kind = event["type"]
    fixed = [kind, event.get("show_id") or ""]
    if kind.startswith("seat."):
        fixed += [event.get("version", event.get("show_version")), *event["seats"]]
    for name in ("session_id", "name", "token", "target", "booking_id", "hold_id", "expires_in_ms"):
        if name in NAMED.get(kind.split(".")[0], ()):
            fixed.append(event.get(name))
    return json.dumps(fixed)


def of_events(events):
    """In any order."""
    return sorted(of_event(event) for event in events if event["type"] in EVENTS)


def of_line(line, kind):
    return {
        "time_ms": line["time_ms"],
        "replies": of_replies(line["replies"], kind),
        "events": of_events(line["events"]),
    }
