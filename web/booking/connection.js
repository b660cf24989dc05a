// Whether the server can be heard, as people should know it: a banner that goes by itself.

import { element, setText } from "./dom.js";

const TEXTS = {
  lost: "Connection lost, trying again. What you see may be out of date.",
  unknown: "The server has not said yet whether that worked. The same request is repeated by itself: nothing can happen twice.",
  slow: "This takes longer than usual. Still trying…",
};

export class Connection {
  constructor(root) {
    this.text = element("p");
    this.root = root;
    root.append(this.text);
    this.losses = new Set(); // what cannot be had
    this.slow = new Map(); // attempt -> "slow" or "unknown"
    this.render();
  }

  lost(what) {
    this.losses.add(what);
    this.render();
  }

  found(what) {
    this.losses.delete(what);
    this.render();
  }

  progress(state, attempt) {
    if (state === "settled") this.slow.delete(attempt);
    else if (this.slow.get(attempt) !== "unknown") this.slow.set(attempt, state);
    this.render();
  }

  render() {
    const states = new Set(this.slow.values());
    const state = states.has("unknown") ? "unknown" : this.losses.size > 0 ? "lost" : states.has("slow") ? "slow" : null;
    this.root.hidden = state === null;
    this.root.dataset.state = state ?? "good";
    setText(this.text, state ? TEXTS[state] : "");
  }
}
