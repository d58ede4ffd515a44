"""The search card: the request as understood, free rooms with a button each, or other times."""

from typing import Any

from microsoft_teams.cards import Action, AdaptiveCard, CardElement, ShowCardAction

from bot.cards.actions import Verb, data
from bot.cards.elements import WARNING, WORKING, button, card, heading, line, name, notes
from bot.cards.form import fields, find, subject, understood
from bot.cards.options import MOST, Draft, rows
from bot.cards.reasons import sentences
from bot.cards.series import when as series
from bot.cards.texts import Audience, mark
from bot.cards.views import SearchView
from bot.domain.bookings import Booking

_NOTES = 3
_NEVER = frozenset({"too_long", "too_short", "too_far", "lead_time", "recurring_not_allowed", "series_too_long"})


def search(view: SearchView, audience: Audience) -> dict[str, Any]:
    """One card for every stage: asking for what is missing, looking, found, nothing free."""
    lead, icon = _lead(view, audience)
    known = understood(view.asked, audience, view.room)
    body: list[CardElement] = [heading(lead, icon=icon)]
    if known:
        body.append(line(known))
    body += _context(view, audience)
    if view.options or view.other_times:
        body += [subject(view, audience), *_found(view, audience)]
    elif not _looking(view):
        body += [*fields(view, audience), subject(view, audience)]
    return card(audience, f"{lead}: {known}" if known else lead, body, _actions(view, audience))


def _lead(view: SearchView, audience: Audience) -> tuple[str, str]:
    if _looking(view):
        return audience.say("Looking for rooms…"), WORKING
    if not view.searched:
        return audience.say("What do you need?") if view.changes is None else audience.say("What should change?"), ""
    if view.options and view.changes is not None:
        return audience.say("Rooms for the change"), ""
    shown = len(view.options[:MOST])
    if view.options and view.asked.until is not None:
        return audience.count("{n} time that fits", "{n} times that fit", shown), ""
    if view.options:
        return audience.count("{n} room that fits", "{n} rooms that fit", shown), ""
    if view.other_times:
        return audience.say("Nothing is free then, but these are"), WARNING
    if any(note.code in _NEVER for note in view.notes):
        return audience.say("That cannot be booked"), WARNING
    return audience.say("Nothing is free then"), WARNING


def _looking(view: SearchView) -> bool:
    """Neither is anything missing, nor does a note say why rooms are not looked for."""
    return not (view.searched or view.missing or view.notes)


def _context(view: SearchView, audience: Audience) -> list[CardElement]:
    said = sentences(view.notes, audience)[:_NOTES]
    if view.changes is not None:
        said.insert(0, _changing(view, view.changes, audience))
    if view.searched and not (view.missing or view.options or view.other_times or view.explained):
        said.append(audience.say("Try another day, a shorter time or fewer people."))
    if view.missing:
        words = {
            "on": audience.say("the day"),
            "at": audience.say("the start time"),
            "minutes": audience.say("how long"),
        }
        words["people"] = audience.say("how many people")
        wanted = [words.get(field, name(field)) for field in view.missing]
        said.append(audience.say("Still needed: {fields}.", fields=audience.all_of(wanted)))
    return notes(said)


def _changing(view: SearchView, made: Booking, audience: Audience) -> str:
    if made.rhythm is None:
        when = audience.span(made.slot)
        return audience.say("You are changing your booking of {when}. It stands until the new one does.", when=when)
    if any(option.gives_up for option in view.options):
        text = mark("You are changing your series: {when}. Once the new one stands, all of the old one is given up.")
        return audience.say(text, when=series(made, audience))
    return audience.say(
        "You are changing your series: {when}. It stands until the new one does.", when=series(made, audience)
    )


def _found(view: SearchView, audience: Audience) -> list[CardElement]:
    draft = Draft(
        id=view.draft_id,
        version=view.version,
        inputs="auto",
        changes=view.changes is not None,
        counted=bool(view.asked.people),
    )
    if view.options:
        return rows(audience, view.options, draft, timed=view.asked.until is not None)
    return rows(audience, view.other_times, draft, timed=True)


def _actions(view: SearchView, audience: Audience) -> list[Action]:
    behind = view.options or view.other_times or _looking(view)
    first = _edit(view, audience) if behind else find(view, audience)
    if view.date_of:
        return [first, _back(view, audience)]
    if view.changes is None:
        return [first]
    stands = data(Verb.SHOW, id=view.changes.id, version=view.changes.number)
    return [first, button(audience.say("Keep it"), stands, tooltip=audience.say("Keep it as it is"))]


def _back(view: SearchView, audience: Audience) -> Action:
    hint = audience.say("Back to the series")
    return button(audience.say("Whole series"), data(Verb.SHOW, id=view.date_of), tooltip=hint)


def _edit(view: SearchView, audience: Audience) -> Action:
    """The fields behind a button, so that rooms come first. Book sends none of them: an unfinished edit books nothing
    but what is on show."""
    inner = AdaptiveCard(version="1.5", body=fields(view, audience), actions=[find(view, audience)])
    return ShowCardAction(title=audience.say("Change request"), tooltip=audience.say("Change the request"), card=inner)
