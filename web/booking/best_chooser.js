// "Find the best seats": how many, where. What is best the server decides. Too few free seats: the waiting list.

import { button, element, field, setText } from "./dom.js";
import { count, money } from "./words.js";

const MOST = 10;

export class BestChooser {
  constructor(actions, waiting) {
    Object.assign(this, { actions, waiting });
    this.number = element("select", { id: "best-count", onchange: () => this.render() },
      Array.from({ length: MOST }, (_, at) => element("option", { value: at + 1 }, String(at + 1))));
    this.number.value = "2";
    this.category = element("select", { id: "best-category", onchange: () => this.render() });
    this.find = button("Find the best seats", () => actions.takeBest(...this.wanted()), "second");
    this.join = button("Join the waiting list", () => actions.join(...this.wanted()), "second");
    this.leave = button("Leave the waiting list", () => actions.leave(this.map.show.show_id), "quiet");
    this.note = element("p", { class: "hint" });
    this.root = element("form", { class: "best", "aria-label": "Best seats", onsubmit: (event) => event.preventDefault() },
      field("Seats", this.number), field("Where", this.category), this.find, this.join, this.leave, this.note);
    waiting.addEventListener("lists", () => this.render());
  }

  wanted() {
    return [Number(this.number.value), this.category.value || undefined];
  }

  show(map) {
    this.map = map;
    const before = this.category.value;
    const options = [...map.categories.values()].map(({ id, name, price_cents }) =>
      element("option", { value: id }, `${name}, ${money(price_cents)}`));
    this.category.replaceChildren(element("option", { value: "" }, "Anywhere"), ...options);
    this.category.value = map.categories.has(before) ? before : "";
    this.render();
  }

  render() {
    if (!this.map) return;
    const [n, category] = this.wanted();
    const free = this.map.free(category ?? null);
    const entry = this.waiting.entries()[this.map.show.show_id];
    this.find.hidden = free < n || this.isExchange;
    this.join.hidden = free >= n || Boolean(entry) || this.isExchange;
    this.leave.hidden = !entry;
    setText(this.find, "Find the best seats");
    const place = entry?.position ? ` Your place was ${entry.position} when you joined.` : "";
    if (entry) setText(this.note, `You are waiting for ${count(entry.n, "seat")}.${place} Keep this page open.`);
    else if (free < n && !this.isExchange) setText(this.note, free === 0 ? "Sold out: join the list, and seats that become free are held for you." : `Only ${free} free here.`);
    else setText(this.note, "");
  }

  /// In an exchange the seats that are given up count, too: the server is asked in any case.
  setExchange(isExchange) {
    this.isExchange = isExchange;
    this.render();
    if (isExchange) this.find.hidden = false;
  }
}
