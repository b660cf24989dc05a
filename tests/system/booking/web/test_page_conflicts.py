"""U04: somebody was faster. The message has a way on, and the map is right again."""


def without_stream(person):
    """The stream stays silent: the map does not learn of what others do."""
    person.page.route("**/v1/stream**", lambda route: None)


def test_u04_a_seat_just_taken_gives_alternatives_and_a_map_that_is_right(people, site):
    show = site.add_show()
    one = people(site)
    without_stream(one)
    one.open(show)
    site.book(show, "2B")
    one.click("2B", "2C")
    one.press("Hold these seats")
    one.reads("seat 2B is booked")
    one.sees("2B", "booked")
    assert one.page.locator(".chosen li").count() == 1  # 2C is still to be had
    one.press("Choose 2C and 2D instead")
    one.sees("2D", "selected")
    one.press("Hold these seats")
    one.reads("Seats 2C and 2D are held for you")
    one.sees("2D", "mine-held")


def test_the_box_office_chooses_when_asked_to(people, some_site):
    show = some_site.add_show()
    one = people(some_site)
    without_stream(one)
    one.open(show)
    some_site.book(show, "1A")
    one.click("1A")
    one.press("Hold this seat")
    one.press("Take the best seat")
    one.reads("held for you")
    assert one.page.locator(".hold").count() == 1


def test_a_selected_seat_that_somebody_takes_is_told_at_once(people, some_site):
    show = some_site.add_show()
    one = people(some_site).open(show)
    one.click("3C", "3D")
    some_site.book(show, "3D")
    one.reads("seat 3D was taken while you chose")
    one.sees("3D", "booked")
    one.page.locator(".chosen li").nth(1).wait_for(state="detached")
    one.sees("3C", "selected")
    some_site.book(show, "5A")
    one.sees("5A", "booked")
    assert "5A" not in one.page.locator("#message").text_content()  # not selected, not read out


def test_a_taken_seat_says_why_and_what_is_near(people, some_site):
    show = some_site.add_show()
    some_site.book(show, "3C")
    one = people(some_site).open(show)
    one.click("3C")
    one.reads("Seat 3C is booked")
    assert one.page.get_by_role("button", name="instead").is_visible()


def test_every_seat_gone_leads_to_the_waiting_list(people, stand_in):
    show = stand_in.add_show(rows=1, cols=2)
    one = people(stand_in)
    without_stream(one)
    one.open(show)
    stand_in.book(show, "1A", "1B")
    one.click("1A")
    one.press("Hold this seat")
    one.page.locator("#message").get_by_role("button", name="Join the waiting list").click()
    one.reads("You wait for 1 seat")


def test_a_choice_that_leaves_a_seat_alone_is_refused_in_plain_words(people, stand_in):
    show = stand_in.add_show(rows=2, cols=5, orphan_rule="reject_unless_unavoidable")
    one = people(stand_in).open(show)
    one.click("1B")
    one.press("Hold this seat")
    one.reads("would leave seat 1A alone")
    one.sees("1B", "selected")
