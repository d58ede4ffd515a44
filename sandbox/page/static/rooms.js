// Shows one building's rooms on one day, asks for changes, and acts as an Outlook user. Texts go in as text, never as HTML.

const POLL_MS = 1500;
const FIRST_HOUR = 8;
const LAST_HOUR = 19;
const STATES = {
  busy: "accepted",
  pending: "waiting for an answer",
  delivered: "just arrived",
  free: "accepted, shown as free",
  organizer: "made in the room’s calendar",
  cancelled: "cancelled",
};

const byId = (id) => document.getElementById(id);
const book = byId("book");
const dialog = byId("meeting");
const view = { building: "", on: "", known: "", day: null, shown: null };

async function refresh() {
  const query = new URLSearchParams({ building: view.building, on: view.on, known: view.known });
  const asked = `${view.building} ${view.on}`;
  try {
    const response = await fetch(`/sandbox/day?${query}`);
    byId("trouble").hidden = true;
    if (response.status === 204 || asked !== `${view.building} ${view.on}`) return;
    if (!response.ok) throw new Error((await response.json()).error.message);
    show(await response.json());
  } catch (problem) {
    byId("trouble").hidden = false;
    byId("trouble").textContent = `The sandbox tenant does not answer (${problem.message}). Trying again.`;
  }
}

function show(day) {
  const isNew = view.day === null || view.day.on !== day.on || view.day.building !== day.building;
  view.day = day;
  view.known = day.version;
  view.building = day.building;
  byId("on").value = day.on;
  byId("now").textContent = `${day.today} ${day.now}`;
  byId("zone").textContent = day.zone;
  fill(byId("building"), day.buildings, day.building);
  fill(book.organizer, day.people, book.organizer.value);
  fill(book.room, day.rooms, book.room.value);
  draw(day);
  if (isNew) scrollToNow(day);
}

function fill(select, options, chosen) {
  const wanted = options.map((one) => one.address).join();
  if (select.dataset.filled !== wanted) {
    select.replaceChildren(...options.map((one) => new Option(one.name, one.address)));
    select.dataset.filled = wanted;
  }
  if (options.some((one) => one.address === chosen)) select.value = chosen;
}

function draw(day) {
  const meetings = day.rooms.flatMap((room) => room.meetings);
  const first = Math.min(FIRST_HOUR, ...meetings.map((one) => Math.floor(one.startMinute / 60)));
  const last = Math.max(LAST_HOUR, ...meetings.map((one) => Math.ceil(one.endMinute / 60)));
  const axis = { first, hours: Math.min(24, last) - first };
  const board = byId("board");
  board.style.setProperty("--hours", axis.hours);
  const focused = document.activeElement?.dataset?.meeting;
  board.replaceChildren(hours(axis), ...day.rooms.map((room) => row(room, axis, day)));
  if (focused) board.querySelector(`[data-meeting="${CSS.escape(focused)}"]`)?.focus();
}

function hours(axis) {
  const track = element("div", "track");
  for (let hour = 0; hour < axis.hours; hour += 1) {
    const mark = element("span", "", `${String(axis.first + hour).padStart(2, "0")}:00`);
    mark.style.left = `${(100 * hour) / axis.hours}%`;
    track.append(mark);
  }
  const line = element("div", "row hours");
  line.append(element("div", "label"), track);
  return line;
}

function row(room, axis, day) {
  const label = element("div", "label");
  label.append(
    element("strong", "", room.name),
    element("small", "", `${room.capacity} people · floor ${room.floor}`),
    element("small", "extra", [...room.features, room.policy].join(" · ")),
  );
  const track = element("div", "track");
  const lanes = laned(room.meetings);
  track.style.setProperty("--lanes", Math.max(1, ...lanes.map((lane) => lane + 1)));
  room.meetings.forEach((meeting, index) => track.append(block(meeting, room, lanes[index], axis)));
  if (day.nowMinute !== null) {
    const line = element("div", "now-line");
    line.style.setProperty("--at", share(day.nowMinute, axis));
    track.append(line);
  }
  track.addEventListener("click", (event) => {
    if (event.target === track) offer(room, event, axis, track);
  });
  const line = element("div", "row");
  line.append(label, track);
  return line;
}

