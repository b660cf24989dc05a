"""The body of every command: its fields, and which of them may be left out (those that end with `_`)."""

from . import ids
from .form import (
    anything, base64_text, each_show_once, fields, integer, list_of, matching, one_of, seats_or_best, short_text, text,
    truth,
)  # fmt: skip

milliseconds = integer(1)
lock_ttl = integer(1, 3_600_000)
count = integer(1)
show_id = matching(ids.SHOW_ID)
seats = list_of(text)
best = fields(n=count, category_=text)
category = fields(
    id=text, name=text, price_cents=integer(0), rows=list_of(integer(-(2**63), 2**63 - 1), may_be_empty=True)
)
categories = list_of(category)
queue = fields(max_active=count, admit_ms=milliseconds)

BODIES = {
    "session.open": fields(lease_ms_=integer(500, 300_000), grace_ms_=integer(0, 300_000), resume_=text),
    "session.touch": fields(ids=list_of(text, may_be_empty=True)),
    "session.close": fields(),
    "show.add": fields(
        show_id=show_id, movie=text, hall=text, starts_at_ms=milliseconds, rows_=integer(), cols_=integer(),
        layout_=list_of(text, may_be_empty=True), categories_=categories, max_per_booking_=count,
        orphan_rule_=one_of("off", "warn", "reject_unless_unavoidable"), queue_=queue,
    ),
    "show.update": fields(
        show_id=show_id, rows_=integer(), status_=one_of("OPEN", "CLOSED"), categories_=categories,
        expected_version_=integer(),
    ),
    "show.remove": fields(show_id=show_id, on_booked_=one_of("reject", "cancel", "rebook_next")),
    "seat.hold": fields(seats_or_best, show_id=show_id, seats_=seats, best_=best, ttl_ms_=milliseconds),
    "hold.extend": fields(hold_id=text, ttl_ms_=milliseconds),
    "hold.release": fields(hold_id=text, seats_=seats),
    "booking.confirm": fields(hold_id=text),
    "seat.reserve": fields(seats_or_best, show_id=show_id, seats_=seats, best_=best, expected_version_=integer()),
    "seat.cancel": fields(show_id=show_id, seats=seats),
    "booking.cancel": fields(booking_id=text, seats_=seats),
    "booking.exchange": fields(
        booking_id=text, from_seats_=seats, to=fields(seats_or_best, show_id=show_id, seats_=seats, best_=best)
    ),
    "multi.reserve": fields(each_show_once, items=list_of(fields(show_id=show_id, seats=seats))),
    "waitlist.join": fields(show_id=show_id, n=count, category_=text),
    "waitlist.leave": fields(show_id=show_id, n_=count, category_=text),
    "seat.block": fields(show_id=show_id, seats=seats, reason=text),
    "seat.unblock": fields(show_id=show_id, seats=seats, reason=text),
    "queue.join": fields(show_id=show_id),
    "lock.acquire": fields(name=short_text, ttl_ms_=lock_ttl, wait_=truth, max_wait_ms_=milliseconds),
    "lock.renew": fields(name=short_text, token=integer(), ttl_ms_=lock_ttl),
    "lock.append": fields(name=short_text, token=integer(), target=matching(ids.TARGET), data_b64=base64_text),
    "lock.release": fields(name=short_text, token=integer(), commit_=truth),
    "lock.break": fields(name=short_text, reason=text),
    "config.set": fields(key=text, value=anything),
    "tick": fields(),
    "sm.version": fields(),
}  # fmt: skip
