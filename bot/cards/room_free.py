"""The answer to whether a certain room is free."""

from typing import Any

from microsoft_teams.cards import Action, CardElement

from bot.cards.actions import Verb, data
from bot.cards.elements import DONE, NO, button, card, heading, line, name, notes, title, upper_first, ways
from bot.cards.options import Draft, rows
from bot.cards.places import about, free_until
from bot.cards.texts import Audience
from bot.cards.views import RoomFreeView


def room_free(view: RoomFreeView, audience: Audience) -> dict[str, Any]:
    """Says free only where nothing stands in the way, and how old that knowledge is where it is not fresh."""
    free = view.busy is None
    lead = audience.say("Free") if free else audience.say("Taken")
    about_room = about(audience, view.room)
    body: list[CardElement] = [
        heading(lead, icon=DONE if free else NO, color="Good" if free else "Attention"),
        title(name(view.room.name)),
        line(upper_first(audience.when(view.asked, view.room.zone)), spacing="None"),
        *([line(about_room, subtle=True, spacing="None")] if about_room else []),
        *_detail(view, audience),
        *_age(view, audience),
        *_others(view, audience),
    ]
    summary = f"{lead}: {name(view.room.name)}, {audience.span(view.asked)}"
    return card(audience, summary, body, [*_book(view, audience), *ways(audience, Verb.START)])


def _detail(view: RoomFreeView, audience: Audience) -> list[CardElement]:
    if view.busy is None:
        return [line(upper_first(free_until(audience, view.option)))] if view.option else []
    told = [line(audience.say("It is taken {when}.", when=audience.span(view.busy)))]
    if view.next_free_at is not None:
        again = audience.near(view.next_free_at, view.asked.start_at)
        length = audience.duration(view.asked.minutes)
        told.append(line(audience.say("It is next free for {length} from {time}.", length=length, time=again)))
    return list(told)


def _age(view: RoomFreeView, audience: Audience) -> list[CardElement]:
    if view.as_of is None:
        return []
    then = audience.near(view.as_of, audience.now)
    return notes(
        [audience.say("This is what I knew at {time}; the room's calendar may have changed since.", time=then)]
    )


def _others(view: RoomFreeView, audience: Audience) -> list[CardElement]:
    if not view.others:
        return []
    first = 0 if view.option is None else 1
    draft = Draft(id=view.draft_id, version=view.version, first=first)
    shown = rows(audience, view.others, draft, timed=True)
    return [line(audience.say("These are free instead:"), bold=True, spacing="Medium"), *shown]


def _book(view: RoomFreeView, audience: Audience) -> list[Action]:
    if view.option is None:
        return []
    values = data(Verb.BOOK, id=view.draft_id, version=view.version, option=0)
    hint = audience.say("Book {room}", room=name(view.room.name))
    return [button(audience.say("Book"), values, style="positive", tooltip=hint)]
