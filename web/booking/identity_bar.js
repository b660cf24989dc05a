// Under which name one books, and how to change it.

import { button, element, field } from "./dom.js";

export class IdentityBar {
  constructor(root, identity) {
    Object.assign(this, { root, identity });
    this.renderName();
  }

  renderName() {
    this.change = button("Change name", () => this.renderForm(), "quiet");
    const name = element("b", { class: "name", title: this.identity.name }, this.identity.name);
    this.root.replaceChildren(element("span", { class: "who" }, "Booking as ", name), this.change);
  }

  renderForm() {
    const input = element("input", { id: "name", type: "text", autocomplete: "nickname", spellcheck: "false", maxlength: 255, "aria-describedby": "name-problem" });
    input.value = this.identity.isGuest ? "" : this.identity.name;
    const problem = element("p", { id: "name-problem", class: "advice" });
    const cancel = button("Cancel", () => this.done(), "quiet");
    const form = element("form", { onsubmit: (event) => this.submit(event, input, problem) },
      field("Your name", input),
      element("button", { type: "submit", class: "second" }, "Save"), cancel, problem);
    form.addEventListener("keydown", (event) => event.key === "Escape" && this.done());
    this.root.replaceChildren(form);
    input.focus();
  }

  submit(event, input, problem) {
    event.preventDefault();
    const name = input.value.trim();
    const why = this.identity.problem(name);
    problem.textContent = why ?? "";
    input.setAttribute("aria-invalid", String(why !== null));
    if (why !== null) return input.focus();
    this.identity.change(name);
    return this.done();
  }

  done() {
    this.renderName();
    this.change.focus();
  }
}
