"""Serves the page, its files, and the day that it shows."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from aiohttp import web

from sandbox import wire
from sandbox.calendar import ids
from sandbox.calendar.models import Answer, Item
from sandbox.directory.models import Building, Room
from sandbox.errors import bad_request, no_object
from sandbox.odata import Entity
from sandbox.world import WORLD, World
from sandbox.zones import zone

_PRIVATE = "Private appointment"  # as Outlook shows it to others
FILES = Path(__file__).parent / "static"
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:"


async def index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(FILES / "index.html", headers={"Content-Security-Policy": _POLICY})


async def day(request: web.Request) -> web.Response:
    """Query: building (its address), on (a date; default today there), known (a version).

    204 where nothing has changed since `known`."""
    world = request.app[WORLD]
    building = _building(request, world)
    now = world.clock.now().astimezone(zone(building.zone))
    on = _date(request.query.get("on", ""), now.date())
    version = f"{world.version}.{world.clock.now():%Y%m%d%H%M}"
    if request.query.get("known") == version:
        return wire.no_content()
    start_at = datetime.combine(on, time(), zone(building.zone)).astimezone(UTC)
    end_at = datetime.combine(on + timedelta(days=1), time(), zone(building.zone)).astimezone(UTC)
    rooms = [_room(world, room, start_at, end_at) for room in world.directory.rooms_of(building)]
    return wire.answer(
        {
            "version": version,
            "on": on.isoformat(),
            "today": now.date().isoformat(),
            "nowMinute": _minute(now, on),
            "now": now.strftime("%H:%M"),
            "zone": building.zone,
            "building": building.address,
            "buildings": [{"address": one.address, "name": one.name} for one in world.directory.buildings.values()],
            "people": [
                {"address": one.address, "name": one.name}
                for one in world.directory.users.values()
                if one.purpose == "user"
            ],
            "rooms": rooms,
        }
    )


def _room(world: World, room: Room, start_at: datetime, end_at: datetime) -> Entity:
    items = world.exchange.mailboxes[room.address].view(start_at, end_at)
    features = [name for name, has in (("video", room.video), ("screen", room.display)) if has]
    return {
        "address": room.address,
        "name": room.name,
        "capacity": room.capacity,
        "floor": room.floor,
        "features": [*features, *room.tags],
        "policy": _policy(world, room),
        "meetings": [_meeting(item, start_at, end_at) for item in items],
    }


def _policy(world: World, room: Room) -> str:
    config = world.exchange.configs[room.address]
    if config.mode != "AutoAccept":
        return f"nobody answers ({config.mode})"
    return "accepts by itself" if config.wells.all_book else "asks its delegate"


def _meeting(item: Item, start_at: datetime, end_at: datetime) -> Entity:
    shown_from, shown_to = max(item.when.start_at, start_at), min(item.when.end_at, end_at)
    return {
        "id": ids.ical_uid(item),
        "subject": _PRIVATE if item.content.sensitivity in {"private", "personal"} else item.content.subject,
        "organizer": item.organizer.name,
        "state": _state(item),
        "type": item.kind,
        "startMinute": int((shown_from - start_at).total_seconds() // 60),
        "endMinute": int((shown_to - start_at).total_seconds() // 60),
        "start": wire.instant(item.when.start_at),
        "end": wire.instant(item.when.end_at),
    }


def _state(item: Item) -> str:
    if item.is_cancelled:
        return "cancelled"
    if item.is_organizer:
        return "organizer"
    if item.response.answer is Answer.ACCEPTED:
        return "free" if item.show_as == "free" else "busy"
    return "pending" if item.response.answer is Answer.TENTATIVE else "delivered"


def _building(request: web.Request, world: World) -> Building:
    address = request.query.get("building") or next(iter(world.directory.buildings))
    building = world.directory.buildings.get(address.lower())
    if building is None:
        raise no_object(address)
    return building


def _date(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError as problem:
        raise bad_request(f"'{text}' is no date.") from problem


def _minute(now: datetime, on: date) -> int | None:
    return now.hour * 60 + now.minute if now.date() == on else None
