// The seat map: SVG seats in an ARIA grid. One tab stop, moved by the arrow keys. Rows that nobody can see are not
// there: a hall may have a thousand.

import { element, setAttribute, setSymbol, symbol } from "./dom.js";
import { money, seatLabel, standing } from "./words.js";

const ALL_ROWS = 80; // up to here every row is drawn, so that a screen reader can walk through them
const ROWS_AROUND = 12;
const LEAST_CELL = 24; // px: what a finger or WCAG 2.2 needs
const MOST_CELL = 46;
const HEADING_PX = 38;
const PAGE_ROWS = 10;

const SYMBOLS = {
  available: "seat-available", selected: "seat-selected", "given up": "seat-given-up", "mine-held": "seat-mine-held",
  held: "seat-held", "mine-booked": "seat-mine-booked", booked: "seat-booked", blocked: "seat-blocked",
};
export const symbolOf = (its) => SYMBOLS[its];

export class SeatGrid {
  /// `choose(seat)` on a click or Space, `openCart()` on Enter.
  constructor(selection, { choose, openCart }) {
    Object.assign(this, { selection, choose, openCart });
    this.hall = element("div", {
      role: "grid", class: "hall", "aria-label": "Seat map", "aria-multiselectable": "true", "aria-describedby": "map-help",
      onkeydown: (event) => this.key(event), onclick: (event) => this.click(event), onfocusin: (event) => this.focused(event),
    });
    this.scroller = element("div", { class: "scroller", onscroll: () => this.redraw() }, this.hall);
    this.rows = new Map(); // row number -> {element, cells: Map of column -> cell}
    this.current = null; // seat id of the tab stop
    this.zoom = 0;
    new ResizeObserver(() => this.measure()).observe(this.scroller);
  }

  show(map) {
    this.map = map;
    for (const row of this.rows.values()) row.element.remove();
    this.rows.clear();
    setAttribute(this.hall, "aria-rowcount", map.rows);
    setAttribute(this.hall, "aria-colcount", map.cols + 1);
    this.hall.style.setProperty("--cols", map.cols);
    this.scroller.classList.toggle("tall", map.rows > ALL_ROWS);
    if (!map.seat(this.current)) this.current = this.firstFree()?.id ?? null;
    this.cell_px = null;
    this.measure();
  }

  firstFree() {
    const seats = [...this.map.seats.values()];
    return seats.find((seat) => this.selection.canHave(seat)) ?? seats[0];
  }

  /// Seats change their looks, never their place.
  update(seats) {
    for (const { row, col } of seats) {
      const cell = this.rows.get(row)?.cells.get(col);
      if (cell) this.dress(cell);
    }
  }

  setZoom(step) {
    this.zoom = step === 0 ? 0 : Math.max(-3, Math.min(6, this.zoom + step));
    this.measure();
  }

  /// Cells as large as fit, within what can be touched and what looks well.
  measure() {
    if (!this.map || this.scroller.clientWidth === 0) return;
    const room = this.scroller.clientWidth - 48;
    const fitting = Math.floor(room / this.map.cols);
    const cell_px = Math.max(LEAST_CELL, Math.min(MOST_CELL, fitting)) + this.zoom * 6;
    const size = Math.max(LEAST_CELL, cell_px);
    if (size === this.cell_px) return;
    this.cell_px = size;
    this.hall.style.setProperty("--cell", `${size}px`);
    this.place();
    this.redraw();
  }

  /// Where each row begins, with room for a heading wherever the category changes.
  place() {
    this.tops = [0, 0];
    let top = 0;
    for (let row = 1; row <= this.map.rows; row++) {
      if (this.beginsCategory(row)) top += HEADING_PX;
      this.tops[row] = top;
      top += this.cell_px + 4;
    }
    this.hall.style.height = `${top}px`;
    for (const [row, { element: line }] of this.rows) line.style.top = `${this.tops[row]}px`;
  }

  categoryOfRow(row) {
    const seat = this.map.lines[row]?.find(Boolean);
    return seat ? this.map.category(seat) : null;
  }

  beginsCategory(row) {
    return row === 1 || this.categoryOfRow(row)?.id !== this.categoryOfRow(row - 1)?.id;
  }

  redraw() {
    if (this.isRedrawing || !this.cell_px) return;
    this.isRedrawing = true;
    requestAnimationFrame(() => {
      this.isRedrawing = false;
      this.draw();
    });
    if (this.rows.size === 0) this.draw();
  }

  draw() {
    const [first, last] = this.window();
    const kept = this.map.seat(this.current)?.row;
    for (const [row, { element: line }] of this.rows) {
      if ((row < first || row > last) && row !== kept) {
        line.remove();
        this.rows.delete(row);
      }
    }
    for (let row = first; row <= last; row++) this.need(row);
    if (kept) this.need(kept);
  }

