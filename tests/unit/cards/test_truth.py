"""No card says Booked before the room accepted; no text of a stranger breaks one; none is too big."""

import json
import re
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.booking import booking
from bot.cards.bookings import bookings
from bot.cards.confirmation import confirmation
from bot.cards.not_understood import not_understood
from bot.cards.reasons import CODES, comment
from bot.cards.refusal import refusal
from bot.cards.room_free import room_free
from bot.cards.search import search
from bot.cards.status import status
from bot.cards.views import Asked, ListView, ManagerView, NotUnderstoodView
from bot.domain.bookings import Reason, State
from bot.domain.ranking import Option
from bot.domain.rooms import Room
from tests.unit.cards.samples import (
    ASKED,
    CARDS,
    NOW,
    OPTIONS,
    OSLO,
    audience,
    booking_view,
    free_view,
    search_view,
    status_view,
)
from tests.unit.cards.test_reasons import PARAMS
from tests.unit.cards.walker import nodes, of_type, problems, shown

BUDGET = 28 * 1024  # bytes as UTF-16, the smallest limit of any surface of Teams
BOOKED = {"en": re.compile(r"\bbooked\b", re.IGNORECASE), "nl": re.compile(r"geboekt", re.IGNORECASE)}
LANGUAGES = sorted(BOOKED)


def size(card: dict[str, Any]) -> int:
    return len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le"))


def says_booked(card: dict[str, Any], language: str) -> bool:
    return any(BOOKED[language].search(text) for text in shown(card))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("state", list(State))
def test_a_booking_says_booked_just_when_it_is_confirmed(state: State, code: str, language: str) -> None:
    view = booking_view(state, reasons=(Reason(code=code, params=PARAMS[code]),), options=OPTIONS)
    reader = audience(language)
    told = ManagerView(booking=view.booking, room=OSLO, person_name="Alex", changed=True)

    said = [
        says_booked(card, language)
        for card in (booking(view, reader), bookings(ListView(bookings=(view,)), reader), confirmation(told, reader))
    ]

    assert said == [state is State.CONFIRMED] * 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(CARDS))
def test_no_other_card_says_booked(name: str, language: str) -> None:
    confirmed = (
        "booking_confirmed",
        "booking_long",
        "booking_abroad",
        "bookings",
        "bookings_cancel",
        "bookings_cancel_one",
        "bookings_within",
        "bookings_within_none",
    )
    told: tuple[str, ...] = ("manager_booked", "manager_changed", "series_manager")
    told += ("series_booked", "series_partly", "series_long", "series_dates", "series_listed", "series_occurrence")
    told += ("series_fewer", "series_elsewhere", "series_dates_elsewhere")
    told += ("series_to_cancel", "series_to_cancel_partly", "series_to_change")
    told += ("series_to_cancel_moved", "series_listed_moved", "series_manager_moved")

    assert says_booked(CARDS[name](audience(language)), language) == (name in confirmed + told)


NASTY = (
    "**bold** _it_ [x](javascript:alert(1)) `code`",
    "<at>Everyone</at> <script>alert(1)</script> <img src=x>",
    '"},{"type":"Image","url":"https://evil.example/x.png"',
    "${data} {room} {0} %s {{DATE(2026)}}",
    "\u202egnp.exe\u0000\u0007\r\n\n# heading\n- list",
    "\ud800 lone surrogate",
    "Z̷a̷l̷g̷o̷" * 40,
    "👩‍👩‍👧‍👦" * 60,
    "x" * 5_000,
    "",
)
texts = st.sampled_from(NASTY) | st.text(max_size=300)


def nasty_cards(text: str, language: str) -> list[dict[str, Any]]:
    """Every card with `text` in each place where a stranger's words can stand."""
    room = Room(
        address="r@contoso.com",
        name=text,
        capacity=10**6,
        building=text,
        floor=text,
        features=frozenset({text, text[::-1], *"abcdef"}),
        zone=text[:40],
    )
    many = tuple(
        Option(room=room, slot=ASKED, free_until=NOW, fits=("asked_for", f"feature:{text}", "usual", text))
        for _ in range(9)
    )
    reasons = tuple(
        Reason(code=code, params={"room": text, "said": text, "near": [text] * 9, "comment": text, "note": text})
        for code in ("unknown_room", "room_declined", "watched", "pending_first", "unreadable_on", text)
    )
    asked = Asked(
        on=datetime(2026, 11, 24, tzinfo=NOW.tzinfo).date(),
        at=time(15),
        minutes=50,
        people=6,
        building=text,
        features=frozenset({text, "display"}),
        subject=text,
    )
    names = tuple(f"{text[:60]} {number}" for number in range(99))
    view = search_view(asked=asked, buildings=names, features=names, notes=reasons, options=many)
    lost = replace(booking_view(State.DECLINED, room=room, subject=text, reasons=reasons, options=many))
    booked = booking_view(State.CONFIRMED, room=room, subject=text, web_link=f"https://a.example/{text}")
    rooms = tuple(replace(one, room=room, trouble=text) for one in status_view().rooms * 2)
    who = audience(language)
    return [
        search(view, who),
        search(replace(view, options=(), other_times=many, changes=booked.booking), who),
        search(replace(view, options=(), missing=("on", "at", "minutes", text)), who),
        booking(lost, who),
        booking(booked, who),
        bookings(ListView(bookings=(booked, lost) * 6), who),
        room_free(free_view(room=room, option=None, busy=ASKED, next_free_at=NOW, others=many, as_of=NOW), who),
        confirmation(ManagerView(booking=booked.booking, room=room, person_name=text), who),
        not_understood(NotUnderstoodView(said=text, understood=asked), who),
        refusal(reasons, who),
        status(replace(status_view(), tenant=text, store=text, version=text, rooms=rooms), who),
    ]


