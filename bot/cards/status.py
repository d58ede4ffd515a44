"""The administrators' status card: the service in a few lines, and a page of rooms."""

from typing import Any

from microsoft_teams.cards import (
    CardElement,
    ColumnDefinition,
    RichTextBlock,
    Table,
    TableCell,
    TableRow,
    TextRun,
)

from bot.admin.status import RoomStatus
from bot.cards.actions import Verb, data
from bot.cards.elements import DONE, NO, WARNING, button, card, heading, line, name, stacked, ways
from bot.cards.safe import inert
from bot.cards.texts import Audience, mark
from bot.cards.views import StatusView
from bot.domain.rooms import Control, Evidence
from bot.ports.records import Untold

PAGE = 15
_MINUTE = 60

_CONTROL = {
    Control.DELEGATED: mark("Foyer decides"),
    Control.AUTO: mark("Exchange decides"),
    Control.WATCHED: mark("only watched"),
}
_EVIDENCE = {
    Evidence.NONE: mark("no request seen yet"),
    Evidence.DELEGATED: mark("last request was left to Foyer"),
    Evidence.AUTO: mark("last request answered by Exchange"),
    Evidence.SILENT: mark("last request went unanswered"),
}
_AT_ODDS = {
    Control.DELEGATED: frozenset({Evidence.AUTO, Evidence.SILENT}),
    Control.AUTO: frozenset({Evidence.DELEGATED, Evidence.SILENT}),
    Control.WATCHED: frozenset[Evidence](),
}
_UNTOLD = {
    Untold.ADDRESS: mark(
        "No notifications of {n} of {all} rooms, which are read more often instead: "
        "Microsoft 365 gets no answer at Foyer's public address."
    ),
    Untold.FULL: mark(
        "No notifications of {n} of {all} rooms, which are read more often instead: "
        "their mailboxes have as many subscriptions as they may, of all apps together."
    ),
    Untold.DENIED: mark(
        "No notifications of {n} of {all} rooms, which are read more often instead: "
        "Foyer has no permission to read their mailboxes."
    ),
    Untold.MISSING: mark("No notifications of {n} of {all} rooms: their mailboxes were not found."),
    Untold.REFUSED: mark(
        "No notifications of {n} of {all} rooms, which are read more often instead: Microsoft 365 refuses them."
    ),
}
_TROUBLE = {
    "": (DONE, mark("in step")),
    "polling": (DONE, mark("in step by polling")),
    "behind": (WARNING, mark("behind")),
    "denied": (NO, mark("no permission")),
    "missing": (NO, mark("mailbox not found")),
}


def status(view: StatusView, audience: Audience) -> dict[str, Any]:
    """At most fifteen rooms of the page; a button leads to the next page, as the STATUS verb's `option`."""
    diverged = view.compared is not None and view.compared.divergences > 0
    given_up = not view.store_healthy or view.dead_letters > 0
    halted = view.reconciling or view.declines_stopped_at is not None
    wanting = bool(view.untold) or view.odd_items > 0
    troubled = halted or given_up or diverged or wanting or any(_serious(one, audience) for one in view.rooms)
    lead = _lead(view, audience, troubled)
    body = [
        heading(lead, icon=WARNING if troubled else DONE, color="Warning" if troubled else "Good"),
        *_service(view, audience),
        *_brake(view, audience),
        *_given_up(view, audience),
        *_rooms(view, audience),
    ]
    actions = ways(audience, Verb.HELP)
    if view.next_page is not None:
        actions.insert(0, button(audience.say("More rooms"), data(Verb.STATUS, option=view.next_page)))
    summary = audience.count("{status}: {n} room", "{status}: {n} rooms", view.rooms_in_all, status=lead)
    return card(audience, summary, body, actions)


def _lead(view: StatusView, audience: Audience, troubled: bool) -> str:
    if troubled:
        return audience.say("Needs attention")
    shown = len(view.rooms[:PAGE])
    return audience.say("All is well") if shown == view.rooms_in_all else audience.say("No trouble on this page")


