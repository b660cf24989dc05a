"""Shows, seats, best, orphans: section 7 of the rules, its examples one by one."""

import pytest

from booking_log import START, BookingLog


@pytest.fixture
def log():
    return BookingLog()


def best(log, client, count, **more):
    return log.send("seat.reserve", client, {"show_id": "S1", "best": {"n": count, **more}})


def test_sixty_times_best_four_of_an_empty_hall(log):
    log.add_show(rows=25, cols=7)
    answers = [best(log, f"c{number}", 4) for number in range(60)]
    rows = [answer["seats"][0][:-1] for answer in answers[:25]]
    assert rows[:5] == ["13", "12", "14", "11", "15"]
    assert all([seat[-1] for seat in answer["seats"]] == list("ABCD") for answer in answers[:25])
    sizes = [sorted(row_sizes(answer["seats"])) for answer in answers[25:43]]
    assert all(size in ([1, 3], [2, 2]) for size in sizes) and sizes[0] == [1, 3] and sizes[-1] == [2, 2]
    assert [(answer["code"], answer["free"]) for answer in answers[43:]] == [("NOT_ENOUGH_SEATS", 3)] * 17


def row_sizes(seats):
    rows = [seat[:-1] for seat in seats]
    return [rows.count(row) for row in set(rows)]


def test_orphans_of_one_row_of_five(log):
    log.add_show(rows=1, cols=5, orphan_rule="reject_unless_unavoidable")
    refused = log.reserve("alice", "1B")
    assert (refused["code"], refused["conflicts"]) == ("ORPHAN_SEAT", [{"seat": "1A", "state": "ORPHAN"}])
    assert log.reserve("alice", "1A", "1B")["code"] == "RESERVED"
    assert log.reserve("alice", "1D", "1E")["code"] == "RESERVED"  # unavoidable: every two leave one alone


@pytest.mark.parametrize("seats", [["1A"], ["1A", "1B", "1C"]])
def test_choices_that_leave_nobody_alone(log, seats):
    log.add_show(rows=1, cols=5, orphan_rule="reject_unless_unavoidable")
    assert log.reserve("alice", *seats)["code"] == "RESERVED"


def test_an_orphan_is_avoidable_if_another_row_has_the_seats(log):
    log.add_show(rows=2, cols=5, orphan_rule="reject_unless_unavoidable")
    log.reserve("alice", "1A", "1B")
    assert log.reserve("bob", "1D", "1E")["conflicts"] == [{"seat": "1C", "state": "ORPHAN"}]


def test_an_aisle_separates_and_the_letter_is_the_position(log):
    log.add_show(layout=["ss.sss"], orphan_rule="reject_unless_unavoidable")
    assert log.reserve("alice", "1C")["code"] == "NO_SUCH_SEAT"
    assert log.reserve("alice", "1B")["conflicts"] == [{"seat": "1A", "state": "ORPHAN"}]
    assert best(log, "bob", 4)["seats"] == ["1B", "1D", "1E", "1F"]


def test_warn_names_the_orphans_and_off_does_not(log):
    log.add_show(rows=1, cols=5, orphan_rule="warn")
    assert log.reserve("alice", "1B")["orphans"] == ["1A"]
    log.add_show("S2", rows=1, cols=5)
    assert "orphans" not in log.reserve("alice", "1B", show="S2")


def test_best_avoids_orphans_whatever_the_rule_and_then_takes_the_smallest_key(log):
    log.add_show(rows=1, cols=5)
    assert best(log, "alice", 1)["seats"] == ["1C"]
    assert best(log, "alice", 1)["seats"] == ["1B"]  # every choice leaves somebody alone
    log.add_show("S2", rows=1, cols=4)
    assert log.send("seat.hold", "bob", {"show_id": "S2", "best": {"n": 2}})["seats"] == ["1A", "1B"]


def test_best_of_a_category(log):
    log.add_show(
        rows=3,
        cols=2,
        categories=[
            {"id": "a", "name": "A", "price_cents": 100, "rows": [1]},
            {"id": "b", "name": "B", "price_cents": 250, "rows": [2, 3]},
        ],
    )
    answer = best(log, "alice", 2, category="a")
    assert (answer["seats"], answer["price_cents"]) == (["1A", "1B"], 200)
    assert best(log, "alice", 2, category="a")["free"] == 0
    assert best(log, "alice", 3)["price_cents"] == 750


