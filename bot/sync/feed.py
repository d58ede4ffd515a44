"""Reads a room's whole feed: all pages, dead links begun anew, series made complete."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.events import RoomEvent
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
    except ResyncNeeded:
        window, link = window_at(now, horizon), ""
        pages = await _pages(calendar, room, window, link)
    series = {}
    for master_id in dict.fromkeys(row.master_id for page in pages for row in page.thin):
        series[master_id] = await _occurrences(calendar, room, master_id, window)
    remote = Remote(
        changed=[row for page in pages for row in page.changed],
        removed=[event_id for page in pages for event_id in page.removed],
        series=series,
        full=not link,
    )
    return Answer(remote=remote, link=pages[-1].delta_link, window=window)


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


async def _occurrences(calendar: Calendar, room: str, master_id: str, window: Slot) -> list[RoomEvent] | None:
    try:
        return list(await calendar.occurrences(room, master_id, window))
    except Missing:
        return None
