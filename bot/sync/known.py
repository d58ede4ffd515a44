"""What the store knows of a room, as far as a round needs it: few reads, each of one moment.

All of it is written by the room's rounds alone, in batches that insist on the version of the feed's document: read
before Microsoft 365 is asked, it still holds when the round is committed, or the round begins anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.bookings import Booking
from bot.domain.events import RoomEvent
from bot.domain.kin import Kin, kin_of
from bot.ports import keys
from bot.ports.codec import CodecError
from bot.ports.documents import Documents, Kept
from bot.ports.mirror import rows_touched
from bot.ports.records import Decision, FeedState, ForeignOverlap, Oddity
from bot.sync.plan import Plan, Remote


@dataclass(frozen=True, kw_only=True)
class Before:
    """How a room stood when its round began, without its rows. `kin` is None where no round has recorded it yet."""

    feed: Kept[FeedState] | None
    kin: Kin | None
    overlaps: Mapping[str, ForeignOverlap]  # by event id
    odd: frozenset[str]


async def before_round(documents: Documents, room: str) -> Before:
    overlaps, odd = keys.overlap(room, ""), keys.odd(room)
    found = await documents.snapshot((keys.feed(room), keys.kin(room)), (overlaps, odd))
    state = found.get(keys.feed(room), FeedState)
    # A version that packs nothing writes rows without their kin, too: what stands there is of before.
    try:
        kin = found.get(keys.kin(room), Kin) if state and state.value.packed else None
    except CodecError:  # torn, or of another form
        kin = None
    return Before(
        feed=state,
        kin=kin.value if kin else None,
        overlaps={one.event_id: one for one in found.under(overlaps, ForeignOverlap)},
        odd=frozenset(one.event_id for one in found.under(odd, Oddity)),
    )


async def all_rows(documents: Documents, room: str) -> tuple[dict[str, RoomEvent], Kin]:
    """By event id, with the kin of them all."""
    rows = {kept.value.id: kept.value for kept in await documents.scan(keys.events(room), RoomEvent)}
    return rows, kin_of(rows.values())


async def rows_told_of(
    documents: Documents, room: str, remote: Remote, before: Before
) -> tuple[dict[str, RoomEvent], Kin | None]:
    """The rows that the answer may be about, by event id, with the kin of all rows of the room. Where something went or
    a series was touched, siblings and namesakes tell what that means: their kin says whether there are any, and only
    then all rows are looked through. To a change alone they do not matter, and of a quiet room nothing is read."""
    if remote.full:
        return await all_rows(documents, room)
    told = {row.id for rows in remote.series.values() for row in rows or ()} | set(remote.removed)
    wanted = told | {row.id for row in remote.changed} | before.overlaps.keys()
    found = await documents.get_all([keys.event(room, one) for one in wanted], RoomEvent)
    known = {row.value.id: row.value for row in found.values()}
    series = frozenset({*remote.series, *remote.removed} - {""})
    going = {row.ical_uid for row in known.values() if not series.isdisjoint((row.id, row.master_id))}
    if not series or (before.kin is not None and not before.kin.others(known.values(), going, series)):
        return known, before.kin
    touched, kin = await rows_touched(documents, room, frozenset(wanted), series)
    return {row.id: row for row in touched}, kin


def kin_after(kin: Kin, known: Mapping[str, RoomEvent], changes: Plan) -> Kin:
    """The same one where the plan changes nobody's kin."""
    come = [row for row in changes.upserts if (was := known.get(row.id)) is None or _names(was) != _names(row)]
    gone = [row.id for row in (*changes.drops, *come) if row.id in known]
    return kin.after(gone, come) if come or gone else kin


async def decisions_and_bookings(
    documents: Documents, room: str, decided: Iterable[str], uids: Iterable[str]
) -> tuple[dict[str, Decision], dict[str, str]]:
    """The last decisions on requests of these event ids, by that; and ids of live bookings in the room by iCalUId. The
    meeting of a booking that is over, or that was taken to another room in Outlook, is anybody's meeting."""
    asked, pointers = [keys.decision(room, one) for one in decided], [keys.booking_of(uid) for uid in uids if uid]
    if not asked and not pointers:
        return {}, {}
    found = await documents.snapshot((*asked, *pointers))
    decisions = [kept.value for key in asked if (kept := found.get(key, Decision))]
    booked = [keys.booking(pointer.value) for key in pointers if (pointer := found.get(key, str))]
    bookings = await documents.get_all(booked, Booking)
    here = (kept.value for kept in bookings.values() if kept.value.live and kept.value.room == room)
    return {one.event_id: one for one in decisions}, {booking.ical_uid: booking.id for booking in here}


def _names(row: RoomEvent) -> tuple[str, str]:
    return row.ical_uid, row.master_id
