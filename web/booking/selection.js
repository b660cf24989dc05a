// The seats that were chosen on the map, for a new hold or in exchange for seats of a booking.

export class Selection extends EventTarget {
  constructor() {
    super();
    this.ids = new Set();
    this.map = null;
    this.exchange = null; // {booking, from: Set of seats that are given up}
  }

  open(map) {
    const isOther = this.map?.show.show_id !== map?.show.show_id;
    this.map = map;
    if (isOther) this.set([]);
  }

  givenUp(seat) {
    return this.exchange?.booking.show_id === this.map?.show.show_id && this.exchange?.from.has(seat.id) === true;
  }

  canHave(seat) {
    return seat.state === "AVAILABLE" || this.givenUp(seat);
  }

  has(id) {
    return this.ids.has(id);
  }

  list() {
    return this.map ? this.map.sorted([...this.ids].filter((id) => this.map.seat(id))) : [];
  }

  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.changed([id]);
  }

  set(ids) {
    const touched = [...this.ids, ...ids];
    this.ids = new Set(ids);
    this.changed(touched);
  }

  /// The chosen ones that can no longer be had; they are not chosen any more.
  dropLost() {
    const lost = this.list().filter((id) => !this.canHave(this.map.seat(id)));
    for (const id of this.ids) if (!this.map.seat(id)) this.ids.delete(id); // the hall was changed
    for (const id of lost) this.ids.delete(id);
    if (lost.length > 0) this.changed(lost);
    return lost;
  }

  beginExchange(booking) {
    this.exchange = { booking, from: new Set(booking.seats) };
    this.set([]);
  }

  giveUp(id, isGivenUp) {
    if (isGivenUp) this.exchange.from.add(id);
    else {
      this.exchange.from.delete(id);
      if (this.exchange.booking.show_id === this.map?.show.show_id) this.ids.delete(id);
    }
    this.changed([id]);
  }

  endExchange() {
    if (!this.exchange) return;
    const touched = [...this.exchange.from];
    this.exchange = null;
    this.set([]);
    this.changed(touched);
  }

  changed(ids) {
    this.dispatchEvent(new CustomEvent("change", { detail: ids }));
  }
}
