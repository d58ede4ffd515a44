"""What each card lets a person do, and what its buttons send."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cards.actions import Verb, data, read
from bot.cards.booking import booking
from bot.cards.bookings import MOST, bookings
from bot.cards.help import help_card
from bot.cards.room_free import room_free
from bot.cards.search import search
from bot.cards.status import status
from bot.cards.views import Asked, BookingView, Chosen, ListView
from bot.domain.bookings import State
from tests.unit.cards.samples import (
    ASKED,
    DRAFT,
    ID,
    NOW,
    OPTIONS,
    audience,
    booking_view,
    every_card,
    free_view,
    search_view,
    status_view,
)
from tests.unit.cards.walker import nodes, of_type, shown, titles

DONE = ["Find a room", "My bookings"]


def test_what_a_button_sends_is_what_read_gives_back() -> None:
    press = read("", {**data(Verb.BOOK, id=ID, version=3, option=2), "subject": " Review ", "minutes": 45})

    assert press is not None
    assert (press.verb, press.id, press.version, press.option) == (Verb.BOOK, ID, 3, 2)
    assert press.inputs == {"subject": "Review", "minutes": "45"}
    assert read("foyer.unknown.9", {}) is None


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (State.HELD, ["Refresh"]),
        (State.CREATING, ["Refresh"]),
        (State.REQUESTED, ["Show in Outlook", "Cancel booking", "Yes, cancel it", "Refresh"]),
        (State.CONFIRMED, ["Show in Outlook", "Change", "Cancel booking", "Yes, cancel it"]),
        (State.COMPENSATING, ["Refresh"]),
        (State.DECLINED, DONE),
        (State.FAILED, DONE),
        (State.EXPIRED, DONE),
        (State.CANCELLED, DONE),
    ],
)
def test_a_booking_offers_what_its_state_allows(state: State, buttons: list[str]) -> None:
    assert titles(booking(booking_view(state), audience())) == buttons


def test_a_meeting_that_is_over_can_be_neither_changed_nor_cancelled() -> None:
    over = booking_view(State.CONFIRMED, web_link="")
    later = replace(audience(), now=ASKED.end_at)

    assert titles(booking(over, later)) == DONE
    assert "Booked" in shown(booking(over, later))[0]


def test_cancelling_asks_first_and_names_room_and_time() -> None:
    card = booking(booking_view(State.CONFIRMED), audience())
    asked = of_type(card, "Action.ShowCard")[0]["card"]
    sure = asked["actions"][0]

    assert asked["body"][0]["inlines"][0]["text"] == "Cancel Oslo, Tue 24 Nov, 15:00–16:00?"
    assert sure["data"] == data(Verb.CANCEL, id=ID, version=4)


def test_each_free_room_has_its_own_button_that_takes_only_the_subject_along() -> None:
    card = search(search_view(options=OPTIONS), audience())
    books = [one for one in of_type(card, "Action.Execute") if one["verb"] == Verb.BOOK]

    assert [one["data"] for one in books] == [
        data(Verb.BOOK, id=DRAFT, version=3, option=number) for number in range(4)
    ]
    assert {one["associatedInputs"] for one in books} == {"auto"}
    assert [one["tooltip"] for one in books][:2] == ["Book Oslo", "Book Bergen"]
    assert [one["id"] for one in card["body"] if "id" in one] == ["subject"]


def test_other_times_are_told_and_numbered_where_nothing_is_free() -> None:
    card = search(search_view(other_times=OPTIONS[:2]), audience())
    books = [one["data"]["option"] for one in of_type(card, "Action.Execute") if one["verb"] == Verb.BOOK]

    assert books == [0, 1]
    assert sum("15:00–16:00" in text for text in shown(card)) >= 3


def test_more_rooms_than_five_are_not_shown() -> None:
    card = search(search_view(options=OPTIONS * 3), audience())

    assert titles(card).count("Book") == 5
    assert shown(card)[0].startswith("5 rooms that fit")


def test_a_missing_field_is_required_and_named() -> None:
    card = search(search_view(asked=Asked(minutes=50), missing=("on", "at"), searched=False), audience())
    fields = {one["id"]: one for one in card["body"] if "id" in one}

    assert {key for key, one in fields.items() if one.get("isRequired")} == {"on", "at"}
    assert "Still needed: the day and the start time." in shown(card)
    assert "50" in [choice["value"] for choice in fields["minutes"]["choices"]]
    assert fields["at"]["label"] == "Start (Amsterdam time)"
    assert titles(card) == ["Find rooms"]


def test_the_understood_request_comes_back_in_the_fields() -> None:
    card = search(search_view(), audience())

    assert {one["id"]: one.get("value") for one in card["body"] if "id" in one} == {
        "on": "2026-11-24",
        "at": "15:00",
        "minutes": "60",
        "repeat": "never",
        "people": 6,
        "building": "Building A",
        "features": None,
        "subject": "Design review",
    }


def test_a_day_that_has_passed_can_still_be_shown_in_its_field() -> None:
    yesterday = NOW.date() - timedelta(days=1)
    card = search(search_view(asked=Asked(on=yesterday), missing=("at",)), audience())
    field = of_type(card, "Input.Date")[0]

    assert field["min"] == field["value"] == yesterday.isoformat()


def test_rooms_instead_of_a_taken_one_are_numbered_after_it() -> None:
    both = room_free(free_view(others=OPTIONS[1:2]), audience())
    taken = room_free(free_view(option=None, busy=ASKED, others=OPTIONS[1:2]), audience())

    def numbers(card: dict[str, object]) -> list[int]:
        return [one["data"]["option"] for one in of_type(card, "Action.Execute") if one["verb"] == Verb.BOOK]

    assert sorted(numbers(both)) == [0, 1]
    assert numbers(taken) == [0]


def test_the_list_cancels_after_asking_or_at_once_when_it_was_asked_for() -> None:
    mine = (booking_view(State.CONFIRMED), booking_view(State.HELD))

    assert titles(bookings(ListView(bookings=mine), audience())) == [
        "Open",
        "Cancel booking",
        "Yes, cancel it",
        "Open",
        "Find a room",
    ]
    assert "Cancel this one" in titles(bookings(ListView(bookings=mine, choose_for=Chosen.CANCEL), audience()))
    assert titles(bookings(ListView(bookings=()), audience())) == ["Find a room", "Help"]


def test_who_is_asked_what_to_cancel_can_cancel_nothing() -> None:
    one, held = booking_view(State.CONFIRMED), booking_view(State.HELD)

    def ways_out(*mine: BookingView) -> list[dict[str, Any]]:
        return list(bookings(ListView(bookings=mine, choose_for=Chosen.CANCEL), audience())["actions"])

    keep = ways_out(one)
    assert [(way["title"], way["data"]) for way in keep] == [("Keep it", data(Verb.SHOW, id=ID, version=4))]
    assert [way["title"] for way in ways_out(one, one)] == ["My bookings"]
    assert [way["title"] for way in ways_out(held)] == ["My bookings"]


def test_a_change_can_be_dropped_at_every_stage_and_its_rooms_are_taken() -> None:
    made = booking_view(State.CONFIRMED).booking
    found = search_view(options=OPTIONS[:2], changes=made)
    stages = (found, replace(found, options=(), other_times=OPTIONS[:1]), replace(found, options=(), missing=("at",)))

    for card in (search(view, audience()) for view in stages):
        keep = card["actions"][-1]
        assert (keep["title"], keep["data"]) == ("Keep it", data(Verb.SHOW, id=ID, version=4))
        assert "Book" not in titles(card)
    assert shown(search(found, audience()))[0].startswith("Rooms for the change")
    assert titles(search(found, audience())).count("Take this") == 2
    assert "Keep it" not in titles(search(search_view(options=OPTIONS), audience()))


def test_help_leads_to_ones_bookings_whoever_asks() -> None:
    assert titles(help_card(audience())) == DONE
    assert titles(help_card(audience(), administrator=True)) == ["Find a room", "My bookings", "Status"]


def test_bookings_that_are_not_shown_are_counted() -> None:
    many = tuple(booking_view(State.CONFIRMED) for _ in range(MOST + 2))

    assert "5 more are not shown." in shown(bookings(ListView(bookings=many, more=3), audience()))


def test_the_status_leads_to_its_next_page_and_claims_no_more_than_it_shows() -> None:
    card = status(status_view(), audience())
    healthy = replace(status_view(), dead_letters=0, rooms=())

    letters, more, *_ = [one["data"] for one in of_type(card, "Action.Execute")]
    assert letters == data(Verb.LETTERS, option=0)
    assert more == data(Verb.STATUS, option=1)
    assert Verb.LETTERS.value not in str(status(healthy, audience()))
    assert shown(card)[0] == "Needs attention: 40 rooms"
    assert shown(status(healthy, audience()))[0].startswith("No trouble on this page")
    assert shown(status(replace(healthy, rooms_in_all=0), audience()))[0].startswith("All is well")


@pytest.mark.parametrize("name", sorted(every_card()))
def test_buttons_beside_one_another_are_not_cut_on_the_narrowest_phone(name: str) -> None:
    """Measured at 320 px: what fits is 36 letters, where the edges of each button take as much as four."""
    for _, node in nodes(every_card()[name]):
        beside = node.get("actions") or []
        assert len(beside) < 2 or sum(len(one["title"]) + 4 for one in beside) <= 36, beside