function block(meeting, room, lane, axis) {
  const from = share(meeting.startMinute, axis);
  const button = element("button", `meeting ${meeting.state}`);
  button.type = "button";
  button.dataset.meeting = `${room.address} ${meeting.id}`;
  button.style.setProperty("--lane", lane);
  button.style.setProperty("--from", from);
  button.style.setProperty("--width", Math.max(1.2, share(meeting.endMinute, axis) - from));
  button.append(element("b", "", meeting.subject || "(no subject)"), element("small", "", meeting.organizer));
  button.title = `${meeting.subject}\n${meeting.organizer}\n${time(meeting.startMinute)}–${time(meeting.endMinute)}, ${STATES[meeting.state]}`;
  button.setAttribute("aria-label", `${room.name}: ${button.title}`);
  button.addEventListener("click", () => open(meeting, room));
  return button;
}

function laned(meetings) {
  const ends = [];
  return meetings.map((meeting) => {
    let lane = ends.findIndex((end) => end <= meeting.startMinute);
    if (lane < 0) lane = ends.length;
    ends[lane] = meeting.endMinute;
    return lane;
  });
}

function open(meeting, room) {
  view.shown = meeting;
  const form = dialog.querySelector("form");
  const isSeries = meeting.type === "occurrence" || meeting.type === "exception";
  byId("subject").textContent = meeting.subject || "(no subject)";
  byId("about").textContent = [
    `${room.name}, ${time(meeting.startMinute)}–${time(meeting.endMinute)}`,
    `Organizer: ${meeting.organizer}`,
    `The room: ${STATES[meeting.state]}`,
    isSeries ? "One meeting of a series: moving or cancelling concerns only this one." : "",
  ].filter(Boolean).join("\n");
  form.time.value = time(meeting.startMinute);
  form.minutes.value = Math.round((Date.parse(meeting.end) - Date.parse(meeting.start)) / 60000);
  form.querySelector(".said").textContent = "";
  for (const id of ["move", "cancel"]) byId(id).disabled = meeting.state === "cancelled";
  dialog.showModal();
}

function offer(room, event, axis, track) {
  const box = track.getBoundingClientRect();
  const minute = axis.first * 60 + ((event.clientX - box.left) / box.width) * axis.hours * 60;
  book.room.value = room.address;
  book.time.value = time(Math.floor(minute / 30) * 30);
  book.subject.focus();
  book.subject.select();
}

async function post(path, order, said) {
  said.textContent = "";
  try {
    const response = await fetch(`/sandbox/outlook/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    });
    if (!response.ok) throw new Error((await response.json()).error.message);
    await refresh();
    return true;
  } catch (problem) {
    said.textContent = problem.message;
    return false;
  }
}

async function act(path, order) {
  if (await post(path, { id: view.shown.id, ...order }, dialog.querySelector(".said"))) dialog.close();
}

function scrollToNow(day) {
  const scroller = document.querySelector(".board");
  const line = scroller.querySelector(".row:not(.hours) .now-line");
  const wanted = line && day.nowMinute >= FIRST_HOUR * 60 && day.nowMinute <= LAST_HOUR * 60 ? line.offsetLeft - 60 : 90;
  scroller.scrollLeft = Math.max(0, wanted);
}

function go(on) {
  view.on = on;
  view.known = "";
  refresh();
}

function shifted(days) {
  const day = new Date(`${byId("on").value}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

const share = (minute, axis) => Math.min(100, Math.max(0, (100 * (minute - axis.first * 60)) / (axis.hours * 60)));
const time = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

byId("building").addEventListener("change", (event) => {
  view.building = event.target.value;
  go(view.on);
});
byId("on").addEventListener("change", (event) => go(event.target.value));
byId("before").addEventListener("click", () => go(shifted(-1)));
byId("after").addEventListener("click", () => go(shifted(1)));
byId("today").addEventListener("click", () => go(""));
byId("move").addEventListener("click", () => {
  const form = dialog.querySelector("form");
  if (form.reportValidity()) {
    act("move", { start: `${view.day.on}T${form.time.value}`, minutes: Number(form.minutes.value), zone: view.day.zone });
  }
});
byId("cancel").addEventListener("click", () => act("cancel", {}));
book.addEventListener("input", () => { book.querySelector(".said").textContent = ""; });
book.addEventListener("submit", async (event) => {
  event.preventDefault();
  const order = {
    organizer: book.organizer.value,
    room: book.room.value,
    start: `${view.day.on}T${book.time.value}`,
    minutes: Number(book.minutes.value),
    subject: book.subject.value,
    zone: view.day.zone,
  };
  const said = book.querySelector(".said");
  if (await post("book", order, said)) said.textContent = "Sent. The room answers in some seconds.";
});

refresh();
setInterval(() => document.hidden || refresh(), POLL_MS);