  window() {
    if (this.map.rows <= ALL_ROWS) return [1, this.map.rows];
    const height = this.cell_px + 4;
    const first = Math.floor(this.scroller.scrollTop / height) - ROWS_AROUND;
    const last = Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / height) + ROWS_AROUND;
    return [Math.max(1, first), Math.min(this.map.rows, last)];
  }

  /// Rows stand in the document in their order: that is how they are read.
  need(row) {
    if (this.rows.has(row)) return this.rows.get(row);
    const made = this.build(row);
    this.rows.set(row, made);
    let next = null;
    for (const line of this.hall.children) {
      if (Number(line.dataset.row) > row) {
        next = line;
        break;
      }
    }
    this.hall.insertBefore(made.element, next);
    return made;
  }

  build(row) {
    const line = element("div", { role: "row", class: "line", "aria-rowindex": row, "data-row": row });
    line.style.top = `${this.tops[row]}px`;
    const number = element("span", { role: "rowheader", class: "number", "aria-colindex": 1, "aria-label": `Row ${row}` }, String(row));
    line.append(number);
    const cells = new Map();
    for (const seat of this.map.lines[row]) {
      if (!seat) continue;
      const cell = element("span", { role: "gridcell", class: "cell", "aria-colindex": seat.col + 1, "data-seat": seat.id, tabindex: -1 });
      cell.style.gridColumn = String(seat.col + 1);
      cell.append(symbol("seat-available", "seat"), element("span", { class: "letter", "aria-hidden": "true" }, this.map.letter(seat)));
      cells.set(seat.col, cell);
      this.dress(cell);
      line.append(cell);
    }
    if (this.beginsCategory(row)) line.append(this.heading(row));
    return { element: line, cells };
  }

  /// For the eye; every seat's label has it, too.
  heading(row) {
    const category = this.categoryOfRow(row);
    const heading = element("span", { class: "heading", role: "presentation", "aria-hidden": "true" });
    if (category) heading.append(element("b", {}, category.name), ` ${money(category.price_cents)}`);
    return heading;
  }

  dress(cell) {
    const seat = this.map.seat(cell.dataset.seat);
    const its = standing(seat, { selected: this.selection.has(seat.id), givenUp: this.selection.givenUp(seat) });
    const canHave = this.selection.canHave(seat);
    if (cell.dataset.its !== its) {
      cell.dataset.its = its;
      setSymbol(cell.firstChild, SYMBOLS[its]);
      cell.setAttribute("aria-label", seatLabel(this.map, seat, its));
    }
    setAttribute(cell, "aria-selected", canHave ? String(its === "selected") : null);
    setAttribute(cell, "aria-disabled", canHave ? null : "true");
    cell.tabIndex = seat.id === this.current ? 0 : -1;
  }

  seatOf(event) {
    const cell = event.target.closest?.("[data-seat]");
    return cell ? this.map.seat(cell.dataset.seat) : null;
  }

  click(event) {
    const seat = this.seatOf(event);
    if (!seat) return;
    this.moveTo(seat);
    this.choose(seat);
  }

  focused(event) {
    const seat = this.seatOf(event);
    if (seat) this.setCurrent(seat);
  }

  setCurrent(seat) {
    const before = this.map.seat(this.current);
    this.current = seat.id;
    this.update(before ? [before, seat] : [seat]);
  }

  moveTo(seat) {
    if (!seat) return;
    this.setCurrent(seat);
    const cell = this.need(seat.row).cells.get(seat.col);
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  focus() {
    if (this.current) this.moveTo(this.map.seat(this.current));
  }

  key(event) {
    const seat = this.map?.seat(this.current);
    if (!seat || event.altKey || event.metaKey) return;
    if (event.key === " ") this.choose(seat);
    else if (event.key === "Enter") this.openCart();
    else {
      const to = this.destination(event.key, seat, event.ctrlKey);
      if (to === undefined) return;
      this.moveTo(to);
    }
    event.preventDefault();
  }

  /// undefined for keys that do not move.
  destination(key, { row, col }, ctrl) {
    const line = (number) => this.map.lines[number]?.filter(Boolean) ?? [];
    const beside = (step) => {
      for (let at = col + step; at >= 1 && at <= this.map.cols; at += step) if (this.map.at(row, at)) return this.map.at(row, at);
      return null;
    };
    const across = (step, rows = 1) => {
      let found = null;
      for (let at = row + step, passed = 0; at >= 1 && at <= this.map.rows && passed < rows; at += step) {
        const seats = line(at);
        if (seats.length === 0) continue;
        found = seats.reduce((best, seat) => (Math.abs(seat.col - col) < Math.abs(best.col - col) ? seat : best));
        passed++;
      }
      return found;
    };
    const seats = [...this.map.seats.values()];
    switch (key) {
      case "ArrowLeft": return beside(-1);
      case "ArrowRight": return beside(1);
      case "ArrowUp": return across(-1);
      case "ArrowDown": return across(1);
      case "PageUp": return across(-1, PAGE_ROWS);
      case "PageDown": return across(1, PAGE_ROWS);
      case "Home": return ctrl ? seats[0] : line(row)[0];
      case "End": return ctrl ? seats[seats.length - 1] : line(row).at(-1);
      default: return undefined;
    }
  }
}
