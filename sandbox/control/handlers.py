"""Control requests under /sandbox/: everything that the real service does not have."""

import re
from datetime import datetime, timedelta
from typing import Any

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import ids
from sandbox.calendar.models import Item
from sandbox.calendar.reading import LAST_YEAR
from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Cancel, Move, Outlook, Respond
from sandbox.errors import bad_request, no_object
from sandbox.exchange.config import PROFILES, changed
from sandbox.odata import Entity
from sandbox.seed.organization import DELEGATE
from sandbox.world import WORLD

_FARTHEST_YEARS = 10
_FARTHEST_S = _FARTHEST_YEARS * 365 * 86_400


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    advance_s: float


class Target(msgspec.Struct, forbid_unknown_fields=True):
    """Which mailbox's delta tokens; nothing means all."""

    mailbox: str | None = None


async def get_clock(request: web.Request) -> web.Response:
    clock = request.app[WORLD].clock
    due_at = clock.next_due_at()
    kind = "virtual" if isinstance(clock, VirtualClock) else "real"
    return wire.answer({"now": _iso(clock.now()), "clock": kind, "nextDue": _iso(due_at) if due_at else None})


async def advance_clock(request: web.Request) -> web.Response:
    clock = request.app[WORLD].clock
    body = await wire.body(request, Advance)
    if not isinstance(clock, VirtualClock):
        raise bad_request("The clock is real: start the sandbox with --clock virtual to move it.")
    if body.advance_s < 0:
        raise bad_request("Time does not go back.")
    if body.advance_s > _FARTHEST_S or clock.now().year > LAST_YEAR - _FARTHEST_YEARS:
        raise bad_request(f"Time goes on by at most {_FARTHEST_YEARS} years at once, and ends with {LAST_YEAR}.")
    await clock.advance(body.advance_s)
    return await get_clock(request)


async def book(request: web.Request) -> web.Response:
    item = Outlook(request.app[WORLD]).book(await wire.body(request, Book))
    return wire.answer(_meeting(item), status=201)


async def move(request: web.Request) -> web.Response:
    return wire.answer(_meeting(Outlook(request.app[WORLD]).move(await wire.body(request, Move))))


async def cancel(request: web.Request) -> web.Response:
    Outlook(request.app[WORLD]).cancel(await wire.body(request, Cancel))
    return wire.no_content()


async def respond(request: web.Request) -> web.Response:
    Outlook(request.app[WORLD]).respond(await wire.body(request, Respond))
    return wire.no_content()


async def list_meetings(request: web.Request) -> web.Response:
    """Query: mailbox; from and to as instants (default: the next seven days)."""
    world = request.app[WORLD]
    mailbox = world.exchange.mailboxes.get(request.query.get("mailbox", "").lower())
    if mailbox is None:
        raise no_object(request.query.get("mailbox", ""))
    now = world.clock.now()
    window = [_asked_instant(request, name, now, days) for name, days in (("from", 0), ("to", 7))]
    return wire.answer({"value": [_meeting(item) for item in mailbox.view(window[0], window[1])]})


async def list_mail(request: web.Request) -> web.Response:
    """Query: to."""
    to = request.query.get("to", "").lower()
    mails = [mail for mail in request.app[WORLD].exchange.post.mails if not to or mail.to == to]
    return wire.answer({"value": mails})


async def invalidate_delta(request: web.Request) -> web.Response:
    target = await wire.body(request, Target)
    mailboxes = request.app[WORLD].exchange.mailboxes
    if target.mailbox is not None and target.mailbox.lower() not in mailboxes:
        raise no_object(target.mailbox)
    chosen = mailboxes if target.mailbox is None else {target.mailbox.lower()}
    for address in chosen:
        mailboxes[address].sync_generation += 1
    return wire.answer({"invalidated": sorted(chosen)})


async def get_room(request: web.Request) -> web.Response:
    return wire.answer(request.app[WORLD].exchange.configs[_room(request)])


async def patch_room(request: web.Request) -> web.Response:
    """Values by the names that GET shows; `profile` (auto, autoUpdate, P1, P2) is applied first."""
    world = request.app[WORLD]
    room = _room(request)
    values: dict[str, Any] = await wire.body(request, dict)
    profile = values.pop("profile", None)
    config = world.exchange.configs[room]
    if profile is not None:
        if profile not in PROFILES:
            raise bad_request(f"There is no profile '{profile}'; there are {', '.join(PROFILES)}.")
        config = PROFILES[profile](config.tz, DELEGATE)
    try:
        world.exchange.configs[room] = changed(config, values)
    except msgspec.ValidationError as problem:
        raise bad_request(str(problem)) from problem
    return wire.answer(world.exchange.configs[room])


async def list_requests(request: web.Request) -> web.Response:
    """Query: method, path (a pattern), since (a number). `next` is the number that the next request will have."""
    log = request.app[WORLD].requests
    try:
        since = int(request.query.get("since", "0"))
        rows = log.find(method=request.query.get("method", ""), path=request.query.get("path", ""), since=since)
    except (ValueError, re.error, OverflowError, RecursionError) as problem:
        raise bad_request(str(problem)) from problem
    return wire.answer({"count": len(rows), "next": log.next_number, "value": rows})


async def list_refused(request: web.Request) -> web.Response:
    """What clients asked for and the tenant does not honour."""
    return wire.answer({"value": request.app[WORLD].requests.refused()})


async def clear_requests(request: web.Request) -> web.Response:
    request.app[WORLD].requests.clear()
    return wire.no_content()


async def reset(request: web.Request) -> web.Response:
    request.app[WORLD].reset()
    return wire.no_content()


def _room(request: web.Request) -> str:
    room = request.match_info["room"].lower()
    if not request.app[WORLD].exchange.is_room(room):
        raise no_object(room)
    return room


def _meeting(item: Item) -> Entity:
    return {
        "id": ids.event_id(item, immutable=False),
        "immutableId": ids.event_id(item, immutable=True),
        "iCalUId": ids.ical_uid(item),
        "mailbox": item.mailbox,
        "type": item.kind,
        "subject": item.content.subject,
        "organizer": item.organizer.address,
        "start": _iso(item.when.start_at),
        "end": _iso(item.when.end_at),
        "showAs": item.show_as,
        "response": item.response.answer,
        "isCancelled": item.is_cancelled,
        "attendees": {
            one.person.address: item.tracking[one.person.address].answer
            for one in item.content.attendees
            if one.person.address in item.tracking
        },
    }


def _asked_instant(request: web.Request, name: str, now: datetime, days: int) -> datetime:
    text = request.query.get(name)
    return Outlook(request.app[WORLD]).instant(text, "UTC") if text else now + timedelta(days=days)


def _iso(moment: datetime) -> str:
    return wire.instant(moment)