@given(texts, st.sampled_from(LANGUAGES))
def test_no_words_of_a_stranger_break_a_card_or_act_in_it(text: str, language: str) -> None:
    for card in nasty_cards(text, language):
        json.dumps(card).encode()
        assert problems(card) == []
        assert size(card) <= BUDGET
        for said in shown(card):
            assert re.search(r"<[A-Za-z/!?]|\]\(|[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", said) is None
        plain = " ".join(node["text"] for node in of_type(card, "TextBlock"))
        bare = re.fullmatch(r"[\w ]*", text)  # may be what the card says itself
        assert bare or len(text) < 4 or text not in plain  # Markdown is read there
        assert not any("url" in node and "evil" in node["url"] for _, node in nodes(card))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["W" * 400, "é" * 400, "👩" * 400, "\\\"'&" * 100], ids=["wide", "accents", "emoji", "quotes"]
)
def test_the_longest_words_stay_within_the_smallest_limit(text: str, language: str) -> None:
    assert max(size(card) for card in nasty_cards(text, language)) <= BUDGET


RELATIVE = re.compile(r"\b(today|tomorrow|yesterday|vandaag|morgen|gisteren)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(set(CODES) - {"unreadable_on"}))  # "Say it like “tomorrow”"
def test_what_stays_tells_days_by_their_date(code: str, language: str) -> None:
    reasons, reader = (Reason(code=code, params=PARAMS[code]),), audience(language)
    views = [booking_view(state, reasons=reasons, options=OPTIONS) for state in State]
    told = ManagerView(booking=views[0].booking, room=OSLO, person_name="Alex")

    stays = [*(booking(view, reader) for view in views), confirmation(told, reader)]

    assert [text for card in stays for text in shown(card) if RELATIVE.search(text)] == []
    assert RELATIVE.search(comment(reasons, reader)) is None
    assert any(RELATIVE.search(text) for text in shown(search(search_view(options=OPTIONS), reader)))


def test_seats_to_spare_are_told_only_where_it_was_said_how_many_people_come() -> None:
    counted = shown(search(search_view(options=OPTIONS), audience()))
    uncounted = shown(search(search_view(asked=Asked(on=NOW.date()), options=OPTIONS), audience()))

    measured = re.compile("to spare|larger than|right size")
    assert any(measured.search(text) for text in counted)
    assert not any(measured.search(text) for text in uncounted)
    assert any("8 seats" in text for text in uncounted)
    assert not any("people" in text for text in uncounted[:2])


@pytest.mark.parametrize("found", ["options", "other_times"])
def test_a_room_far_away_says_so_beside_its_name(found: str) -> None:
    card = search(search_view(**{found: OPTIONS[:3]}), audience())

    assert "Hudson · 09:00 in New York" in shown(card)
    assert "Oslo" in shown(card)


def test_a_private_meeting_shows_no_subject() -> None:
    card = booking(booking_view(State.CONFIRMED, subject=""), audience())

    assert not any("“" in text for text in shown(card))


def test_a_manager_is_not_told_the_subject() -> None:
    view = ManagerView(booking=booking_view(State.CONFIRMED, subject="Layoffs").booking, room=OSLO, person_name="Alex")
    card = confirmation(view, audience())

    assert not any("Layoffs" in text for text in shown(card))
    assert of_type(card, "Action.Execute", "Action.ShowCard", "Action.OpenUrl", "Action.Submit") == []


def test_a_time_that_is_too_far_ahead_to_see_is_told_as_such_only_while_the_room_is_waited_for() -> None:
    said = {state: shown(booking(booking_view(state, unseen=True), audience())) for state in State}

    assert [state for state in State if any("further ahead than I can see" in text for text in said[state])] == [
        State.REQUESTED
    ]
    assert not any("has yet to answer" in text for text in said[State.REQUESTED])


def test_a_move_that_failed_is_told_on_the_booking_that_stands() -> None:
    reasons = (Reason(code="not_moved", params={}),)
    card = booking(booking_view(State.CONFIRMED, reasons=reasons), audience())

    assert any("could not be moved" in text for text in shown(card))
