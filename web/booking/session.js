// The session that holds, offers and places in queues belong to. Tabs of one name share it, and it outlives a reload.

import { Refusal, Unreachable, pause } from "./api.js";
import { remembered } from "./identity.js";

// Long enough that a hidden tab, whose timers a browser runs once a minute, does not lose what is in the cart.
const LEASE_MS = 30_000;
const GRACE_MS = 90_000;

/// Events: "state" ("none", "active", "jeopardy", "expired") and "told" when the server had something for it.
export class Session extends EventTarget {
  constructor(api, identity) {
    super();
    this.api = api;
    this.identity = identity;
    this.state = "none";
    this.opening = null;
    this.round = 0;
    this.wake = () => {};
    document.addEventListener("visibilitychange", () => this.wake());
    addEventListener("online", () => this.wake());
  }

  /// The live session, opened if there is none.
  async ensure() {
    if (this.api.sessionId && this.state !== "expired") return;
    this.opening ??= this.open().finally(() => (this.opening = null));
    await this.opening;
  }

  /// Runs `work` in a live session; once more in a new one if the old one turns out to have ended.
  async within(work) {
    await this.ensure();
    try {
      return await work();
    } catch (failure) {
      if (!["SESSION_EXPIRED", "NO_SUCH_SESSION"].includes(failure.code)) throw failure;
      this.expired();
      await this.ensure();
      return work();
    }
  }

  /// Takes up the session that this name had here; whether it lives is asked of the server.
  async resume() {
    this.leave();
    const id = remembered.get(this.key());
    if (id === null) return;
    try {
      const { body } = await this.api.read(`v1/sessions/${encodeURIComponent(id)}`);
      if (body.state === "EXPIRED") return remembered.set(this.key(), null);
    } catch (failure) {
      if (failure instanceof Refusal) return remembered.set(this.key(), null);
    }
    this.begin(id);
  }

  /// Holds of the session: {hold_id, show_id, seats, price_cents, expires_in_ms}.
  async holds() {
    if (!this.api.sessionId) return [];
    const { body } = await this.api.read(`v1/sessions/${encodeURIComponent(this.api.sessionId)}`);
    if (body.state === "EXPIRED") this.expired();
    return body.holds ?? [];
  }

  key() {
    return `marquee.session.${this.identity.name}`;
  }

  async open() {
    const opened = await this.api.command(
      "POST", "v1/sessions", { lease_ms: LEASE_MS, grace_ms: GRACE_MS }, { session: false },
    );
    remembered.set(this.key(), opened.session_id);
    this.begin(opened.session_id);
  }

  begin(id) {
    this.api.sessionId = id;
    this.safeUntil = performance.now() + LEASE_MS;
    this.become("active");
    this.keepAlive(id, ++this.round);
  }

  leave() {
    this.round++;
    this.api.sessionId = null;
    this.become("none");
  }

  expired() {
    if (this.api.sessionId === null) return;
    remembered.set(this.key(), null);
    this.round++;
    this.api.sessionId = null;
    this.become("expired");
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /// A visible tab leaves the question open until there is something to tell; a hidden one lets go of the connection.
  async keepAlive(id, round) {
    for (let failures = 0; round === this.round; ) {
      const waits = !document.hidden && failures === 0; // after a failure it is good to know at once
      const asked = performance.now();
      try {
        const told = await this.touch(id, waits);
        if (round !== this.round) return;
        failures = 0;
        this.safeUntil = performance.now() + LEASE_MS;
        this.become(told.state === "JEOPARDY" ? "jeopardy" : "active");
        if (told.events?.length > 0) this.dispatchEvent(new CustomEvent("told", { detail: told.events }));
      } catch (failure) {
        if (round !== this.round) return;
        if (this.isOver(failure)) return this.expired();
        failures++;
        if (performance.now() > this.safeUntil) this.become("jeopardy");
      }
      // A server that does not wait must not be asked in a busy loop.
      const least_ms = failures > 0 ? Math.min(500 * failures, 5_000) : waits ? 1_000 : LEASE_MS / 3;
      await this.rest(least_ms - (failures > 0 ? 0 : performance.now() - asked));
    }
  }

  /// A front end that is behind does not know a young session yet.
  isOver(failure) {
    if (!(failure instanceof Refusal)) return false;
    return failure.code !== "NO_SUCH_SESSION" || performance.now() > this.safeUntil + GRACE_MS;
  }

  async touch(id, waits) {
    const path = `v1/sessions/${encodeURIComponent(id)}/keepalive${waits ? "?wait=true" : ""}`;
    const { response, body } = await this.api.touch(path, waits ? LEASE_MS / 3 : 0);
    if (response.status >= 500 || response.status === 429) throw new Unreachable(body.code);
    if (!response.ok) throw new Refusal(response.status, body);
    return body;
  }

  async rest(ms) {
    if (ms <= 0) return;
    await Promise.race([pause(ms), new Promise((woken) => (this.wake = woken))]);
  }
}
