"""The two views of the page: a building's rooms on one day, and one calendar in one week."""

from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from sandbox.clock import VirtualClock
from sandbox.directory.models import Building, Room
from sandbox.odata import Entity
from sandbox.page.meetings import delegates, segment
from sandbox.world import World
from sandbox.zones import zone

if TYPE_CHECKING:
    from collections.abc import Iterable

WEEK = 7


def day(world: World, building: Building, on: date | None, known: str) -> Entity | None:
    """The building's rooms on that day there, today by default; None where it looks as in the `known` version."""
    now = world.clock.now().astimezone(zone(building.zone))
    on = on or now.date()
    rooms = [room for room in world.directory.rooms.values() if room.building.address == building.address]
    version = _version(world, [room.address for room in rooms], f"{building.address} {on}")
    if version == known:
        return None
    return _frame(world, now, building.zone) | {
        "version": version,
        "on": on.isoformat(),
        "nowMinute": now.hour * 60 + now.minute if now.date() == on else None,
        "building": building.address,
        "buildingName": building.name,
        "city": building.city,
        "rooms": [
            facts(world, room) | {"meetings": _on(world, room.address, on, building.zone)}
            for room in sorted(rooms, key=lambda room: room.floor)
        ],
    }


def week(world: World, mailbox: str, on: date | None, known: str) -> Entity | None:
    """The calendar of somebody or of a room in the week from Monday that holds the day; None as for a day."""
    zone_name = zone_of(world, mailbox)
    now = world.clock.now().astimezone(zone(zone_name))
    on = on or now.date()
    version = _version(world, [mailbox], str(on))
    if version == known:
        return None
    monday = on - timedelta(days=on.weekday())
    days = [monday + timedelta(days=n) for n in range(WEEK)]
    return _frame(world, now, zone_name) | {
        "version": version,
        "on": on.isoformat(),
        "nowMinute": now.hour * 60 + now.minute,
        "owner": _owner(world, mailbox),
        "days": [{"date": one.isoformat(), "meetings": _on(world, mailbox, one, zone_name)} for one in days],
    }


def facts(world: World, room: Room) -> Entity:
    """What a person wants to know of a room before booking it."""
    features = [name for name, has in (("video", room.video), ("screen", room.display), ("audio", room.audio)) if has]
    wheelchair = ["step-free"] if room.is_wheelchair_accessible else []
    config = world.exchange.configs[room.address]
    return {
        "address": room.address,
        "name": room.name,
        "capacity": room.capacity,
        "floor": room.floor,
        "features": [*features, *room.tags, *wheelchair],
        "equipment": [name for name in (room.video, room.display, room.audio) if name],
        "policy": _policy(world, room),
        "mode": config.mode,
    }


def zone_of(world: World, mailbox: str) -> str:
    user = world.directory.user(mailbox)
    return user.zone if user is not None else "UTC"


def _owner(world: World, mailbox: str) -> Entity:
    room = world.directory.rooms.get(mailbox)
    if room is not None:
        building = room.building
        return facts(world, room) | {"kind": "room", "building": building.address, "buildingName": building.name}
    user = world.directory.user(mailbox)
    title = [user.job_title, user.department, user.office] if user is not None else ["another organization"]
    return {
        "kind": "person",
        "address": mailbox,
        "name": world.exchange.person(mailbox).name,
        "about": " · ".join(one for one in title if one),
    }


def _policy(world: World, room: Room) -> str:
    config = world.exchange.configs[room.address]
    if config.mode != "AutoAccept":
        return "nobody answers"
    return "accepts by itself" if config.wells.all_book else f"asks {delegates(world, room.address)}"


def _on(world: World, mailbox: str, on: date, zone_name: str) -> list[Entity]:
    home = zone(zone_name)
    start_at = datetime.combine(on, time(), home).astimezone(UTC)
    end_at = datetime.combine(on + timedelta(days=1), time(), home).astimezone(UTC)
    items = world.exchange.mailboxes[mailbox].view(start_at, end_at)
    return [segment(world, item, start_at, end_at, home) for item in items]


def _frame(world: World, now: datetime, zone_name: str) -> Entity:
    return {
        "today": now.date().isoformat(),
        "now": now.strftime("%H:%M"),
        "zone": zone_name,
        "clock": "virtual" if isinstance(world.clock, VirtualClock) else "real",
    }


def _version(world: World, mailboxes: "Iterable[str]", view: str) -> str:
    """Another one whenever something that is shown may have changed; the minute is shown, too."""
    stamps = [f"{world.clock.now():%Y%m%d%H%M}", view]
    for address in mailboxes:
        mailbox = world.exchange.mailboxes[address]
        config = world.exchange.configs.get(address)
        stamps.append(f"{mailbox.version} {mailbox.sync_generation} {hash(config)}")
    return blake2b("\n".join(stamps).encode(), digest_size=12).hexdigest()
