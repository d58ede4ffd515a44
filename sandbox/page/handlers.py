"""Serves the page, its files, and what it shows."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from aiohttp import web

from sandbox import wire
from sandbox.calendar import ids
from sandbox.errors import bad_request, no_item, no_object
from sandbox.odata import Entity
from sandbox.page import views
from sandbox.page.finding import KINDS, Kind, find
from sandbox.page.meetings import details
from sandbox.world import WORLD, World

FILES = Path(__file__).parent / "static"
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:"
_FIRST, _LAST = date(1970, 1, 1), date(2100, 1, 1)


async def index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(FILES / "index.html", headers={"Content-Security-Policy": _POLICY})


async def day(request: web.Request) -> web.Response:
    """Query: building (its address; the first by default), on (a date; default today there), known (a version).

    204 where nothing has changed since `known`."""
    world = request.app[WORLD]
    address = request.query.get("building") or next(iter(world.directory.buildings))
    building = world.directory.buildings.get(address.lower())
    if building is None:
        raise no_object(address)
    return _answer(views.day(world, building, _date(request), request.query.get("known", "")))


async def week(request: web.Request) -> web.Response:
    """Query: mailbox, on and known as for a day."""
    world = request.app[WORLD]
    return _answer(views.week(world, _mailbox(request, world), _date(request), request.query.get("known", "")))


async def meeting(request: web.Request) -> web.Response:
    """Query: mailbox, id (an iCalUId), start (its instant, as a view gave it)."""
    world = request.app[WORLD]
    mailbox = world.exchange.mailboxes[_mailbox(request, world)]
    start_at = _instant(request.query.get("start", ""))
    for item in mailbox.view(start_at, start_at + timedelta(seconds=1)):
        if ids.ical_uid(item) == request.query.get("id"):
            return wire.answer(details(world, item))
    raise no_item()


async def search(request: web.Request) -> web.Response:
    """Query: q, kind (some of building, room, person, joined by commas; all by default)."""
    asked = request.query.get("kind", "")
    kinds: list[Kind] = [kind for kind in KINDS if not asked or kind in asked.split(",")]
    return wire.answer({"value": find(request.app[WORLD], request.query.get("q", ""), kinds)})


def _answer(view: Entity | None) -> web.Response:
    return wire.no_content() if view is None else wire.answer(view)


def _mailbox(request: web.Request, world: World) -> str:
    address = request.query.get("mailbox", "").lower()
    if address not in world.exchange.mailboxes:
        raise no_object(address)
    return address


def _date(request: web.Request) -> date | None:
    text = request.query.get("on", "")
    if not text:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError as problem:
        raise bad_request(f"'{text}' is no date.") from problem
    if not _FIRST <= on <= _LAST:
        raise bad_request(f"{text} is too far away: the page shows {_FIRST.year} to {_LAST.year}.")
    return on


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as problem:
        raise bad_request(f"'{text}' is no point in time.") from problem
