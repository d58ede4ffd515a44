"""The list of rooms, each with what it has."""

from typing import Any

from microsoft_teams.cards import CardElement, Container

from bot.cards.actions import Verb
from bot.cards.elements import card, heading, line, name, ways
from bot.cards.places import about, feature
from bot.cards.reasons import sentences
from bot.cards.texts import Audience
from bot.cards.views import RoomsView
from bot.domain.bookings import Reason
from bot.domain.rooms import Room

MOST = 7


def rooms(view: RoomsView, audience: Audience) -> dict[str, Any]:
    """At most seven; what is not shown is counted, and what to say for a room is told."""
    lead = audience.say("Smallest rooms") if view.smallest_first else audience.say("Biggest rooms")
    lead = lead if view.rooms else audience.say("No rooms")
    if not view.rooms and not (view.building or view.features):
        none = Reason(code="no_rooms", params={})
        told = [line(text) for text in sentences((none,), audience)]
        return card(audience, lead, [heading(lead), *told], ways(audience, Verb.HELP))
    body: list[CardElement] = [heading(lead)]
    asked = (name(view.building), *sorted(feature(audience, code) for code in view.features)[:6])
    if any(asked):
        body.append(line(" · ".join(filter(None, asked)), bold=True))
    body += [_row(room, audience) for room in view.rooms[:MOST]]
    hidden = view.more + len(view.rooms[MOST:])
    if hidden:
        more = audience.count("{n} more is not shown.", "{n} more are not shown.", hidden)
        body.append(line(more, subtle=True, spacing="Medium"))
    example = audience.say("Say when you need one: “a room for 6 tomorrow at {time}”.", time=audience.hour(15))
    body.append(line(example, spacing="Medium"))
    return card(audience, lead, body, ways(audience, Verb.START, Verb.MINE))


def _row(room: Room, audience: Audience) -> Container:
    known = about(audience, room)
    items: list[CardElement] = [line(name(room.name), bold=True)]
    if known:
        items.append(line(known, subtle=True, spacing="None"))
    return Container(items=items, spacing="Small")
