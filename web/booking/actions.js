// What people can do, with what they are told about it. Every refusal ends in a message that says what to do next.

import { Refusal } from "./api.js";
import * as messages from "./messages.js";
import { conflictWords, count, duration, list, money, refusalWords, seatList } from "./words.js";

const capital = (text) => text[0].toUpperCase() + text.slice(1);

export class Actions {
  /// `desk` has api, session, holdings, selection, waiting, programme, and `feed` of the show that is open.
  constructor(desk) {
    this.desk = desk;
  }

  /// Runs `work`; a refusal becomes a message, after `onRefusal` had its say.
  async told(work, onRefusal = async () => false) {
    try {
      return await work();
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      if (failure.code === "SESSION_EXPIRED") this.desk.session.expired();
      if (!(await onRefusal(failure))) messages.show("problem", refusalWords(failure));
      return null;
    }
  }

  showId() {
    return this.desk.feed?.showId;
  }

  async takeSelected() {
    const { selection } = this.desk;
    const seats = selection.list();
    if (seats.length === 0) return messages.show("problem", "Please choose a seat first.");
    return selection.exchange ? this.exchange({ seats }) : this.take({ seats });
  }

  async takeBest(n, category) {
    const best = category ? { n, category } : { n };
    return this.desk.selection.exchange ? this.exchange({ best }) : this.take({ best });
  }

  async take(wanted) {
    const { feed, holdings, selection } = this.desk;
    const held = await this.told(
      () => holdings.take(feed.showId, wanted),
      (refusal) => this.notTaken(feed, wanted, refusal),
    );
    if (!held) return;
    selection.set([]);
    feed.mark(held.seats, "HELD", held.show_version);
    const time = duration(held.expires_in_ms);
    const alone = held.orphans?.length > 0 ? ` Note: ${seatList(held.orphans)} will stand alone.` : "";
    messages.show("done", `${capital(seatList(held.seats))} ${held.seats.length === 1 ? "is" : "are"} held for you for ${time}. Confirm in the cart.${alone}`);
    this.desk.goToCart();
  }

  async notTaken(feed, wanted, refusal) {
    if (refusal.code === "NOT_ADMITTED") {
      this.queue(feed.showId);
      return true;
    }
    if (refusal.code === "NO_SUCH_SHOW") feed.resync({ force: true });
    if (refusal.code !== "SEAT_TAKEN" || !wanted.seats) return false;
    await feed.resync({ force: true });
    this.desk.selection.dropLost();
    const taken = refusal.conflicts.map((one) => one.seat);
    this.offerOthers(`${refusalWords(refusal)}`, wanted.seats, taken);
    return true;
  }

  /// Seats were lost to somebody else: what is near, and what the box office would choose.
  offerOthers(text, wanted, lost) {
    const { feed, selection } = this.desk;
    if (!feed?.map) return messages.show("problem", text);
    const canHave = (seat) => selection.canHave(seat) && !lost.includes(seat.id);
    const near = feed.map.alternative(wanted, canHave);
    const actions = [];
    if (near) {
      actions.push({
        text: `Choose ${list(near)} instead`,
        act: () => {
          selection.set(near);
          messages.say(`${capital(seatList(near))} selected, ${money(feed.map.price(near))}.`);
          this.desk.goToCart();
        },
      });
    }
    if (feed.map.free() >= wanted.length) {
      actions.push({ text: wanted.length === 1 ? "Take the best seat" : `Take the best ${wanted.length} seats`, act: () => this.takeBest(wanted.length) });
    } else {
      actions.push({ text: "Join the waiting list", act: () => this.join(wanted.length) });
    }
    return messages.show("problem", near ? `${text} Free and near: ${list(near)}.` : text, actions);
  }

