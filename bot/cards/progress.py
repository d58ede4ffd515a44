"""The administrator's card of a first import: how many rooms' calendars were read, until all were."""

from typing import Any

from bot.cards.elements import DONE, WORKING, card, heading, line
from bot.cards.texts import Audience


def progress(read: int, rooms: int, audience: Audience) -> dict[str, Any]:
    """`read` of `rooms` were read to their end."""
    if read >= rooms:
        told = audience.count("{n} room's calendar was read.", "The calendars of all {n} rooms were read.", rooms)
        return card(audience, told, [heading(audience.say("All rooms are read"), icon=DONE, color="Good"), line(told)])
    told = audience.say("Calendars read: {n} of {all} rooms", n=read, all=rooms)
    body = [
        heading(audience.say("Reading the rooms' calendars"), icon=WORKING),
        line(told, bold=True),
        line(audience.say("The next two weeks of every room come first; these can be searched already."), subtle=True),
    ]
    return card(audience, told, body)
