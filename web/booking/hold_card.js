// A hold in the cart: its seats, its price, the time that is left, and what can be done with it.

import { button, element, setText } from "./dom.js";
import { clock, count, money } from "./words.js";

const WARNING_MS = 30_000;

export class HoldCard {
  /// `ran out` asks the server: outages stop its clock, so this one may be ahead.
  constructor(hold, { title, actions, onWarning, onOver }) {
    Object.assign(this, { hold, onWarning, onOver });
    this.time = element("span", { class: "time", role: "timer" });
    this.bar = element("span");
    this.advice = element("p", { class: "advice" });
    this.confirm = button("Confirm the booking", () => actions.confirm(this.hold), "first");
    this.root = element("li", { class: "hold", "data-hold": hold.hold_id },
      element("div", { class: "hold-head" },
        element("h3", { tabindex: "-1" }, hold.isOffer ? `Offered to you: ${hold.seats.join(", ")}` : `Held: ${hold.seats.join(", ")}`), this.time),
      element("p", { class: "place" }, title),
      element("span", { class: "meter", "aria-hidden": "true" }, this.bar),
      element("p", { class: "price" }, `${count(hold.seats.length, "seat")}, `, element("b", {}, money(hold.price_cents))),
      this.advice,
      element("div", { class: "row" }, this.confirm,
        button("Extend", () => actions.extend(this.hold), "second"),
        button("Give back", () => actions.release(this.hold), "quiet")));
    this.tick();
  }

  update(hold) {
    this.hold = hold;
    this.isOver = false;
    this.tick();
  }

  tick() {
    const left_ms = this.hold.deadline - performance.now();
    setText(this.time, left_ms > 0 ? `${clock(left_ms)} left` : "checking…");
    this.bar.style.width = `${Math.max(0, Math.min(100, (100 * left_ms) / this.hold.ttl_ms))}%`;
    const isLate = left_ms <= WARNING_MS;
    this.root.classList.toggle("late", isLate);
    setText(this.advice, isLate ? "The time is nearly over: confirm, or extend to keep the seats." : "");
    if (isLate && left_ms > 0 && !this.hold.wasWarned) {
      this.hold.wasWarned = true;
      this.onWarning(this.hold);
    }
    if (left_ms <= 0 && !this.isOver) {
      this.isOver = true;
      this.onOver(this.hold);
    }
  }
}
