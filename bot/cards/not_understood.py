"""The answer to what made no sense: what was understood, and a few things that would be."""

from typing import Any

from microsoft_teams.cards import SubmitAction

from bot.cards.actions import Verb
from bot.cards.elements import card, example, heading, line, stacked
from bot.cards.form import understood
from bot.cards.safe import inert
from bot.cards.texts import Audience
from bot.cards.views import NotUnderstoodView


def not_understood(view: NotUnderstoodView, audience: Audience) -> dict[str, Any]:
    """Its buttons say an example in the person's name: of what is done where they are, by who they are."""
    lead = audience.say("I did not understand that")
    said, known = inert(view.said, 100), understood(view.understood, audience, view.room)
    texts = (
        audience.say("You said: “{said}”", said=said) if said else "",
        audience.say("I understood only this: {known}", known=known) if known else "",
        audience.say("Say it in another way, or try one of these:"),
    )
    examples = _examples(view, audience)
    body = [heading(lead), *(line(text) for text in texts if text), *(stacked(one) for one in examples)]
    return card(audience, lead, body)


def _examples(view: NotUnderstoodView, audience: Audience) -> list[SubmitAction]:
    found: list[SubmitAction] = []
    if not view.in_channel:
        words = audience.say("a room for 6 tomorrow at {time}", time=audience.hour(15))
        found += [example(words, Verb.START), example(audience.say("my bookings"), Verb.MINE)]
    if view.administrator:
        found += [example(audience.say("status"), Verb.STATUS), example(audience.say("dead letters"), Verb.LETTERS)]
    return [*found, example(audience.say("help"), Verb.HELP)]
