"""A refusal: what is in the way, what would do, and buttons that lead on."""

from collections.abc import Sequence
from typing import Any

from bot.cards.actions import Verb
from bot.cards.elements import NO, card, heading, line, ways
from bot.cards.reasons import sentences
from bot.cards.texts import Audience
from bot.domain.bookings import Reason


def refusal(reasons: Sequence[Reason], audience: Audience) -> dict[str, Any]:
    """Reasons without any still give a card that says so."""
    said = sentences(reasons, audience) or [audience.say("I could not do that. Try again, or ask for help.")]
    body = [heading(audience.say("That cannot be done"), icon=NO), *(line(text) for text in said[:6])]
    return card(audience, said[0], body, ways(audience, Verb.START, Verb.HELP))
