"""The list of rooms, each with what it has; and the facts of one room."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from microsoft_teams.cards import Action, CardElement, RichTextBlock, TextRun

from bot.cards.actions import Verb, data
from bot.cards.elements import DONE, NO, button, card, heading, line, name, notes, title, ways
from bot.cards.places import about, equipment, feature, floor, seats, where
from bot.cards.reasons import sentences
from bot.cards.safe import inert
from bot.cards.texts import Audience
from bot.cards.views import RoomsView, RoomView
from bot.domain.bookings import Reason
from bot.domain.rooms import Room

PAGE = 25  # rows that fit the card's size with the longest of names, cut to these
_ROOM, _BUILDING, _ABOUT = 60, 50, 150


def rooms(view: RoomsView, audience: Audience) -> dict[str, Any]:
    """A page of at most 25, with the way to the others; what to say for a room is told."""
    lead = _lead(view, audience)
    if not view.rooms and not (view.building or view.features):
        none = Reason(code="no_rooms", params={})
        told = [line(text) for text in sentences((none,), audience)]
        return card(audience, lead, [heading(lead), *told], ways(audience, Verb.HELP))
    body: list[CardElement] = [heading(lead)]
    asked = (name(view.building), *sorted(feature(audience, code) for code in view.features)[:6])
    if any(asked):
        body.append(line(" · ".join(filter(None, asked)), bold=True))
    body += notes(sentences(view.notes, audience))
    shown = view.rooms[:PAGE]
    if len(shown) < view.in_all:
        first, last = view.first + 1, view.first + len(shown)
        span = audience.say("Rooms {first} to {last} of {all}", first=first, last=last, all=view.in_all)
        body.append(line(span, subtle=True, spacing="None"))
    body += _listed(view, audience)
    example = audience.say("Say when you need one: “a room for 6 tomorrow at {time}”.", time=audience.hour(15))
    body.append(line(example, spacing="Medium"))
    return card(audience, lead, body, _turns(view, audience) or ways(audience, Verb.START, Verb.MINE))


def room_facts(view: RoomView, audience: Audience) -> dict[str, Any]:
    """How big it is, where, and what it has; first of all whether it has what was asked about."""
    room = view.room
    asked = [
        f"{DONE} {feature(audience, code)}"
        if code in room.features
        else f"{NO} {audience.say('no {feature}', feature=feature(audience, code))}"
        for code in sorted(view.features)[:6]
    ]
    has = equipment(audience, room)
    facts = (seats(audience, room), where(audience, room), has and audience.say("Equipment: {features}", features=has))
    told = [text for text in facts if text] or [audience.say("Nobody has told me anything about this room.")]
    lead = audience.say("Room")
    body = [heading(lead), title(name(room.name)), *(line(text) for text in asked), *(line(text) for text in told)]
    if not view.draft_id:
        body += [line(text) for text in sentences((Reason(code="not_bookable", params={"room": room.name}),), audience)]
        return card(audience, name(room.name), body, ways(audience, Verb.START, Verb.MINE))
    book = button(
        audience.say("Book"),
        data(Verb.SEARCH, id=view.draft_id, version=view.version),
        style="positive",
        tooltip=audience.say("Book {room}", room=name(room.name)),
    )
    return card(audience, f"{lead}: {name(room.name)}", body, [book])


def _lead(view: RoomsView, audience: Audience) -> str:
    if not view.rooms:
        return audience.say("No rooms")
    by_size = {1: audience.say("Biggest rooms"), -1: audience.say("Smallest rooms")}
    return by_size.get(view.size) or audience.say("Rooms")


def _turns(view: RoomsView, audience: Audience) -> list[Action]:
    page, found = view.first // PAGE, list[Action]()
    if page > 0:
        found.append(button(audience.say("Previous rooms"), data(Verb.ROOMS, id=view.draft_id, option=page - 1)))
    if view.first + len(view.rooms) < view.in_all:
        found.append(button(audience.say("More rooms"), data(Verb.ROOMS, id=view.draft_id, option=page + 1)))
    return found


def _listed(view: RoomsView, audience: Audience) -> list[CardElement]:
    if view.size and not view.building:
        return [_row(room, (about(audience, room),)) for room in view.rooms[:PAGE]]
    found: list[CardElement] = []
    for building, group in groupby(view.rooms[:PAGE], key=lambda room: room.building):
        if building and not view.building:
            found.append(line(inert(building, _BUILDING), bold=True, spacing="Medium"))
        found += [
            _row(room, (seats(audience, room), floor(audience, room), equipment(audience, room))) for room in group
        ]
    return found


def _row(room: Room, parts: Sequence[str]) -> CardElement:
    """On one line, of which a list can bear many."""
    told = " · ".join(part for part in parts if part)
    runs: list[CardElement] = [TextRun(text=inert(room.name, _ROOM), weight="Bolder")]
    if told:
        runs.append(TextRun(text=f" · {inert(told, _ABOUT)}", is_subtle=True))
    return RichTextBlock(inlines=runs, spacing="Small")
