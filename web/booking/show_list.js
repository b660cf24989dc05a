// The programme: what is on, when, and how many seats are free.

import { element, field, setText } from "./dom.js";
import { count, when } from "./words.js";

export class ShowListView {
  constructor(programme) {
    this.programme = programme;
    this.search = element("input", { type: "search", id: "search", autocomplete: "off", oninput: () => this.render() });
    this.onlyFree = element("input", { type: "checkbox", onchange: () => this.render() });
    this.list = element("ul", { class: "shows" });
    this.empty = element("p", { class: "hint" });
    this.root = element(
      "section", { "aria-labelledby": "shows-title" },
      element("h1", { id: "shows-title" }, "What is on"),
      element("div", { class: "filters" },
        field("Search", this.search),
        element("label", { class: "check" }, this.onlyFree, "Only with free seats")),
      this.list, this.empty,
    );
    this.cards = new Map();
    programme.addEventListener("change", () => this.render());
    this.render();
  }

  open() {
    this.unwatch = this.programme.watch();
  }

  close() {
    this.unwatch?.();
  }

  render() {
    const wanted = this.search.value.trim().toLowerCase();
    const shown = [...this.programme.shows.values()].filter(
      (show) =>
        (!this.onlyFree.checked || show.free > 0) && `${show.movie} ${show.hall}`.toLowerCase().includes(wanted),
    );
    // Cards are kept: whoever stands on one keeps the focus while numbers change.
    const cards = shown.map((show) => this.card(show));
    if (cards.length !== this.list.children.length || cards.some((card, at) => this.list.children[at] !== card)) {
      this.list.replaceChildren(...cards);
    }
    const total = this.programme.shows.size;
    this.empty.hidden = cards.length > 0;
    setText(this.empty, !this.programme.isKnown ? "Loading the programme…" : total === 0 ? "There is no show on the programme yet." : "No show fits. Try another word.");
  }

  card(show) {
    let card = this.cards.get(show.show_id);
    if (!card) {
      card = this.build(show);
      this.cards.set(show.show_id, card);
    }
    const { title, place, free, meter } = card.parts;
    setText(title, show.movie);
    setText(place, `${when(show.starts_at_ms)} · Hall ${show.hall}`);
    const isOver = show.starts_at_ms <= Date.now();
    const state = show.status === "CLOSED" ? "Box office closed" : show.free === 0 ? "Sold out – waiting list" : `${show.free} of ${count(show.total, "seat")} free`;
    setText(free, isOver ? `Has begun · ${state}` : state);
    free.classList.toggle("few", show.free <= show.total / 10);
    meter.style.width = `${show.total > 0 ? (100 * show.free) / show.total : 0}%`;
    return card;
  }

  build(show) {
    const title = element("span", { class: "movie" });
    const place = element("span", { class: "place" });
    const free = element("span", { class: "free" });
    const meter = element("span");
    const card = element("li", {},
      element("a", { class: "show-card", href: `#show=${encodeURIComponent(show.show_id)}` },
        title, place, element("span", { class: "meter", "aria-hidden": "true" }, meter), free));
    card.parts = { title, place, free, meter };
    return card;
  }
}
