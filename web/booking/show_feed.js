// Keeps the seat map of one show true: what the server has, then every change of it.

import { Refusal, pause } from "./api.js";
import { EventStream } from "./event_stream.js";
import { SeatMap } from "./seat_map.js";

/// `listener`: loaded(map) at first and when much is new at once, changed(map, seats), gone(), lost(), found().
export class ShowFeed {
  constructor(api, showId, listener) {
    Object.assign(this, { api, showId, listener });
    this.path = `v1/shows/${encodeURIComponent(showId)}/seats`;
    this.map = null;
    this.isSuspect = false; // what is known may be wrong: a copy of any version replaces it
    this.stopped = false;
    this.loading = null;
    // The stream is opened first: whatever changes while the map is fetched is in one of the two.
    this.stream = new EventStream(api, `v1/stream?shows=${encodeURIComponent(showId)}`, {
      onOpen: () => this.resync(),
      onEvent: (event) => this.take(event),
      // The map goes on being asked for, as long as the stream cannot be had.
      onLost: () => {
        this.listener.lost();
        this.resync();
      },
    });
    this.resync();
  }

  stop() {
    this.stopped = true;
    this.stream.stop();
  }

  /// Asks what the server has, by ETag. One question at a time: who comes meanwhile waits for one that begins later.
  async resync({ force = false } = {}) {
    this.isSuspect ||= force;
    if (this.loading) return (this.again ??= this.loading.then(() => this.resync()));
    this.again = null;
    this.loading = this.load();
    try {
      await this.loading;
    } finally {
      this.loading = null;
    }
  }

  async load() {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        const etag = this.map && !this.isSuspect ? `"${this.map.version}"` : null;
        const { status, body } = await this.api.read(this.path, { etag });
        if (this.stopped) return;
        if (status !== 304) this.accept(body);
        this.listener.found();
        return;
      } catch (failure) {
        if (this.stopped) return;
        if (failure instanceof Refusal && failure.status === 404) return this.gone();
        this.listener.lost();
        await pause(Math.min(300 * 2 ** failures, 4_000));
      }
    }
  }

  accept(body) {
    // Another front end may be behind: what the stream told is newer.
    if (this.map && !this.isSuspect && body.show_version < this.map.version) return;
    this.isSuspect = false;
    if (this.map === null) this.map = new SeatMap(body);
    else this.map.replace(body);
    this.listener.loaded(this.map);
  }

  gone() {
    this.stop();
    this.listener.gone();
  }

  take(event) {
    if (event.type === "reset") return void this.resync({ force: true });
    const told = parsed(event.data);
    if (told?.show_id !== this.showId) return;
    if (event.type === "show") return void this.resync({ force: true });
    if (event.type !== "seat" || this.map === null || !Array.isArray(told.changes)) return;
    this.changed(this.map.apply(told.version, told.changes));
  }

  /// Seats of the answer to an own command.
  mark(ids, state, version) {
    if (this.map) this.changed(this.map.markOwn(ids, state, version));
  }

  changed(seats) {
    if (seats.length > 0) this.listener.changed(this.map, seats);
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
