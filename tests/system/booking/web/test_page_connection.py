"""Lost connections, answers that do not come, sessions that end: told honestly, and mended by the page itself."""

import time


def test_a_front_end_that_is_killed_and_comes_back(people, site):
    show = site.add_show()
    one = people(site).open(show)
    one.click("1A")
    site.stop()
    try:
        one.page.get_by_text("Connection lost, trying again").wait_for()
    finally:
        site.start()
    site.book(show, "5E")
    one.page.get_by_text("Connection lost, trying again").wait_for(state="hidden", timeout=30_000)
    one.sees("5E", "booked")
    one.press("Hold this seat")
    one.reads("Seat 1A is held for you")


def test_a_front_end_that_stands_still_finishes_what_was_asked_when_it_goes_on(people, site):
    show = site.add_show()
    one = people(site, f"lee {time.time_ns()}").open(show)
    one.hold("1A")
    site.pause()
    try:
        one.press("Confirm the booking")
        one.page.get_by_text("This takes longer than usual").wait_for()
    finally:
        site.go_on()
    one.reads("Booked:")
    one.page.get_by_text("This takes longer than usual").wait_for(state="hidden")
    assert len(site.bookings(one.name())) == 1


def test_what_happens_while_the_stream_is_being_opened_is_not_missed(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in)
    opening = []
    one.page.route("**/v1/stream**", lambda route: opening.append(route))
    one.open(show)
    stand_in.book(show, "1A")
    assert one.seat("1A").get_attribute("data-its") == "available"
    opening[0].continue_()
    one.sees("1A", "booked")


SET_HIDDEN = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_hidden_tab_lets_go_of_its_stream_and_is_right_again_when_seen(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in)
    one.page.clock.install()
    one.open(show)
    streams = []
    one.page.on("requestfailed", lambda request: streams.append(request.url))
    one.page.evaluate(SET_HIDDEN, True)
    one.page.clock.fast_forward(11_000)
    one.page.wait_for_timeout(100)
    assert [url for url in streams if "/v1/stream" in url]
    stand_in.book(show, "1A")
    assert one.seat("1A").get_attribute("data-its") == "available"
    one.page.evaluate(SET_HIDDEN, False)
    one.sees("1A", "booked")


def test_an_unknown_outcome_is_told_and_asked_again_with_the_same_key(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in, f"max {time.time_ns()}").open(show)
    one.hold("1A", "1B")
    keys = []
    one.page.on("request", lambda request: "/confirm" in request.url and keys.append(request.headers["idempotency-key"]))
    stand_in.faults(lost_answers=2)
    one.press("Confirm the booking")
    one.page.get_by_text("has not said yet whether that worked").wait_for()
    one.reads("Booked: seats 1A and 1B")
    one.page.get_by_text("has not said yet whether that worked").wait_for(state="hidden")
    assert len(keys) == 3 and len(set(keys)) == 1
    assert len(stand_in.bookings(one.name())) == 1


def test_a_log_without_quorum_is_waited_for(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in).open(show)
    one.click("1A")
    stand_in.faults(no_quorum=2)
    one.press("Hold this seat")
    one.page.get_by_text("has not said yet whether that worked").wait_for()
    one.reads("Seat 1A is held for you")


def session_of(person):
    return person.page.evaluate("(name) => localStorage.getItem(`marquee.session.${name}`)", person.name())


def test_a_session_that_ended_is_told_and_the_next_action_opens_another(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in, f"ina {time.time_ns()}").open(show)
    one.hold("1A")
    stand_in.must("DELETE", f"/v1/sessions/{session_of(one)}", {}, one.name())
    one.reads("interrupted too long")
    one.sees("1A", "available")
    assert one.page.locator(".hold").count() == 0
    one.hold("1B")


def test_an_action_in_a_session_that_ended_unnoticed_is_done_in_a_new_one(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in, f"ida {time.time_ns()}")
    one.page.route("**/keepalive*", lambda route: None)
    one.open(show)
    one.hold("1A")
    stand_in.must("DELETE", f"/v1/sessions/{session_of(one)}", {}, one.name())
    one.hold("1C")
    assert one.page.locator(".hold").count() == 1


def test_held_seats_in_danger_are_told_when_the_server_hears_nothing_of_the_page(people, stand_in):
    show = stand_in.add_show()
    one = people(stand_in)
    one.page.clock.install()
    one.open(show)
    one.page.route("**/keepalive*", lambda route: route.abort())
    one.hold("1A")
    one.page.clock.fast_forward(31_000)
    one.page.locator("#cart").get_by_text("The server has not heard from this page").wait_for()
    one.page.unroute("**/keepalive*")
    one.page.clock.fast_forward(6_000)
    one.page.locator("#cart").get_by_text("The server has not heard from this page").wait_for(state="hidden")


def test_a_browser_without_the_server_says_so_and_begins_when_it_can(people, stand_in):
    one = people(stand_in)
    show = stand_in.add_show()
    one.page.route("**/v1/**", lambda route: route.abort())
    one.page.goto(f"{stand_in.url}/#show={show}")
    one.page.get_by_text("Connection lost, trying again").wait_for()
    one.page.unroute("**/v1/**")
    one.page.get_by_role("gridcell").first.wait_for()
    one.page.get_by_text("Connection lost, trying again").wait_for(state="hidden")
