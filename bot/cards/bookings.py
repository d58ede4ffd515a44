"""The list of a person's coming bookings, each with its own buttons."""

from typing import Any

from microsoft_teams.cards import Action, ActionSet, CardElement, Container

from bot.cards.actions import Verb
from bot.cards.booking import cancel, cancellable, icon_of, show, word_of
from bot.cards.elements import card, heading, line, name, upper_first, ways
from bot.cards.places import where
from bot.cards.safe import inert
from bot.cards.series import when
from bot.cards.texts import Audience
from bot.cards.views import BookingView, ListView

MOST = 7  # rows that fit the card's size with the longest of names


def bookings(view: ListView, audience: Audience) -> dict[str, Any]:
    """Soonest first, at most seven; what is not shown is counted."""
    choosing = view.choose_for == "cancel"
    if not view.bookings:
        lead = audience.say("You have no coming bookings")
        body: list[CardElement] = [heading(lead), line(audience.say("Say what you need, or press the button."))]
        return card(audience, lead, body, ways(audience, Verb.START, Verb.HELP))
    lead = _lead(view, audience) if choosing else audience.say("Your coming bookings")
    body = [heading(lead), *(_row(one, audience, choosing) for one in view.bookings[:MOST])]
    hidden = view.more + len(view.bookings[MOST:])
    if hidden:
        more = audience.count("{n} more is not shown.", "{n} more are not shown.", hidden)
        body.append(line(more, subtle=True, spacing="Medium"))
    return card(audience, lead, body, _out(view, audience) if choosing else ways(audience, Verb.START))


def _out(view: ListView, audience: Audience) -> list[Action]:
    """The way out for who would rather cancel nothing."""
    if not _only(view) or not cancellable(view.bookings[0].booking, audience):
        return ways(audience, Verb.MINE)
    return [show(view.bookings[0], audience.say("Keep it"))]


def _only(view: ListView) -> bool:
    return len(view.bookings) + view.more == 1


def _lead(view: ListView, audience: Audience) -> str:
    return audience.say("Shall I cancel this one?") if _only(view) else audience.say("Which one shall I cancel?")


def _row(view: BookingView, audience: Audience, choosing: bool) -> CardElement:
    made = view.booking
    subject = inert(made.subject, 60)
    status = f"{icon_of(made.state)} {word_of(made.state, audience)}"
    texts = (where(audience, view.room), f"“{subject}”" if subject else "")
    items: list[CardElement] = [
        line(name(view.room.name), bold=True),
        line(upper_first(_when(view, audience)), spacing="None"),
        line(" · ".join((status, *(text for text in texts if text))), subtle=True, spacing="None"),
        ActionSet(actions=_buttons(view, audience, choosing)),
    ]
    return Container(items=items, separator=True, spacing="Medium")


def _when(view: BookingView, audience: Audience) -> str:
    made = view.booking
    return when(made, audience) if made.rhythm else audience.when(made.slot, view.room.zone)


def _buttons(view: BookingView, audience: Audience, choosing: bool) -> list[Action]:
    if not cancellable(view.booking, audience):
        return [show(view, audience.say("Open"))]
    if choosing:
        return [cancel(view, audience, asks=False)]
    return [show(view, audience.say("Open")), cancel(view, audience)]
