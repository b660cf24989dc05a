"""Phones, dark rooms, zoom, large halls, and what an accessibility checker finds."""

import json

import browser_tools
import pytest

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [360, 640])  # a phone; 1280 px at 200 %
def test_no_page_scrolls_sideways(people, stand_in, width):
    show = stand_in.add_show(movie="W" * 60, rows=3, cols=26)
    one = people(stand_in, f"{width}" + "N" * 252, viewport={"width": width, "height": 740}, has_touch=True)
    one.page.locator(".show-card").first.wait_for()
    assert not one.page.evaluate(WIDE)
    one.open(show)
    assert not one.page.evaluate(WIDE)
    one.seat("3Z").scroll_into_view_if_needed()
    one.book("3Z")
    assert not one.page.evaluate(WIDE)
    assert one.seat("3Z").bounding_box()["width"] >= 24
    one.page.get_by_role("button", name="Show my bookings").click()
    one.page.locator(".booking").wait_for()
    assert not one.page.evaluate(WIDE)


def test_a_phone_has_the_cart_within_reach(people, stand_in):
    show = stand_in.add_show(rows=30, cols=5)
    one = people(stand_in, viewport={"width": 360, "height": 640})
    one.open(show)
    one.click("1A")
    one.page.get_by_text("Cart: 1 selected").click()
    assert one.page.evaluate("document.activeElement.textContent") == "Hold this seat"
    assert one.page.get_by_role("button", name="Hold this seat").is_visible()


def test_dark_rooms_get_a_dark_page(people, stand_in):
    dark = people(stand_in, color_scheme="dark").page
    light = people(stand_in, color_scheme="light").page
    brightness = "Math.max(...getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number))"
    assert dark.evaluate(brightness) < 60 and light.evaluate(brightness) > 200


def test_reduced_motion_is_respected(people, stand_in):
    one = people(stand_in, reduced_motion="reduce").open(stand_in.add_show())
    assert one.page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") in ("0s", "")


def test_a_hall_of_a_thousand_rows_is_drawn_in_parts_and_goes_on_being_quick(people, stand_in):
    rows, cols = 1_000, 26
    letters = [chr(65 + col) for col in range(cols)]
    seats = [
        {"id": f"{row}{letter}", "row": row, "col": col, "cat": "standard", "state": "AVAILABLE"}
        for row in range(1, rows + 1)
        for col, letter in enumerate(letters, 1)
    ]
    hall = {"show_id": "BIG", "movie": "Ben Hur", "hall": "Arena", "starts_at_ms": 1, "show_version": 1}
    categories = [{"id": "standard", "name": "Standard", "price_cents": 1200}]
    body = json.dumps({**hall, "rows": rows, "cols": cols, "seats": seats, "categories": categories})
    one = people(stand_in)
    one.page.route("**/v1/shows/BIG/seats*", lambda route: route.fulfill(body=body, content_type="application/json"))
    one.open("BIG")
    assert one.page.get_by_role("gridcell").count() < 3_000
    one.seat("1A").focus()
    took_ms = one.page.evaluate(
        """async () => {
          const started = performance.now();
          const key = (name) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: name, ctrlKey: true, bubbles: true }));
          key("End");
          for (let at = 0; at < 50; at++) key("ArrowUp");
          await new Promise(requestAnimationFrame);
          return performance.now() - started;
        }"""
    )
    assert one.page.evaluate("document.activeElement.dataset.seat") == "950Z"
    assert took_ms < 5_000, took_ms
    assert one.page.get_by_role("gridcell").count() < 3_000
    one.page.keyboard.press(" ")
    one.sees("950Z", "selected")


@pytest.fixture(scope="module")
def axe():
    try:
        return browser_tools.axe_script()
    except browser_tools.Missing as missing:
        pytest.skip(f"no check by axe-core here: {missing}")


def violations(page, axe):
    page.wait_for_timeout(200)  # a transition of colours is no lack of contrast
    page.evaluate(axe)
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(people, stand_in, axe, scheme):
    show = stand_in.add_show()
    stand_in.book(show, "1A")
    stand_in.must("POST", f"/v1/shows/{show}/holds", {"seats": ["1B"]}, "other")
    stand_in.must("POST", f"/v1/shows/{show}/block", {"seats": ["1C"], "reason": "broken"})
    one = people(stand_in, f"axe in {scheme}", color_scheme=scheme)
    one.page.locator(".show-card").first.wait_for()
    assert violations(one.page, axe) == []
    one.open(show)
    one.hold("2A")
    one.click("2B")
    assert violations(one.page, axe) == []
    one.press("List")
    one.page.get_by_text("Loge, 16.50, 10 free").click()
    assert violations(one.page, axe) == []
    one.press("Confirm the booking")
    one.reads("Booked:")
    one.press("Show my bookings")
    one.page.locator(".booking").wait_for()
    one.press("Cancel the booking")
    assert violations(one.page, axe) == []
