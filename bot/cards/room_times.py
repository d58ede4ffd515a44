"""The answer to when a certain room is free, in a part of a day or all through it."""

from typing import Any

from bot.cards.actions import Verb
from bot.cards.elements import DONE, NO, card, heading, line, name, title, upper_first, ways
from bot.cards.options import Draft, rows
from bot.cards.places import about
from bot.cards.texts import Audience
from bot.cards.views import RoomTimesView

_MOST_STRETCHES = 12


def room_times(view: RoomTimesView, audience: Audience) -> dict[str, Any]:
    """Book buttons number `options`, and then `others`, from 0."""
    lead, about_room = _lead(view, audience), about(audience, view.room)
    body = [
        heading(lead, icon=DONE if view.free else NO, color="Good" if view.free else "Attention"),
        title(name(view.room.name)),
        line(upper_first(audience.when(view.window, view.room.zone)), spacing="None"),
        *([line(about_room, subtle=True, spacing="None")] if about_room else []),
    ]
    if view.free and view.free != (view.window,):
        shown = [f"{audience.clock(slot.start_at)}–{audience.clock(slot.end_at)}" for slot in view.free]
        body.append(line(audience.say("Free: {times}.", times=audience.all_of(shown[:_MOST_STRETCHES]))))
    if view.free and not view.options:
        length = audience.duration(view.minutes)
        body.append(line(audience.say("Never for {length} at a stretch.", length=length)))
    body += rows(audience, view.options, Draft(id=view.draft_id, version=view.version), timed=True)
    if view.others:
        body.append(line(audience.say("These are free instead:"), bold=True, spacing="Medium"))
        draft = Draft(id=view.draft_id, version=view.version, first=len(view.options))
        body += rows(audience, view.others, draft, timed=True)
    summary = f"{lead}: {name(view.room.name)}, {audience.span(view.window)}"
    return card(audience, summary, body, ways(audience, Verb.START))


def _lead(view: RoomTimesView, audience: Audience) -> str:
    if not view.free:
        return audience.say("Taken")
    return audience.say("Free") if view.free == (view.window,) else audience.say("Free at times")
