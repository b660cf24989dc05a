// Above the seats while a booking is exchanged: which of its seats are given up, and the way out.

import { button, element } from "./dom.js";

export class ExchangeBanner {
  constructor(selection) {
    this.selection = selection;
    this.root = element("fieldset", { class: "note news exchange", hidden: true });
  }

  render() {
    const { exchange } = this.selection;
    this.root.hidden = !exchange;
    if (!exchange || this.shown === exchange) return;
    this.shown = exchange;
    const choices = exchange.booking.seats.map((id) => {
      const input = element("input", { type: "checkbox" });
      input.checked = exchange.from.has(id);
      input.addEventListener("change", () => this.selection.giveUp(id, input.checked));
      return element("label", { class: "check" }, input, id);
    });
    this.root.replaceChildren(
      element("legend", {}, `Exchange of booking ${exchange.booking.booking_id}`),
      element("p", {}, "You give up the seats ticked here. Choose new ones below, or open another show. Until it has worked you keep what you have."),
      element("div", { class: "row" }, choices, button("Keep the booking as it is", () => this.selection.endExchange(), "quiet")),
    );
  }
}
