"""The answer to thanks, to a goodbye and to a yes that no card asked for: short, for nothing is asked."""

from typing import Any

from bot.cards.elements import card, heading, line
from bot.cards.texts import Audience


def courtesy(audience: Audience, *, leaving: bool = False) -> dict[str, Any]:
    """`leaving` answers a goodbye."""
    said = audience.say("Until next time.") if leaving else audience.say("You are welcome.")
    return card(audience, said, [heading(said)])


def press_instead(audience: Audience) -> dict[str, Any]:
    """The answer to a bare yes or no: words alone confirm nothing, for it is not known which card they are about."""
    told = audience.say(
        "I take no yes or no in words, so nothing was done. Press the button on the card that asks, or leave it."
    )
    return card(audience, told, [heading(audience.say("Press a button instead")), line(told)])
