// Where this person waits: lists of sold-out shows, and queues in front of shows that many want at once.

import { remembered } from "./identity.js";

const ASK_AGAIN_MS = 3_000;

/// Events: "lists" when an entry came or went; "queue" (detail: {showId, place}) on every answer of a queue.
export class Waiting extends EventTarget {
  constructor(api, session, identity) {
    super();
    Object.assign(this, { api, session, identity });
    this.queues = new Map(); // show id -> {position, eta_ms}
  }

  key() {
    return `marquee.waiting.${this.identity.name}`;
  }

  /// {show id: {n, category, position}} of this session: entries end with it. The server has no way to ask for them.
  entries() {
    try {
      const kept = JSON.parse(remembered.get(this.key()) ?? "{}");
      return kept.session === this.api.sessionId && this.api.sessionId !== null ? kept.entries : {};
    } catch {
      return {};
    }
  }

  put(showId, entry) {
    const entries = { ...this.entries() };
    if (entry) entries[showId] = entry;
    else delete entries[showId];
    remembered.set(this.key(), JSON.stringify({ session: this.api.sessionId, entries }));
    this.dispatchEvent(new Event("lists"));
  }

  isAnywhere() {
    return Object.keys(this.entries()).length > 0;
  }

  async join(showId, n, category) {
    const path = `v1/shows/${encodeURIComponent(showId)}/waitlist`;
    try {
      const wanted = category ? { n, category } : { n };
      const queued = await this.session.within(() => this.api.command("POST", path, wanted));
      this.put(showId, { n, category, position: queued.position });
      return queued;
    } catch (refusal) {
      if (refusal.code === "ALREADY_WAITING") this.put(showId, { n, category, position: null });
      throw refusal;
    }
  }

  async leave(showId) {
    try {
      return await this.api.command("DELETE", `v1/shows/${encodeURIComponent(showId)}/waitlist`);
    } finally {
      this.put(showId, null);
    }
  }

  /// Stands in the queue until it is this person's turn, or `stop` is called. True when admitted.
  async queue(showId) {
    if (this.queues.has(showId)) return false;
    const place = { isStopped: false, wake: () => {} };
    this.queues.set(showId, place);
    const path = `v1/shows/${encodeURIComponent(showId)}/queue`;
    try {
      while (!place.isStopped) {
        const told = await this.session.within(() => this.api.command("POST", path));
        if (told.code === "ADMITTED") return true;
        this.dispatchEvent(new CustomEvent("queue", { detail: { showId, place: told } }));
        await Promise.race([
          new Promise((done) => setTimeout(done, ASK_AGAIN_MS)),
          new Promise((woken) => (place.wake = woken)),
        ]);
      }
      return false;
    } finally {
      this.queues.delete(showId);
      this.dispatchEvent(new CustomEvent("queue", { detail: { showId, place: null } }));
    }
  }

  stop(showId) {
    const place = this.queues.get(showId);
    if (!place) return;
    place.isStopped = true;
    place.wake();
  }

  /// The session was told something: perhaps that it is this person's turn.
  wake() {
    for (const place of this.queues.values()) place.wake();
  }
}
