// The two live regions: results and news of selected seats. Whatever else changes is seen, not read out.

import { button, byId, element } from "./dom.js";

const STAYS_MS = 10_000; // a success that asks for nothing then goes by itself, but not from below a hand

const region = () => byId("message");
let leaving = null;

/// `kind`: "done", "problem", "news". `actions`: [{text, act}].
export function show(kind, text, actions = []) {
  const close = button("Close", () => clear(), "quiet close");
  close.setAttribute("aria-label", "Close this message");
  const made = actions.map(({ text: label, act }) =>
    button(label, async () => {
      clear();
      await act();
    }, "second"),
  );
  const box = element("div", { class: `note ${kind}` }, element("p", {}, text));
  if (made.length > 0) box.append(element("div", { class: "row" }, made));
  box.append(close);
  clear();
  region().append(box);
  if (kind === "done" && actions.length === 0) leaving = setTimeout(() => leave(box), STAYS_MS);
}

function leave(box) {
  if (box.matches(":hover, :focus-within")) leaving = setTimeout(() => leave(box), STAYS_MS);
  else clear();
}

export function clear() {
  clearTimeout(leaving);
  region().replaceChildren();
}

/// Read out, not seen: what the map shows by itself.
export function say(text) {
  byId("said").replaceChildren(element("p", {}, text));
}
