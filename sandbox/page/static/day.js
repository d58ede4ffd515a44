// The rooms of a building on one day: a row for each room, time from left to right.

import { keyOf, lanes, makeBlock, updateBlock } from "./block.js";
import { element, keyed, setText } from "./dom.js";
import { clock } from "./times.js";

const FIRST_HOUR = 8;
const LAST_HOUR = 19;
const SLOT = 30;
const TEXT_REACH = 120; // minutes after a meeting over which its text may go on

export class DayView {
  // `act` is told what a person wants: open(meeting, place), book(wish), week(address).
  constructor(act) {
    this.act = act;
    this.filter = element("input", { type: "search", placeholder: "Filter: 8 video" });
    this.filter.setAttribute("aria-label", "Filter rooms by name, seats or equipment");
    this.filter.addEventListener("input", () => this.draw(this.view));
    this.hours = element("div", { className: "track" });
    this.head = element("div", { className: "row head" }, element("div", { className: "label" }, this.filter), this.hours);
    this.rows = element("div", { className: "rows" });
    this.nobody = element("p", { className: "nothing", hidden: true });
    this.board = element("div", { className: "board day" }, this.head, this.rows, this.nobody);
    this.root = element("div", { className: "scroller", tabIndex: 0 }, this.board);
    this.root.setAttribute("aria-label", "Rooms");
    this.root.setAttribute("role", "region");
  }

  draw(view) {
    const isNew = !this.view || this.view.on !== view.on || this.view.building !== view.building;
    if (this.view && this.view.building !== view.building) this.filter.value = "";
    this.view = view;
    const rooms = view.rooms.filter((room) => fits(room, this.filter.value));
    this.axis = axisOf(view.rooms);
    this.board.style.setProperty("--hours", this.axis.hours);
    this.drawHours();
    const shown = rooms.map((room) => ({ room, axis: this.axis, nowMinute: view.nowMinute }));
    keyed(this.rows, shown, (one) => one.room.address, (one) => this.makeRow(one.room), (row, one) => this.updateRow(row, one));
    this.nobody.hidden = rooms.length > 0;
    setText(this.nobody, view.rooms.length ? "No room here is like that." : "This building has no rooms.");
    if (isNew) this.scrollToNow();
  }

  drawHours() {
    const marks = Array.from({ length: this.axis.hours }, (_, hour) => ({ hour, first: this.axis.first, of: this.axis.hours }));
    keyed(this.hours, marks, (mark) => `hour ${mark.hour}`, () => element("span"), (span, mark) => {
      setText(span, clock((mark.first + mark.hour) * 60));
      span.style.setProperty("--from", (100 * mark.hour) / mark.of);
    });
  }

  makeRow(room) {
    const name = element("button", { type: "button", className: "name" });
    name.addEventListener("click", () => this.act.week(room.address));
    const add = element("button", { type: "button", className: "add", textContent: "+" });
    add.addEventListener("click", () => this.act.book({ room: row.room, date: this.view.on }));
    const label = element("div", { className: "label" }, name, add,
      element("small"), element("small", { className: "extra" }));
    const track = element("div", { className: "track" });
    track.addEventListener("click", (event) => {
      if (event.target === track) this.act.book({ room: row.room, date: this.view.on, minute: this.slotAt(event, track) });
    });
    const row = element("div", { className: "row" }, label, track);
    return row;
  }

