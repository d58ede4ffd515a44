"""What came of a booking that is over: another one, by a change or by a room that the lost one's card offered."""

from datetime import datetime, timedelta

from bot.dialogs.drafts import Draft
from bot.domain.bookings import LOST, Booking
from bot.ports import keys
from bot.ports.documents import Documents, Kept

_DRAFTS_LIVE_DAYS = 3  # as the sweep has it, and today


def draft_id(name: str, day: datetime) -> str:
    """Begins with its day, by which the sweep knows what is old."""
    return f"{day.strftime('%Y%m%d')}-{name}"


async def draft_named(documents: Documents, name: str, now: datetime) -> Kept[Draft] | None:
    """The draft of that name, of whatever day it is."""
    days = (now - timedelta(days=back) for back in range(_DRAFTS_LIVE_DAYS))
    found = await documents.get_all([keys.draft(draft_id(name, day)) for day in days], Draft)
    return next(iter(found.values()), None)


async def lost_draft(documents: Documents, booking: Booking, now: datetime) -> Kept[Draft] | None:
    """The draft behind a lost booking's card."""
    return await draft_named(documents, booking.id, now) if booking.state in LOST else None


async def successor(documents: Documents, booking: Booking, now: datetime) -> Booking | None:
    """The booking that has taken the place of one that is over, however many came between; None where none has."""
    found: Booking | None = None
    after = await _next(documents, booking, now)
    while after is not None:
        found, after = after, await _next(documents, after, now)
    return found


async def _next(documents: Documents, booking: Booking, now: datetime) -> Booking | None:
    if booking.live:
        return None
    draft = await lost_draft(documents, booking, now)
    if draft is not None and draft.value.booking_id:
        kept = await documents.get(keys.booking(draft.value.booking_id), Booking)
        return kept.value if kept else None
    if not booking.replaced:
        return None
    kept = await documents.get(keys.booking(booking.replaced_by), Booking)
    return kept.value if kept else None