@pytest.mark.parametrize("seat", ["99Z", "6A", "1F", "01A", "1a", "A1", "", "0A", "1 A"])
def test_what_is_no_seat(log, seat):
    log.add_show()
    refused = log.reserve("alice", "1A", seat)
    assert (refused["code"], refused["conflicts"]) == ("NO_SUCH_SEAT", [{"seat": seat, "state": "UNKNOWN"}])
    assert log.seat_state("1A") == "AVAILABLE"


def test_conflicts_name_every_seat_of_the_step_in_order(log):
    log.add_show()
    log.reserve("bob", "2B")
    log.hold("bob", "1C")
    log.send("seat.block", "admin", {"show_id": "S1", "seats": ["1B"], "reason": "paint"})
    refused = log.reserve("alice", "2B", "1C", "1A", "1B")
    states = [(one["seat"], one["state"]) for one in refused["conflicts"]]
    assert (refused["code"], states) == ("SEAT_TAKEN", [("1B", "BLOCKED"), ("1C", "HELD"), ("2B", "BOOKED")])


@pytest.mark.parametrize(
    "layout",
    [
        {"rows": 3},
        {"rows": 1001, "cols": 1},
        {"rows": 1, "cols": 27},
        {"layout": ["ss", "s"]},
        {"layout": [".."]},
        {"rows": 1, "cols": 1, "layout": ["s"]},
        {"layout": []},
    ],
)
def test_bad_layouts(log, layout):
    body = {"show_id": "S1", "movie": "Dune", "hall": "1", "starts_at_ms": 5, **layout}
    assert log.send("show.add", "admin", body)["code"] == "BAD_LAYOUT"


def test_each_row_is_in_exactly_one_category(log):
    for rows in ([[1], [1, 2]], [[1], []], [[1, 2], [3]]):
        categories = [{"id": str(i), "name": "x", "price_cents": 1, "rows": one} for i, one in enumerate(rows)]
        assert log.add_show(rows=2, cols=2, categories=categories)["code"] == "BAD_LAYOUT"


def test_a_show_may_grow_and_not_shrink(log):
    assert log.add_show(rows=4, cols=3)["show_version"] == 1
    assert log.add_show()["code"] == "SHOW_EXISTS"
    grown = log.send("show.update", "admin", {"show_id": "S1", "rows": 6})
    assert (grown["code"], grown["show_version"]) == ("SHOW_UPDATED", 2)
    assert log.send("show.update", "admin", {"show_id": "S1", "rows": 4})["code"] == "CANNOT_SHRINK"
    assert log.reserve("alice", "6C")["show_version"] == 3


def test_versions_rise_by_one_for_each_show_and_kind_of_change(log):
    log.add_show()
    log.add_show("S2")
    assert log.reserve("alice", "1A", "1B")["show_version"] == 2
    exchanged = log.send("booking.exchange", "alice", {"booking_id": "B-2", "to": {"show_id": "S1", "seats": ["2A"]}})
    assert exchanged["show_version"] == 4
    items = [{"show_id": "S1", "seats": ["3A"]}, {"show_id": "S2", "seats": ["1A", "1B"]}]
    assert log.send("multi.reserve", "alice", {"items": items})["show_version"] == 2
    refused = log.send("seat.reserve", "bob", {"show_id": "S2", "seats": ["4A"], "expected_version": 1})
    assert refused["code"] == "VERSION_MISMATCH"


def test_giving_up_ends_when_the_show_has_started_and_taking_does_not(log):
    log.add_show(starts_at_ms=START + 2000)
    log.reserve("alice", "1A")
    log.wait(2000)
    assert log.send("seat.cancel", "alice", {"show_id": "S1", "seats": ["1A"]})["code"] == "SHOW_STARTED"
    assert log.send("booking.cancel", "alice", {"booking_id": "B-1"})["code"] == "SHOW_STARTED"
    assert log.reserve("alice", "1B")["code"] == "RESERVED"


def test_blocking(log):
    log.add_show()
    block = {"show_id": "S1", "seats": ["1A", "1B"], "reason": "paint"}
    assert log.send("seat.block", "alice", block)["code"] == "NOT_ADMIN"
    assert log.send("seat.block", "admin", block)["show_version"] == 2
    assert log.send("seat.block", "admin", block)["code"] == "BLOCKED"
    log.reserve("alice", "1C")
    refused = log.send("seat.block", "admin", {**block, "seats": ["1A", "1C"]})
    assert refused["conflicts"] == [{"seat": "1C", "state": "BOOKED"}]
    assert log.send("seat.unblock", "admin", block)["code"] == "UNBLOCKED"
    assert log.reserve("bob", "1A")["code"] == "RESERVED"