  updateRow(row, { room, axis, nowMinute }) {
    row.room = room;
    const [label, track] = row.children;
    const [name, add, seats, features] = label.children;
    setText(name, room.name);
    name.title = `${room.name}: show its week`;
    add.title = `Book ${room.name}`;
    add.setAttribute("aria-label", add.title);
    setText(seats, `${room.capacity} seats · floor ${room.floor} · ${room.policy}`);
    seats.title = `${seats.textContent} (${room.mode})`;
    setText(features, room.features.join(" · "));
    features.title = [...room.features, ...room.equipment].join("\n");
    track.target = { room, view: "day" };
    const places = lanes(room.meetings);
    track.style.setProperty("--lanes", Math.max(1, ...places.map((one) => one.of)));
    const blocks = room.meetings.map((meeting, index) => ({ meeting, lane: places[index].lane, axis }));
    for (const [index, block] of blocks.entries()) {
      const next = blocks.slice(index + 1).find((other) => other.lane === block.lane);
      block.until = Math.min(next?.meeting.startMinute ?? 1440, block.meeting.endMinute + TEXT_REACH);
    }
    if (nowMinute !== null && within(nowMinute, axis)) blocks.push({ now: nowMinute, axis });
    keyed(track, blocks, (one) => one.meeting ? keyOf(one.meeting) : "now", (one) => this.makeInTrack(one, row),
      (node, one) => place(node, one, room));
  }

  makeInTrack(one, row) {
    if (!one.meeting) return element("div", { className: "now-line" });
    const button = makeBlock();
    button.addEventListener("click", () => this.act.open(button.meeting, { room: row.room }));
    return button;
  }

  slotAt(event, track) {
    return Math.floor(this.minuteAt(event, track) / SLOT) * SLOT;
  }

  // Where a dragged meeting would begin: its minute, and the room.
  targetAt(event, grabbedMinutes) {
    const track = document.elementsFromPoint(event.clientX, event.clientY).find((node) => node.target?.view === "day");
    if (!track) return null;
    const minute = Math.round((this.minuteAt(event, track) - grabbedMinutes) / 15) * 15;
    return { track, date: this.view.on, minute: Math.max(0, Math.min(1425, minute)), room: track.target.room };
  }

  minuteAt(event, track) {
    const box = track.getBoundingClientRect();
    return this.axis.first * 60 + ((event.clientX - box.left) / box.width) * this.axis.hours * 60;
  }

  placeGhost(ghost, target, minutes) {
    place(ghost, { meeting: { startMinute: target.minute, endMinute: target.minute + minutes }, lane: 0, axis: this.axis });
  }

  scrollToNow() {
    const minute = this.view.nowMinute;
    const share = minute === null || !within(minute, this.axis) ? 0 : (minute - this.axis.first * 60) / (this.axis.hours * 60);
    this.root.scrollLeft = Math.max(0, share * this.hours.scrollWidth - 80);
    this.root.scrollTop = 0;
  }
}

function place(node, one, room) {
  if (!one.meeting) {
    node.style.setProperty("--from", share(one.now, one.axis));
    return;
  }
  if (room) updateBlock(node, one.meeting, room.name);
  const from = share(one.meeting.isAllDay ? 0 : one.meeting.startMinute, one.axis);
  const to = share(one.meeting.isAllDay ? 1440 : one.meeting.endMinute, one.axis);
  const width = Math.max(1.2, to - from);
  node.style.setProperty("--lane", one.lane);
  node.style.setProperty("--from", from);
  node.style.setProperty("--width", width);
  node.style.setProperty("--reach", Math.max(1, (share(one.until ?? 0, one.axis) - from) / width - 0.02));
}

// Office hours, and more where a meeting lies outside them.
function axisOf(rooms) {
  const meetings = rooms.flatMap((room) => room.meetings).filter((one) => !one.isAllDay);
  const first = Math.min(FIRST_HOUR, ...meetings.map((one) => Math.floor(one.startMinute / 60)));
  const last = Math.max(LAST_HOUR, ...meetings.map((one) => Math.ceil(one.endMinute / 60)));
  return { first, hours: Math.min(24, last) - first };
}

function fits(room, text) {
  const facts = [room.name, ...room.features, ...room.equipment, room.policy, `floor ${room.floor}`].join(" ").toLowerCase();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => (/^\d+$/.test(word) ? room.capacity >= Number(word) : facts.includes(word)));
}

const within = (minute, axis) => minute >= axis.first * 60 && minute <= (axis.first + axis.hours) * 60;
const share = (minute, axis) => Math.min(100, Math.max(0, (100 * (minute - axis.first * 60)) / (axis.hours * 60)));
