// HTTP of the front end. A command goes on being asked, with the same key, until its outcome is known.

import { randomText } from "./identity.js";

const PATIENCE_MS = 12_000; // a front end gives up after 10 s and says so
const SLOW_MS = 2_000; // then a waiting person is told that it is still being tried
const PAUSES_MS = [300, 700, 1_500, 3_000, 5_000];
/// Codes that say nothing of the outcome: the same request, asked again, will tell.
const ASK_AGAIN = new Set(["IN_PROGRESS", "QUEUE", "NO_QUORUM", "NO_MAJORITY", "TIMEOUT"]);

/// The state machine's "no": nothing happened.
export class Refusal extends Error {
  constructor(status, answer) {
    super(answer.message ?? answer.code);
    this.status = status;
    this.code = answer.code ?? `HTTP_${status}`;
    this.conflicts = answer.conflicts ?? [];
    this.free = answer.free;
  }
}

/// No answer that could be used: no connection, or a server in trouble.
export class Unreachable extends Error {}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export function address(path) {
  return new URL(path, document.baseURI).href;
}

export class Api {
  /// `progress`: told "slow", "unknown" and "settled" of commands that take long.
  constructor(identity, progress) {
    this.identity = identity;
    this.progress = progress;
    this.sessionId = null;
    this.newestOffset = -1; // of all that was seen here: reads never go back behind it, whichever front end answers
  }

  seen(offset) {
    if (Number.isSafeInteger(offset)) this.newestOffset = Math.max(this.newestOffset, offset);
  }

  headers(more = {}) {
    return { "X-Client-Id": this.identity.header(), ...more };
  }

  /// {status 200 or 304, body, etag}. Throws Refusal (4xx) or Unreachable.
  async read(path, { etag = null } = {}) {
    const url = new URL(address(path));
    if (this.newestOffset >= 0) url.searchParams.set("min_offset", this.newestOffset);
    // Whether a copy is still true is asked here, not by the browser: it keeps none.
    const headers = this.headers(etag ? { "If-None-Match": etag } : {});
    const { response, body } = await this.ask(url.href, { headers, cache: "no-store" });
    if (response.headers.has("X-Offset")) this.seen(Number(response.headers.get("X-Offset")));
    if (response.status === 304 || response.ok) return { status: response.status, body, etag: response.headers.get("ETag") };
    if (response.status >= 500) throw new Unreachable(body.code);
    throw new Refusal(response.status, body);
  }

  /// The answer's fields and `show_version`. Throws Refusal; never gives up before the outcome is known.
  async command(method, path, fields = {}, { session = true } = {}) {
    const attempt = { key: randomText(16), method, path, fields, session };
    const slow = setTimeout(() => this.progress("slow", attempt), SLOW_MS);
    try {
      for (let failures = 0; ; failures++) {
        const answer = await this.attempt(attempt);
        if (answer !== null) return answer;
        this.progress("unknown", attempt);
        await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]);
      }
    } finally {
      clearTimeout(slow);
      this.progress("settled", attempt);
    }
  }

  /// One try; null if it must be asked again.
  async attempt({ key, method, path, fields, session }) {
    const headers = this.headers({ "Content-Type": "application/json", "Idempotency-Key": key });
    if (session && this.sessionId) headers["X-Session-Id"] = this.sessionId;
    let response, body;
    try {
      ({ response, body } = await this.ask(address(path), { method, headers, body: JSON.stringify(fields) }));
    } catch (failure) {
      if (failure instanceof Unreachable) return null;
      throw failure;
    }
    if (ASK_AGAIN.has(body.code) || response.status >= 500) return this.waitAsAsked(response);
    this.seen(body.offset);
    if (!response.ok) throw new Refusal(response.status, body);
    return { ...body, show_version: Number((response.headers.get("ETag") ?? "").replaceAll('"', "")) || null };
  }

  /// A keep-alive: it has no outcome, so the next one does for one that failed. The server may hold it `wait_ms`.
  touch(path, wait_ms) {
    const headers = this.headers({ "Idempotency-Key": randomText(16) });
    return this.ask(address(path), { method: "POST", headers }, wait_ms + PATIENCE_MS);
  }

  async waitAsAsked(response) {
    const seconds = Number(response.headers.get("Retry-After"));
    if (seconds > 0) await pause(Math.min(seconds, 10) * 1_000);
    return null;
  }

  async ask(url, options, patience_ms = PATIENCE_MS) {
    const signal = AbortSignal.timeout(patience_ms);
    try {
      const response = await fetch(url, { ...options, signal });
      const text = await response.text();
      return { response, body: text ? JSON.parse(text) : {} };
    } catch (failure) {
      // A body that is no JSON is a proxy's error page: as good as no answer.
      throw new Unreachable(failure.message);
    }
  }
}
