// Dates and times as the page writes them. A date is "2026-11-23"; a minute counts from midnight in the calendar's zone.

const at = (date) => new Date(`${date}T12:00:00Z`);
const written = (options) => (date) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(at(date));

export const dayName = written({ weekday: "short" });
export const dayNumber = written({ day: "numeric" });
export const longDate = written({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const shortDate = written({ weekday: "short", day: "numeric", month: "short" });
const monthYear = written({ month: "long", year: "numeric" });
const dayMonth = written({ day: "numeric", month: "long" });

export function clock(minute) {
  const day = minute % 1440;
  return `${String(Math.floor(day / 60)).padStart(2, "0")}:${String(day % 60).padStart(2, "0")}`;
}

export const minuteOf = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

export function shifted(date, days) {
  const moved = at(date);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

export function weekTitle(days) {
  const [first, last] = [days[0], days[days.length - 1]];
  if (first.slice(0, 7) === last.slice(0, 7)) return `${dayNumber(first)}–${dayNumber(last)} ${monthYear(last)}`;
  return `${dayMonth(first)} – ${dayMonth(last)} ${last.slice(0, 4)}`;
}

export const weekdayInWords = (date) => written({ weekday: "long" })(date).toLowerCase();

export function length(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (!hours) return `${rest} min`;
  return rest ? `${hours} h ${rest} min` : `${hours} h`;
}
