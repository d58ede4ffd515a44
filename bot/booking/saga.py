"""What a booking should do next, from what was read: pure, so that every crash and order of news can be tested."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.bookings import Booking, Reason, State
from bot.domain.events import Response, RoomEvent
from bot.domain.people import same_address
from bot.ports.calendar import Denied, Meeting, Missing, NoZone, Rejected, RemoteError

GIVE_UP_AFTER = timedelta(minutes=30)  # without the event having been created
GONE_AFTER = timedelta(minutes=10)  # a room's copy that vanished without an answer does not come back later
ABSENT_AFTER = timedelta(seconds=60)  # an event that may just have been created can take a while to be found
ARRIVES_WITHIN = timedelta(seconds=20)  # the room's copy, after the organizer's was written
SEARCH_AFTER = timedelta(minutes=10)  # the service promises no retention of transactionId: look before repeating


class Call(StrEnum):
    """The one outside call that a step makes before it can go on."""

    CREATE = "create"
    FIND = "find"
    MOVE = "move"
    UNDO = "undo"
    RENAME = "rename"
    READ = "read"
    WAIT = "wait"
    NONE = "none"


def call_for(booking: Booking, row: RoomEvent | None, now: datetime) -> Call:
    """Which call the booking needs now; `row` is the mirror's row of its meeting, if there is one. Nothing is created
    in the last minute before giving up: what was just created might not be found then."""
    match booking.state:
        case State.HELD:
            return Call.CREATE
        case State.CREATING:
            is_over = booking.ends_as is not None or expired(booking, now + ABSENT_AFTER)
            return Call.FIND if is_over or _stale(booking, now) else Call.CREATE
        case State.COMPENSATING:
            return Call.UNDO if booking.event_id else Call.FIND
        case State.REQUESTED if booking.moving_from is not None and booking.tried_at is None:
            return Call.MOVE
        case State.REQUESTED | State.CONFIRMED if booking.renaming:
            return Call.RENAME
        case State.REQUESTED | State.CONFIRMED:
            return _call_to_follow(booking, row, now)
        case _:
            return Call.NONE


def _stale(booking: Booking, now: datetime) -> bool:
    return booking.tried_at is not None and now - booking.tried_at > SEARCH_AFTER


def _call_to_follow(booking: Booking, row: RoomEvent | None, now: datetime) -> Call:
    """The room's copy tells all while it stands where it should. Its absence, or its standing elsewhere than the new
    time, means nothing at first (the news is still on its way), and later only what the organizer's copy says."""
    on_its_way = booking.state is State.REQUESTED and booking.tried_at and now - booking.tried_at < ARRIVES_WITHIN
    back_again = booking.moving_from is not None and booking.slot in booking.passed  # the row may be of before
    if row is not None and not row.is_cancelled and not _elsewhere(booking, row) and not (back_again and on_its_way):
        return Call.NONE
    return Call.WAIT if on_its_way else Call.READ


def _elsewhere(booking: Booking, row: RoomEvent) -> bool:
    """Whether the room has yet to hear of the time that the person moved the meeting to."""
    return booking.moving_from is not None and row.slot != booking.slot


def created(booking: Booking, meeting: Meeting) -> Booking:
    """The event exists: the room is asked."""
    known = replace(booking, event_id=meeting.id, ical_uid=meeting.ical_uid, web_link=meeting.web_link)
    return known if booking.state is State.COMPENSATING else known.to(State.REQUESTED, ends_as=None)


def known_as(booking: Booking, meeting: Meeting) -> Booking:
    """The booking under the names that its meeting has by now: the dates of a series that was moved in Outlook get
    others. By another iCalUId its room has another row of it."""
    row_id = booking.room_event_id if meeting.ical_uid == booking.ical_uid else ""
    return replace(
        booking, event_id=meeting.id, ical_uid=meeting.ical_uid, web_link=meeting.web_link, room_event_id=row_id
    )