def _service(view: StatusView, audience: Audience) -> list[CardElement]:
    word = audience.say("healthy") if view.store_healthy else audience.say("not answering")
    health = f"{DONE if view.store_healthy else NO} {word}"
    dead = f"{WARNING if view.dead_letters else DONE} {view.dead_letters}"
    texts = (
        audience.say("Organization: {tenant}", tenant=name(view.tenant)),
        audience.say(
            "Version {version}, running since {time}",
            version=inert(view.version, 40),
            time=audience.moment(view.started_at),
        ),
        audience.say("Store: {store}, {health}", store=inert(view.store, 40), health=health),
        audience.say("Bookings under way: {n}", n=view.open_bookings),
        audience.say("Work given up on: {n}", n=dead),
    )
    told = (
        *texts,
        *_imported(view, audience),
        *_compared(view, audience),
        *_untold(view, audience),
        *_odd(view, audience),
        *_stopped(view, audience),
    )
    lines = [line(text, spacing=None if number == 0 else "Small") for number, text in enumerate(told)]
    return [*_asked_by_command(view, audience), *_reconciling(view, audience), *lines]


def _asked_by_command(view: StatusView, audience: Audience) -> list[CardElement]:
    if not view.doctor:
        return []
    return [line(audience.say("“doctor” is a command on the server: app.py doctor. What I know here is this:"))]


def _reconciling(view: StatusView, audience: Audience) -> list[CardElement]:
    if not view.reconciling:
        return []
    said = audience.say("The store was restored. Nothing is decided or sent until every room was read again.")
    return [line(said, bold=True)]


def _imported(view: StatusView, audience: Audience) -> tuple[str, ...]:
    """How far the first import is; once it is over, that it is, where this was asked."""
    if view.rooms_read >= view.rooms_in_all:
        text = mark("Calendars read: all {n} rooms. Nothing is being imported.")
        return (audience.say(text, n=view.rooms_in_all),) if view.progress and view.rooms_in_all else ()
    return (audience.say("Calendars read: {n} of {all} rooms", n=view.rooms_read, all=view.rooms_in_all),)


def _compared(view: StatusView, audience: Audience) -> tuple[str, ...]:
    """The nightly proof, once there was one."""
    last = view.compared
    if last is None or last.finished_at is None:
        return ()
    icon = WARNING if last.divergences else DONE
    time = audience.near(last.finished_at, audience.now)
    return (
        audience.say(
            "Differences from the mailboxes, looked for {time}: {n}", time=time, n=f"{icon} {last.divergences}"
        ),
    )


def _untold(view: StatusView, audience: Audience) -> list[str]:
    """What is to be done about rooms that are only polled."""
    said = [
        audience.say(_UNTOLD[why], n=count, all=view.rooms_in_all)
        for why, count in sorted(view.untold.items(), key=lambda item: item[0].value)
    ]
    return [f"{WARNING} {text}" for text in said]


def _odd(view: StatusView, audience: Audience) -> tuple[str, ...]:
    if not view.odd_items:
        return ()
    said = audience.say("Calendar items that could not be understood, and are taken as busy: {n}", n=view.odd_items)
    return (f"{WARNING} {said}",)


def _stopped(view: StatusView, audience: Audience) -> tuple[str, ...]:
    if view.declines_stopped_at is None:
        return ()
    time = audience.near(view.declines_stopped_at, audience.now)
    said = audience.say(
        "Declining stopped {time}: too many requests were to be declined at once. They wait. "
        "Look at the policy, then go on.",
        time=time,
    )
    return (f"{WARNING} {said}",)


def _brake(view: StatusView, audience: Audience) -> list[CardElement]:
    """On a line of its own, where nothing cuts it."""
    if view.declines_stopped_at is None:
        return []
    return [stacked(button(audience.say("Go on declining"), data(Verb.DECLINE_AGAIN)))]


def _given_up(view: StatusView, audience: Audience) -> list[CardElement]:
    if not view.dead_letters:
        return []
    return [stacked(button(audience.say("Work given up on"), data(Verb.LETTERS, option=0)))]


