// Builds elements. Text only ever goes in as text nodes: nothing that somebody typed can become markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/// `attributes`: `onclick` and its like are listeners, true sets an empty attribute, null and false leave it out.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else setAttribute(made, name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function setAttribute(target, name, value) {
  if (value === null || value === undefined || value === false) target.removeAttribute(name);
  else target.setAttribute(name, value === true ? "" : String(value));
}

/// A symbol of index.html, as decoration: what it says stands in text beside it.
export function symbol(name, className = "symbol") {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", className);
  made.setAttribute("viewBox", "0 0 32 32");
  made.setAttribute("aria-hidden", "true");
  made.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  made.append(use);
  return made;
}

export function setSymbol(svg, name) {
  svg.firstChild.setAttribute("href", `#${name}`);
}

export function setText(target, text) {
  // An unchanged text must not be set again: live regions would repeat it.
  if (target.textContent !== text) target.textContent = text;
}

/// `work` is running: the button does nothing until it is over, but keeps the focus.
export async function whileBusy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
    button.classList.remove("busy");
  }
}

/// A label above its control. The label must not contain it: a select's options would become part of the name.
export function field(text, control) {
  return element("div", { class: "field" }, element("label", { for: control.id }, text), control);
}

export function button(text, onclick, className = "") {
  const made = element("button", { type: "button", class: className || null }, text);
  made.addEventListener("click", () => whileBusy(made, async () => onclick(made)));
  return made;
}
