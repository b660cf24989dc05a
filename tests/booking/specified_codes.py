"""Which code the specification lets which command answer."""

EXEMPT = ("tick", "session.touch", "sm.version")
TAKING = "NO_SUCH_SHOW SHOW_CLOSED NOT_ADMITTED DUPLICATE_SEAT LIMIT NO_SUCH_SEAT SEAT_TAKEN ORPHAN_SEAT"
OF_HOLD = "NO_SUCH_HOLD NOT_OWNER HOLD_EXPIRED ALREADY_RELEASED ALREADY_CONFIRMED"
OF_BOOKING = "NO_SUCH_BOOKING NOT_OWNER ALREADY_CANCELLED SHOW_STARTED DUPLICATE_SEAT NO_SUCH_SEAT"
OF_TOKEN = "NO_SUCH_LOCK NOT_HOLDER LOCK_EXPIRED STALE_TOKEN"
BLOCKING = "NOT_ADMIN NO_SUCH_SHOW DUPLICATE_SEAT NO_SUCH_SEAT SEAT_TAKEN"

OWN_CODES = {
    "session.open": "SESSION_OPENED TOO_MANY_SESSIONS",
    "session.touch": "TOUCHED",
    "session.close": "CLOSED",
    "show.add": "SHOW_ADDED NOT_ADMIN SHOW_EXISTS BAD_LAYOUT",
    "show.update": "SHOW_UPDATED NOT_ADMIN NO_SUCH_SHOW VERSION_MISMATCH CANNOT_SHRINK BAD_LAYOUT",
    "show.remove": "SHOW_REMOVED NOT_ADMIN NO_SUCH_SHOW HAS_BOOKINGS",
    "seat.hold": f"HELD HOLD_LIMIT NOT_ENOUGH_SEATS {TAKING}",
    "hold.extend": f"EXTENDED HOLD_LIMIT {OF_HOLD}",
    "hold.release": f"RELEASED DUPLICATE_SEAT NO_SUCH_SEAT {OF_HOLD}",
    "booking.confirm": f"BOOKED {OF_HOLD}",
    "seat.reserve": f"RESERVED VERSION_MISMATCH NOT_ENOUGH_SEATS {TAKING}",
    "seat.cancel": "CANCELLED NO_SUCH_SHOW SHOW_STARTED DUPLICATE_SEAT NO_SUCH_SEAT NOT_OWNER NOT_OCCUPIED",
    "booking.cancel": f"CANCELLED {OF_BOOKING}",
    "booking.exchange": f"EXCHANGED NOT_ENOUGH_SEATS {OF_BOOKING} {TAKING}",
    "multi.reserve": f"RESERVED {TAKING}",
    "waitlist.join": "QUEUED NO_SUCH_SHOW SHOW_CLOSED NOT_ADMITTED LIMIT ALREADY_WAITING NOT_SOLD_OUT",
    "waitlist.leave": "LEFT NO_SUCH_SHOW NOT_WAITING",
    "seat.block": f"BLOCKED {BLOCKING}",
    "seat.unblock": f"UNBLOCKED {BLOCKING}",
    "queue.join": "ADMITTED WAITING NO_SUCH_SHOW",
    "lock.acquire": "GRANTED WAITING LOCK_HELD WAIT_TIMEOUT SESSION_EXPIRED",
    "lock.renew": f"RENEWED {OF_TOKEN}",
    "lock.append": f"STAGED TXN_TOO_BIG {OF_TOKEN}",
    "lock.release": f"RELEASED {OF_TOKEN}",
    "lock.break": "BROKEN NOT_ADMIN NO_SUCH_LOCK",
    "config.set": "CONFIG_SET NOT_ADMIN BAD_CONFIG",
    "tick": "TICK",
    "sm.version": "VERSION",
}

# What every command can be refused with, before its own checks begin.
BEFORE_ALL = (
    "BAD_COMMAND SEQ_TOO_OLD IDEMPOTENCY_MISMATCH NO_SUCH_SESSION SESSION_EXPIRED NOT_OWNER "
    "NO_SUCH_LOCK NOT_HOLDER LOCK_EXPIRED STALE_TOKEN"
).split()
COMMON_PAIRS = [
    (kind, code)
    for kind, own in OWN_CODES.items()
    for code in (["BAD_COMMAND"] if kind in EXEMPT else BEFORE_ALL + ["NOT_ADMIN"] * ("NOT_ADMIN" in own))
]
# What a random log does on purpose, because chance would leave it to a few seeds.
FORCED_PAIRS = COMMON_PAIRS + [
    (kind, code)
    for kind, own in OWN_CODES.items()
    for code in ("NO_SUCH_SHOW", "DUPLICATE_SEAT", "NO_SUCH_SEAT")
    if code in own
]
ALL_PAIRS = set(COMMON_PAIRS) | {(kind, code) for kind, codes in OWN_CODES.items() for code in codes.split()}
