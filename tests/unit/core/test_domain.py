"""Slots, fingerprints, the booking's moves, ranking: the nouns and their laws."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from bot.domain.bookings import LIVE, OPEN, Booking, IllegalMove, State
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.people import same_address
from bot.domain.ranking import Need, Option, rank, reasons_to_fit
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.domain.zones import same_clock
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, at, shifted

NINE = at(9)
ROW = RoomEvent(id="1", room=OSLO, ical_uid="u", slot=NINE, organizer_address="Eve@x.example", attendees=3)

LEGAL = {
    State.HELD: "creating requested cancelled failed expired",
    State.CREATING: "creating requested compensating failed expired",
    State.REQUESTED: "confirmed compensating declined cancelled expired",
    State.CONFIRMED: "requested compensating declined cancelled",
    State.COMPENSATING: "cancelled declined failed expired",
}


def booking(state: State) -> Booking:
    return Booking(
        id="b",
        person_id="ada",
        organizer="ada@x.example",
        room=OSLO,
        slot=NINE,
        subject="",
        state=state,
        made_at=START_AT,
    )


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_a_booking_makes_the_moves_of_the_table_and_no_other(before: State, after: State) -> None:
    if after.value in LEGAL.get(before, "").split():
        moved = booking(before).to(after)
        assert (moved.state, moved.number) == (after, 2)
    else:
        with pytest.raises(IllegalMove, match=f"{before} cannot become {after}"):
            booking(before).to(after)


def test_live_is_what_can_still_change_and_open_what_somebody_owes() -> None:
    assert {state for state in State if booking(state).live} == set(LEGAL) == LIVE
    assert LIVE - {State.CONFIRMED} == OPEN


def test_a_slot_is_kept_in_utc_whatever_zone_it_came_in() -> None:
    oslo = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Europe/Oslo"))

    assert Slot(oslo, oslo + timedelta(hours=1)) == NINE
    assert NINE.start_at.tzinfo is UTC


@pytest.mark.parametrize("minutes", [0, -1])
def test_a_slot_that_does_not_exist_cannot_be_made(minutes: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Slot.lasting(START_AT, minutes)


def test_a_slot_without_zone_cannot_be_made() -> None:
    naive = START_AT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="with a zone"):
        Slot(naive, naive + timedelta(hours=1))


@pytest.mark.parametrize(
    ("starts", "shows", "lasts"),
    [
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "04:30", 120),  # Oslo's clocks go from 2 to 3
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30", 120),  # and from 3 to 2
    ],
)
def test_minutes_are_absolute_when_the_clocks_change(starts: datetime, shows: str, lasts: int) -> None:
    oslo = ZoneInfo("Europe/Oslo")

    slot = Slot.lasting(starts.replace(tzinfo=oslo), lasts)

    assert slot.minutes == lasts
    assert slot.end_at.astimezone(oslo).strftime("%H:%M") == shows


@pytest.mark.parametrize(
    ("on", "at", "until", "minutes"),
    [
        (date(2027, 3, 28), time(1, 30), time(3, 30), 60),
        (date(2027, 3, 28), time(2, 30), time(3), 30),  # half past two is no time of that night
        (date(2027, 10, 31), time(1, 30), time(3, 30), 180),
        (date(2027, 3, 27), time(), time(), 24 * 60),
        (date(2027, 3, 28), time(), time(), 23 * 60),
        (date(2027, 3, 27), time(22), time(6), 7 * 60),
    ],
)
def test_a_stretch_of_a_day_is_what_the_clocks_show(on: date, at: time, until: time, minutes: int) -> None:
    assert Slot.of_day(on, at, until, ZoneInfo("Europe/Oslo")).minutes == minutes


@pytest.mark.parametrize(
    ("shift", "overlap"),
    [(-60, False), (-59, True), (0, True), (30, True), (59, True), (60, False), (61, False)],
)
def test_slots_overlap_when_they_share_a_moment_and_not_when_they_touch(shift: int, overlap: bool) -> None:
    other = shifted(NINE, minutes=shift)

    assert NINE.overlaps(other) is overlap
    assert other.overlaps(NINE) is overlap


def test_a_slot_contains_its_start_and_not_its_end() -> None:
    assert NINE.contains(NINE.start_at)
    assert not NINE.contains(NINE.end_at)


def test_a_claim_is_never_smaller_than_its_slot() -> None:
    odd = Slot(NINE.start_at + timedelta(microseconds=200), NINE.start_at + timedelta(microseconds=700))

    start, end = odd.whole_seconds

    assert (start, end) == (int(NINE.start_at.timestamp()), int(NINE.start_at.timestamp()) + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"slot": shifted(NINE, minutes=1)},
        {"recurrence": "weekly"},
        {"organizer_address": "dan@x.example"},
        {"attendees": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_fingerprint_changes_with_what_a_decision_was_about(change: dict[str, object]) -> None:
    assert replace(ROW, **change).fingerprint != ROW.fingerprint  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    "change",
    [
        {"response": Response.ACCEPTED},
        {"show_as": "free"},
        {"subject": "x"},
        {"id": "2"},
        {"organizer_address": "eve@X.EXAMPLE"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_fingerprint_is_deaf_to_our_own_answer(change: dict[str, object]) -> None:
    assert replace(ROW, **change).fingerprint == ROW.fingerprint  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    ("response", "organizes", "cancelled", "kind", "blocks", "pending"),
    [
        (Response.TENTATIVE, False, False, Kind.SINGLE, True, True),
        (Response.NOT_RESPONDED, False, False, Kind.SINGLE, True, True),
        (Response.NONE, False, False, Kind.SINGLE, True, True),
        (Response.ACCEPTED, False, False, Kind.SINGLE, True, False),
        (Response.DECLINED, False, False, Kind.SINGLE, False, False),
        (Response.ORGANIZER, True, False, Kind.SINGLE, True, False),
        (Response.NONE, True, False, Kind.SINGLE, True, False),
        (Response.TENTATIVE, False, True, Kind.SINGLE, False, False),
        (Response.ACCEPTED, False, True, Kind.OCCURRENCE, False, False),
        (Response.ACCEPTED, False, False, Kind.OCCURRENCE, True, False),
        (Response.ACCEPTED, False, False, Kind.MASTER, False, False),
    ],
)
def test_what_takes_the_room_and_what_waits(
    response: Response, organizes: bool, cancelled: bool, kind: Kind, blocks: bool, pending: bool
) -> None:
    row = replace(ROW, response=response, is_organizer=organizes, is_cancelled=cancelled, kind=kind, show_as="free")

    assert (row.blocks, row.pending) == (blocks, pending)


def test_mail_addresses_are_compared_without_regard_to_case() -> None:
    assert same_address("Ada@Contoso.example", "ada@contoso.EXAMPLE")
    assert not same_address("ada@contoso.example", "bob@contoso.example")


def room(name: str, capacity: int | None = 4, **more: object) -> Room:
    return Room(address=f"{name.lower()}@x.example", name=name, capacity=capacity, **more)  # type: ignore[arg-type]  # as given


RANKED = [
    (Need(room="c@x.example"), "CAB"),
    (Need(usual_building="Harbour"), "BAC"),
    (Need(zone="Europe/Berlin"), "CAB"),
    (Need(people=4), "ABC"),
    (Need(features=frozenset({"video"})), "ABC"),
]


@pytest.mark.parametrize(("need", "order"), RANKED, ids=["named", "usual", "zone", "waste", "features"])
def test_the_best_room_comes_first(need: Need, order: str) -> None:
    rooms = [
        room("C", 12, zone="Europe/Oslo"),
        room("B", 6, building="Harbour"),
        room("A", 4, features=frozenset({"video"})),
    ]
    options = [Option(room=one, slot=NINE, free_until=None, fits=()) for one in rooms]

    assert "".join(option.room.name for option in rank(options, need)) == order


def test_reasons_to_fit_are_the_telling_ones_first() -> None:
    need = Need(people=3, room="a@x.example", usual_building="Harbour", features=frozenset({"video", "phone"}))

    fits = reasons_to_fit(room("A", 4, building="Harbour"), need)

    assert fits == ("asked_for", "spare_seats:1", "usual", "feature:phone", "feature:video")
    assert reasons_to_fit(room("A", None), Need(building="x")) == ("building",)


def test_clocks_are_compared_by_what_they_show_then() -> None:
    winter, summer = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)

    assert same_clock("Europe/Oslo", "Europe/Amsterdam", winter)
    assert same_clock("Europe/London", "UTC", winter)
    assert not same_clock("Europe/London", "UTC", summer)
    assert not same_clock("Nowhere/Land", "UTC", winter)
    assert not same_clock("", "", winter)
