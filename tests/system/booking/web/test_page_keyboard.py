"""U03: everything can be done with the keyboard, and every seat says what it is."""

import time

# What the focus is on, if that is something to use: a region's text would be that of all in it.
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it.matches("a, button, input, select, summary, [role=gridcell]")) return "";
  return it.getAttribute("aria-label") ?? it.textContent.trim();
}"""


class Keyboard:
    def __init__(self, person):
        self.page = person.page

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self):
        return self.page.evaluate(FOCUSED)

    def tab_to(self, text, key="Tab"):
        """Until the focus is on what says so."""
        for _ in range(60):
            if text in self.focused():
                return
            self.press(key)
        raise AssertionError(f"{key} never comes to {text!r}; the focus is on {self.focused()!r}")


def test_u03_find_select_two_adjacent_hold_confirm_and_cancel(people, site):
    show = site.add_show(movie=f"Metropolis {time.time_ns()}")
    one = people(site, f"kim {time.time_ns()}")
    keyboard = Keyboard(one)
    one.page.locator(".show-card", has_text=show_title(site, show)).wait_for()
    keyboard.tab_to(show_title(site, show))
    keyboard.press("Enter")
    one.page.get_by_role("gridcell").first.wait_for()

    keyboard.tab_to("Row 1, seat A")
    assert keyboard.focused() == "Row 1, seat A, standard, 12.00, available"
    keyboard.press("ArrowDown", "ArrowDown", "ArrowRight")
    assert keyboard.focused() == "Row 3, seat B, standard, 12.00, available"
    keyboard.press(" ")
    assert keyboard.focused() == "Row 3, seat B, standard, 12.00, selected"
    keyboard.press("ArrowRight", " ")
    one.page.locator("#said", has_text="2 seats selected, 24.00").wait_for(state="attached")
    keyboard.press("Enter")
    assert keyboard.focused() == "Hold these seats"

    keyboard.press("Enter")
    one.reads("Seats 3B and 3C are held for you")
    keyboard.tab_to("Confirm the booking")
    keyboard.press("Enter")
    one.reads("Booked: seats 3B and 3C")
    [booking] = site.bookings(one.name())
    assert booking["seats"] == ["3B", "3C"] and booking["price_cents"] == 2400

    keyboard.tab_to("My bookings", key="Shift+Tab")
    keyboard.press("Enter")
    one.page.locator(".booking").wait_for()
    keyboard.tab_to("Cancel the booking")
    keyboard.press("Enter")
    assert keyboard.focused() == "Yes, cancel"
    keyboard.press("Enter")
    one.reads("cancelled. You get 24.00 back.")
    assert site.bookings(one.name()) == []


def show_title(site, show):
    shows = site.must("GET", "/v1/shows")["shows"]
    return next(one["movie"] for one in shows if one["show_id"] == show)


def test_the_map_is_one_tab_stop_and_its_keys_go_everywhere(people, stand_in):
    show = stand_in.add_show(layout=["ss.ss", "ss.ss", ".....", "sssss"])
    one = people(stand_in).open(show)
    keyboard = Keyboard(one)
    assert one.page.locator("[role=gridcell][tabindex='0']").count() == 1
    keyboard.tab_to("Row 1, seat A")
    for key, label in [
        ("ArrowRight", "Row 1, seat B"),
        ("ArrowRight", "Row 1, seat D"),  # across the aisle
        ("End", "Row 1, seat E"),
        ("ArrowRight", "Row 1, seat E"),
        ("ArrowDown", "Row 2, seat E"),
        ("ArrowDown", "Row 4, seat E"),  # over the row without seats
        ("Home", "Row 4, seat A"),
        ("Control+Home", "Row 1, seat A"),
        ("ArrowUp", "Row 1, seat A"),
        ("Control+End", "Row 4, seat E"),
        ("PageUp", "Row 1, seat E"),
    ]:
        keyboard.press(key)
        assert keyboard.focused().startswith(label + ","), key
        assert one.page.locator("[role=gridcell][tabindex='0']").count() == 1
    keyboard.press("Tab")
    assert "Row" not in keyboard.focused()
    keyboard.press("Shift+Tab")
    assert keyboard.focused().startswith("Row 1, seat E")


def test_the_map_is_a_grid_with_rows_and_positions(people, stand_in):
    one = people(stand_in).open(stand_in.add_show())
    grid = one.page.get_by_role("grid", name="Seat map")
    assert grid.get_attribute("aria-rowcount") == "5" and grid.get_attribute("aria-multiselectable") == "true"
    assert grid.get_by_role("row").count() == 5
    cell = grid.get_by_role("gridcell", name="Row 4, seat B, loge, 16.50, available")
    assert cell.get_attribute("aria-colindex") == "3" and cell.get_attribute("aria-selected") == "false"
    assert cell.locator("svg[aria-hidden=true]").count() == 1


def test_the_list_does_what_the_map_does(people, some_site):
    show = some_site.add_show()
    one = people(some_site).open(show)
    one.press("List")
    one.page.get_by_text("Loge, 16.50, 10 free").click()
    one.page.get_by_text("Row 4, 5 free seats").click()
    one.page.get_by_role("checkbox", name="Row 4, seat C, loge, 16.50, available").check()
    one.page.locator(".chosen", has_text="4C").wait_for()
    some_site.book(show, "4D")
    taken = one.page.get_by_role("checkbox", name="Row 4, seat D, loge, 16.50, booked")
    taken.wait_for()
    assert taken.is_disabled()
    one.page.get_by_text("Row 4, 4 free seats").wait_for()
    one.press("Hold this seat")
    one.reads("Seat 4C is held for you")
