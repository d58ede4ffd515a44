"""The administrators' card of what was given up on, with the ways to have it done again."""

from typing import Any

from microsoft_teams.cards import Action, CardElement

from bot.admin.letters import Letter
from bot.cards.actions import Verb, data
from bot.cards.elements import DONE, WARNING, button, card, heading, line, name, stacked, ways
from bot.cards.safe import inert
from bot.cards.texts import Audience, mark
from bot.cards.views import LettersView

_WORK = {
    "sync": mark("Reading the calendar of {room}"),
    "poll": mark("The regular look at {room}"),
    "decide": mark("Answering a request in {room}"),
    "subscribe": mark("Asking for notifications of {room}"),
    "drive": mark("Carrying out a booking"),
    "tell": mark("Bringing a card up to date"),
    "repaint": mark("Bringing a card up to date"),
    "manager": mark("Telling a manager of a booking"),
    "refresh": mark("Reading the list of rooms"),
    "sweep": mark("Clearing away what is over"),
    "look": mark("The second look at {room}"),
    "compare": mark("Comparing calendars by night"),
    "audit": mark("Comparing subscriptions with those of Microsoft 365"),
    "forget": mark("Forgetting old records"),
    "progress": mark("Telling how far the first import is"),
    "reconcile": mark("Comparing everything after a restore"),
    "secret": mark("Looking when the app's secret ends"),
}


def letters(view: LettersView, audience: Audience) -> dict[str, Any]:
    """Numbers are those that “replay 2” takes."""
    some = view.in_all > 0
    lead, count = _lead(view, audience)
    body: list[CardElement] = [
        heading(lead, icon=WARNING if some else DONE, color="Warning" if some else "Good"),
        *_done(view, audience),
        *(_row(letter, audience) for letter in view.letters),
    ]
    if some:
        hint = audience.say("Say “replay 2” to have number 2 done again. What keeps failing comes back here.")
        again = stacked(button(audience.say("Do all again"), data(Verb.REPLAY)))
        body += [line(hint, subtle=True, spacing="Medium"), again]
    actions: list[Action] = ways(audience, Verb.STATUS)
    if view.next_page is not None:
        actions.insert(0, button(audience.say("More"), data(Verb.LETTERS, option=view.next_page)))
    summary = audience.count("{status}: {n} piece of work", "{status}: {n} pieces of work", count, status=lead)
    return card(audience, summary, body, actions)


def _lead(view: LettersView, audience: Audience) -> tuple[str, int]:
    """What the card is about, and how many pieces of work that are."""
    if view.in_all:
        return audience.say("Work given up on"), view.in_all
    if view.replayed:
        return audience.say("Being done again"), view.replayed
    return audience.say("Nothing was given up on"), 0


def _done(view: LettersView, audience: Audience) -> list[CardElement]:
    if view.replayed is None or not (view.replayed or view.in_all):  # the heading says that there is nothing
        return []
    if not view.replayed:
        return [line(audience.say("That number is not in the list any more. This is the list now."))]
    said = audience.count("{n} piece of work is being done again.", "{n} pieces are being done again.", view.replayed)
    return [line(said)]


def _row(letter: Letter, audience: Audience) -> CardElement:
    room = name(letter.room.name) if letter.room else ""
    known = _WORK.get(letter.kind)
    work = audience.say(known, room=room) if known else audience.say("Work of the kind {kind}", kind=inert(letter.kind))
    tried = audience.count(
        "given up {time} after {n} attempt",
        "given up {time} after {n} attempts",
        letter.attempts,
        time=audience.near(letter.died_at, audience.now),
    )
    return line(f"{letter.number}. {work}, {tried}", spacing="Small")
