"""The help card: everything that can be said, by example."""

from typing import Any

from bot.cards.actions import Verb
from bot.cards.elements import card, heading, line, stacked, ways
from bot.cards.texts import Audience


def help_card(audience: Audience, *, administrator: bool = False) -> dict[str, Any]:
    """`administrator` adds what only administrators may say."""
    earlier, afternoon = audience.hour(14), audience.hour(15)
    entries = [
        (
            audience.say("Find a room"),
            audience.say(
                "“a room for 6 tomorrow at {time} for an hour” or “book a room now for 30 minutes”", time=afternoon
            ),
        ),
        (
            audience.say("Ask for a certain room"),
            audience.say("“is Oslo free at {time}?” or “Oslo on Friday at 10”", time=earlier),
        ),
        (
            audience.say("Book a series"),
            audience.say("“Oslo every Tuesday at {time} for an hour until 15 December”", time=audience.hour(10)),
        ),
        (
            audience.say("See your bookings"),
            audience.say("“my bookings” or “my series”: those made with Foyer, not your own meetings in Outlook"),
        ),
        (
            audience.say("Cancel"),
            audience.say("“cancel my {time}”, or the button on the booking's card", time=afternoon),
        ),
        (
            audience.say("Change"),
            audience.say(
                "“move my {time} to {later}”, or the button on the booking's card",
                time=afternoon,
                later=audience.hour(16),
            ),
        ),
        (
            audience.say("Change or cancel a series"),
            audience.say("“move the series to {time}”, “move the series to Oslo” or “cancel my series”", time=earlier),
        ),
    ]
    if administrator:
        entries += [
            (audience.say("See how rooms are doing"), audience.say("“status”")),
            (
                audience.say("See work given up on"),
                audience.say("“dead letters”, then “replay 2” or “replay all” to have it done again"),
            ),
        ]
    told = [(line(what, bold=True, spacing="Medium"), line(said, spacing="None")) for what, said in entries]
    lead = audience.say("What you can say to Foyer")
    body = [
        heading(audience.say("What you can say")),
        *(element for pair in told for element in pair),
        line(audience.say("Times are in {place} time.", place=audience.place()), subtle=True, spacing="Medium"),
    ]
    start, *others = ways(audience, Verb.START, Verb.MINE, *([Verb.STATUS] if administrator else []))
    if administrator:  # three beside one another would be cut on a phone
        return card(audience, lead, [*body, stacked(start)], others)
    return card(audience, lead, body, [start, *others])
