"""Scenarios Q01 and Q03: one order of all commands, the same at every replica."""

import json

from booking.booking_cluster import at_once, wait_until
from booking.load import seats_of

REPLICAS = ("r1", "r2", "r3", "r4")


def test_Q01_and_Q03_many_requests_have_one_order(booking):
    show = booking.new_show(20, 26)
    first = booking.head() + 1
    seats = seats_of(20, 26)[:150]
    calls = at_once(lambda client, seat: client.reserve(show, seat), list(zip(booking.clients(150), seats)))
    offsets = sorted(call.offset for call in calls)
    assert {call.code for call in calls} == {"RESERVED"} and len(set(offsets)) == 150
    assert offsets[0] >= first
    stored = [record.offset for record in booking.records("cmd")]
    assert stored == list(range(len(stored))), "offsets have no gaps"

    def orders():
        """{replica: {partition: the records that it voted on, in the order of its votes}}."""
        found = {replica: {} for replica in REPLICAS}
        for record in booking.records("reply"):
            vote = json.loads(record.value)
            if vote["at_offset"] in wanted:
                found[vote["replica"]].setdefault(record.partition, []).append(vote["at_offset"])
        return found

    wanted = set(offsets)
    everybody = lambda: all(sum(map(len, of.values())) >= len(wanted) for of in orders().values())  # noqa: E731
    wait_until(everybody, 20, "every replica has voted on every command")
    for replica, partitions in orders().items():
        for partition, order in partitions.items():
            assert order == sorted(order), f"{replica} answered partition {partition} out of order"
    assert len({json.dumps(sorted(sum(of.values(), []))) for of in orders().values()}) == 1
