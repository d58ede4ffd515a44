"""The list of a person's coming bookings, each with its own buttons."""

from datetime import timedelta
from typing import Any

from microsoft_teams.cards import Action, ActionSet, CardElement, Container

from bot.cards.actions import Verb, data
from bot.cards.booking import cancel, cancellable, icon_of, show, word_of
from bot.cards.elements import button, card, heading, line, name, notes, upper_first, ways
from bot.cards.places import where
from bot.cards.reasons import sentences
from bot.cards.safe import inert
from bot.cards.series import coming_days, moved, partly, to_dates, when
from bot.cards.texts import Audience, mark
from bot.cards.views import BookingView, Chosen, ListView

MOST = 7  # rows that fit the card's size with the longest of names


def bookings(view: ListView, audience: Audience) -> dict[str, Any]:
    """Soonest first, at most seven; what is not shown is counted."""
    if not view.bookings and view.next is not None:
        named, lead = _within(view, audience), audience.say("You have no bookings there")
        lead = audience.say("You have no bookings: {within}", within=named) if named else lead
        soonest = [line(audience.say("Your next one:"), spacing="Medium"), _row(view.next, audience, view)]
        return card(audience, lead, [heading(lead), *_there(view), *soonest], ways(audience, Verb.START, Verb.MINE))
    if not view.bookings:
        of_series = view.choose_for is Chosen.SERIES
        lead = audience.say("You have no coming series") if of_series else audience.say("You have no coming bookings")
        body: list[CardElement] = [heading(lead), line(audience.say("Say what you need, or press the button."))]
        if of_series:
            text = mark("Say it like “every Tuesday at {time}”, or see “my bookings”.")
            body = [heading(lead), line(audience.say(text, time=audience.hour(10)))]
            return card(audience, lead, body, ways(audience, Verb.START, Verb.MINE))
        return card(audience, lead, body, ways(audience, Verb.START, Verb.HELP))
    lead = _lead(view, audience)
    body = [
        heading(lead),
        *_there(view),
        *notes(sentences(view.notes, audience)),
        *_all_of_it(view, audience),
        *(_row(one, audience, view) for one in view.bookings[:MOST]),
    ]
    hidden = view.more + len(view.bookings[MOST:])
    if hidden:
        more = audience.count("{n} more is not shown.", "{n} more are not shown.", hidden)
        body.append(line(more, subtle=True, spacing="Medium"))
    return card(audience, lead, body, _out(view, audience))


def _all_of_it(view: ListView, audience: Audience) -> list[CardElement]:
    if not view.part or not any(one.booking.rhythm for one in view.bookings):
        return []
    text = mark("All dates of a series are cancelled with it. To cancel some of them, open each one under Dates.")
    return [line(audience.say(text))]


def _out(view: ListView, audience: Audience) -> list[Action]:
    """The way out, also for who would rather cancel nothing."""
    if view.choose_for is Chosen.NONE:
        return ways(audience, Verb.START) if view.within.everything else ways(audience, Verb.START, Verb.MINE)
    if view.choose_for is not Chosen.CANCEL or not _only(view) or not cancellable(view.bookings[0].booking, audience):
        return ways(audience, Verb.MINE)
    return [show(view.bookings[0], audience.say("Keep it"))]


def _only(view: ListView) -> bool:
    return len(view.bookings) + view.more == 1


def _lead(view: ListView, audience: Audience) -> str:
    match view.choose_for:
        case Chosen.CANCEL if _only(view):
            return audience.say("Shall I cancel this one?")
        case Chosen.CANCEL:
            return audience.say("Which one shall I cancel?")
        case Chosen.CHANGE:
            return audience.say("Which one shall I change?")
        case Chosen.SERIES:
            return audience.say("Your series")
        case _ if not _within(view, audience):
            return audience.say("Your coming bookings")
        case _:
            return audience.say("Your bookings: {within}", within=_within(view, audience))


def _within(view: ListView, audience: Audience) -> str:
    """ "tomorrow, Tue 24 Nov"; '' where no time was named."""
    within = view.within
    if within.slot is not None:
        shortest = within.slot.end_at - within.slot.start_at <= timedelta(minutes=1)
        return audience.moment(within.slot.start_at) if shortest else audience.span(within.slot)
    if within.first_on is None or within.last_on is None:
        return ""
    if within.first_on == within.last_on:
        return audience.day(within.first_on)
    plain = audience.later()
    return f"{plain.day(within.first_on)} – {plain.day(within.last_on)}"


def _there(view: ListView) -> list[CardElement]:
    """The room that was named, which no heading may hold."""
    return [line(name(view.room), bold=True)] if view.room else []


def _row(view: BookingView, audience: Audience, shown_in: ListView) -> CardElement:
    made = view.booking
    subject = inert(made.subject, 60)
    status = f"{icon_of(made.state)} {partly(made, audience) or word_of(made.state, audience)}"
    texts, apart = (where(audience, view.room), f"“{subject}”" if subject else ""), moved(view, audience)
    items: list[CardElement] = [
        line(name(view.room.name), bold=True),
        line(upper_first(_when(view, audience)), spacing="None"),
        *([line(coming_days(made, audience), spacing="None")] if made.rhythm and _only(shown_in) else []),
        *([line(apart, spacing="None")] if apart else []),
        line(" · ".join((status, *(text for text in texts if text))), subtle=True, spacing="None"),
        ActionSet(actions=_buttons(view, audience, shown_in)),
    ]
    return Container(items=items, separator=True, spacing="Medium")


def _when(view: BookingView, audience: Audience) -> str:
    made = view.booking
    return when(made, audience) if made.rhythm else audience.when(made.slot, view.room.zone)


def _buttons(view: BookingView, audience: Audience, shown_in: ListView) -> list[Action]:
    if shown_in.choose_for is Chosen.CHANGE and view.draft_id:
        values = data(Verb.SEARCH, id=view.draft_id, version=view.draft_version)
        return [button(audience.say("Change this one"), values)]
    if not cancellable(view.booking, audience):
        return [show(view, audience.say("Open"))]
    if shown_in.choose_for is Chosen.CANCEL:
        opens = [to_dates(view.booking, audience)] if shown_in.part and view.booking.rhythm else []
        return [*opens, cancel(view, audience, asks=False)]
    return [show(view, audience.say("Open")), cancel(view, audience)]
