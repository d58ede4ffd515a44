// The form in which an Outlook user books a meeting.

import { post } from "./api.js";
import { Combo } from "./combo.js";
import { byId, element } from "./dom.js";
import { clock, minuteOf, weekdayInWords } from "./times.js";

const NEXT_SLOT = 30;

export class Booking {
  // `done(text, meeting, room)` is called with what to tell the person once the request is sent.
  constructor(done) {
    this.done = done;
    this.dialog = byId("booking");
    this.form = this.dialog.querySelector("form");
    this.said = this.form.querySelector(".said");
    this.who = new Combo({ label: "Organizer", kinds: ["person"], isFree: true, isRequired: true, placeholder: "Name or address" });
    this.room = new Combo({ label: "Room", kinds: ["room"], placeholder: "No room" });
    this.guest = new Combo({ label: "Add an attendee", kinds: ["person"], isFree: true, placeholder: "Add a name or address", onPick: (one) => this.invite(one) });
    byId("book-who").append(this.who.root);
    byId("book-room").append(this.room.root);
    byId("book-guest").append(this.guest.root);
    this.guests = byId("book-guests");
    this.attendees = new Map();
    this.form.repeat.addEventListener("change", () => this.showTimes());
    this.form.addEventListener("submit", (event) => this.send(event));
    this.form.addEventListener("input", () => { this.said.textContent = ""; });
  }

  // `wish`: {room?, person?, date, minute?, zone, organizer}
  open(wish) {
    this.zone = wish.zone;
    this.said.textContent = "";
    this.attendees.clear();
    this.drawGuests();
    this.form.reset();
    this.who.pick(wish.person ?? wish.organizer);
    this.room.pick(wish.room ?? null);
    this.guest.pick(null);
    this.form.date.value = wish.date;
    this.form.time.value = clock(wish.minute ?? nextSlot(wish.nowMinute));
    byId("book-zone").textContent = wish.zone;
    this.showTimes();
    this.dialog.showModal();
    this.form.subject.focus();
    this.form.subject.select();
  }

  invite(one) {
    this.attendees.set(one.address, one);
    this.guest.pick(null);
    this.drawGuests();
  }

  drawGuests() {
    this.guests.replaceChildren(...[...this.attendees.values()].map((one) => {
      const button = element("button", { type: "button", textContent: "×", title: `Leave ${one.name} out` });
      button.setAttribute("aria-label", button.title);
      button.addEventListener("click", () => {
        this.attendees.delete(one.address);
        this.drawGuests();
        this.guest.input.focus();
      });
      return element("li", { title: one.address }, element("span", { textContent: one.name }), button);
    }));
  }

  showTimes() {
    byId("book-times").hidden = this.form.repeat.value === "no";
  }

  async send(event) {
    event.preventDefault();
    const button = this.form.querySelector("button.main");
    button.disabled = true;
    try {
      const made = await post("/sandbox/outlook/book", this.order());
      this.dialog.close();
      this.done(this.room.value ? `Sent. ${this.room.picked.name} answers in some seconds.` : "In the calendar, without a room.", made, this.room.picked);
    } catch (problem) {
      this.said.textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  }

  order() {
    const { form } = this;
    const order = {
      organizer: this.who.value,
      start: `${form.date.value}T${form.time.value}`,
      minutes: Number(form.minutes.value),
      subject: form.subject.value,
      attendees: [...this.attendees.keys()],
      showAs: form.showAs.value,
      sensitivity: form.private.checked ? "private" : "normal",
      zone: this.zone,
    };
    if (this.room.value) order.room = this.room.value;
    if (form.repeat.value !== "no") order.recurrence = recurrence(form);
    return order;
  }
}

function recurrence(form) {
  const date = form.date.value;
  const weekly = { type: "weekly", interval: 1, daysOfWeek: [weekdayInWords(date)] };
  const pattern = form.repeat.value === "weekly" ? weekly : { type: "daily", interval: 1 };
  return { pattern, range: { type: "numbered", startDate: date, numberOfOccurrences: Number(form.times.value) } };
}

function nextSlot(nowMinute) {
  if (nowMinute === null || nowMinute === undefined) return minuteOf("10:00");
  return Math.min(1410, Math.ceil((nowMinute + 1) / NEXT_SLOT) * NEXT_SLOT);
}
