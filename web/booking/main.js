// Puts the parts together, and shows the page that the address names: #shows, #show=ID, #bookings.

import { Actions } from "./actions.js";
import { Api } from "./api.js";
import { BookingsPage } from "./bookings_page.js";
import { Cart } from "./cart.js";
import { Connection } from "./connection.js";
import { byId, setAttribute } from "./dom.js";
import { Holdings } from "./holdings.js";
import { Identity } from "./identity.js";
import { IdentityBar } from "./identity_bar.js";
import * as messages from "./messages.js";
import { Programme } from "./programme.js";
import { Selection } from "./selection.js";
import { Session } from "./session.js";
import { ShowListView } from "./show_list.js";
import { ShowPage } from "./show_page.js";
import { Waiting } from "./waiting.js";
import { count, duration, money, seatList } from "./words.js";

const connection = new Connection(byId("connection"));
const identity = new Identity();
const api = new Api(identity, (state, attempt) => connection.progress(state, attempt));
const session = new Session(api, identity);
const holdings = new Holdings(api, session);
const programme = new Programme(api);
const waiting = new Waiting(api, session, identity);
const selection = new Selection();

const desk = {
  identity, api, session, holdings, programme, waiting, selection,
  feed: null, // of the show that is open
  goToCart: () => cart.focus(),
  refreshHolds: () => holdings.refreshHolds().catch(() => setTimeout(desk.refreshHolds, 2_000)),
  // An offer of the waiting list is seen here first as seats that somebody holds.
  seatsWereHeld: () => waiting.isAnywhere() && desk.refreshHolds(),
};
const actions = new Actions(desk);
const cart = new Cart(byId("cart"), desk, actions);
const showList = new ShowListView(programme);
new IdentityBar(byId("identity"), identity);

holdings.addEventListener("offered", ({ detail: hold }) => {
  waiting.put(hold.show_id, null);
  const time = duration(hold.deadline - performance.now());
  messages.show("done", `The waiting list has ${seatList(hold.seats)} of ${programme.title(hold.show_id)} for you, ${money(hold.price_cents)}. Confirm within ${time}.`, [
    { text: "Go to the cart", act: () => cart.focus() },
  ]);
});
holdings.addEventListener("ended", ({ detail: hold }) => {
  messages.show("problem", `The time for ${seatList(hold.seats)} is over: ${hold.seats.length === 1 ? "it is" : "they are"} free for everybody again. Choose once more if you still want ${count(hold.seats.length, "seat")}.`);
});
session.addEventListener("told", () => {
  waiting.wake();
  desk.refreshHolds();
});
session.addEventListener("state", () => {
  if (session.state !== "expired") return;
  const had = holdings.holds.size > 0 || waiting.isAnywhere();
  holdings.holds.clear();
  holdings.tell("holds");
  if (had) messages.show("problem", "Your visit was interrupted too long: held seats and places on waiting lists are gone, bookings are safe. Please choose again.");
});
programme.addEventListener("lost", () => connection.lost("programme"));
programme.addEventListener("found", () => connection.found("programme"));
identity.addEventListener("change", begin);
document.addEventListener("visibilitychange", () => document.hidden || desk.refreshHolds());

/// Everything that belongs to a name is asked for again.
async function begin() {
  selection.endExchange();
  holdings.clear();
  session.leave();
  openPage();
  await session.resume();
  await holdings.refresh().catch(() => setTimeout(() => holdings.refresh().catch(() => {}), 2_000));
}

let page = null;

function openPage() {
  page?.close();
  const [name, argument] = location.hash.slice(1).split("=");
  if (name === "show" && argument) page = new ShowPage(desk, actions, connection, decodeURIComponent(argument));
  else if (name === "bookings") page = new BookingsPage(desk, actions);
  else page = showList;
  page.open?.();
  if (name !== "show") {
    document.title = name === "bookings" ? "My bookings – Box office" : "Box office";
    selection.open(null);
  }
  setAttribute(byId("to-shows"), "aria-current", page === showList ? "page" : null);
  setAttribute(byId("to-bookings"), "aria-current", name === "bookings" ? "page" : null);
  byId("view").replaceChildren(page.root);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the page
  byId("content").focus();
});
addEventListener("hashchange", () => {
  messages.clear();
  openPage();
  byId("content").focus({ preventScroll: true });
  scrollTo(0, 0);
});
programme.refresh().catch(() => {});
begin();
