// The cart: what is selected with its price, and what is held with its countdown.

import { button, element, setText } from "./dom.js";
import { HoldCard } from "./hold_card.js";
import * as messages from "./messages.js";
import { count, money, seatLabel, seatList, when } from "./words.js";

export class Cart {
  constructor(root, desk, actions) {
    Object.assign(this, { root, desk, actions });
    this.title = element("h2", { tabindex: "-1", id: "cart-title" }, "Cart");
    this.chosen = element("ul", { class: "chosen" });
    this.sum = element("p", { class: "price" });
    this.hold = button("Hold these seats", () => actions.takeSelected(), "first");
    this.clear = button("Clear", () => desk.selection.set([]), "quiet");
    this.selected = element("div", { class: "selected" }, this.chosen, this.sum, element("div", { class: "row" }, this.hold, this.clear));
    this.holds = element("ul", { class: "holds" });
    this.empty = element("p", { class: "hint" }, "Nothing here yet. Choose seats on the map, or let the box office find the best ones.");
    this.session = element("p", { class: "advice session" });
    root.append(this.title, this.session, this.holds, this.selected, this.empty);
    this.bar = element("a", { class: "cart-bar", href: "#cart", onclick: (event) => (event.preventDefault(), this.focus()) });
    root.after(this.bar);
    // On a phone: whoever sees the cart needs no way to it.
    new IntersectionObserver(([seen]) => this.bar.classList.toggle("unneeded", seen.intersectionRatio > 0.9), { threshold: [0, 0.9] }).observe(root);
    this.cards = new Map();
    desk.selection.addEventListener("change", () => this.renderSelection());
    desk.holdings.addEventListener("holds", () => this.renderHolds());
    desk.programme.addEventListener("change", () => this.renderTitles());
    setInterval(() => this.tick(), 250);
    this.renderSelection();
    this.renderHolds();
  }

  focus() {
    this.root.scrollIntoView({ block: "nearest" });
    const target = this.selected.hidden ? this.holds.querySelector("button") : this.hold;
    (target ?? this.title).focus();
  }

  renderSelection() {
    const { selection } = this.desk;
    const { map, exchange } = selection;
    const ids = selection.list();
    const hadFocus = this.selected.contains(document.activeElement);
    this.selected.hidden = ids.length === 0;
    if (map) this.chosen.replaceChildren(...ids.map((id) => this.line(map, map.seat(id))));
    const total = map && ids.length > 0 ? map.price(ids) : 0;
    setText(this.sum, `${count(ids.length, "seat")}, ${money(total)}`);
    setText(this.hold, exchange ? "Exchange for these seats" : ids.length === 1 ? "Hold this seat" : "Hold these seats");
    if (hadFocus && !this.selected.contains(document.activeElement)) (this.selected.hidden ? this.title : this.hold).focus();
    this.renderSummary();
  }

  line(map, seat) {
    const remove = button("×", () => this.desk.selection.toggle(seat.id), "quiet square");
    remove.setAttribute("aria-label", `Remove seat ${seat.id}`);
    const { name, price_cents } = map.category(seat);
    return element("li", { title: seatLabel(map, seat, "selected") },
      element("b", {}, seat.id), element("span", {}, name), element("span", { class: "amount" }, money(price_cents)), remove);
  }

  renderHolds() {
    const { holds } = this.desk.holdings;
    const hadFocus = this.holds.contains(document.activeElement);
    for (const [id, card] of this.cards) {
      if (holds.has(id)) continue;
      card.root.remove();
      this.cards.delete(id);
    }
    for (const [id, hold] of holds) {
      const card = this.cards.get(id);
      if (card) card.update(hold);
      else this.add(id, hold);
    }
    if (hadFocus && !this.holds.contains(document.activeElement)) this.title.focus();
    this.renderSummary();
  }

  add(id, hold) {
    const card = new HoldCard(hold, {
      title: this.showTitle(hold),
      actions: this.actions,
      onWarning: (late) => messages.show("news", `Less than half a minute is left for ${seatList(late.seats)}. Confirm or extend in the cart.`, [
        { text: "Extend", act: () => this.actions.extend(late) },
      ]),
      onOver: () => this.desk.refreshHolds(),
    });
    this.cards.set(id, card);
    this.holds.append(card.root);
  }

  showTitle(hold) {
    const show = this.desk.programme.get(hold.show_id);
    return show ? `${show.movie}, ${when(show.starts_at_ms)}` : hold.show_id;
  }

  renderTitles() {
    for (const card of this.cards.values()) setText(card.root.querySelector(".place"), this.showTitle(card.hold));
  }

  renderSummary() {
    const { selection, holdings } = this.desk;
    const selected = selection.ids.size;
    const held = [...holdings.holds.values()].reduce((sum, hold) => sum + hold.seats.length, 0);
    this.empty.hidden = selected > 0 || held > 0;
    this.bar.hidden = selected === 0 && held === 0;
    const parts = [selected > 0 ? `${selected} selected` : "", held > 0 ? `${held} held` : ""].filter(Boolean);
    this.summary = parts.join(", ");
    this.tick();
  }

  tick() {
    let next = Infinity;
    for (const card of this.cards.values()) {
      card.tick();
      next = Math.min(next, card.hold.deadline);
    }
    const time = this.cards.size > 0 ? [...this.cards.values()].find((card) => card.hold.deadline === next)?.time.textContent : "";
    setText(this.bar, `Cart: ${this.summary}${time ? ` · ${time}` : ""}`);
    this.tellSession();
  }

  /// Held seats end with the session; only then does its danger matter to a person.
  tellSession() {
    const isInDanger = this.desk.session.state === "jeopardy" && this.cards.size > 0;
    setText(this.session, isInDanger ? "The server has not heard from this page for a while. Held seats may be given to others if the connection does not come back soon." : "");
  }
}
