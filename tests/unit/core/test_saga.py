"""Every state of a booking against every piece of news."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.booking.saga import (
    Call,
    Pace,
    call_for,
    created,
    expired,
    followed,
    not_created,
    surely_absent,
    undone,
)
from bot.domain.bookings import Booking, Reason, State
from bot.domain.events import Response, RoomEvent
from bot.ports.calendar import Meeting
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, at, shifted

NINE, TEN = at(9), at(10)
ROW = RoomEvent(id="r1", room=OSLO, ical_uid="u", slot=NINE, response=Response.ACCEPTED)
PENDING = replace(ROW, response=Response.TENTATIVE)
GONE = replace(ROW, is_cancelled=True)
MEETING = Meeting(id="e1", ical_uid="u", web_link="", slot=NINE, room_response="accepted")
BASE = Booking(
    id="b",
    person_id="ada",
    organizer="ada@x.example",
    room=OSLO,
    slot=NINE,
    subject="",
    state=State.HELD,
    made_at=START_AT,
)


def booking(state: State, **more: object) -> Booking:
    known = {"event_id": "e1", "ical_uid": "u", "room_event_id": "r1", "tried_at": START_AT - timedelta(minutes=1)}
    if state in (State.HELD, State.CREATING):
        known = {}
    return replace(BASE, state=state, **{**known, **more})  # type: ignore[arg-type]  # fields as named


def ago(**by: float) -> datetime:
    return START_AT - timedelta(**by)


CALLS = [
    (booking(State.HELD), None, Call.CREATE),
    (booking(State.CREATING, tried_at=ago(minutes=10)), None, Call.CREATE),
    (booking(State.CREATING, tried_at=ago(minutes=10, seconds=1)), None, Call.FIND),
    (booking(State.CREATING, tried_at=ago(seconds=1), made_at=ago(minutes=29, seconds=30)), None, Call.FIND),
    (booking(State.CREATING, tried_at=ago(seconds=1), made_at=ago(minutes=28)), None, Call.CREATE),
    (booking(State.CREATING, tried_at=ago(seconds=1), slot=at(8, 0.5 * 60, days=0)), None, Call.CREATE),
    (booking(State.CREATING, tried_at=ago(seconds=1), slot=at(7.5, 30.0, days=0)), None, Call.FIND),
    (booking(State.COMPENSATING), None, Call.UNDO),
    (booking(State.COMPENSATING), ROW, Call.UNDO),
    (booking(State.COMPENSATING, event_id=""), None, Call.FIND),
    (booking(State.REQUESTED), PENDING, Call.NONE),
    (booking(State.REQUESTED), ROW, Call.NONE),
    (booking(State.REQUESTED), GONE, Call.READ),
    (booking(State.REQUESTED), None, Call.READ),
    (booking(State.REQUESTED, tried_at=ago(seconds=19)), None, Call.WAIT),
    (booking(State.REQUESTED, tried_at=ago(seconds=20)), None, Call.READ),
    (booking(State.REQUESTED, tried_at=None, moving_from=TEN), ROW, Call.MOVE),
    (booking(State.REQUESTED, tried_at=ago(seconds=1), moving_from=TEN), replace(ROW, slot=TEN), Call.WAIT),
    (booking(State.REQUESTED, tried_at=ago(seconds=1), moving_from=TEN), replace(ROW, slot=at(15)), Call.WAIT),
    (booking(State.REQUESTED, tried_at=ago(seconds=30), moving_from=TEN), replace(ROW, slot=TEN), Call.READ),
    (booking(State.REQUESTED, tried_at=ago(seconds=1), moving_from=TEN), ROW, Call.NONE),
    (booking(State.CONFIRMED), ROW, Call.NONE),
    (booking(State.CONFIRMED), None, Call.READ),
    (booking(State.CONFIRMED, tried_at=ago(seconds=1)), None, Call.READ),
    (booking(State.DECLINED), ROW, Call.NONE),
    (booking(State.CANCELLED), None, Call.NONE),
    (booking(State.FAILED), None, Call.NONE),
    (booking(State.EXPIRED), None, Call.NONE),
]


@pytest.mark.parametrize(("known", "row", "call"), CALLS)
def test_the_one_call_that_a_booking_needs_now(known: Booking, row: RoomEvent | None, call: Call) -> None:
    assert call_for(known, row, START_AT) is call


def after(known: Booking, row: RoomEvent | None, meeting: Meeting | None = None) -> tuple[State, str, State | None]:
    news = followed(known, row, meeting, now=START_AT)
    return news.state, "same" if news.slot == known.slot else "moved", news.ends_as


NEWS = [
    (State.REQUESTED, ROW, None, (State.CONFIRMED, "same", None)),
    (State.REQUESTED, PENDING, None, (State.REQUESTED, "same", None)),
    (State.REQUESTED, replace(ROW, response=Response.NONE), None, (State.REQUESTED, "same", None)),
    (State.REQUESTED, replace(ROW, response=Response.DECLINED), None, (State.COMPENSATING, "same", State.DECLINED)),
    (State.REQUESTED, replace(ROW, slot=TEN), None, (State.CONFIRMED, "moved", None)),
    (State.REQUESTED, replace(PENDING, slot=TEN), None, (State.REQUESTED, "moved", None)),
    (State.REQUESTED, None, None, (State.CANCELLED, "same", None)),
    (State.REQUESTED, None, MEETING, (State.REQUESTED, "same", None)),
    (State.REQUESTED, None, replace(MEETING, is_cancelled=True), (State.CANCELLED, "same", None)),
    (State.REQUESTED, None, replace(MEETING, room_response="declined"), (State.COMPENSATING, "same", State.DECLINED)),
    (State.REQUESTED, GONE, MEETING, (State.CANCELLED, "same", None)),
    (State.CONFIRMED, ROW, None, (State.CONFIRMED, "same", None)),
    (State.CONFIRMED, PENDING, None, (State.REQUESTED, "same", None)),
    (State.CONFIRMED, replace(ROW, response=Response.DECLINED), None, (State.COMPENSATING, "same", State.DECLINED)),
    (State.CONFIRMED, replace(ROW, slot=TEN), None, (State.CONFIRMED, "moved", None)),
    (State.CONFIRMED, replace(PENDING, slot=TEN), None, (State.REQUESTED, "moved", None)),
    (State.CONFIRMED, None, MEETING, (State.REQUESTED, "same", None)),
    (State.CONFIRMED, None, replace(MEETING, room_response="none"), (State.REQUESTED, "same", None)),
    (State.CONFIRMED, None, replace(MEETING, room_response="declined"), (State.COMPENSATING, "same", State.DECLINED)),
    (State.CONFIRMED, None, None, (State.CANCELLED, "same", None)),
    (State.CONFIRMED, GONE, None, (State.CANCELLED, "same", None)),
]


@pytest.mark.parametrize(("state", "row", "meeting", "expected"), NEWS)
def test_what_news_make_of_a_booking(
    state: State, row: RoomEvent | None, meeting: Meeting | None, expected: tuple[State, str, State | None]
) -> None:
    assert after(booking(state), row, meeting) == expected


MOVING = booking(State.REQUESTED, slot=TEN, moving_from=NINE)
MOVES = [
    (replace(ROW, slot=NINE), MEETING, State.REQUESTED, MEETING.slot),  # the organizer's copy wins over our wish
    (replace(ROW, slot=NINE), replace(MEETING, slot=TEN), State.REQUESTED, TEN),
    (replace(ROW, slot=at(13)), replace(MEETING, slot=TEN), State.REQUESTED, TEN),  # neither here nor there
    (replace(ROW, slot=NINE), replace(MEETING, slot=at(15)), State.REQUESTED, at(15)),
    (replace(ROW, slot=TEN), None, State.CONFIRMED, TEN),
    (replace(PENDING, slot=TEN), None, State.REQUESTED, TEN),
    (replace(ROW, slot=NINE), None, State.CANCELLED, TEN),
]


@pytest.mark.parametrize(("row", "meeting", "state", "slot"), MOVES)
def test_a_booking_that_moves_believes_no_row_but_the_one_at_its_new_time(
    row: RoomEvent, meeting: Meeting | None, state: State, slot: object
) -> None:
    news = followed(MOVING, row, meeting, now=START_AT)

    assert (news.state, news.slot) == (state, slot)


FAR = replace(MEETING, slot=at(9, days=400), room_response="none")
UNSEEN = booking(State.REQUESTED, slot=FAR.slot, tried_at=ago(days=1), unseen=True)
HIDDEN = [
    (booking(State.CONFIRMED), FAR, (State.REQUESTED, FAR.slot, True)),
    (booking(State.REQUESTED), FAR, (State.REQUESTED, FAR.slot, True)),
    (booking(State.CONFIRMED), replace(FAR, room_response="declined"), (State.REQUESTED, FAR.slot, True)),
    (UNSEEN, FAR, (State.REQUESTED, FAR.slot, True)),
    (UNSEEN, replace(FAR, room_response="accepted"), (State.REQUESTED, FAR.slot, True)),  # no read of the room's copy
    (UNSEEN, replace(FAR, room_response="declined"), (State.COMPENSATING, FAR.slot, True)),
    (UNSEEN, None, (State.CANCELLED, FAR.slot, True)),
    (booking(State.CONFIRMED), MEETING, (State.CONFIRMED, NINE, True)),
    (booking(State.CONFIRMED), replace(MEETING, room_response="none"), (State.REQUESTED, NINE, True)),
    (booking(State.REQUESTED, tried_at=ago(days=1)), MEETING, (State.REQUESTED, NINE, True)),
]


@pytest.mark.parametrize(("known", "meeting", "expected"), HIDDEN)
def test_no_row_means_nothing_where_none_is_shown(known: Booking, meeting: Meeting | None, expected: object) -> None:
    news = followed(known, None, meeting, now=START_AT, shown=False)

    assert (news.state, news.slot, news.unseen) == expected


def test_a_row_at_a_time_that_was_not_shown_is_believed_as_any_other() -> None:
    news = followed(UNSEEN, replace(PENDING, slot=FAR.slot), None, now=START_AT)

    assert (news.state, news.unseen, news.number) == (State.REQUESTED, False, UNSEEN.number + 1)
    assert followed(UNSEEN, replace(ROW, slot=NINE), None, now=START_AT).unseen is False


def test_a_meeting_without_a_row_stands_where_the_organizers_copy_has_it() -> None:
    news = followed(booking(State.CONFIRMED), None, replace(MEETING, slot=TEN), now=START_AT)

    assert (news.state, news.slot, news.unseen, news.tried_at) == (State.REQUESTED, TEN, False, START_AT)


def test_no_news_is_the_same_booking() -> None:
    for known, row in ((booking(State.CONFIRMED), ROW), (booking(State.REQUESTED), PENDING)):
        assert followed(known, row, None, now=START_AT) == known


def test_a_request_that_nobody_answered_expires_with_its_end_and_an_accepted_one_does_not() -> None:
    over = NINE.end_at

    assert followed(booking(State.REQUESTED), PENDING, None, now=over).state is State.EXPIRED
    assert followed(booking(State.REQUESTED), None, MEETING, now=over).state is State.EXPIRED
    assert followed(booking(State.REQUESTED), ROW, None, now=over).state is State.CONFIRMED
    assert followed(booking(State.REQUESTED), replace(PENDING, slot=at(15)), None, now=over).state is State.REQUESTED
    assert followed(booking(State.CONFIRMED), ROW, None, now=over).state is State.CONFIRMED


def test_a_created_event_is_known_by_its_ids() -> None:
    news = created(booking(State.CREATING), MEETING)
    undoing = created(booking(State.COMPENSATING, event_id="", ends_as=State.CANCELLED), MEETING)

    assert (news.state, news.event_id, news.ical_uid) == (State.REQUESTED, "e1", "u")
    assert (undoing.state, undoing.event_id) == (State.COMPENSATING, "e1")


def test_what_was_never_created_ends_as_it_was_meant_to() -> None:
    reason = Reason(code="x", params={})

    failed = not_created(booking(State.CREATING), reason)
    cancelled = not_created(booking(State.COMPENSATING, ends_as=State.CANCELLED), reason)

    assert (failed.state, failed.reasons) == (State.FAILED, (reason,))
    assert (cancelled.state, cancelled.reasons) == (State.CANCELLED, ())
    assert undone(booking(State.COMPENSATING)).state is State.CANCELLED
    assert undone(booking(State.COMPENSATING, ends_as=State.DECLINED)).state is State.DECLINED


@pytest.mark.parametrize(
    ("tried", "asked", "sure"),
    [(None, None, True), (60, None, True), (59, None, False), (600, 59, False), (600, 60, True), (30, 600, False)],
)
def test_absence_is_sure_a_minute_after_the_last_try(tried: int | None, asked: int | None, sure: bool) -> None:
    known = booking(
        State.CREATING,
        tried_at=None if tried is None else ago(seconds=tried),
        asked_at=None if asked is None else ago(seconds=asked),
    )

    assert surely_absent(known, START_AT) is sure


@pytest.mark.parametrize(
    ("state", "minutes", "gone"),
    [(State.HELD, 30, False), (State.HELD, 31, True), (State.CREATING, 31, True), (State.REQUESTED, 31, False)],
)
def test_what_was_never_created_is_given_up_after_half_an_hour(state: State, minutes: int, gone: bool) -> None:
    assert expired(booking(state, made_at=ago(minutes=minutes)), START_AT) is gone


@pytest.mark.parametrize(("minutes", "wait_s"), [(0, 5), (2.9, 5), (3, 60), (59, 60), (60, 900)])
def test_the_older_the_wait_the_seldomer_the_look(minutes: float, wait_s: float) -> None:
    known = booking(State.REQUESTED, made_at=ago(minutes=minutes), tried_at=ago(minutes=minutes))

    assert Pace().again_at(known, START_AT) == START_AT.timestamp() + wait_s


def test_the_last_look_is_at_the_meetings_end() -> None:
    known = booking(State.REQUESTED, made_at=ago(days=1), slot=shifted(NINE, days=-1))

    again_at = Pace().again_at(known, known.slot.end_at - timedelta(seconds=100))

    assert again_at == known.slot.end_at.timestamp()
