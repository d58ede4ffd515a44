// What a click on a meeting opens: who has answered, and a form to move or cancel it as its organizer.

import { get, post } from "./api.js";
import { isSeries, stateOf, subjectOf } from "./block.js";
import { Combo } from "./combo.js";
import { byId, element, setText } from "./dom.js";
import { clock, length, longDate, minuteOf } from "./times.js";

const ANSWERS = {
  accepted: ["✓", "accepted"],
  declined: ["✕", "declined"],
  tentativelyAccepted: ["?", "tentative"],
  notResponded: ["…", "no answer yet"],
  none: ["…", "no answer yet"],
};
const REFRESH_MS = 1500;

export class Details {
  // `done(text, meeting, room)` as for a booking.
  constructor(done) {
    this.done = done;
    this.dialog = byId("meeting");
    this.form = this.dialog.querySelector("form");
    this.said = this.form.querySelector(".said");
    this.room = new Combo({ label: "Room", kinds: ["room"], placeholder: "No room" });
    byId("move-room").append(this.room.root);
    byId("cancel").addEventListener("click", () => this.cancel());
    byId("accept").addEventListener("click", () => this.respond("accept"));
    byId("decline").addEventListener("click", () => this.respond("decline"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.move();
    });
    this.dialog.addEventListener("close", () => clearInterval(this.timer));
  }

  // `place`: {room?, person?, zone}
  open(meeting, place) {
    Object.assign(this, { meeting, place });
    this.said.textContent = "";
    setText(byId("subject"), subjectOf(meeting));
    const span = meeting.isAllDay ? "all day" : `${meeting.time}–${clock(minuteOf(meeting.time) + meeting.minutes)}`;
    setText(byId("when"), `${longDate(meeting.date)}, ${span} (${length(meeting.minutes)})`);
    setText(byId("organized"), `${meeting.organizer}`);
    setText(byId("state"), stateOf(meeting));
    byId("series").hidden = !isSeries(meeting);
    byId("attendees").replaceChildren();
    this.form.date.value = meeting.date;
    this.form.time.value = meeting.time;
    this.form.minutes.value = meeting.minutes;
    this.room.pick(place.room ?? null);
    this.before = this.values();
    byId("answers").hidden = !(place.room && ["pending", "delivered"].includes(meeting.state));
    this.allow(meeting.state !== "cancelled");
    this.dialog.showModal();
    this.load();
    this.timer = setInterval(() => this.load(), REFRESH_MS);
  }

  allow(isAllowed) {
    for (const node of this.form.querySelectorAll("fieldset, #cancel, #save")) node.disabled = !isAllowed;
  }

  async load() {
    const { id, mailbox, start } = this.meeting;
    try {
      const full = await get("/sandbox/meeting", { id, mailbox, start });
      if (this.meeting.id !== id || !this.dialog.open) return;
      setText(byId("state"), stateOf(full));
      byId("answers").hidden = !(this.place.room && ["pending", "delivered"].includes(full.state));
      this.drawAttendees(full);
      this.showRoom(full);
    } catch (problem) {
      if (this.dialog.open && this.meeting.id === id) this.said.textContent = problem.message;
      clearInterval(this.timer);
    }
  }

  drawAttendees(full) {
    const rows = full.attendees.map((one) => {
      const [mark, words] = ANSWERS[one.answer] ?? ANSWERS.none;
      const sign = element("i", { className: `answer ${one.answer}`, textContent: mark });
      sign.setAttribute("aria-hidden", "true");
      return element("li", { title: one.address }, sign, element("span", { textContent: one.name }),
        element("small", { textContent: one.isRoom ? `room, ${words}` : words }));
    });
    if (!rows.length) rows.push(element("li", { className: "none", textContent: full.isPrivate ? "Private: nobody else sees who comes." : "Nobody else is invited." }));
    byId("attendees").replaceChildren(...rows);
  }

  // In a person's calendar the room is known only now.
  showRoom(full) {
    const rooms = full.attendees.filter((one) => one.isRoom);
    if (this.place.room || this.room.picked || this.room.input === document.activeElement || rooms.length !== 1) return;
    if (JSON.stringify(this.values()) !== JSON.stringify(this.before)) return;
    this.room.pick(rooms[0]);
    this.before = this.values();
  }

  values() {
    const { date, time, minutes } = this.form;
    return { start: `${date.value}T${time.value}`, minutes: Number(minutes.value), room: this.room.value };
  }

  async move() {
    const values = this.values();
    const order = { id: this.meeting.id, start: values.start, minutes: values.minutes, zone: this.place.zone };
    if (values.room && values.room !== this.before.room) order.room = values.room;
    const room = order.room ? this.room.picked : this.place.room ?? this.room.picked;
    await this.act("move", order, room ? "Moved. The room answers in some seconds." : "Moved.", room);
  }

  async cancel() {
    await this.act("cancel", { id: this.meeting.id }, "Cancelled. The attendees are told.");
  }

  async respond(answer) {
    const order = { mailbox: this.meeting.mailbox, id: this.meeting.id, answer };
    await this.act("respond", order, answer === "accept" ? "Accepted for the room." : "Declined for the room.");
  }

  async act(path, order, text, room = null) {
    this.said.textContent = "";
    this.allow(false);
    try {
      const meeting = await post(`/sandbox/outlook/${path}`, order);
      this.dialog.close();
      this.done(text, meeting, room);
    } catch (problem) {
      this.said.textContent = problem.message;
    } finally {
      this.allow(true);
    }
  }
}
