// One calendar in one week: a column for each day, time from top to bottom; whole days in a strip above.

import { keyOf, lanes, makeBlock, updateBlock } from "./block.js";
import { element, keyed, setText } from "./dom.js";
import { clock, dayName, dayNumber, longDate } from "./times.js";

const HOURS = 24;
const SLOT = 30;
const MORNING = 7.5;

export class WeekView {
  // `act` as in the day view.
  constructor(act) {
    this.act = act;
    this.about = element("div", { className: "about" });
    this.heads = element("div", { className: "days heads" });
    this.strip = element("div", { className: "days strip" });
    this.columns = element("div", { className: "days columns" });
    this.gutter = element("div", { className: "gutter" },
      ...Array.from({ length: HOURS - 1 }, (_, hour) => gutterMark(hour + 1)));
    this.board = element("div", { className: "board week" },
      element("div", { className: "top" }, this.heads, this.strip), element("div", { className: "grid" }, this.gutter, this.columns));
    this.scroller = element("div", { className: "scroller", tabIndex: 0 }, this.board);
    this.scroller.setAttribute("aria-label", "Week");
    this.scroller.setAttribute("role", "region");
    this.root = element("div", { className: "framed" }, this.about, this.scroller);
  }

  draw(view) {
    const isNew = !this.view || this.view.owner.address !== view.owner.address || this.view.days[0].date !== view.days[0].date;
    this.view = view;
    this.drawAbout(view.owner);
    const days = view.days.map((day) => ({ ...day, isToday: day.date === view.today, nowMinute: view.nowMinute }));
    keyed(this.heads, days.map(({ date, isToday }) => ({ date, isToday })), (day) => day.date, makeHead, updateHead);
    keyed(this.strip, days, (day) => day.date, () => element("div", { className: "whole" }), (node, day) => this.updateStrip(node, day));
    keyed(this.columns, days, (day) => day.date, (day) => this.makeColumn(day), (node, day) => this.updateColumn(node, day));
    if (isNew) this.scrollToMorning();
  }

  drawAbout(owner) {
    const shown = JSON.stringify(owner);
    if (this.about.shown === shown) return;
    this.about.shown = shown;
    const facts = owner.kind === "room"
      ? [`${owner.capacity} seats`, `floor ${owner.floor}, ${owner.buildingName}`, ...owner.features,
        `${owner.policy} (${owner.mode})`]
      : [owner.about];
    const name = element("h2", { textContent: owner.name, title: owner.name });
    const list = element("ul", {}, ...facts.filter(Boolean).map((fact) => element("li", { textContent: fact })));
    if (owner.kind === "room") list.title = owner.equipment.join(", ");
    this.about.replaceChildren(name, list);
  }

  updateStrip(node, day) {
    const whole = day.meetings.filter((one) => one.isAllDay);
    keyed(node, whole, keyOf, () => this.makeMeeting(), (button, meeting) => updateBlock(button, meeting, longDate(day.date)));
  }

  makeColumn(day) {
    const column = element("div", { className: "track" });
    column.target = { date: day.date, view: "week" };
    column.addEventListener("click", (event) => {
      if (event.target !== column) return;
      const minute = Math.floor(minuteAt(event, column) / SLOT) * SLOT;
      this.act.book({ ...this.calendar(), date: day.date, minute });
    });
    return column;
  }

  updateColumn(column, day) {
    const timed = day.meetings.filter((one) => !one.isAllDay);
    const places = lanes(timed);
    column.classList.toggle("weekend", new Date(`${day.date}T12:00:00Z`).getUTCDay() % 6 === 0);
    column.classList.toggle("today", day.isToday);
    const blocks = timed.map((meeting, index) => ({ meeting, ...places[index] }));
    if (day.isToday) blocks.push({ now: day.nowMinute });
    keyed(column, blocks, (one) => one.meeting ? keyOf(one.meeting) : "now",
      (one) => one.meeting ? this.makeMeeting() : element("div", { className: "now-line" }),
      (node, one) => place(node, one, longDate(day.date)));
  }

  makeMeeting() {
    const button = makeBlock();
    button.addEventListener("click", () => this.act.open(button.meeting, this.calendar()));
    return button;
  }

  // What a booking or a dialog from here is about.
  calendar() {
    const { owner } = this.view;
    return owner.kind === "room" ? { room: owner } : { person: owner };
  }

  targetAt(event, grabbedMinutes) {
    const track = document.elementsFromPoint(event.clientX, event.clientY).find((node) => node.target?.view === "week");
    if (!track) return null;
    const minute = Math.round((minuteAt(event, track) - grabbedMinutes) / 15) * 15;
    return { track, date: track.target.date, minute: Math.max(0, Math.min(1425, minute)) };
  }

  minuteAt(event, track) {
    return minuteAt(event, track);
  }

  placeGhost(ghost, target, minutes) {
    place(ghost, { meeting: { startMinute: target.minute, endMinute: target.minute + minutes }, lane: 0, of: 1 });
  }

  scrollToMorning() {
    const timed = this.view.days.flatMap((day) => day.meetings).filter((one) => !one.isAllDay);
    const first = Math.min(MORNING * 60, ...timed.map((one) => one.startMinute - 15));
    this.scroller.scrollTop = (Math.max(0, first) / 1440) * this.columns.offsetHeight;
    const today = this.columns.querySelector(".today");
    const before = today ? today.getBoundingClientRect().left - this.columns.getBoundingClientRect().left : 0;
    this.scroller.scrollLeft = Math.max(0, before - 8);
  }
}

function gutterMark(hour) {
  const mark = element("span", { textContent: clock(hour * 60) });
  mark.style.setProperty("--from", (100 * hour) / HOURS);
  return mark;
}

function makeHead() {
  return element("div", { className: "day-head" }, element("span"), element("b"));
}

function updateHead(head, day) {
  setText(head.children[0], dayName(day.date));
  setText(head.children[1], dayNumber(day.date));
  head.title = longDate(day.date);
  head.classList.toggle("today", day.isToday);
}

function place(node, one, calendar) {
  if (!one.meeting) {
    node.style.setProperty("--from", one.now / 14.4);
    return;
  }
  if (calendar) updateBlock(node, one.meeting, calendar);
  const minutes = Math.max(15, one.meeting.endMinute - one.meeting.startMinute);
  node.style.setProperty("--from", one.meeting.startMinute / 14.4);
  node.style.setProperty("--height", minutes / 14.4);
  node.style.setProperty("--lane", one.lane);
  node.style.setProperty("--of", one.of);
  node.classList.toggle("short", minutes < 45);
  node.classList.toggle("tiny", minutes < 30);
  node.classList.toggle("tall", minutes >= 75);
}

function minuteAt(event, column) {
  const box = column.getBoundingClientRect();
  return ((event.clientY - box.top) / box.height) * 1440;
}
