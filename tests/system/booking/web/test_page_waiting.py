"""Sold out and much wanted: the waiting list and the queue in front of a show."""

import time


def test_an_offer_of_the_waiting_list_arrives_as_a_hold_with_a_countdown(people, site):
    show = site.add_show(rows=1, cols=2)
    booking = site.book(show, "1A", "1B", client="first")
    one = people(site, f"pia {time.time_ns()}").open(show)
    one.page.get_by_text("Sold out: join the list").wait_for()
    one.press("Join the waiting list")
    one.reads("You wait for 2 seats, at place 1")
    site.must("DELETE", f"/v1/bookings/{booking}", {}, "first")
    one.reads("The waiting list has seats 1A and 1B")
    offer = one.page.locator(".hold", has_text="Offered to you: 1A, 1B")
    offer.get_by_role("timer").get_by_text("left").wait_for()
    one.press("Confirm the booking")
    one.reads("Booked: seats 1A and 1B")
    assert len(site.bookings(one.name())) == 1


def test_the_waiting_list_can_be_left(people, some_site):
    show = some_site.add_show(rows=1, cols=2)
    booking = some_site.book(show, "1A", "1B", client="first")
    one = people(some_site).open(show)
    one.press("Join the waiting list")
    one.reads("You wait for")
    one.press("Leave the waiting list")
    one.reads("You have left the waiting list")
    some_site.must("DELETE", f"/v1/bookings/{booking}", {}, "first")
    one.sees("1A", "available")


def test_a_show_that_many_want_lets_people_in_one_by_one(people, site):
    show = site.add_show(queue={"max_active": 1, "admit_ms": 600_000})
    site.must("POST", f"/v1/shows/{show}/queue", {}, "first")
    one = people(site, f"zoe {time.time_ns()}").open(show)
    one.click("1A")
    one.press("Hold this seat")
    one.page.get_by_text("You are number 1 in the queue").wait_for()
    site.book(show, "5E", client="first")  # a booking made gives the place to the next
    one.reads("It is your turn")
    one.press("Hold this seat")
    one.reads("Seat 1A is held for you")
