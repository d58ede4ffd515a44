"""The first card: what Foyer is for and what to do next."""

from typing import Any

from bot.cards.actions import Verb
from bot.cards.elements import card, heading, line, name, ways
from bot.cards.texts import Audience


def personal(audience: Audience) -> dict[str, Any]:
    """For somebody's own chat."""
    body = [
        heading(audience.say("Welcome to Foyer")),
        line(audience.say("I find meeting rooms and reserve them for you, here in the chat.")),
        line(
            audience.say(
                "Say what you need in your own words, such as “a room for 6 tomorrow at {time} for an hour”.",
                time=audience.hour(15),
            )
        ),
        line(audience.say("Say “my bookings” to see, change or cancel them, and “help” for all that I understand.")),
        line(audience.say("If I find no rooms, an administrator still has to connect them."), subtle=True),
    ]
    summary = audience.say("Welcome to Foyer: I find and reserve meeting rooms for you.")
    return card(audience, summary, body, ways(audience, Verb.START, Verb.MINE))


def channel(audience: Audience, installed_by: str = "") -> dict[str, Any]:
    """For a channel or group chat, where administrators set things up. `installed_by` is a display name or ''."""
    added = audience.say("{person} added me to this conversation.", person=name(installed_by))
    body = [
        heading(audience.say("Foyer is ready for administrators")),
        *([line(added)] if installed_by else []),
        line(
            audience.say(
                "Administrators ask me here how rooms and their calendars are doing: mention me and say “status”."
            )
        ),
        line(audience.say("Rooms are found and reserved in a personal chat with me, so that plans stay private.")),
    ]
    summary = audience.say("Foyer is ready: mention me and say “status”.")
    return card(audience, summary, body, ways(audience, Verb.STATUS, Verb.HELP))
