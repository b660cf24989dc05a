"""Time: countdown, warning, extension, end. Then bookings: parts of them cancelled, exchanged."""

import time

import pytest


@pytest.fixture
def hold_time(stand_in):
    """Sets how long holds last."""

    def set_ms(ms):
        stand_in.must("PUT", "/v1/admin/config/hold_ms", {"value": ms})

    yield set_ms
    set_ms(120_000)


def test_the_countdown_warns_before_the_end_and_extends(people, stand_in, hold_time):
    hold_time(31_500)
    one = people(stand_in).open(stand_in.add_show())
    one.hold("1A")
    one.page.get_by_role("timer").get_by_text("0:31 left").wait_for()
    one.reads("Less than half a minute is left for seat 1A")
    one.page.get_by_text("The time is nearly over").wait_for()
    one.page.locator(".hold").get_by_role("button", name="Extend").click()
    one.reads("You have 32 seconds from now on")
    one.page.get_by_role("timer").get_by_text("0:31 left").wait_for()
    assert not one.page.get_by_text("The time is nearly over").is_visible()


def test_a_hold_that_ends_is_told_and_its_seats_are_free_again(people, stand_in, hold_time):
    hold_time(1_500)
    one = people(stand_in).open(stand_in.add_show())
    one.hold("1A", "1B")
    one.reads("The time for seats 1A and 1B is over")
    one.sees("1A", "available")
    assert one.page.locator(".hold").count() == 0


def test_holds_are_extended_and_given_back(people, site):
    show = site.add_show()
    one = people(site).open(show)
    one.hold("1A", "1B")
    one.page.locator(".hold").get_by_role("button", name="Extend").click()
    one.reads("You have 2 minutes from now on")
    one.press("Give back")
    one.reads("Seats 1A and 1B given back")
    one.sees("1A", "available")


def test_the_best_seats_of_a_section_are_found(people, some_site):
    show = some_site.add_show()
    one = people(some_site).open(show)
    one.page.get_by_label("Seats", exact=True).select_option("3")
    one.page.get_by_label("Where").select_option("loge")
    one.press("Find the best seats")
    one.reads("Seats 4A, 4B and 4C are held for you")
    one.page.locator(".hold", has_text="49.50").wait_for()


def test_a_single_seat_of_a_booking_is_cancelled(people, some_site):
    show = some_site.add_show()
    one = people(some_site, f"eva {time.time_ns()}").open(show)
    one.book("1A", "1B", "4C")
    one.page.get_by_role("link", name="My bookings").click()
    one.page.locator(".booking").get_by_label("4C").check()
    one.press("Cancel seat 4C")
    one.press("Yes, cancel")
    one.reads("You get 16.50 back")
    assert [one_booking["seats"] for one_booking in some_site.bookings(one.name())] == [["1A", "1B"]]


def test_seats_are_exchanged_for_others_and_for_another_show(people, site):
    show, other = site.add_show(), site.add_show()
    one = people(site, f"uli {time.time_ns()}").open(show)
    one.book("1A", "1B")
    one.page.get_by_role("link", name="My bookings").click()
    one.press("Exchange seats")
    one.sees("1A", "given up")
    one.click("1B", "4C")  # one of the old ones may be kept
    one.press("Exchange for these seats")
    one.reads("You pay 4.50 more")
    assert [one_booking["seats"] for one_booking in site.bookings(one.name())] == [["1B", "4C"]]

    one.press("Show my bookings")
    one.press("Exchange seats")
    one.page.get_by_text("Exchange of booking").wait_for()
    one.open(other)
    one.click("2A", "2B")
    one.press("Exchange for these seats")
    one.reads("You get 4.50 back")
    [booking] = site.bookings(one.name())
    assert (booking["show_id"], booking["seats"]) == (other, ["2A", "2B"])


def test_an_exchange_that_fails_keeps_what_one_has(people, some_site):
    show = some_site.add_show()
    one = people(some_site, f"ole {time.time_ns()}")
    one.page.route("**/v1/stream**", lambda route: None)
    one.open(show)
    one.book("1A")
    one.page.get_by_role("link", name="My bookings").click()
    one.press("Exchange seats")
    one.sees("1A", "given up")
    some_site.book(show, "2A")
    one.click("2A")
    one.press("Exchange for these seats")
    one.reads("seat 2A is booked")
    assert [one_booking["seats"] for one_booking in some_site.bookings(one.name())] == [["1A"]]
    one.press("Keep the booking as it is")
    one.sees("1A", "mine-booked")
