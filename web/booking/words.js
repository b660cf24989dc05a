// What people read: prices, times, labels of seats, and every refusal in plain words that say what to do.

export const money = (cents) => `${cents < 0 ? "−" : ""}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;

export function when(ms) {
  return new Intl.DateTimeFormat(undefined, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  }).format(new Date(ms));
}

export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/// For a sentence: "2 minutes", "1 minute 30 seconds".
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const parts = [[Math.floor(seconds / 60), "minute"], [seconds % 60, "second"]].filter(([n]) => n > 0);
  return parts.length > 0 ? parts.map(([n, word]) => count(n, word)).join(" ") : "no time";
}

export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

export function list(items) {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

export const seatList = (ids) => `${ids.length === 1 ? "seat" : "seats"} ${list(ids)}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/// How a seat stands to the person at this page.
export function standing(seat, { selected, givenUp }) {
  if (selected) return "selected";
  if (givenUp) return "given up";
  if (seat.state === "HELD") return seat.mine ? "mine-held" : "held";
  if (seat.state === "BOOKED") return seat.mine ? "mine-booked" : "booked";
  return seat.state === "AVAILABLE" ? "available" : "blocked";
}

export const STANDING = {
  available: "available",
  selected: "selected",
  "given up": "given up in the exchange, may be chosen again",
  "mine-held": "held for you",
  held: "held by somebody else",
  "mine-booked": "booked by you",
  booked: "booked",
  blocked: "not for sale",
};

export function seatLabel(map, seat, its) {
  const { name, price_cents } = map.category(seat);
  return `Row ${seat.row}, seat ${map.letter(seat)}, ${name.toLowerCase()}, ${money(price_cents)}, ${STANDING[its]}`;
}

const STATE = { BOOKED: "booked", HELD: "held by somebody else", BLOCKED: "not for sale", AVAILABLE: "not booked" };

export function conflictWords(conflicts) {
  const by = new Map();
  for (const { seat, state } of conflicts) by.set(state, [...(by.get(state) ?? []), seat]);
  return [...by].map(([state, seats]) => `${seatList(seats)} ${seats.length === 1 ? "is" : "are"} ${STATE[state] ?? "not there"}`);
}

const REFUSED = {
  SEAT_TAKEN: ({ conflicts }) => `Somebody was faster: ${list(conflictWords(conflicts))}. Nothing was taken from you.`,
  NOT_ENOUGH_SEATS: ({ free }) => `There are not so many free seats${free === undefined ? "" : `, only ${free}`}. Ask for fewer, or join the waiting list.`,
  ORPHAN_SEAT: ({ conflicts }) =>
    `This choice would leave ${seatList(conflicts.map((one) => one.seat))} alone between taken seats. Please move by one seat.`,
  LIMIT: () => "That is more seats than one booking of this show may have. Please choose fewer.",
  HOLD_LIMIT: () => "These seats were held as long as is allowed. Please confirm them, or release them.",
  HOLD_EXPIRED: () => "The time for these seats is over and they are free again. Please choose once more.",
  ALREADY_CONFIRMED: () => "These seats are booked already: you find them under My bookings.",
  ALREADY_RELEASED: () => "These seats were given back already. Please choose once more.",
  ALREADY_CANCELLED: () => "This booking was cancelled already.",
  NO_SUCH_HOLD: () => "These seats are not held any more. Please choose once more.",
  NO_SUCH_BOOKING: () => "There is no such booking any more.",
  NO_SUCH_SHOW: () => "This show is not on the programme any more. Please choose another one.",
  NO_SUCH_SEAT: () => "The hall was changed and this seat is not there any more. Please choose another one.",
  NOT_OWNER: () => "This belongs to another name. Change to the name that it was made with.",
  NOT_OCCUPIED: () => "These seats are not booked.",
  SHOW_STARTED: () => "The show has begun: its bookings can no longer be changed.",
  SHOW_CLOSED: () => "The box office of this show is closed. Please choose another show.",
  NOT_ADMITTED: () => "Many people want this show, and they are let in one after the other.",
  NOT_SOLD_OUT: () => "There are enough free seats: you can take them right now.",
  ALREADY_WAITING: () => "You are on the waiting list of this show already.",
  NOT_WAITING: () => "You are not on the waiting list of this show.",
  SESSION_EXPIRED: () => "Your visit was interrupted too long, so held seats went back. Bookings are safe. Please try again.",
  TOO_MANY_SESSIONS: () => "Too many pages are open under this name. Please close some, and try again in a minute.",
  UNAUTHENTICATED: () => "Please enter a name first.",
  PAYLOAD_TOO_LARGE: () => "That is too much for one request. Please choose fewer seats.",
};

export function refusalWords(refusal) {
  const words = REFUSED[refusal.code];
  return capital(words ? words(refusal) : `That was refused (${refusal.code}). Nothing was changed. Please try again.`);
}
