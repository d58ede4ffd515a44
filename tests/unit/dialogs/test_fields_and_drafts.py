"""From a card's fields to a request, and what a draft keeps of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.actions import INPUTS
from bot.cards.views import Asked
from bot.dialogs.asking import from_booking, from_card, need_of, slot_of
from bot.dialogs.drafts import Draft
from bot.domain.ranking import Option
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.store.codec import JsonCodec
from tests.unit.dialogs.test_words import AMSTERDAM, ROOMS, TOMORROW, here

BEFORE = Asked(
    on=TOMORROW,
    at=time(15),
    minutes=60,
    people=4,
    building="Harbour",
    features=frozenset({"display"}),
    room="oslo@c.example",
    subject="Planning",
)
FORM = {"on": "2026-11-24", "at": "15:00", "minutes": "60", "people": "4", "building": "Harbour"}


def option(room: Room = ROOMS[0], hour: int = 15) -> Option:
    return Option(room=room, slot=Slot.lasting(datetime(2026, 11, 24, hour, tzinfo=UTC), 60), free_until=None, fits=())


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"on": "2026-12-01"}, "on", date(2026, 12, 1)),
        ({"at": "09:30"}, "at", time(9, 30)),
        ({"at": "09:30:59"}, "at", time(9, 30)),
        ({"minutes": "45"}, "minutes", 45),
        ({"people": "6"}, "people", 6),
        ({"people": ""}, "people", None),
        ({"building": ""}, "building", ""),
        ({"features": "display,video"}, "features", frozenset({"display", "video"})),
        ({"features": ""}, "features", frozenset()),
        ({"subject": "Other"}, "subject", "Other"),
    ],
)
def test_a_field_says_what_holds_from_now_on(fields: dict[str, str], name: str, value: object) -> None:
    asking = from_card(FORM | {"features": "display"} | fields, BEFORE, here())

    assert getattr(asking.asked, name) == value
    assert asking.notes == ()


@pytest.mark.parametrize(("name", "value"), [("people", None), ("building", ""), ("features", frozenset())])
def test_a_field_that_was_emptied_is_left_out_by_the_client_and_unknown_again(name: str, value: object) -> None:
    sent = {key: said for key, said in (FORM | {"features": "display"}).items() if key != name}

    assert getattr(from_card(sent, BEFORE, here()).asked, name) == value


def test_a_press_that_brings_no_form_changes_nothing() -> None:
    assert from_card({"subject": "Planning"}, BEFORE, here()).asked == BEFORE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"on": "tomorrow"}, "unreadable_on"),
        ({"on": "0001-01-01"}, "unreadable_on"),
        ({"on": "9999-12-31"}, "unreadable_on"),
        ({"on": "2026-02-30"}, "unreadable_on"),
        ({"at": "25:00"}, "unreadable_at"),
        ({"at": "three"}, "unreadable_at"),
        ({"minutes": "0"}, "unreadable_minutes"),
        ({"minutes": "-5"}, "unreadable_minutes"),
        ({"minutes": "99999999"}, "unreadable_minutes"),
        ({"minutes": "١٥"}, "unreadable_minutes"),
        ({"people": "0"}, "unreadable_people"),
        ({"people": "2.5"}, "unreadable_people"),
        ({"people": "9" * 200}, "unreadable_people"),
        ({"people": "21"}, "too_many_people"),
        ({"on": "2026-11-23", "at": "13:00"}, "past"),
        ({"on": "2020-01-01"}, "past"),
    ],
)
def test_a_field_that_cannot_be_used_is_said_and_nothing_is_looked_for(fields: dict[str, str], code: str) -> None:
    asking = from_card(FORM | fields, BEFORE, here())

    assert [note.code for note in asking.notes] == [code]
    assert not asking.ready


@pytest.mark.parametrize(
    ("fields", "room"),
    [
        ({}, "oslo@c.example"),
        ({"people": "9"}, "oslo@c.example"),
        ({"building": "Canal"}, ""),
        ({"at": "10:00"}, "oslo@c.example"),
    ],
)
def test_a_named_room_is_kept_until_another_building_is_chosen(fields: dict[str, str], room: str) -> None:
    assert from_card(FORM | fields, BEFORE, here()).asked.room == room


def test_a_room_that_is_no_more_is_let_go() -> None:
    assert from_booking(replace(BEFORE, room="gone@c.example"), (), here()).asked.room == ""


def test_the_five_minutes_that_have_begun_are_not_past() -> None:
    assert from_card(FORM | {"on": "2026-11-23", "at": "14:00"}, BEFORE, here()).ready


@settings(deadline=None)  # a busy machine proves nothing
@given(st.dictionaries(st.sampled_from(INPUTS), st.text(max_size=30) | st.dates().map(str) | st.times().map(str)))
def test_no_card_breaks_a_turn(fields: dict[str, str]) -> None:
    asking = from_card(fields, BEFORE, here())

    for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Amsterdam"):
        slot = slot_of(asking.asked, ZoneInfo(zone))
        assert slot is None or slot.minutes == asking.asked.minutes


def test_where_a_time_is_missing_there_is_no_slot() -> None:
    for name in ("on", "at", "minutes"):
        assert slot_of(replace(BEFORE, **{name: None}), AMSTERDAM) is None  # type: ignore[arg-type]  # None fits all three


def test_the_need_is_that_of_at_least_one_person() -> None:
    need = need_of(replace(BEFORE, people=None), AMSTERDAM)

    assert (need.people, need.zone) == (1, "Europe/Amsterdam")


# Drafts ------------------------------------------------------------------------------------------------------------

DRAFT = Draft(id="20261123-a", person_id="p1", asked=BEFORE)


def test_only_the_newest_showings_buttons_hold() -> None:
    first = DRAFT.shown(BEFORE, (option(), option(ROOMS[1])))
    second = first.shown(BEFORE, (option(ROOMS[1]),))

    assert second.version > first.version
    assert first.offer(first.version, 1) == second.offer(second.version, 0)
    assert second.offer(first.version, 0) is None


@pytest.mark.parametrize("number", [-1, 1, 2**31 - 1])
def test_a_button_that_was_never_shown_offers_nothing(number: int) -> None:
    shown = DRAFT.shown(BEFORE, (option(),))

    assert shown.offer(shown.version, number) is None


def test_the_same_card_again_is_the_same_showing() -> None:
    first = DRAFT.shown(BEFORE, (option(),))

    assert first.shown(BEFORE, (option(),)) == first
    assert first.shown(replace(BEFORE, subject="Other"), (option(),)).version == first.version
    assert first.shown(replace(BEFORE, minutes=30), (option(),)).version > first.version
    assert first.shown(BEFORE, (option(hour=16),)).version > first.version


def test_what_came_of_a_draft_is_not_forgotten_by_showing_it_again() -> None:
    taken = DRAFT.shown(BEFORE, (option(),)).taken("b1")

    assert taken.shown(replace(BEFORE, minutes=30), ()).booking_id == "b1"


def test_a_draft_comes_back_from_the_store_as_it_was() -> None:
    draft = DRAFT.shown(BEFORE, (option(), option(ROOMS[2]))).taken("b1")
    codec = JsonCodec()

    assert codec.decode(codec.encode(draft), Draft) == draft
    assert codec.decode(codec.encode(draft), Draft).shown(BEFORE, (option(), option(ROOMS[2]))) == draft


def test_a_draft_of_an_earlier_version_of_the_product_is_still_read() -> None:
    old = b'{"id":"20261123-a","person_id":"p1","asked":{"on":"2026-11-24"},"version":1}'

    assert JsonCodec().decode(old, Draft).card_of == ""
