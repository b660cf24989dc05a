// One show: its seats as a map or as a list, live; what the marks mean; where one stands in a queue.

import { button, element, setText, symbol } from "./dom.js";
import * as messages from "./messages.js";
import { BestChooser } from "./best_chooser.js";
import { ExchangeBanner } from "./exchange_banner.js";
import { SeatGrid, symbolOf } from "./seat_grid.js";
import { SeatList } from "./seat_list.js";
import { ShowFeed } from "./show_feed.js";
import { count, duration, money, seatLabel, seatList, when } from "./words.js";

const LEGEND = [
  ["available", "available"], ["selected", "selected"], ["mine-held", "held for you"], ["held", "held by somebody else"],
  ["mine-booked", "booked by you"], ["booked", "booked"], ["blocked", "not for sale"],
];

export class ShowPage {
  constructor(desk, actions, connection, showId) {
    Object.assign(this, { desk, actions, connection });
    const { selection } = desk;
    const choose = (seat) => this.choose(seat);
    this.grid = new SeatGrid(selection, { choose, openCart: () => desk.goToCart() });
    this.list = new SeatList(selection, { choose });
    this.chooser = new BestChooser(actions, desk.waiting);
    this.banner = new ExchangeBanner(selection);
    this.build();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    selection.addEventListener("change", (event) => this.selectionChanged(event.detail), { signal });
    desk.waiting.addEventListener("queue", (event) => this.queueChanged(event.detail), { signal });
    desk.feed = new ShowFeed(desk.api, showId, {
      loaded: (map) => this.loaded(map),
      changed: (map, seats) => this.changed(seats),
      gone: () => this.gone(),
      lost: () => connection.lost("seats"),
      found: () => connection.found("seats"),
    });
  }

  build() {
    this.title = element("h1", { tabindex: "-1" }, "Loading…");
    this.place = element("p", { class: "place" });
    this.queue = element("div", { class: "note news", hidden: true });
    this.asMap = button("Map", () => this.setView("map"), "choice-button");
    this.asList = button("List", () => this.setView("list"), "choice-button");
    const zoom = element("div", { class: "zoom", role: "group", "aria-label": "Size of the map" },
      this.zoomButton("−", "Smaller", -1), this.zoomButton("+", "Larger", 1));
    this.mapView = element("div", { class: "map" },
      element("p", { class: "screen", "aria-hidden": "true" }, element("span", {}, "Screen")),
      this.grid.scroller,
      element("p", { id: "map-help", class: "hint" },
        "Keyboard: arrow keys move, Space chooses, Enter goes to the cart. Row 1 is next to the screen."));
    this.root = element("section", { class: "show-page" },
      element("a", { class: "back", href: "#shows" }, "‹ All shows"),
      this.title, this.place, this.queue, this.banner.root, this.chooser.root,
      element("div", { class: "tools" },
        element("div", { class: "choice-buttons", role: "group", "aria-label": "Show the seats as" }, this.asMap, this.asList), zoom),
      this.legend(), this.mapView, this.list.root);
    this.setView("map");
  }

  zoomButton(text, label, step) {
    const made = button(text, () => this.grid.setZoom(step), "quiet square");
    made.setAttribute("aria-label", label);
    return made;
  }

  legend() {
    const items = LEGEND.map(([its, text]) => element("li", { "data-its": its }, symbol(symbolOf(its), "seat"), text));
    return element("ul", { class: "legend", "aria-label": "What the marks mean" }, items);
  }

  setView(name) {
    this.mapView.hidden = name !== "map";
    this.list.root.hidden = name !== "list";
    this.asMap.setAttribute("aria-pressed", String(name === "map"));
    this.asList.setAttribute("aria-pressed", String(name === "list"));
    this.root.querySelector(".zoom").hidden = name !== "map";
    this.list.updateTitles();
  }

  close() {
    this.leaving.abort();
    this.desk.feed?.stop();
    this.desk.feed = null;
    this.connection.found("seats");
  }

  loaded(map) {
    this.map = map;
    const { selection } = this.desk;
    selection.open(map);
    const hadFocus = this.grid.hall.contains(document.activeElement);
    const lost = selection.dropLost();
    this.grid.show(map);
    this.list.show(map);
    this.chooser.show(map);
    this.banner.render();
    this.chooser.setExchange(Boolean(selection.exchange));
    setText(this.title, map.show.movie ?? map.show.show_id);
    document.title = `${map.show.movie ?? "Show"} – Box office`;
    this.describe();
    if (hadFocus) this.grid.focus();
    this.tellLost(lost);
  }

  describe() {
    const { starts_at_ms, hall } = this.map.show;
    const isClosed = this.desk.programme.get(this.map.show.show_id)?.status === "CLOSED";
    const where = [isClosed ? "Box office closed" : null, starts_at_ms ? when(starts_at_ms) : null, hall ? `Hall ${hall}` : null, `${count(this.map.free(), "free seat")}`];
    setText(this.place, where.filter(Boolean).join(" · "));
  }

  changed(seats) {
    const lost = this.desk.selection.dropLost();
    this.grid.update(seats);
    this.list.update(seats);
    this.chooser.render();
    this.describe();
    if (this.desk.selection.exchange) this.chooser.setExchange(true);
    if (seats.some((seat) => seat.state === "HELD")) this.desk.seatsWereHeld();
    this.tellLost(lost);
  }

  tellLost(lost) {
    if (lost.length === 0) return;
    const verb = lost.length === 1 ? "was" : "were";
    this.actions.offerOthers(`Somebody was faster: ${seatList(lost)} ${verb} taken while you chose.`, lost, lost);
  }

  choose(seat) {
    const { selection } = this.desk;
    if (!selection.canHave(seat)) return this.actions.refuseSeat(seat);
    selection.toggle(seat.id);
    const seats = selection.list();
    const total = seats.length === 0 ? "Nothing selected" : `${count(seats.length, "seat")} selected, ${money(this.map.price(seats))}`;
    const its = selection.has(seat.id) ? "selected" : "available";
    return messages.say(`${seatLabel(this.map, seat, its)}. ${total}.`);
  }

  selectionChanged(ids) {
    if (!this.map) return;
    const seats = ids.map((id) => this.map.seat(id)).filter(Boolean);
    this.grid.update(seats);
    this.list.update(seats);
    this.banner.render();
    this.chooser.setExchange(Boolean(this.desk.selection.exchange));
  }

  queueChanged({ showId, place }) {
    if (showId !== this.desk.feed?.showId) return;
    this.queue.hidden = place === null;
    if (place === null) return;
    const about = place.eta_ms ? ` That may take about ${duration(place.eta_ms)}.` : "";
    const leave = button("Leave the queue", () => this.desk.waiting.stop(showId), "quiet");
    if (!this.queue.firstChild) this.queue.append(element("p"), leave);
    setText(this.queue.firstChild, `You are number ${place.position} in the queue.${about} Keep this page open.`);
  }

  gone() {
    const text = "This show is not on the programme any more. Bookings of it were cancelled or moved: see My bookings.";
    // The next page begins without messages, so this one waits for it.
    addEventListener("hashchange", () => messages.show("problem", text), { once: true });
    location.hash = "#shows";
  }
}
