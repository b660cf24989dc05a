"""U01: what one person books, another one sees."""

import statistics
import time

BOOKINGS = 20
LIMIT_MS = 500
# When the seat was seen to be booked, by the clock that both browsers share.
WATCH_SEAT = """(id) => {
  const cell = document.querySelector(`.cell[data-seat='${id}']`);
  window.seen = new Promise((tell) => {
    const look = () => cell.dataset.its === "booked" && (observer.disconnect(), tell(Date.now()));
    const observer = new MutationObserver(look);
    observer.observe(cell, { attributes: true });
    look();
  });
}"""
CLICKED_AT = """() => document.addEventListener("click", () => { window.clickedAt = Date.now(); }, { capture: true })"""


def test_u01_another_browser_shows_a_booking_within_half_a_second(people, site, capsys):
    show = site.add_show(rows=4, cols=5)
    one, other = people(site).open(show), people(site).open(show)
    one.page.evaluate(CLICKED_AT)
    took_ms = []
    for seat in [f"{row}{letter}" for row in range(1, 5) for letter in "ABCDE"][: BOOKINGS if site.is_real else 5]:
        other.page.evaluate(WATCH_SEAT, seat)
        one.click(seat)
        one.press("Hold this seat")
        one.press("Confirm the booking")
        seen_at = other.page.evaluate("() => window.seen")
        took_ms.append(seen_at - one.page.evaluate("() => window.clickedAt"))
        one.page.locator(".hold").wait_for(state="detached")
    took_ms.sort()
    p50, p99 = statistics.median(took_ms), took_ms[-1]
    with capsys.disabled():
        print(f"\nfrom the click to the change in another browser: p50 {p50:.0f} ms, p99 {p99:.0f} ms of {len(took_ms)}")
    assert p50 < LIMIT_MS


def test_other_changes_are_seen_as_well_and_the_number_of_free_seats(people, site):
    show = site.add_show()
    one = people(site).open(show)
    hold = site.must("POST", f"/v1/shows/{show}/holds", {"seats": ["1A"]}, "other")["hold_id"]
    one.sees("1A", "held")
    site.must("DELETE", f"/v1/holds/{hold}", {}, "other")
    one.sees("1A", "available")
    site.must("POST", f"/v1/shows/{show}/block", {"seats": ["1B"], "reason": "broken"})
    one.sees("1B", "blocked")
    one.page.get_by_text("24 free seats").wait_for()
    site.must("PATCH", f"/v1/shows/{show}", {"rows": 6})
    one.seat("6A").wait_for()


def test_the_list_of_shows_follows_what_is_free(people, some_site):
    show = some_site.add_show(movie="Nosferatu", rows=1, cols=2)
    one = people(some_site)
    card = one.page.locator(".show-card", has_text="Nosferatu").last
    card.get_by_text("2 of 2 seats free").wait_for()
    some_site.book(show, "1A", "1B")
    card.get_by_text("Sold out").wait_for()


def test_own_holds_and_bookings_are_shown_as_ones_own_in_every_tab(people, some_site):
    show = some_site.add_show()
    one = people(some_site, f"ann {time.time_ns()}").open(show)
    one.hold("2A", "2B")
    one.sees("2A", "mine-held")
    one.press("Confirm the booking")
    one.sees("2A", "mine-booked")
    one.page.reload()
    one.sees("2B", "mine-booked")
    one.hold("3C")
    one.page.reload()
    one.sees("3C", "mine-held")
    one.page.locator(".hold", has_text="Held: 3C").wait_for()


EITHER_ORDER = """async () => {
  const { SeatMap } = await import(new URL("seat_map.js", document.baseURI).href);
  const seats = ["1A", "1B"].map((id, at) => ({ id, row: 1, col: at + 1, cat: "c", state: "AVAILABLE" }));
  const standing = (map) => [...map.seats.values()].map(({ state, mine }) => `${state} ${mine}`).join(", ");
  const fresh = () => new SeatMap({ rows: 1, cols: 2, show_version: 1, seats });
  const held = [{ id: "1A", state: "HELD" }];
  const answerFirst = fresh();
  answerFirst.markOwn(["1A"], "HELD", 3);
  answerFirst.apply(2, [{ id: "1A", state: "BLOCKED" }, { id: "1B", state: "BOOKED" }]);  // older: it was so before
  answerFirst.apply(3, held);
  const streamFirst = fresh();
  streamFirst.apply(2, [{ id: "1B", state: "BOOKED" }]);
  streamFirst.apply(3, held);
  streamFirst.markOwn(["1A"], "HELD", 3);
  const others = fresh();
  others.apply(3, held);
  others.apply(2, [{ id: "1A", state: "AVAILABLE" }]);
  return [answerFirst, streamFirst, others].map(standing);
}"""


def test_the_answer_and_the_stream_may_come_in_either_order(people, stand_in):
    own = "HELD true, BOOKED false"
    assert people(stand_in).page.evaluate(EITHER_ORDER) == [own, own, "HELD false, AVAILABLE false"]


def test_a_show_that_is_removed_is_left(people, some_site):
    show = some_site.add_show()
    one = people(some_site).open(show)
    some_site.must("DELETE", f"/v1/shows/{show}")
    one.reads("not on the programme any more")
    one.page.get_by_role("heading", name="What is on").wait_for()