  /// A seat that cannot be had was chosen on the map.
  refuseSeat(seat) {
    const { feed } = this.desk;
    if (seat.mine && seat.state === "HELD") return messages.show("news", `Seat ${seat.id} is held for you already: it is in the cart.`);
    if (seat.mine) return messages.show("news", `Seat ${seat.id} is booked by you. Change it under My bookings.`);
    const [words] = conflictWords([{ seat: seat.id, state: seat.state }]);
    feed.resync();
    return this.offerOthers(`${capital(words)}.`, [seat.id], [seat.id]);
  }

  async confirm(hold) {
    const { feed, holdings } = this.desk;
    const booked = await this.told(() => holdings.confirm(hold));
    if (!booked) return;
    if (feed?.showId === hold.show_id) feed.mark(booked.seats, "BOOKED", booked.show_version);
    this.desk.programme.refresh().catch(() => {});
    messages.show(
      "done",
      `Booked: ${seatList(booked.seats)} of ${this.desk.programme.title(hold.show_id)}, ${money(booked.price_cents)}. Your booking number is ${booked.booking_id}.`,
      [{ text: "Show my bookings", act: () => (location.hash = "#bookings") }],
    );
  }

  async extend(hold) {
    const extended = await this.told(() => this.desk.holdings.extend(hold));
    if (extended) messages.show("done", `You have ${duration(extended.expires_in_ms)} from now on.`);
  }

  async release(hold) {
    const { feed, holdings } = this.desk;
    const released = await this.told(() => holdings.release(hold));
    if (!released) return;
    if (feed?.showId === hold.show_id) feed.mark(hold.seats, "AVAILABLE", released.show_version);
    messages.show("done", `${capital(seatList(hold.seats))} given back.`);
  }

  async cancel(booking, seats) {
    const cancelled = await this.told(() => this.desk.holdings.cancel(booking, seats));
    if (!cancelled) return this.desk.holdings.refreshBookings().catch(() => {});
    const what = seats ? capital(seatList(cancelled.seats ?? seats)) : `Booking ${booking.booking_id}`;
    return messages.show("done", `${what} cancelled. You get ${money(cancelled.refund_cents)} back.`);
  }

  async exchange(to) {
    const { feed, holdings, selection } = this.desk;
    const { booking, from } = selection.exchange;
    if (from.size === 0) return messages.show("problem", "Please choose at least one seat of the booking to give up.");
    const target = { show_id: feed.showId, ...to };
    const exchanged = await this.told(
      () => holdings.exchange(booking, [...from], target),
      (refusal) => this.notTaken(feed, to, refusal),
    );
    if (!exchanged) return undefined;
    selection.endExchange();
    feed.resync({ force: true });
    const { diff_cents } = exchanged;
    const paid = diff_cents > 0 ? `You pay ${money(diff_cents)} more.` : diff_cents < 0 ? `You get ${money(-diff_cents)} back.` : "The price is the same.";
    messages.show("done", `Exchanged: booking ${exchanged.booking_id} now has ${seatList(exchanged.seats)} of ${this.desk.programme.title(exchanged.show_id)}. ${paid}`, [
      { text: "Show my bookings", act: () => (location.hash = "#bookings") },
    ]);
    return undefined;
  }

  async join(n, category) {
    const queued = await this.told(() => this.desk.waiting.join(this.showId(), n, category), async (refusal) => {
      if (refusal.code === "NOT_ADMITTED") this.queue(this.showId());
      return refusal.code === "NOT_ADMITTED";
    });
    if (queued) messages.show("done", `You wait for ${count(n, "seat")}, at place ${queued.position}. Keep this page open: seats that become free are held for you and shown in the cart.`);
  }

  async leave(showId) {
    const left = await this.told(() => this.desk.waiting.leave(showId));
    if (left) messages.show("done", "You have left the waiting list.");
  }

  async queue(showId) {
    messages.show("news", "Many people want this show, so they are let in one after the other. You stand in the queue: your place is shown above the seats.");
    const isAdmitted = await this.told(() => this.desk.waiting.queue(showId));
    if (isAdmitted) messages.show("done", `It is your turn for ${this.desk.programme.title(showId)}: choose your seats now.`);
  }
}
