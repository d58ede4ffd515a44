"""Days in a row of words, as many as can be borne."""

from collections.abc import Iterable
from datetime import date

from bot.cards.texts import Audience


def some_of(days: Iterable[date], most: int, audience: Audience) -> str:
    """ "Tue 24 Nov, Tue 1 Dec and 3 more dates"; without commas of their own ("Tue, Nov 24")."""
    told = [audience.day(day).replace(",", "") for day in days]
    more = len(told) - most
    return audience.all_of(
        [*told[:most], audience.count("{n} more date", "{n} more dates", more)] if more > 0 else told
    )
