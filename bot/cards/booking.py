"""The card of one booking, from reserving to its end; it says Booked only when a read showed the room's acceptance."""

from typing import Any

from microsoft_teams.cards import Action, CardElement, TextColor

from bot.booking.saga import GIVE_UP_AFTER
from bot.booking.telling import takes_long
from bot.cards import series
from bot.cards.actions import Verb, data
from bot.cards.elements import (
    button,
    card,
    confirmed,
    heading,
    line,
    name,
    outlook,
    title,
    upper_first,
    ways,
)
from bot.cards.options import Draft, rows
from bot.cards.places import where
from bot.cards.reasons import sentences
from bot.cards.safe import inert
from bot.cards.states import ICONS, WORDS
from bot.cards.texts import Audience, mark
from bot.cards.views import BookingView
from bot.domain.bookings import Booking, State

_EXPLAINED = {
    State.HELD: mark("I am asking for the room. This card changes when there is news."),
    State.CREATING: mark("I am asking for the room. This card changes when there is news."),
    State.REQUESTED: mark("The request is sent and the room has yet to answer. This card changes when it does."),
    State.COMPENSATING: mark("The request is being taken back. This card changes when that is done."),
    State.DECLINED: mark("You do not have this room."),
    State.FAILED: mark("You do not have this room."),
    State.EXPIRED: mark("You do not have this room."),
    State.CANCELLED: mark("You no longer have this room."),
}
_UNSEEN = mark(
    "That is further ahead than I can see in the calendar of this room. "
    "This card changes once the day is near enough and the room has answered."
)
_COLORS: dict[State, TextColor] = {
    State.CONFIRMED: "Good",
    State.DECLINED: "Attention",
    State.FAILED: "Attention",
    State.EXPIRED: "Warning",
}
_WORKING = frozenset({State.HELD, State.CREATING, State.COMPENSATING})
_CANCELLABLE = frozenset({State.REQUESTED, State.CONFIRMED})
_REASONS = 5


def booking(view: BookingView, audience: Audience) -> dict[str, Any]:
    """The booking as it stands, with the buttons that its state allows. It stays in the chat: no "tomorrow" in it."""
    made, audience = view.booking, audience.later()
    if view.page is not None and made.rhythm is not None:
        return _dates(view, audience, view.page)
    word = series.partly(made, audience) or word_of(made.state, audience)
    when = upper_first(series.when(made, audience))
    if made.rhythm is None:
        when = f"{when} ({audience.duration(made.slot.minutes)})"
    facts = (audience.there(made.slot.start_at, view.room.zone), where(audience, view.room), _meeting(made, audience))
    body: list[CardElement] = [
        heading(word, icon=icon_of(made.state), color=_COLORS.get(made.state)),
        title(name(view.room.name)),
        line(when, spacing="None"),
        *(line(text, subtle=True, spacing="None") for text in facts if text),
        *_story(view, audience),
        *series.ways(made, audience),
        *(outlook(audience, made.web_link) if made.state in _CANCELLABLE else []),
    ]
    summary = f"{word}: {name(view.room.name)}, {series.when(made, audience)}"
    return card(audience, summary, body, _actions(view, audience))


def _dates(view: BookingView, audience: Audience, page: int) -> dict[str, Any]:
    made, room = view.booking, name(view.room.name)
    page = min(max(page, 0), max(0, (len(made.occurrences) - 1) // series.DATES))
    when = series.when(made, audience)
    body: list[CardElement] = [
        heading(audience.say("Dates of the series")),
        title(room),
        line(upper_first(when), subtle=True, spacing="None"),
        *series.dates(view, audience, page),
        series.back(made, audience),
    ]
    return card(audience, f"{room}, {when}", body, series.turns(made, audience, page))


def word_of(state: State, audience: Audience) -> str:
    return audience.say(WORDS[state])


def icon_of(state: State) -> str:
    return ICONS[state]


def cancel(view: BookingView, audience: Audience, *, asks: bool = True) -> Action:
    """The Cancel button; `asks` puts a question with room and time before it."""
    made = view.booking
    room = name(view.room.name)
    values = data(Verb.CANCEL, id=made.id, version=made.number)
    when = series.when(made, audience)
    hint = audience.say("Cancel {room}, {when}", room=room, when=when)
    all_of_it = made.rhythm is not None
    if not asks:
        text = audience.say("Cancel the series") if all_of_it else audience.say("Cancel this one")
        return button(text, values, style="destructive", tooltip=hint)
    sure = button(audience.say("Yes, cancel it"), values, style="destructive", tooltip=hint)
    question = audience.say("Cancel {room}, {when}?", room=room, when=when)
    text = audience.say("Cancel the series") if all_of_it else audience.say("Cancel booking")
    return confirmed(text, question, sure, hint)


def cancellable(made: Booking, audience: Audience) -> bool:
    return made.state in _CANCELLABLE and made.end_at > audience.now


def show(view: BookingView, text: str) -> Action:
    """A button that shows the booking's card as it stands."""
    return button(text, data(Verb.SHOW, id=view.booking.id, version=view.booking.number))


def _meeting(made: Booking, audience: Audience) -> str:
    people = audience.count("{n} person", "{n} people", made.people) if made.people else ""
    subject = inert(made.subject, 120)
    return " · ".join(part for part in (people, f"“{subject}”" if subject else "") if part)


def _story(view: BookingView, audience: Audience) -> list[CardElement]:
    made = view.booking
    told: list[CardElement] = [line(text, spacing="Medium") for text in sentences(view.notes, audience)]
    if made.state in _EXPLAINED:
        told.append(line(series.going_on(made, audience) or _explained(made, audience), spacing="Medium"))
    told += series.outcomes(view, audience)
    told += [line(text) for text in sentences(made.reasons, audience)[:_REASONS]]
    if view.options and not made.live:
        draft = Draft(id=view.draft_id, version=view.draft_version, counted=bool(made.people))
        told.append(line(audience.say("These rooms are free:"), bold=True, spacing="Medium"))
        told += rows(audience, view.options, draft, timed=made.rhythm is None)
    return told


def _explained(made: Booking, audience: Audience) -> str:
    if made.state is State.REQUESTED and made.unseen:
        return audience.say(_UNSEEN)
    if not takes_long(made, audience.now):
        return audience.say(_EXPLAINED[made.state])
    if made.state is State.COMPENSATING:
        return audience.say("Taking the request back takes longer than usual. I am still trying.")
    if audience.now >= made.made_at + GIVE_UP_AFTER:
        return audience.say("Microsoft 365 does not tell whether it has taken the request. I am looking until it does.")
    until = audience.clock(made.made_at + GIVE_UP_AFTER)
    return audience.say("Microsoft 365 has not taken the request yet. I am still trying, until {time}.", time=until)


def _actions(view: BookingView, audience: Audience) -> list[Action]:
    made = view.booking
    if made.state in _WORKING:
        return [show(view, audience.say("Refresh"))]
    if not made.live:
        return ways(audience, Verb.START, Verb.MINE)
    actions: list[Action] = []
    if made.state is State.CONFIRMED and cancellable(made, audience):
        values = data(Verb.CHANGE, id=made.id, version=made.number)
        actions.append(button(audience.say("Change"), values))
    if cancellable(made, audience):
        actions.append(cancel(view, audience))
    if made.state is State.REQUESTED:
        actions.append(show(view, audience.say("Refresh")))
    return actions or ways(audience, Verb.START, Verb.MINE)
