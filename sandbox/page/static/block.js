// One meeting in a view: how it looks, what it says, and which of its neighbours it stands beside.

import { element, setText } from "./dom.js";
import { clock, length } from "./times.js";

const STATES = {
  busy: "Busy",
  tentative: "Tentative",
  free: "Free",
  oof: "Away",
  workingElsewhere: "Working elsewhere",
  pending: "Waiting for an answer",
  delivered: "Not answered yet",
  organizer: "Made in the room’s own calendar",
  cancelled: "Cancelled",
};

export const stateOf = (meeting) => meeting.waiting ? capital(meeting.waiting) : STATES[meeting.state] ?? meeting.state;
export const subjectOf = (meeting) => meeting.subject || "(no subject)";
export const isSeries = (meeting) => meeting.type === "occurrence" || meeting.type === "exception";
export const keyOf = (meeting) => `${meeting.id} ${meeting.start}`;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function makeBlock() {
  return element("button", { type: "button" },
    element("b", {}, element("span"), element("i", { className: "mark lock" }), element("i", { className: "mark series" })),
    element("small", { className: "who" }), element("small", { className: "waits" }));
}

export function updateBlock(button, meeting, calendar) {
  button.className = `meeting ${meeting.state}`;
  button.classList.toggle("all-day", meeting.isAllDay);
  button.dataset.meeting = keyOf(meeting);
  button.meeting = meeting;
  const [subject, who, waits] = button.children;
  const [text, lock, series] = subject.children;
  setText(text, subjectOf(meeting));
  lock.hidden = !meeting.isPrivate;
  series.hidden = !isSeries(meeting);
  setText(who, meeting.organizer);
  setText(waits, meeting.waiting);
  waits.hidden = !meeting.waiting;
  const span = meeting.isAllDay ? "all day" : `${clock(meeting.startMinute)}–${clock(meeting.endMinute)}`;
  const said = [subjectOf(meeting), meeting.organizer, `${span} (${length(meeting.minutes)})`, stateOf(meeting)];
  if (isSeries(meeting)) said.push("One of a series");
  if (meeting.isPrivate) said.push("Private");
  button.title = said.join("\n");
  button.setAttribute("aria-label", `${calendar}: ${said.join(", ")}`);
}

// For meetings in order of their start: each one's lane, and how many lanes its group of overlapping meetings needs.
export function lanes(meetings) {
  const placed = [];
  let group = [];
  let groupEnd = -1;
  let ends = [];
  const close = () => group.forEach((one) => { one.of = ends.length; });
  for (const meeting of meetings) {
    const end = Math.max(meeting.endMinute, meeting.startMinute + 15); // what is drawn is never shorter
    if (meeting.startMinute >= groupEnd) {
      close();
      [group, ends] = [[], []];
    }
    let lane = ends.findIndex((taken) => taken <= meeting.startMinute);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    groupEnd = Math.max(groupEnd, end);
    const place = { lane, of: 1 };
    group.push(place);
    placed.push(place);
  }
  close();
  return placed;
}
