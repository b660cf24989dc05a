"""The live stream of the front ends: every change once, in order, and again after whatever broke the connection."""

import signal
import time

from booking.booking_cluster import wait_until
from booking.event_stream import EventStream

SEATS = ["1A", "1B", "1C", "1D", "1E", "2A", "2B", "2C", "2D", "2E"]


def follow(booking, n, query):
    """A stream that begins behind everything that the log holds."""
    booking.wait_until_applied(booking.head())
    return EventStream(booking.front_ends()[n], query)


def book(booking, show, seats):
    """The offset of each booking."""
    client = booking.client()
    return [client.reserve(show, seat, expect="RESERVED").offset for seat in seats]


def test_U01_another_front_end_shows_a_booking_at_once_under_its_offset(booking):
    show = booking.new_show()
    stream = follow(booking, 1, f"?shows={show}")
    client = booking.client(front_ends=booking.front_ends()[:1])
    begin = time.monotonic()
    call = client.reserve(show, "1B", "1A", expect="RESERVED")
    [(offset, kind, data)] = stream.wait_for(1)
    assert time.monotonic() - begin < 5  # on a machine that is busy with other tests
    assert (offset, kind) == (call.offset, "seat")
    assert data == {"show_id": show, "version": 2, "changes": [{"id": "1A", "state": "BOOKED"}, {"id": "1B", "state": "BOOKED"}]}
    stream.close()


def test_a_stream_tells_only_what_was_asked_for_and_never_who(booking):
    show, other = booking.new_show(), booking.new_show()
    of_show, of_all = (follow(booking, 0, query) for query in (f"?shows={show}", ""))
    client = booking.client("client-who-is-private")
    client.open_session()
    token = client.acquire("private-lock").json["token"]
    client.reserve_many((show, ["1A"]), (other, ["1A"]), expect="RESERVED")
    client.release_lock("private-lock", token)
    client.close_session()
    wait_until(lambda: {kind for _, kind, _ in of_all.events} >= {"seat", "lock", "session"}, 20, "all kinds of events")
    assert [(kind, data["show_id"]) for _, kind, data in of_show.wait_for(1)] == [("seat", show)]
    assert "client-who-is-private" not in str(of_all.events)
    assert [offset for offset, _, _ in of_all.events] == sorted(offset for offset, _, _ in of_all.events)
    for stream in (of_show, of_all):
        stream.close()


def test_a_stream_that_broke_goes_on_without_gap_or_repeat(booking):
    show = booking.new_show()
    stream = follow(booking, 0, f"?shows={show}")
    offsets = book(booking, show, SEATS[:3])
    stream.wait_for(3)
    stream.close()
    offsets += book(booking, show, SEATS[3:6])
    resumed = EventStream(booking.front_ends()[1], f"?shows={show}", stream.last_id)
    offsets += book(booking, show, SEATS[6:])
    seen = stream.events + resumed.wait_for(7)
    assert [offset for offset, _, _ in seen] == offsets
    assert [data["version"] for _, _, data in seen] == list(range(2, 12))
    resumed.close()


def test_a_stream_goes_on_after_the_front_end_was_killed_and_started_again(booking):
    show = booking.new_show()
    entry = booking.front_end(1)
    where = booking.front_ends()[0]
    stream = follow(booking, 0, f"?shows={show}")
    offsets = book(booking, show, SEATS[:4])
    stream.wait_for(4)
    booking.cluster.kill(entry, signal.SIGKILL)
    wait_until(lambda: stream.ended, 10, "the stream ends")
    offsets += book(booking, show, SEATS[4:8])
    booking.start_again(entry)
    booking.wait_until_applied(offsets[-1])
    resumed = EventStream(where, f"?shows={show}", stream.last_id)
    offsets += book(booking, show, SEATS[8:])
    seen = stream.events + resumed.wait_for(6)
    assert [offset for offset, _, _ in seen] == offsets
    assert all(kind == "seat" for _, kind, _ in seen)
    resumed.close()


def test_an_offset_that_the_log_does_not_have_is_a_reset(booking):
    where = booking.front_ends()[0]
    stream = EventStream(where, "", last_id="900000000")
    [(offset, kind, data)] = stream.wait_for(1)
    assert kind == "reset" and data == {"offset": offset}
    stream.close()