def gives_up(booking: Booking, now: datetime) -> bool:
    """Whether a search that found nothing is the end of it: else it is created once more. After a restore it is, for
    the meeting may have been made and cancelled since."""
    return booking.ends_as is not None or expired(booking, now)


def not_made(booking: Booking) -> Booking:
    """Given up, with the reason why."""
    return not_created(booking, Reason(code="attempts_used_up" if booking.ends_as is None else "restored", params={}))


def not_created(booking: Booking, reason: Reason) -> Booking:
    """The event does not exist and will not."""
    ends_as = booking.ends_as or State.FAILED
    return booking.to(ends_as, reasons=(*booking.reasons, reason) if ends_as is State.FAILED else booking.reasons)


def reason_of(fault: RemoteError) -> Reason:
    """What a refused creation is told as."""
    kinds = {NoZone: "series_no_zone", Denied: "remote_denied", Rejected: "remote_rejected", Missing: "remote_missing"}
    code = next((kinds[kind] for kind in type(fault).__mro__ if kind in kinds), "remote_rejected")
    return Reason(code=code, params={"code": fault.code})


def undone(booking: Booking) -> Booking:
    """The event is gone."""
    return booking.to(booking.ends_as or State.CANCELLED)


def followed(
    booking: Booking, row: RoomEvent | None, meeting: Meeting | None, *, now: datetime, shown: bool = True
) -> Booking:
    """The booking after a look at the room's copy (`row`) and, where that one said nothing, at the organizer's. A room
    that was taken off a meeting that stands has a cancelled copy. What was not accepted when it ended has expired.
    `shown` is False where the mirror does not reach as far as the meeting: there, no row means nothing.

    The same booking comes back where there is no news. "Confirmed" is reached through a row that says accepted, never
    otherwise: https://learn.microsoft.com/graph/api/resources/responsestatus
    """
    news = _news(booking, row, meeting, now, shown)
    late = news.state is State.REQUESTED and news.slot.end_at <= now
    return news.to(State.EXPIRED) if late else news


def _news(booking: Booking, row: RoomEvent | None, meeting: Meeting | None, now: datetime, shown: bool) -> Booking:
    if row is not None and not row.is_cancelled and not _elsewhere(booking, row):
        return _by_room(replace(_seen(booking, True).arrived(), room_event_id=row.id), row)
    gone = row is not None and row.is_cancelled
    if meeting is None or meeting.is_cancelled or gone or not _has_room(booking, meeting):
        return _elsewhere_room(booking, meeting, now) or _cancelled(booking, "cancelled_elsewhere")
    return _seen(_by_organizer(booking, meeting, now, shown), shown)


def _seen(booking: Booking, shown: bool) -> Booking:
    """The booking as one whose room can be seen at its time, or cannot."""
    if booking.unseen is not shown:
        return booking
    return replace(booking, unseen=not shown, number=booking.number + 1)


def _elsewhere_room(booking: Booking, meeting: Meeting | None, now: datetime) -> Booking | None:
    """What comes of a booking whose meeting stands without its room: it goes along to the room that somebody chose in
    Outlook, or ends. None where the meeting is gone itself, or still has the room."""
    if meeting is None or meeting.is_cancelled or _has_room(booking, meeting):
        return None
    if not meeting.rooms:
        return _cancelled(booking, "room_removed")
    return replace(booking.in_room(meeting.rooms[0], tried_at=now), slot=meeting.slot)


def _has_room(booking: Booking, meeting: Meeting) -> bool:
    """True as well where the rooms were not told."""
    return meeting.rooms is None or any(same_address(room, booking.room) for room in meeting.rooms)


def _cancelled(booking: Booking, code: str) -> Booking:
    return booking.to(State.CANCELLED, reasons=(Reason(code=code, params={}),))


def first_there(booking: Booking, row: RoomEvent, others: Iterable[RoomEvent]) -> RoomEvent | None:
    """A meeting of somebody else that stands in the room at that time and was asked for before ours: then ours is not
    to be confirmed, whoever accepted it."""
    made_at = row.created_at
    for other in others:
        rival = other.ical_uid != row.ical_uid and other.blocks and not other.pending
        if rival and other.slot.overlaps(booking.slot) and made_at and other.created_at and other.created_at < made_at:
            return other
    return None


