"""From what a person said to the move that follows."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.dialogs import moves
from bot.dialogs.asking import Here, from_words, slot_of
from bot.dialogs.meant import meant
from bot.domain.availability import Availability
from bot.domain.bookings import Booking, State
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.language.reader import load_reader
from bot.language.request import Known, Place, Request

ROOMS = (
    Room(address="oslo@c.example", name="Oslo", capacity=8, building="Harbour"),
    Room(address="lisbon@c.example", name="Lisbon", capacity=6, building="Harbour"),
    Room(address="porto@c.example", name="Porto", capacity=20, building="Canal"),
)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 23, 13, 3, 20, tzinfo=UTC)  # Monday, 14:03 in Amsterdam
TOMORROW = date(2026, 11, 24)
READER = load_reader()
KNOWN = Known(
    rooms=tuple(Place(key=room.address, name=room.name, building=room.building) for room in ROOMS),
    buildings=("Canal", "Harbour"),
    features=("display",),
)


def here(now: datetime = NOW) -> Here:
    index = Availability()
    index.set_rooms(ROOMS)
    return Here(now=now, zone=AMSTERDAM, index=index)


def read(text: str, now: datetime = NOW) -> Request:
    return READER.read(text, now=now, zone=AMSTERDAM, language="en-GB", known=KNOWN)


def move(text: str) -> moves.Move:
    return moves.said(text, read(text), here())


def booked(on: date = TOMORROW, at: time = time(15), minutes: int = 60, room: str = "lisbon@c.example") -> Booking:
    return Booking(
        id="b1",
        person_id="p1",
        organizer="mia@c.example",
        room=room,
        slot=Slot.lasting(datetime.combine(on, at, AMSTERDAM), minutes),
        subject="Planning",
        state=State.CONFIRMED,
        made_at=NOW,
        people=6,
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("book a room tomorrow at 3", moves.LookForRooms),
        ("is oslo free at 4 pm?", moves.CheckRoom),
        ("is oslo free?", moves.CheckRoom),
        ("is oslo free on friday?", moves.CheckRoom),
        ("is a room free at 4 pm?", moves.LookForRooms),
        ("my bookings", moves.ListMine),
        ("cancel my 3 pm", moves.CancelMine),
        ("move my 3 pm to 4 pm", moves.ChangeMine),
        ("cancel my 3 pm and book Oslo at 4", moves.CancelMine),
        ("book Oslo at 4 and cancel my 3 pm", moves.LookForRooms),
        ("status", moves.ShowStatus),
        ("doctor", moves.ShowStatus),
        ("import progress?", moves.ShowStatus),
        ("Voortgang", moves.ShowStatus),
        ("dead letters", moves.ShowLetters),
        ("dode brieven", moves.ShowLetters),
        ("help", moves.Explain),
        ("hello", moves.Explain),
        ("thanks!", moves.Answer),
        ("goodbye", moves.Answer),
        ("which room is Tom in?", moves.Refuse),
        ("bananas", moves.NotUnderstood),
    ],
)
def test_each_wish_has_its_move(text: str, kind: type[moves.Move]) -> None:
    assert isinstance(move(text), kind)


def test_a_question_about_a_day_is_not_answered_for_now() -> None:
    found = move("is oslo free on friday?")

    assert isinstance(found, moves.CheckRoom)
    assert (found.asking.asked.on, found.room) == (date(2026, 11, 27), "oslo@c.example")
    assert (found.asking.asked.at, found.asking.asked.until) == (time(8), time(18))


def test_a_question_without_a_time_is_about_now() -> None:
    found = move("is oslo free?")

    assert isinstance(found, moves.CheckRoom)
    assert (found.asking.asked.on, found.asking.asked.at) == (date(2026, 11, 23), time(14))


@pytest.mark.parametrize(
    ("text", "on", "at", "minutes"),
    [
        ("room now", date(2026, 11, 23), time(14), 60),
        ("room tomorrow at 15:07", TOMORROW, time(15, 7), 60),
        ("room tomorrow from 3 to 4:30 pm", TOMORROW, time(15), 90),
        ("room tomorrow for 2 hours", TOMORROW, None, 120),
        ("room", None, None, 60),
    ],
)
def test_what_was_said_is_asked_for_and_nothing_else(text: str, on: date | None, at: time | None, minutes: int) -> None:
    asked = from_words(read(text), here()).asked

    assert (asked.on, asked.at, asked.minutes) == (on, at, minutes)


@pytest.mark.parametrize(
    ("text", "code", "goes_on"),
    [
        ("room every monday at 10", "series_until", True),
        ("room for 4 daily at 9", "series_until", True),
        ("room every first monday at 10", "nth_weekday", False),
        ("room every monday at 10 until 1999", "unclear_end", True),
        ("room this morning", "past", False),
        ("room tomorrow from 4 to 3 pm", "backwards", False),
        ("room for 0 people tomorrow at 3", "no_people", False),
        ("room for 21 tomorrow at 3", "too_many_people", False),
        ("room for 9000 people tomorrow at 3", "too_many_people", False),
        ("room on 31 february at 3", "no_such_day", False),
        ("is atlantis free tomorrow at 3", "unknown_room", True),
    ],
)
def test_what_is_not_as_asked_is_said(text: str, code: str, goes_on: bool) -> None:
    asking = from_words(read(text), here())

    assert [note.code for note in asking.notes] == [code]
    assert asking.ready is goes_on


def test_a_series_is_never_booked_as_one_meeting_without_a_word() -> None:
    asking = from_words(read("room for 4 every monday at 10 for 30 minutes"), here())

    assert asking.notes[0].code == "series_until"
    assert asking.asked.on == date(2026, 11, 30)


def test_a_time_in_the_gap_of_a_clock_change_moves_on_and_one_in_the_overlap_is_the_first() -> None:
    asked = from_words(read("room tomorrow at 3"), here()).asked
    gap = slot_of(replace(asked, on=date(2027, 3, 28), at=time(2, 30)), AMSTERDAM)
    overlap = slot_of(replace(asked, on=date(2026, 10, 25), at=time(2, 30)), AMSTERDAM)

    assert gap is not None
    assert gap.start_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert overlap is not None
    assert overlap.start_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# Changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "on", "at", "minutes", "room"),
    [
        ("move my 3 pm to 4 pm", TOMORROW, time(16), 60, "lisbon"),
        ("move my 3 pm to Oslo", TOMORROW, time(15), 60, "oslo"),
        ("move my 3 pm to Oslo at 5", TOMORROW, time(17), 60, "oslo"),
        ("move my 3 pm tomorrow to friday", date(2026, 11, 27), time(15), 60, "lisbon"),
        ("move my 3 pm to friday at 10", date(2026, 11, 27), time(10), 60, "lisbon"),
        ("extend my 3 pm by 30 minutes", TOMORROW, time(15), 90, "lisbon"),
        ("extend my 3 pm until 5 pm", TOMORROW, time(15), 120, "lisbon"),
        ("shorten my 3 pm by 90 minutes", TOMORROW, time(15), 5, "lisbon"),
        ("change my 3 pm", TOMORROW, time(15), 60, "lisbon"),
    ],
)
def test_a_change_is_of_the_booking_that_was_found(words: str, on: date, at: time, minutes: int, room: str) -> None:
    """The booking is tomorrow's, though "3 pm" alone would be today's."""
    asked = moves.changed(booked(), read(words), AMSTERDAM)

    assert (asked.on, asked.at, asked.minutes, asked.room) == (on, at, minutes, f"{room}@c.example")
    assert (asked.people, asked.subject) == (6, "Planning")


def test_a_change_for_more_people_than_the_room_holds_keeps_the_room_in_mind_so_that_it_is_told() -> None:
    asking = moves.wanted(booked(), read("make my 3 pm for 12 people"), here())

    assert (asking.asked.people, asking.asked.room) == (12, "lisbon@c.example")
    assert asking.ready


def test_a_time_that_has_passed_today_may_be_fine_on_the_bookings_own_day() -> None:
    today = moves.wanted(booked(on=date(2026, 11, 23)), read("move my 3 pm to 1 pm"), here())
    tomorrow = moves.wanted(booked(), read("move my 3 pm to 1 pm"), here())

    assert [note.code for note in today.notes] == ["past"]
    assert tomorrow.notes == ()
    assert (tomorrow.asked.on, tomorrow.asked.at) == (TOMORROW, time(13))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("move my 3 pm until 2 pm", "backwards"),
        ("make my 3 pm for 90 people", "too_many_people"),
    ],
)
def test_what_is_wrong_with_a_change_is_said(words: str, code: str) -> None:
    assert code in [note.code for note in moves.wanted(booked(), read(words), here()).notes]


@pytest.mark.parametrize(
    ("state", "ended", "expected"),
    [
        (State.CONFIRMED, False, True),
        (State.REQUESTED, False, True),
        (State.HELD, False, True),
        (State.COMPENSATING, False, False),
        (State.DECLINED, False, False),
        (State.CANCELLED, False, False),
        (State.CONFIRMED, True, False),
    ],
)
def test_only_what_still_stands_can_be_changed(state: State, ended: bool, expected: bool) -> None:
    booking = replace(booked(), state=state)
    now = booking.slot.end_at if ended else NOW

    assert moves.changeable(booking, now) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cancel my 3 pm", ["b1", "b3"]),
        ("cancel my 3 pm tomorrow", ["b1"]),
        ("cancel my 9 am", ["b2"]),
        ("cancel oslo", ["b3"]),
        ("cancel my booking", ["b1", "b2", "b3"]),
        ("cancel my 3 pm in porto", []),
        ("cancel my booking on friday", ["b3"]),
    ],
)
def test_the_bookings_that_words_fit_are_found(words: str, expected: list[str]) -> None:
    bookings = [
        booked(),
        replace(booked(at=time(9)), id="b2"),
        replace(booked(on=date(2026, 11, 27), room="oslo@c.example"), id="b3"),
    ]

    assert [found.id for found in meant(bookings, read(words), AMSTERDAM)] == expected


def test_a_booking_reads_back_as_the_request_that_it_came_from() -> None:
    booking = booked()

    assert slot_of(moves.as_asked(booking, AMSTERDAM), AMSTERDAM) == booking.slot
    tokyo = ZoneInfo("Asia/Tokyo")
    assert slot_of(moves.as_asked(booking, tokyo), tokyo) == booking.slot


def test_what_was_not_understood_shows_no_length_that_nobody_said() -> None:
    found = move("bananas")

    assert isinstance(found, moves.NotUnderstood)
    assert found.understood.minutes is None


def test_long_nonsense_is_told_back_in_part() -> None:
    text = "qwertz " * 100
    found = move(text)

    assert not isinstance(found, moves.NotUnderstood) or len(found.said) <= 200
