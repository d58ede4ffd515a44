// Lets a mouse or a pen carry a meeting to another time, day or room. Fingers scroll; the form does the same for them.

const FAR_PX = 5;

// `viewNow()` is the view on show; `drop(meeting, target)` is called where the meeting was let go.
export function letDrag(root, viewNow, drop) {
  let carried = null;

  root.addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.(".meeting");
    const meeting = button?.meeting;
    if (!meeting || event.button !== 0 || event.pointerType === "touch" || !canMove(meeting)) return;
    const view = viewNow();
    const grabbed = view.minuteAt(event, button.parentElement) - meeting.startMinute;
    carried = { button, meeting, view, grabbed, x: event.clientX, y: event.clientY, ghost: null, target: null };
  });

  window.addEventListener("pointermove", (event) => {
    if (!carried) return;
    const far = Math.hypot(event.clientX - carried.x, event.clientY - carried.y) > FAR_PX;
    if (!carried.ghost && !far) return;
    event.preventDefault();
    if (!carried.ghost) begin(carried);
    const target = carried.view.targetAt(event, carried.grabbed);
    if (!target) return;
    carried.target = target;
    if (carried.ghost.parentElement !== target.track) target.track.append(carried.ghost);
    carried.view.placeGhost(carried.ghost, target, carried.meeting.minutes);
  });

  window.addEventListener("pointerup", () => {
    const { ghost, target, meeting, button } = carried ?? {};
    end();
    if (!ghost || !target) return;
    swallowClick(root);
    setTimeout(() => button.blur());
    const isSame = target.minute === meeting.startMinute && target.track === button.parentElement;
    if (!isSame) drop(meeting, target);
  });

  window.addEventListener("pointercancel", end);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && carried?.ghost) end();
  });

  function end() {
    carried?.ghost?.remove();
    carried?.button.classList.remove("carried");
    document.body.classList.remove("dragging");
    carried = null;
  }

  return { isDragging: () => Boolean(carried?.ghost) };
}

// Letting go is a click, too: on what was carried, or on what lies below.
function swallowClick(root) {
  const swallow = (event) => event.stopPropagation();
  root.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => root.removeEventListener("click", swallow, { capture: true }));
}

function begin(carried) {
  carried.ghost = carried.button.cloneNode(true);
  carried.ghost.classList.add("ghost");
  carried.ghost.removeAttribute("data-meeting");
  carried.ghost.setAttribute("aria-hidden", "true");
  carried.button.classList.add("carried");
  document.body.classList.add("dragging");
}

// Not where only a part of it is on show.
const canMove = (meeting) => meeting.state !== "cancelled" && !meeting.isAllDay
  && meeting.endMinute - meeting.startMinute === meeting.minutes;
