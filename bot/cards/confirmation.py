"""What a manager is told of a booking: no subject, and no button that would need rights."""

from typing import Any

from bot.cards.booking import icon_of, word_of
from bot.cards.elements import card, heading, line, name, title, upper_first
from bot.cards.places import where
from bot.cards.series import moved, partly, when
from bot.cards.texts import Audience
from bot.cards.views import ManagerView
from bot.domain.bookings import State


def confirmation(view: ManagerView, audience: Audience) -> dict[str, Any]:
    """Booked, changed or cancelled; any other state is told as it is. It stays in the chat: no "tomorrow" in it."""
    made, audience = view.booking, audience.later()
    word = word_of(made.state, audience)
    word = partly(made, audience) or word
    told = audience.say("{status} (changed)", status=word) if _changed(view) else word
    person = name(view.person_name)
    people = audience.count("{n} person", "{n} people", made.people) if made.people else ""
    apart = moved(view, audience)
    body = [
        heading(told, icon=icon_of(made.state)),
        title(name(view.room.name)),
        line(upper_first(_when(view, audience)), spacing="None"),
        *([line(apart, spacing="None")] if apart else []),
        *(line(text, subtle=True, spacing="None") for text in (where(audience, view.room), people) if text),
        line(audience.say("Organizer: {person}", person=person), spacing="Medium"),
        line(audience.say("For your information: you need not do anything."), subtle=True),
    ]
    return card(audience, f"{told}: {name(view.room.name)}, {when(made, audience)}, {person}", body)


def _changed(view: ManagerView) -> bool:
    return view.changed and view.booking.state is State.CONFIRMED


def _when(view: ManagerView, audience: Audience) -> str:
    made = view.booking
    return when(made, audience) if made.rhythm else audience.when(made.slot, view.room.zone)
