// My bookings: what was booked under this name, with cancelling (also of single seats) and exchange.

import { button, element } from "./dom.js";
import { count, money, seatList, when } from "./words.js";

export class BookingsPage {
  constructor(desk, actions) {
    Object.assign(this, { desk, actions });
    this.list = element("ul", { class: "bookings" });
    this.empty = element("p", { class: "hint" });
    this.title = element("h1", { id: "bookings-title", tabindex: "-1" }, "My bookings");
    this.root = element("section", { "aria-labelledby": "bookings-title" }, this.title, this.list, this.empty);
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    desk.holdings.addEventListener("bookings", () => this.render(), { signal });
    desk.programme.addEventListener("change", () => this.render(), { signal });
    this.shown = "";
    this.unwatch = desk.programme.watch();
    desk.holdings.refreshBookings().catch(() => {});
    this.render();
  }

  close() {
    this.leaving.abort();
    this.unwatch();
  }

  render() {
    const { bookings } = this.desk.holdings;
    const shown = JSON.stringify([bookings, bookings.map((one) => this.desk.programme.get(one.show_id)?.starts_at_ms)]);
    if (shown === this.shown) return; // somebody may be in the middle of it
    this.shown = shown;
    const hadFocus = this.list.contains(document.activeElement);
    this.list.replaceChildren(...[...bookings].reverse().map((booking) => this.card(booking)));
    if (hadFocus) this.title.focus();
    this.empty.hidden = bookings.length > 0;
    this.empty.textContent = `There is no booking under the name ${this.desk.identity.name}.`;
  }

  card(booking) {
    const show = this.desk.programme.get(booking.show_id);
    const picked = new Set();
    const cancel = button("Cancel the booking", () => this.ask(booking, picked, panel, cancel), "danger");
    const panel = element("div", { class: "row ask" });
    const seats = booking.seats.map((id) => {
      const input = element("input", { type: "checkbox" });
      input.addEventListener("change", () => {
        if (input.checked) picked.add(id);
        else picked.delete(id);
        const some = picked.size > 0 && picked.size < booking.seats.length;
        cancel.textContent = some ? `Cancel ${seatList([...picked])}` : "Cancel the booking";
        panel.replaceChildren();
      });
      return element("label", { class: "check chip" }, input, id);
    });
    return element("li", { class: "booking", "data-booking": booking.booking_id },
      element("h2", {}, show?.movie ?? booking.show_id),
      element("p", { class: "place" }, show ? `${when(show.starts_at_ms)} · Hall ${show.hall}` : "This show is not on the programme any more."),
      element("p", { class: "price" }, `Booking ${booking.booking_id}: ${count(booking.seats.length, "seat")}, `, element("b", {}, money(booking.price_cents))),
      element("fieldset", { class: "chips" }, element("legend", {}, booking.seats.length > 1 ? "Seats (tick some to cancel only those)" : "Seat"), seats),
      element("div", { class: "row" }, button("Exchange seats", () => this.exchange(booking), "second"), cancel), panel);
  }

  /// Cancelling cannot be undone, so it is asked once more, in place.
  ask(booking, picked, panel, cancel) {
    const isPart = picked.size > 0 && picked.size < booking.seats.length;
    const seats = isPart ? booking.seats.filter((id) => picked.has(id)) : null;
    const what = seats ? seatList(seats) : `all of booking ${booking.booking_id}`;
    const yes = button("Yes, cancel", () => this.actions.cancel(booking, seats), "first");
    const no = button("Keep", () => {
      panel.replaceChildren();
      cancel.focus();
    }, "second");
    panel.replaceChildren(element("p", {}, `Cancel ${what}?`), yes, no);
    yes.focus();
  }

  exchange(booking) {
    this.desk.selection.beginExchange(booking);
    location.hash = `#show=${encodeURIComponent(booking.show_id)}`;
  }
}
