// Server-sent events over fetch. EventSource would hide the comments that show that the connection still lives, and
// could not send who asks.

import { address } from "./api.js";

const SILENCE_MS = 20_000; // the server sends a comment every 15 s
const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000];
const HIDDEN_MS = 10_000;

/// One event from the lines of its block; null if it was only comments.
export function parseBlock(block) {
  const event = { id: null, type: "message", data: [] };
  let hasData = false;
  for (const line of block.split("\n")) {
    if (line === "" || line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") event.id = value;
    if (field === "event") event.type = value;
    if (field === "data") event.data.push(value);
    hasData ||= field === "data" || field === "event";
  }
  return hasData ? { ...event, data: event.data.join("\n") } : null;
}

/// Follows one address until `stop`. Connects again by itself, from the last event on. A hidden tab lets go of its
/// connection: a browser has only six for all tabs of an origin.
export class EventStream {
  constructor(api, path, { onOpen, onEvent, onLost }) {
    Object.assign(this, { api, path, onOpen, onEvent, onLost });
    this.lastId = null;
    this.failures = 0;
    this.stopped = new AbortController();
    this.wake = () => {};
    const { signal } = this.stopped;
    document.addEventListener("visibilitychange", () => this.seen(), { signal });
    addEventListener("online", () => this.wake(), { signal });
    this.run();
  }

  stop() {
    this.stopped.abort();
    clearTimeout(this.hiding);
    this.connection?.abort();
    this.wake();
  }

  seen() {
    clearTimeout(this.hiding);
    if (document.hidden) this.hiding = setTimeout(() => this.connection?.abort(), HIDDEN_MS);
    else this.wake();
  }

  async run() {
    while (!this.stopped.signal.aborted) {
      try {
        await this.connect();
      } catch {
        // told below: every end of a connection is a loss
      }
      if (this.stopped.signal.aborted) return;
      if (!document.hidden) this.onLost();
      await this.rest();
    }
  }

  rest() {
    const pause_ms = PAUSES_MS[Math.min(this.failures++, PAUSES_MS.length - 1)];
    return new Promise((done) => {
      const timer = document.hidden ? null : setTimeout(done, pause_ms);
      this.wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  async connect() {
    this.connection = new AbortController();
    const { signal } = this.connection;
    const headers = this.api.headers({ Accept: "text/event-stream" });
    if (this.lastId !== null) headers["Last-Event-ID"] = this.lastId;
    this.listenForSilence();
    try {
      const response = await fetch(address(this.path), { headers, signal, cache: "no-store" });
      if (!response.ok) throw new Error(`the stream answered ${response.status}`);
      this.failures = 0;
      this.onOpen();
      await this.consume(response.body.getReader());
    } finally {
      clearTimeout(this.silence);
      this.connection.abort();
    }
  }

  async consume(reader) {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.listenForSilence();
      text = (text + decoder.decode(value, { stream: true })).replaceAll("\r\n", "\n");
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) this.take(parseBlock(text.slice(0, end)));
    }
  }

  take(event) {
    if (event === null) return;
    if (event.id !== null) {
      this.lastId = event.id;
      this.api.seen(Number(event.id));
    }
    this.onEvent(event);
  }

  listenForSilence() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.connection.abort(), SILENCE_MS);
  }
}
