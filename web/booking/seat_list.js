// The same seats as a list: section, row, seat. For people whom a map does not help; filled as it is opened.

import { element, setText } from "./dom.js";
import { count, money, seatLabel, standing } from "./words.js";

export class SeatList {
  constructor(selection, { choose }) {
    Object.assign(this, { selection, choose });
    this.root = element("div", { class: "seat-list" });
    this.boxes = new Map(); // seat id -> {input, text}
    this.titles = []; // functions that say how many seats are free
  }

  show(map) {
    this.map = map;
    this.boxes.clear();
    this.titles = [];
    const open = new Set([...this.root.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    this.root.replaceChildren(...this.sections());
    for (const one of this.root.querySelectorAll("details")) this.reopen(one, open);
  }

  reopen(details, open) {
    if (!open.has(details.dataset.key)) return;
    details.open = true;
    details.fill();
    for (const inner of details.querySelectorAll("details")) this.reopen(inner, open);
  }

  sections() {
    const rows = new Map(); // category id -> row numbers
    for (let row = 1; row <= this.map.rows; row++) {
      const seat = this.map.lines[row].find(Boolean);
      if (seat) rows.set(seat.cat, [...(rows.get(seat.cat) ?? []), row]);
    }
    return [...rows].map(([id, numbers]) => {
      const { name, price_cents } = this.map.categories.get(id) ?? { name: id, price_cents: 0 };
      const title = () => `${name}, ${money(price_cents)}, ${this.map.free(id)} free`;
      return this.details(`category ${id}`, title, () => numbers.map((row) => this.row(row)));
    });
  }

  row(row) {
    const seats = this.map.lines[row].filter(Boolean);
    const free = () => seats.filter((seat) => this.selection.canHave(seat)).length;
    return this.details(`row ${row}`, () => `Row ${row}, ${count(free(), "free seat")}`, () => seats.map((seat) => this.seat(seat)));
  }

  details(key, title, build) {
    const summary = element("summary", {}, title());
    this.titles.push(() => setText(summary, title()));
    const made = element("details", { "data-key": key }, summary);
    made.fill = () => {
      if (made.children.length === 1) made.append(element("div", { class: "inner" }, build()));
    };
    made.addEventListener("toggle", () => made.open && made.fill());
    return made;
  }

  seat(seat) {
    const input = element("input", { type: "checkbox" });
    const text = element("span");
    input.addEventListener("change", () => {
      this.choose(this.map.seat(seat.id));
      this.dress(seat.id);
    });
    this.boxes.set(seat.id, { input, text });
    this.dress(seat.id);
    return element("label", { class: "choice" }, input, text);
  }

  update(seats) {
    for (const seat of seats) this.dress(seat.id);
    if (!this.root.hidden) this.updateTitles();
  }

  /// Counting is for those who look.
  updateTitles() {
    for (const update of this.titles) update();
  }

  dress(id) {
    const box = this.boxes.get(id);
    const seat = this.map.seat(id);
    if (!box || !seat) return;
    const its = standing(seat, { selected: this.selection.has(id), givenUp: this.selection.givenUp(seat) });
    box.input.checked = its === "selected";
    box.input.disabled = !this.selection.canHave(seat);
    box.text.textContent = seatLabel(this.map, seat, its);
  }
}