def displaced(booking: Booking, room_name: str) -> Booking:
    """Another meeting has the room by an older right: ours is undone."""
    reason = Reason(code="foreign_overlap", params={"room": room_name})
    return booking.to(State.COMPENSATING, ends_as=State.DECLINED, reasons=(reason,))


def goes_first(other: Booking, tried_at: datetime) -> bool:
    """Whether another date of the series may have been in the way of one that could not be moved at `tried_at`: it is
    yet to be moved, or was since."""
    if other.tried_at is None:
        return other.state is State.REQUESTED and other.moving_from is not None
    return other.tried_at >= tried_at


def surely_absent(booking: Booking, now: datetime) -> bool:
    """Whether a search that found nothing may be believed."""
    sent = [sent_at for sent_at in (booking.tried_at, booking.asked_at) if sent_at is not None]
    return not sent or now - max(sent) >= ABSENT_AFTER


def expired(booking: Booking, now: datetime) -> bool:
    """Whether there is no point in going on with a booking whose event was never created."""
    never = booking.state in (State.HELD, State.CREATING)
    return never and (booking.slot.end_at <= now or now - booking.made_at > GIVE_UP_AFTER)


def _by_room(booking: Booking, row: RoomEvent) -> Booking:
    accepted = row.response is Response.ACCEPTED
    if row.response is Response.DECLINED:
        return booking.to(State.COMPENSATING, ends_as=State.DECLINED)
    if row.slot != booking.slot:  # somebody moved it in Outlook
        state = State.CONFIRMED if accepted else State.REQUESTED
        return booking.at(row.slot, state=state)
    if accepted and booking.state is State.REQUESTED:
        return booking.to(State.CONFIRMED)
    if not accepted and booking.state is State.CONFIRMED:
        return booking.to(State.REQUESTED)
    return booking


def _by_organizer(booking: Booking, meeting: Meeting, now: datetime, shown: bool) -> Booking:
    """The meeting stands, and the room's copy said nothing of it: on its way, gone, or at a time that is not shown."""
    if meeting.slot != booking.slot:  # moved in Outlook, to where the mirror does not have it
        return booking.at(meeting.slot, state=State.REQUESTED, tried_at=now, unseen=not shown)
    if meeting.room_response == Response.DECLINED:
        return booking.to(State.COMPENSATING, ends_as=State.DECLINED)
    if booking.slot.end_at <= now:  # what is over has left the mirror, too
        return booking
    if not shown and booking.state is State.CONFIRMED and meeting.room_response == Response.ACCEPTED:
        return booking  # accepted while it was shown, and not moved since
    if booking.state is State.CONFIRMED:  # the room has it no more, whatever the organizer's copy still says
        return booking.to(State.REQUESTED, tried_at=now)
    if not shown:
        return booking
    seen_and_gone = booking.room_event_id and booking.moving_from is None and booking.tried_at is not None
    if seen_and_gone and now - (booking.tried_at or now) > GONE_AFTER:
        return booking.to(State.COMPENSATING, ends_as=State.DECLINED)
    return booking


@dataclass(frozen=True)
class Pace:
    """How long to wait before looking again: often while somebody watches, seldom later, and never past the
    meeting's end."""

    quick_s: float = 5.0
    slow_s: float = 60.0
    watched_for_s: float = 180.0
    seldom_s: float = 900.0
    seldom_after_s: float = 3600.0

    def again_at(self, booking: Booking, now: datetime) -> float:
        waited_s = (now - max(booking.made_at, booking.tried_at or booking.made_at)).total_seconds()
        if waited_s < self.watched_for_s:
            wait_s = self.quick_s
        else:
            wait_s = self.slow_s if waited_s < self.seldom_after_s else self.seldom_s
        left_s = (booking.slot.end_at - now).total_seconds()
        return now.timestamp() + (min(wait_s, left_s) if left_s > 0 else wait_s)
