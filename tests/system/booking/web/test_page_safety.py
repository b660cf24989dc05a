"""What people type stays text, whatever it is; names are sent as they were typed."""

import time

ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "'\"><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
]


def test_markup_in_movie_hall_and_categories_is_text(people, some_site):
    for attack in ATTACKS[:3]:
        categories = [{"id": attack, "name": attack, "price_cents": 100, "rows": [1, 2]}]
        show = some_site.add_show(movie=attack, hall=attack, rows=2, cols=2, categories=categories)
        one = people(some_site)
        one.page.locator(".show-card", has_text=attack).first.wait_for()
        one.open(show)
        one.page.get_by_role("heading", name=attack).wait_for()
        assert attack.lower() in one.seat("1A").get_attribute("aria-label")
        one.hold("1A")
        one.press("List")
        one.page.get_by_text(f"{attack}, 1.00, 3 free").wait_for()
        assert one.page.locator("#view img, #view script, #cart img, #view svg[onload]").count() == 0


def test_markup_in_a_name_is_text_everywhere(people, some_site):
    show = some_site.add_show()
    one = people(some_site, ATTACKS[0]).open(show)
    assert one.name() == ATTACKS[0]
    one.page.get_by_role("link", name="My bookings").click()
    one.page.get_by_role("heading", name="My bookings").wait_for()
    assert one.page.locator("#identity img, #view img").count() == 0


def test_a_name_may_have_any_letters_and_belongs_to_its_bookings(people, site):
    show = site.add_show()
    name = f"Zoë 東京 {time.time_ns()}"
    one = people(site, name).open(show)
    one.book("1A")
    status, answer = site.call("GET", "/v1/bookings", client=name.encode().decode("latin-1"))
    assert status == 200 and [booking["seats"] for booking in answer["bookings"]] == [["1A"]]
    one.rename(f"someone else {time.time_ns()}")
    one.sees("1A", "booked")  # not theirs
    one.rename(name)
    one.sees("1A", "mine-booked")


def test_names_that_cannot_be_are_refused_in_place(people, stand_in):
    one = people(stand_in)
    before = one.name()
    for name, why in [("", "type a name"), ("_fe-1", "underscore"), ("ü" * 130, "too long")]:
        one.rename(name)
        one.page.get_by_text(why).wait_for()
        one.page.get_by_role("button", name="Cancel").click()
    assert one.name() == before


def test_the_policy_lets_nothing_in_but_the_pages_own_files(people, site):
    one = people(site)
    policy = one.page.evaluate("async () => (await fetch(location.href)).headers.get('Content-Security-Policy')")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    hosts = one.page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).origin)")
    assert set(hosts) == {one.page.evaluate("location.origin")}
