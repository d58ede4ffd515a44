// The page: which view is on show, where and when; asks for changes every second, and draws only what differs.

import { Answers } from "./answers.js";
import { get, post, Refused } from "./api.js";
import { subjectOf } from "./block.js";
import { Booking } from "./booking.js";
import { Combo } from "./combo.js";
import { DayView } from "./day.js";
import { Details } from "./details.js";
import { byId, setText } from "./dom.js";
import { letDrag } from "./drag.js";
import { startTheme } from "./theme.js";
import { clock, longDate, shifted, shortDate, weekTitle } from "./times.js";
import { WeekView } from "./week.js";

const POLL_MS = 1000;
const SAID_MS = 6000;

const act = { open: openMeeting, book: openBooking, week: (address) => go({ kind: "week", mailbox: address }) };
const views = { day: new DayView(act), week: new WeekView(act) };
const shown = { kind: "day", building: "", mailbox: "", on: "", known: "", data: null };
const answers = new Answers(said);
const booking = new Booking(sent);
const details = new Details(sent);
const where = new Combo({ label: "Building, room or person", kinds: ["building", "room", "person"], placeholder: "Find a building, room or person", onPick: found });
const drag = letDrag(byId("view"), () => views[shown.kind], dropped);
let asking = null;
let organizer = null;

async function refresh() {
  if (drag.isDragging()) return;
  asking?.abort();
  const own = (asking = new AbortController());
  const { kind, building, mailbox, on, known } = shown;
  const place = kind === "day" ? { building } : { mailbox };
  try {
    const data = await get(`/sandbox/${kind}`, { ...place, on, known }, { signal: own.signal });
    trouble("");
    answers.look();
    if (data && !own.signal.aborted && !drag.isDragging()) show(data);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    trouble(problem.message);
    if (problem instanceof Refused && !shown.data) go({ kind: "day", building: "", on: "" });
  } finally {
    if (asking === own) asking = null;
  }
}

function show(data) {
  shown.known = data.version;
  shown.data = data;
  const view = views[shown.kind];
  if (byId("view").firstElementChild !== view.root) byId("view").replaceChildren(view.root);
  view.draw(data);
  byId("on").value = data.on;
  setText(byId("now"), data.now);
  byId("clock").title = `${longDate(data.today)}, ${data.zone}`;
  setText(byId("zone"), `${shortDate(data.today)} · ${data.zone}`);
  byId("advance").hidden = data.clock !== "virtual";
  if (shown.kind === "day") showDay(data);
  else showWeek(data);
  byId("to-day").setAttribute("aria-pressed", String(shown.kind === "day"));
  byId("to-week").setAttribute("aria-pressed", String(shown.kind === "week"));
}

function showDay(data) {
  shown.building = data.building;
  title(longDate(data.on), shortDate(data.on));
  document.title = `${data.buildingName}, ${shortDate(data.on)} – sandbox tenant`;
  label({ kind: "building", address: data.building, name: data.buildingName });
}

function showWeek(data) {
  if (data.owner.building) shown.building = data.owner.building;
  const days = data.days.map((day) => day.date);
  title(weekTitle(days), `${shortDate(days[0])} – ${shortDate(days.at(-1))}`);
  document.title = `${data.owner.name} – sandbox tenant`;
  label({ kind: data.owner.kind, address: data.owner.address, name: data.owner.name });
}

function title(text, brief) {
  setText(byId("title").children[0], text);
  setText(byId("title").children[1], brief);
}

function label(place) {
  if (document.activeElement !== where.input) where.pick(place);
}

function go(change) {
  const { data } = shown;
  Object.assign(shown, change, { known: "", data: null });
  if (shown.kind === "week" && !shown.mailbox) shown.mailbox = data?.rooms?.[0]?.address ?? "";
  const place = shown.kind === "day" ? shown.building : shown.mailbox;
  const hash = `#${[shown.kind, place, shown.on].map(encodeURIComponent).join("/")}`;
  if (location.hash !== hash) history.pushState(null, "", hash);
  refresh();
}

