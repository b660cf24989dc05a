// What this person has: held seats with their time, and bookings. The server is asked whenever that can have changed.

import { Refusal } from "./api.js";

const TTL_MS = 120_000; // what holds are extended by when their own time is not known
const WITHOUT_SESSION = { session: false }; // bookings outlive sessions, so an ended one must not be in their way

/// Offers of the waiting list are holds whose id has an index.
const isOffer = (holdId) => /^H-\d+-\d+$/.test(holdId);

/// Events: "holds" and "bookings"; "offered" (detail: hold) and "ended" (detail: hold) for what nobody here did.
export class Holdings extends EventTarget {
  constructor(api, session) {
    super();
    Object.assign(this, { api, session });
    this.holds = new Map();
    this.bookings = [];
    this.asking = null;
  }

  clear() {
    this.holds.clear();
    this.bookings = [];
    this.tell("holds");
    this.tell("bookings");
  }

  async refresh() {
    await Promise.all([this.refreshHolds(), this.refreshBookings()]);
  }

  /// One question at a time; what is asked meanwhile is answered by one that begins afterwards.
  async refreshHolds() {
    if (this.asking) {
      this.again = true;
      return this.asking;
    }
    this.asking = this.askHolds().finally(() => (this.asking = null));
    await this.asking;
    if (!this.again) return undefined;
    this.again = false;
    return this.refreshHolds();
  }

  async askHolds() {
    const known = new Set(this.holds.keys());
    const listed = await this.session.holds();
    const alive = new Set(listed.map((hold) => hold.hold_id));
    for (const hold of listed) this.put(hold);
    // What was made while the answer was under way is not in it.
    for (const id of known) if (!alive.has(id)) this.ended(id);
    this.tell("holds");
  }

  put(told) {
    const old = this.holds.get(told.hold_id);
    const hold = {
      ...told,
      isOffer: isOffer(told.hold_id),
      deadline: performance.now() + told.expires_in_ms,
      ttl_ms: old?.ttl_ms ?? told.ttl_ms ?? TTL_MS,
      wasWarned: old?.wasWarned ?? false,
    };
    this.holds.set(hold.hold_id, hold);
    if (!old && hold.isOffer) this.dispatchEvent(new CustomEvent("offered", { detail: hold }));
    return hold;
  }

  ended(id) {
    const hold = this.holds.get(id);
    if (!hold) return;
    this.holds.delete(id);
    if (hold.isEnding) return; // it was asked for here, and its answer is under way
    this.dispatchEvent(new CustomEvent("ended", { detail: hold }));
  }

  drop(id) {
    if (this.holds.delete(id)) this.tell("holds");
  }

  async refreshBookings() {
    const { body } = await this.api.read("v1/bookings");
    this.bookings = body.bookings ?? [];
    this.tell("bookings");
  }

  /// `wanted` is {seats} or {best: {n, category?}}.
  async take(showId, wanted) {
    const path = `v1/shows/${encodeURIComponent(showId)}/holds`;
    const held = await this.session.within(() => this.api.command("POST", path, wanted));
    this.put({ ...held, show_id: showId, ttl_ms: held.expires_in_ms });
    this.tell("holds");
    return held;
  }

  async extend(hold) {
    const extended = await this.api.command("PATCH", `v1/holds/${hold.hold_id}`, { ttl_ms: hold.ttl_ms });
    Object.assign(hold, { deadline: performance.now() + extended.expires_in_ms, wasWarned: false });
    this.tell("holds");
    return extended;
  }

  release(hold) {
    return this.ending(hold, "DELETE", `v1/holds/${hold.hold_id}`);
  }

  async confirm(hold) {
    const booked = await this.ending(hold, "POST", `v1/holds/${hold.hold_id}/confirm`);
    await this.refreshBookings().catch(() => {});
    return booked;
  }

  /// Also a refusal may say that the hold is no more.
  async ending(hold, method, path) {
    hold.isEnding = true;
    try {
      const answer = await this.api.command(method, path);
      this.drop(hold.hold_id);
      return answer;
    } catch (failure) {
      const gone = ["HOLD_EXPIRED", "ALREADY_CONFIRMED", "ALREADY_RELEASED", "NO_SUCH_HOLD"];
      if (failure instanceof Refusal && gone.includes(failure.code)) this.drop(hold.hold_id);
      hold.isEnding = false;
      throw failure;
    }
  }

  async cancel(booking, seats = null) {
    const path = `v1/bookings/${booking.booking_id}`;
    const cancelled = await this.api.command("DELETE", path, seats ? { seats } : {}, WITHOUT_SESSION);
    await this.refreshBookings().catch(() => {});
    return cancelled;
  }

  /// `to` is {show_id, seats} or {show_id, best}.
  async exchange(booking, fromSeats, to) {
    const path = `v1/bookings/${booking.booking_id}/exchange`;
    const exchanged = await this.api.command("POST", path, { from_seats: fromSeats, to }, WITHOUT_SESSION);
    await this.refreshBookings().catch(() => {});
    return exchanged;
  }

  tell(what) {
    this.dispatchEvent(new Event(what));
  }
}
