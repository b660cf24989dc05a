"""Somebody at the page, in a browser of their own. Whatever the page logs as an error is a fault."""

import re

PATIENCE_MS = 30_000
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# Refusals and lost connections are told by the browser itself; that the page handles them is what the tests are about.
EXPECTED = re.compile(r"^Failed to load resource: ")


class Person:
    def __init__(self, browser, site, name=None, **options):
        self.site = site
        self.faults = []
        self.context = browser.new_context(locale="en-GB", **{"viewport": {"width": 1200, "height": 900}, **options})
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self.heard)
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.goto(site.url + "/")
        if name:
            self.rename(name)

    def heard(self, message):
        if message.type == "error" and not EXPECTED.match(message.text):
            self.faults.append(message.text)

    def leave(self):
        """Closes the browser; gives what was wrong."""
        try:
            violations = self.page.evaluate("window.violations ?? []")
            return self.faults + violations
        finally:
            self.context.close()

    def rename(self, name):
        self.page.get_by_role("button", name="Change name").click()
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_role("button", name="Save").click()

    def name(self):
        return self.page.locator("#identity .name").text_content()

    def open(self, show_id):
        self.page.goto(f"{self.site.url}/#show={show_id}")
        self.page.get_by_role("gridcell").first.wait_for()
        return self

    def seat(self, seat_id):
        return self.page.locator(f".cell[data-seat='{seat_id}']")

    def click(self, *seats):
        for seat_id in seats:
            self.seat(seat_id).click(force=True)  # taken seats can be clicked, too, to learn why

    def sees(self, seat_id, its):
        """Waits until the seat has this standing."""
        self.page.locator(f".cell[data-seat='{seat_id}'][data-its='{its}']").wait_for()

    def press(self, text):
        self.page.get_by_role("button", name=text, exact=True).click()

    def reads(self, text):
        """Waits until the message has this in it."""
        self.page.locator("#message", has_text=text).wait_for()

    def hold(self, *seats):
        """Seats in their order: the message of an earlier hold must not be taken for this one's."""
        self.click(*seats)
        self.press("Hold this seat" if len(seats) == 1 else "Hold these seats")
        self.reads(re.compile(rf"{seats[-1]} (is|are) held for you"))

    def book(self, *seats):
        self.hold(*seats)
        self.press("Confirm the booking")
        self.reads("Booked:")
