"""Reads a room's whole feed: all pages, dead links begun anew, contradictions looked up, series made complete."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.events import Kind, RoomEvent
from bot.domain.slots import Slot
from bot.ports.calendar import Calendar, Missing, Page, Rejected, ResyncNeeded
from bot.ports.records import FeedState
from bot.sync.plan import Remote

MOST_PAGES = 2_000
_BEHIND = timedelta(days=1)
_ROLL_AFTER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Answer:
    remote: Remote
    link: str
    window: Slot


async def read(calendar: Calendar, room: str, state: FeedState, *, now: datetime, horizon: timedelta) -> Answer:
    """From the state's link, or from nothing where there is none, it is dead, or its window is a day old.

    Raises the calendar's errors; then nothing was read and the link still holds.
    """
    window = state.window
    link = state.link
    if window is None or now - window.start_at >= _BEHIND + _ROLL_AFTER:
        window, link = window_at(now, horizon), ""
    try:
        pages = await _pages(calendar, room, window, link)
    except (ResyncNeeded, Rejected):
        if not link:
            raise
        window, link = window_at(now, horizon), ""
        pages = await _pages(calendar, room, window, link)
    remote = await _told(calendar, room, pages, window)
    answer = Answer(remote=replace(remote, full=not link), link=pages[-1].delta_link, window=window)
    return await with_series(calendar, room, answer, _masters(pages))


async def with_series(calendar: Calendar, room: str, answer: Answer, masters: Iterable[str]) -> Answer:
    """The answer with every occurrence of those series, too."""
    series = dict(answer.remote.series)
    for master_id in masters:
        series[master_id] = await _occurrences(calendar, room, master_id, answer.window)
    return replace(answer, remote=replace(answer.remote, series=series))


def window_at(now: datetime, horizon: timedelta) -> Slot:
    """From a day ago, at midnight UTC, to the end of what can be booked and a week."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Slot(midnight - _BEHIND, midnight + horizon + timedelta(days=7))


async def _pages(calendar: Calendar, room: str, window: Slot, link: str) -> list[Page]:
    pages = [await calendar.changes(room, window, link)]
    seen = {link}
    while following := pages[-1].next_link:
        if following in seen or len(pages) >= MOST_PAGES:
            raise Rejected("feedDoesNotEnd")
        seen.add(following)
        pages.append(await calendar.changes(room, window, following))
    return pages


async def _told(calendar: Calendar, room: str, pages: list[Page], window: Slot) -> Remote:
    """An item that the pages tell differently is looked up: within an answer, order says little
    (https://learn.microsoft.com/graph/delta-query-overview, replays). Masters are told by their occurrences."""
    changed: dict[str, RoomEvent] = {}
    removed = dict.fromkeys(event_id for page in pages for event_id in page.removed)
    unclear: set[str] = set()
    for row in (row for page in pages for row in page.changed if row.kind is not Kind.MASTER):
        if changed.setdefault(row.id, row) != row or row.id in removed:
            unclear.add(row.id)
    for event_id in sorted(unclear):
        found = await _look(calendar, room, event_id)
        if found is not None and found.slot.overlaps(window):
            changed[event_id] = found
            removed.pop(event_id, None)
        else:
            changed.pop(event_id)
            removed[event_id] = None
    return Remote(changed=list(changed.values()), removed=list(removed), series={})


def _masters(pages: list[Page]) -> list[str]:
    """The series that the pages touched: an occurrence that was deleted may go unmentioned beside its siblings."""
    touched = [row.master_id for page in pages for row in page.thin]
    touched += [row.id if row.kind is Kind.MASTER else row.master_id for page in pages for row in page.changed]
    return list(dict.fromkeys(one for one in touched if one))


async def _look(calendar: Calendar, room: str, event_id: str) -> RoomEvent | None:
    try:
        return await calendar.read_room_event(room, event_id)
    except Missing:
        return None


async def _occurrences(calendar: Calendar, room: str, master_id: str, window: Slot) -> list[RoomEvent] | None:
    try:
        return list(await calendar.occurrences(room, master_id, window))
    except Missing:
        return None
