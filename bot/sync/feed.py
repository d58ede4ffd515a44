"""Reads a room's whole feed: all pages, dead links begun anew, contradictions looked up, series made complete."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.events import Kind, RoomEvent
from bot.domain.slots import Slot
from bot.domain.zones import next_at
from bot.ports.calendar import Busy, Calendar, Missing, Page, Rejected, ResyncNeeded, Unclear
from bot.ports.records import FeedState
from bot.sync.plan import Remote
from bot.sync.spread import share

log = logging.getLogger(__name__)

MOST_PAGES = 2_000
_FEW_SERIES = 2  # beyond that, a view of the whole calendar costs fewer calls
_BEHIND = timedelta(days=1)
_ROLL_AFTER = timedelta(days=1)
_NEAR = timedelta(days=14)
_ROLLS = 3  # o'clock
_ROLL_SPREAD = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class Answer:
    remote: Remote
    link: str
    window: Slot


async def read(calendar: Calendar, room: str, state: FeedState, *, now: datetime, horizon: timedelta) -> Answer:
    """From the state's link, or from nothing where there is none or it is dead.

    Raises the calendar's errors; then nothing was read and the link still holds.
    """
    window, link = state.window or window_at(now, horizon), state.link
    try:
        pages = await _pages(calendar, room, window, link)
    except (ResyncNeeded, Rejected):
        if not link:
            raise
        window, link = window_at(now, horizon), ""
        pages = await _pages(calendar, room, window, link)
    return await _answer(calendar, room, pages, window, link)


async def rolled(calendar: Calendar, room: str, *, now: datetime, horizon: timedelta) -> Answer | None:
    """Everything in the window of today, read aside: the old link and its window hold until the caller has committed
    this. None where the service could not give it; then the old ones are still there to be read by."""
    window = window_at(now, horizon)
    try:
        return await _answer(calendar, room, await _pages(calendar, room, window, ""), window, "")
    except (Busy, Unclear, Rejected, ResyncNeeded) as fault:
        log.warning("feed.not_rolled", extra={"code": fault.code, "status": fault.status})
        return None


def rolls_at(window: Slot, room: str, zone: ZoneInfo) -> datetime:
    """When the window is to be another: in the small hours, each room at its own moment, once the night's comparison
    has seen what the old one held."""
    return next_at(_ROLLS, window.start_at + _BEHIND + _ROLL_AFTER, zone) + share(room) * _ROLL_SPREAD


async def _answer(calendar: Calendar, room: str, pages: list[Page], window: Slot, link: str) -> Answer:
    remote = await _told(calendar, room, pages, window)
    answer = Answer(remote=replace(remote, full=not link), link=pages[-1].delta_link, window=window)
    return await with_series(calendar, room, answer, _masters(pages))


async def with_removed(calendar: Calendar, room: str, answer: Answer, masters: Iterable[str]) -> Answer:
    """As `with_series`, of series that were told as removed: some stand nevertheless. The calendar tells which, for
    what lies in Deleted Items is still had by its id."""
    wanted = list(masters)
    if not wanted:
        return answer
    standing = {row.master_id for row in await calendar.view(room, answer.window)}
    gone = {one: None for one in wanted if one not in standing}
    answer = replace(answer, remote=replace(answer.remote, series={**answer.remote.series, **gone}))
    return await with_series(calendar, room, answer, (one for one in wanted if one in standing))


async def with_series(calendar: Calendar, room: str, answer: Answer, masters: Iterable[str]) -> Answer:
    """The answer with every occurrence of those series, too: of a few each by itself, of more all in one look."""
    wanted = list(masters)
    if len(wanted) > _FEW_SERIES:
        found = await _together(calendar, room, wanted, answer.window)
    else:
        found = {one: await _occurrences(calendar, room, one, answer.window) for one in wanted}
    return replace(answer, remote=replace(answer.remote, series={**answer.remote.series, **found}))


def near(now: datetime) -> Slot:
    """What people ask for first."""
    return Slot(now - _BEHIND, now + _NEAR)


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
        found = await _look(calendar, room, changed[event_id])
        if found is not None and found.slot.overlaps(window):
            changed[event_id] = found
            removed.pop(event_id, None)
        else:
            changed.pop(event_id)
            removed[event_id] = None
    odd = frozenset(event_id for page in pages for event_id in page.odd)
    return Remote(changed=list(changed.values()), removed=list(removed), series={}, odd=odd)


def _masters(pages: list[Page]) -> list[str]:
    """The series that the pages touched: an occurrence that was deleted may go unmentioned beside its siblings."""
    touched = [row.master_id for page in pages for row in page.thin]
    touched += [row.id if row.kind is Kind.MASTER else row.master_id for page in pages for row in page.changed]
    return list(dict.fromkeys(one for one in touched if one))


async def _look(calendar: Calendar, room: str, told: RoomEvent) -> RoomEvent | None:
    """As the calendar has it now. What is had by its id may lie in Deleted Items, and what is not had may be there:
    reads of one item can be behind (https://learn.microsoft.com/graph/best-practices-concept, eventual consistency)."""
    try:
        found = await calendar.read_room_event(room, told.id)
    except Missing:
        found = told
    there = await calendar.view(room, found.slot)
    return next((row for row in there if row.id == told.id), None)


async def _together(
    calendar: Calendar, room: str, masters: Iterable[str], window: Slot
) -> dict[str, Sequence[RoomEvent] | None]:
    found: dict[str, list[RoomEvent]] = {master_id: [] for master_id in masters}
    for row in await calendar.view(room, window):
        if row.master_id in found:
            found[row.master_id].append(row)
    return dict(found)


async def _occurrences(calendar: Calendar, room: str, master_id: str, window: Slot) -> list[RoomEvent] | None:
    """None of a series that is not to be had by its id and has nothing in the calendar."""
    try:
        return list(await calendar.occurrences(room, master_id, window))
    except Missing:
        found = await _together(calendar, room, [master_id], window)
        return list(found[master_id] or ()) or None