def _rooms(view: StatusView, audience: Audience) -> list[CardElement]:
    if not view.rooms:
        return [line(audience.say("No rooms are connected yet."), spacing="Medium")]
    shown = view.rooms[:PAGE]
    first = view.page * PAGE + 1
    span = audience.say(
        "Rooms {first} to {last} of {all}", first=first, last=first + len(shown) - 1, all=view.rooms_in_all
    )
    head = (audience.say("Room"), audience.say("Calendar"))
    table = Table(
        columns=[ColumnDefinition(width=width) for width in (1, 1)],
        rows=[_head(head), *(_row(room, audience) for room in shown)],
        show_grid_lines=False,
    )
    return [line(span, bold=True, spacing="Medium"), table]


def _head(texts: tuple[str, ...]) -> TableRow:
    return TableRow(cells=[TableCell(items=[line(text, bold=True)]) for text in texts])


def _row(room: RoomStatus, audience: Audience) -> TableRow:
    first = (inert(room.room.name, 40), _control(room, audience), _evidence(room, audience))
    second = _told_of(room, audience)
    return TableRow(cells=[TableCell(items=[_cell(*texts)]) for texts in (first, second)])


def _told_of(room: RoomStatus, audience: Audience) -> tuple[str, ...]:
    """Its calendar, then its notifications. Where these have lapsed and all else is well, that comes first: it is what
    is to be looked at."""
    calendar, told = _calendar(room, audience), _notifications(room, audience)
    if not _lapsed(room, audience):
        return *calendar, told
    warned = f"{WARNING} {told}"
    if room.trouble not in ("", "polling"):
        return *calendar, warned
    _, word = _TROUBLE[room.trouble]
    return warned, audience.say(word), calendar[1]


def _control(room: RoomStatus, audience: Audience) -> str:
    return audience.say(_CONTROL[room.control])


def _evidence(room: RoomStatus, audience: Audience) -> str:
    said = audience.say(_EVIDENCE[room.evidence])
    if room.evidence_at is not None:
        said = f"{said} ({audience.near(room.evidence_at, audience.now)})"
    return f"{WARNING} {said}" if _at_odds(room) else said


def _calendar(room: RoomStatus, audience: Audience) -> tuple[str, str]:
    icon, word = _TROUBLE.get(room.trouble, (WARNING, ""))
    said = audience.say(word) if word else inert(room.trouble, 20)
    if room.synced_at is None:
        return f"{icon} {said}", audience.say("never read")
    read = audience.say("read {time}", time=audience.near(room.synced_at, audience.now))
    lag = "" if room.lag_s is None else audience.say("{lag} ago", lag=_lag(room.lag_s, audience))
    return f"{icon} {said}", ", ".join(part for part in (read, lag) if part)


def _notifications(room: RoomStatus, audience: Audience) -> str:
    expires_at = room.subscription_expires_at
    if expires_at is None:
        return audience.say("no notifications")
    time = audience.near(expires_at, audience.now)
    if expires_at > audience.now:
        return audience.say("notifications until {time}", time=time)
    return audience.say("notifications expired {time}", time=time)


def _lag(lag_s: float, audience: Audience) -> str:
    if lag_s < _MINUTE:
        return audience.count("{n} second", "{n} seconds", max(0, round(lag_s)))
    return audience.duration(round(lag_s / _MINUTE))


def _cell(first: str, *rest: str) -> RichTextBlock:
    runs: list[CardElement] = [TextRun(text=inert(first), weight="Bolder")]
    runs += [TextRun(text=f"\n{inert(text)}", is_subtle=True, size="Small") for text in rest if text]
    return RichTextBlock(inlines=runs)


def _at_odds(room: RoomStatus) -> bool:
    return room.evidence in _AT_ODDS[room.control]


def _serious(room: RoomStatus, audience: Audience) -> bool:
    return room.trouble not in ("", "polling") or _lapsed(room, audience) or _at_odds(room)


def _lapsed(room: RoomStatus, audience: Audience) -> bool:
    return room.subscription_expires_at is not None and room.subscription_expires_at <= audience.now
