"""Searches: rooms that are free, fit and would be granted, best first; else other times."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.booking.search import Finder
from bot.domain.availability import Availability
from bot.domain.bookings import Reason
from bot.domain.ranking import Need
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.policy.loading import load
from tests.fakes import START_AT
from tests.unit.core.world import at, shifted

NINE = at(9)


def room(name: str, capacity: int | None = 4, building: str = "Harbour", **more: object) -> Room:
    return Room(address=f"{name.lower()}@x.example", name=name, capacity=capacity, building=building, **more)  # type: ignore[arg-type]  # as given


ROOMS = [
    room("Ant", 2),
    room("Bee", 4, features=frozenset({"video"})),
    room("Cat", 8, "Mill"),
    room("Dog", None, "Mill"),
    room("Eel", 12, bookable=False),
]


def finder(policy: str = "", rooms: list[Room] | None = None) -> tuple[Finder, Availability]:
    index = Availability(ROOMS if rooms is None else rooms)
    return Finder(index, load(policy)), index


def names(need: Need, policy: str = "") -> str:
    return " ".join(option.room.name for option in finder(policy)[0].look(need, NINE, START_AT).options)


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (Need(), "Ant Bee Cat Dog"),
        (Need(people=3), "Bee Cat Dog"),
        (Need(people=9), "Dog"),
        (Need(building="harbour"), "Ant Bee"),
        (Need(building="Nowhere"), ""),
        (Need(features=frozenset({"video"})), "Bee"),
        (Need(features=frozenset({"video", "phone"})), ""),
        (Need(usual_building="Mill"), "Cat Dog Ant Bee"),
        (Need(room="cat@x.example"), "Cat Ant Bee Dog"),
        (Need(size=1, usual_building="Harbour"), "Cat Bee Ant Dog"),
        (Need(size=-1, usual_building="Mill"), "Ant Bee Cat Dog"),
        (Need(room="eel@x.example", people=12), "Dog"),
    ],
)
def test_rooms_that_fit_best_first(need: Need, expected: str) -> None:
    assert names(need) == expected


def test_rooms_whose_policy_would_refuse_are_not_offered() -> None:
    assert names(Need(), '[building.Mill]\ncontrol = "watched"\n[room."ant@x.example"]\nlongest_minutes = 30') == "Bee"


def test_a_few_rooms_of_ours_among_many_watched_ones_are_found() -> None:
    many = [room(f"W{number:03}", 2) for number in range(200)] + [room("Ours", 20)]
    look = finder('[tenant]\ncontrol = "watched"\n[room."ours@x.example"]\ncontrol = "delegated"', many)[0].look

    assert [option.room.name for option in look(Need(), NINE, START_AT).options] == ["Ours"]


def test_a_room_added_later_is_found_by_the_same_finder() -> None:
    look, index = finder()
    assert len(look.look(Need(), NINE, START_AT).options) == 4

    index.set_rooms([*ROOMS, room("New", 2)])

    assert "New" in [option.room.name for option in look.look(Need(), NINE, START_AT).options]


def test_where_nothing_is_free_other_times_are_offered_soonest_first() -> None:
    look, index = finder(rooms=ROOMS[:2])
    index.put("ant@x.example", "x", shifted(NINE, minutes=30))
    index.put("bee@x.example", "y", NINE)

    found = look.look(Need(), NINE, START_AT)

    assert found.options == ()
    assert [(option.room.name, option.slot) for option in found.other_times] == [
        ("Bee", shifted(NINE, hours=1)),
        ("Ant", shifted(NINE, minutes=90)),
    ]


def test_the_past_is_not_offered() -> None:
    found = finder()[0].look(Need(), NINE, NINE.end_at + timedelta(hours=1))

    assert (found.options, found.other_times) == ((), ())


def test_an_option_says_until_when_the_room_stays_free() -> None:
    look, index = finder(rooms=ROOMS[:1])
    index.put("ant@x.example", "x", shifted(NINE, hours=3))

    assert look.look(Need(), NINE, START_AT).options[0].free_until == shifted(NINE, hours=3).start_at


def test_a_booking_that_is_changed_is_not_in_its_own_way() -> None:
    look, index = finder(rooms=ROOMS[:1])
    index.put("ant@x.example", "booking:1", NINE)
    index.put("ant@x.example", "row-1", NINE)
    need = Need(room="ant@x.example")

    assert look.look(need, NINE, START_AT).options == ()
    own = frozenset({"booking:1", "row-1"})
    assert [option.room.name for option in look.look(need, NINE, START_AT, own).options] == ["Ant"]
    index.put("ant@x.example", "other", shifted(NINE, minutes=30))
    assert look.look(need, NINE, START_AT, own).options == ()


def test_a_named_room_says_what_stands_in_the_way_and_when_it_is_free_next() -> None:
    look, index = finder()
    assert look.ask("nobody@x.example", NINE, START_AT) is None

    answer = look.ask("ant@x.example", NINE, START_AT)
    assert answer is not None
    assert answer.option is not None

    index.put("ant@x.example", "x", replace(NINE, end_at=NINE.end_at + timedelta(minutes=7)))
    answer = look.ask("ant@x.example", NINE, START_AT)
    assert answer is not None
    assert answer.option is None
    assert answer.busy is not None
    assert answer.next_free is not None
    assert answer.next_free.start_at == NINE.end_at + timedelta(minutes=10)

    closed = look.ask("eel@x.example", NINE, START_AT)
    assert closed is not None
    assert (closed.option, closed.busy) == (None, None)


def test_zones_that_are_none_break_no_search() -> None:
    look, _ = finder(rooms=[room("Far", 2, zone="Nowhere/Land"), room("Near", 4, zone="Europe/Berlin")])

    found = look.look(Need(zone="Europe/Oslo"), NINE, START_AT)

    assert "Near" in [option.room.name for option in found.options]


@pytest.mark.parametrize(
    ("need", "expected"),
    [
        (Need(zone="Europe/Oslo"), "Near Day"),
        (Need(zone="Europe/Oslo", building="Harbour"), "Near Night Day"),
        (Need(zone="Europe/Oslo", room="night@x.example"), "Night Near Day"),
        (Need(zone="Europe/Oslo", people=9), "Night Day"),
        (Need(), "Night Near Day"),
    ],
)
def test_where_it_is_night_rooms_are_offered_if_none_is_near_or_they_are_asked_for(need: Need, expected: str) -> None:
    near, night = (
        room("Near", 4, zone="Europe/Berlin"),
        room("Night", 2 if need.people < 9 else 12, zone="America/Lima"),
    )
    look, _ = finder(rooms=[near, night, room("Day", 20, zone="Asia/Tokyo")])

    found = look.look(need, NINE, START_AT).options
    series = look.look_series(need, (NINE, shifted(NINE, minutes=1440)), START_AT).options

    assert " ".join(option.room.name for option in found) == expected
    assert {option.room.name for option in series} == set(expected.split())


TENANT = "[tenant]\nlongest_minutes = 120\nshortest_minutes = 10\ndays_ahead = 30\n"


@pytest.mark.parametrize(
    ("minutes", "days", "code"), [(180, 0, "too_long"), (5, 0, "too_short"), (60, 40, "too_far"), (60, 700, "too_far")]
)
@pytest.mark.parametrize("need", [Need(), Need(room="ant@x.example"), Need(people=3)], ids=["any", "named", "fitting"])
def test_a_limit_that_all_rooms_share_is_told_of_none_of_them(need: Need, minutes: int, days: int, code: str) -> None:
    slot = Slot.lasting(NINE.start_at + timedelta(days=days), minutes)
    look, _ = finder(TENANT)
    alone, series = look.look(need, slot, START_AT), look.look_series(need, (slot,), START_AT)
    for found in (alone, series):
        assert found.options == ()
        assert [reason.code for reason in found.reasons] == [code]
        assert "room" not in found.reasons[0].params
    answer = look.ask("ant@x.example", slot, START_AT)
    assert answer is not None
    assert "room" not in answer.reasons[0].params


def test_a_limit_of_one_room_is_told_of_that_room() -> None:
    look, _ = finder(TENANT + '[room."ant@x.example"]\nlongest_minutes = 30\n')
    found = look.look(Need(room="ant@x.example"), NINE, START_AT)
    assert [option.room.name for option in found.options] == ["Bee", "Cat", "Dog"]
    assert found.reasons[0].params["room"] == "Ant"


def test_how_far_ahead_rooms_can_be_reserved_is_known_where_all_agree() -> None:
    note = Reason(code="too_far", params={"said": "2031"})
    assert finder(TENANT)[0].with_limit(note, START_AT, "").params["days"] == 30
    differing = TENANT + '[room."ant@x.example"]\ndays_ahead = 60\n'
    assert finder(differing)[0].with_limit(note, START_AT, "") == note
    past = Reason(code="past", params={})
    assert finder(TENANT)[0].with_limit(past, START_AT, "") == past
