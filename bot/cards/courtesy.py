"""The answer to thanks and to a goodbye: one line, for nothing is asked."""

from typing import Any

from bot.cards.elements import card, heading
from bot.cards.texts import Audience


def courtesy(audience: Audience, *, leaving: bool = False) -> dict[str, Any]:
    """`leaving` answers a goodbye."""
    said = audience.say("Until next time.") if leaving else audience.say("You are welcome.")
    return card(audience, said, [heading(said)])