function fromHash() {
  const [kind, place = "", on = ""] = location.hash.slice(1).split("/").map(decoded);
  const isWeek = kind === "week" && place;
  Object.assign(shown, { kind: isWeek ? "week" : "day", on, known: "", data: null });
  shown[isWeek ? "mailbox" : "building"] = place;
  refresh();
}

// What somebody typed into the address bar may be anything.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function found(place) {
  where.input.blur();
  if (place.kind === "building") go({ kind: "day", building: place.address });
  else go({ kind: "week", mailbox: place.address });
}

const step = () => (shown.kind === "week" ? 7 : 1);
const dateNow = () => shown.data?.on ?? byId("on").value;

function newMeeting() {
  openBooking(shown.kind === "week" && shown.data ? views.week.calendar() : {});
}

function openBooking(wish) {
  const { data } = shown;
  if (!data) return;
  const date = wish.date ?? data.on;
  const nowMinute = date === data.today ? Number(data.now.slice(0, 2)) * 60 + Number(data.now.slice(3)) : null;
  booking.open({ organizer, zone: data.zone, nowMinute, ...wish, date });
}

function openMeeting(meeting, place) {
  details.open(meeting, { ...place, zone: shown.data.zone });
}

async function dropped(meeting, target) {
  const order = { id: meeting.id, start: `${target.date}T${clock(target.minute)}`, minutes: meeting.minutes, zone: shown.data.zone };
  const isOther = target.room && target.room.address !== meeting.mailbox;
  if (isOther) order.room = target.room.address;
  try {
    const moved = await post("/sandbox/outlook/move", order);
    const to = isOther ? `${target.room.name}, ${clock(target.minute)}` : `${shortDate(target.date)}, ${clock(target.minute)}`;
    sent(`“${subjectOf(meeting)}” goes to ${to}. The answer comes in some seconds.`, moved, target.room);
  } catch (problem) {
    said(problem.message);
  }
}

// What somebody sent; of a meeting in a room, its answer is told when it comes.
function sent(text, meeting, room) {
  said(text);
  if (meeting && room) answers.expect(meeting, room);
}

function said(text) {
  setText(byId("said"), text);
  byId("said").classList.add("shown");
  clearTimeout(said.timer);
  said.timer = setTimeout(() => byId("said").classList.remove("shown"), SAID_MS);
  refresh();
}

function trouble(text) {
  byId("trouble").hidden = !text;
  setText(byId("trouble"), text);
}

async function advance(seconds) {
  try {
    await post("/sandbox/clock", { advance_s: seconds });
  } catch (problem) {
    said(problem.message);
  }
  refresh();
}

function press(event) {
  const isTyping = event.target.closest?.("input, select, textarea, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { n: newMeeting, t: () => go({ on: "" }), d: () => go({ kind: "day" }), w: () => go({ kind: "week" }), "/": () => where.input.focus() };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

byId("where").append(where.root);
byId("on").addEventListener("change", (event) => event.target.value && go({ on: event.target.value }));
byId("before").addEventListener("click", () => go({ on: shifted(dateNow(), -step()) }));
byId("after").addEventListener("click", () => go({ on: shifted(dateNow(), step()) }));
byId("today").addEventListener("click", () => go({ on: "" }));
byId("to-day").addEventListener("click", () => go({ kind: "day" }));
byId("to-week").addEventListener("click", () => go({ kind: "week" }));
byId("new").addEventListener("click", newMeeting);
for (const button of byId("advance").querySelectorAll("button")) {
  button.addEventListener("click", () => advance(Number(button.value)));
}
for (const button of document.querySelectorAll("dialog .close")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
window.addEventListener("popstate", fromHash);
window.addEventListener("hashchange", fromHash);
document.addEventListener("keydown", press);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

startTheme();
fromHash();
get("/sandbox/search", { kind: "person" }).then(({ value }) => { [organizer] = value; }).catch(() => {});
setInterval(() => document.hidden || asking || refresh(), POLL_MS);
