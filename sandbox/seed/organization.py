"""Seeds Contoso: three buildings, their rooms, people with managers, the delegate's mailbox."""

from uuid import NAMESPACE_DNS, uuid5

from sandbox.calendar.models import Person
from sandbox.directory.models import Building, Directory, Room, User
from sandbox.exchange.config import RoomConfig, auto_accept, auto_update, delegated
from sandbox.exchange.models import Exchange
from sandbox.login.models import TENANT_DOMAIN

DELEGATE = f"room-bot@{TENANT_DOMAIN}"
AMSTERDAM = "W. Europe Standard Time"
LONDON = "GMT Standard Time"
NEW_YORK = "Eastern Standard Time"
_DESKS = {AMSTERDAM: "Harbour House", LONDON: "Thames Yard", NEW_YORK: "Union Square"}

MIA = "11111111-1111-4111-8111-111111111111"
JONAS = "22222222-2222-4222-8222-222222222222"
PRIYA = "33333333-3333-4333-8333-333333333333"
TOM = "44444444-4444-4444-8444-444444444444"
MARIA = "55555555-5555-4555-8555-555555555555"

_BUILDINGS = (
    ("Harbour House", "harbour-house", AMSTERDAM, "Piet Heinkade 55", "Amsterdam", "Netherlands", "1019 GM"),
    ("Thames Yard", "thames-yard", LONDON, "12 Shad Thames", "London", "United Kingdom", "SE1 2YR"),
    ("Union Square", "union-square", NEW_YORK, "41 Union Square West", "New York", "United States", "10003"),
)
# Name, alias, building, floor, capacity, audio, video, display, tags, wheelchair.
_ROOMS = (
    ("Oslo", "oslo", 0, 2, 8, "Poly Sync 60", "Logitech Rally Bar", 'Samsung 65"', ("whiteboard",), True),
    ("Bergen", "bergen", 0, 1, 4, "", "Logitech MeetUp", 'LG 43"', (), True),
    ("Helsinki", "helsinki", 0, 3, 12, "Shure MXA920", "Logitech Rally Plus", 'Samsung 85"',
     ("whiteboard", "projector"), True),
    ("Lisbon", "lisbon", 0, 2, 6, "", "", 'LG 55"', ("whiteboard",), False),
    ("Porto", "porto", 0, 1, 2, "", "", "", (), False),
    ("Reykjavik", "reykjavik", 0, 3, 10, "Poly Sync 60", "Poly Studio X50", 'Samsung 75"', ("whiteboard",), True),
    ("Sint-Pietersberg Conference Room with Garden View", "sint-pietersberg", 0, 1, 20, "Shure MXA920",
     "Cisco Room Kit EQ", "Barco projector", ("projector", "whiteboard", "garden view"), True),
    ("Cambridge", "cambridge", 1, 2, 8, "Jabra Speak 810", "Jabra PanaCast 50", 'LG 65"', ("whiteboard",), True),
    ("Edinburgh", "edinburgh", 1, 4, 14, "Shure MXA920", "Logitech Rally Plus", 'Samsung 85"',
     ("projector", "whiteboard"), True),
    ("Dublin", "dublin", 1, 2, 4, "", "", 'LG 43"', (), False),
    ("Boston", "boston", 2, 7, 6, "", "Logitech MeetUp", 'LG 55"', ("whiteboard",), True),
    ("Chicago", "chicago", 2, 7, 16, "Shure MXA920", "Cisco Room Kit EQ", 'Samsung 85"',
     ("projector", "whiteboard"), True),
    ("Montreal", "montreal", 2, 8, 4, "", "", "", ("whiteboard",), False),
)  # fmt: skip
# Name, alias, id ('' makes one), manager's alias, title, department, zone, language.
_PEOPLE = (
    ("Mia Lindqvist", "mia", MIA, "jonas", "Product Designer", "Design", AMSTERDAM, "en-US"),
    ("Jonas Berg", "jonas", JONAS, "eleanor", "Head of Workplace", "Workplace", AMSTERDAM, "en-US"),
    ("Priya Raman", "priya", PRIYA, "jonas", "Workplace Engineer", "Workplace", AMSTERDAM, "en-US"),
    ("Tom de Vries", "tom", TOM, "jonas", "Account Manager", "Sales", AMSTERDAM, "nl-NL"),
    ("Maria-Fernanda Albrechtsberger van den Heuvel", "maria", MARIA, "eleanor", "Director of Partnerships",
     "Sales", NEW_YORK, "en-US"),
    ("Eleanor Whitfield", "eleanor", "", "", "Chief Operating Officer", "Management", LONDON, "en-GB"),
    ("Daan Bakker", "daan", "", "priya", "Service Desk Analyst", "Workplace", AMSTERDAM, "nl-NL"),
    ("Sofia Marchetti", "sofia", "", "jonas", "Office Coordinator", "Workplace", AMSTERDAM, "en-US"),
    ("Oliver Hughes", "oliver", "", "eleanor", "Finance Lead", "Finance", LONDON, "en-GB"),
    ("Amara Okafor", "amara", "", "oliver", "Financial Analyst", "Finance", LONDON, "en-GB"),
    ("Grace Kim", "grace", "", "maria", "Partner Manager", "Sales", NEW_YORK, "en-US"),
    ("Hassan El-Amin", "hassan", "", "maria", "Solutions Architect", "Engineering", NEW_YORK, "en-US"),
)  # fmt: skip


def populate(directory: Directory, exchange: Exchange) -> None:
    """Fills an empty directory and opens everybody's mailbox."""
    for user in _people():
        directory.add_user(user)
        exchange.open_mailbox(Person(user.address, user.name))
    buildings = [_building(row) for row in _BUILDINGS]
    for building in buildings:
        directory.add_building(building)
    for row in _ROOMS:
        room = _room(row, buildings)
        directory.add_room(room)
        directory.add_user(_room_account(room))
        exchange.open_mailbox(Person(room.address, room.name), config=_config(room))


def address_of(alias: str) -> str:
    return f"{alias}@{TENANT_DOMAIN}"


def _people() -> list[User]:
    ids = {alias: id_ or _guid(alias) for _, alias, id_, *_ in _PEOPLE}
    people = [
        User(
            id=ids[alias],
            name=name,
            address=address_of(alias),
            zone=zone,
            job_title=title,
            department=department,
            office=_DESKS[zone],
            language=language,
            manager_id=ids.get(manager, ""),
        )
        for name, alias, _, manager, title, department, zone, language in _PEOPLE
    ]
    delegate = User(
        id=_guid("room-bot"), name="Room Bot", address=DELEGATE, zone=AMSTERDAM, purpose="shared", is_enabled=False
    )  # fmt: skip
    return [*people, delegate]


def _building(row: tuple[str, ...]) -> Building:
    name, alias, zone, street, city, country, postal_code = row
    return Building(
        id=_guid(alias),
        name=name,
        address=address_of(alias),
        zone=zone,
        street=street,
        city=city,
        country=country,
        postal_code=postal_code,
    )


def _room(row: tuple[str, str, int, int, int, str, str, str, tuple[str, ...], bool], buildings: list[Building]) -> Room:
    name, alias, building, floor, capacity, audio, video, display, tags, is_accessible = row
    return Room(
        id=_guid(f"place {alias}"),
        name=name,
        address=address_of(alias),
        building=buildings[building],
        floor=floor,
        capacity=capacity,
        audio=audio,
        video=video,
        display=display,
        tags=tags,
        is_wheelchair_accessible=is_accessible,
    )


def _room_account(room: Room) -> User:
    return User(
        id=_guid(f"account {room.address}"),
        name=room.name,
        address=room.address,
        zone=room.building.zone,
        purpose="room",
        office=room.building.name,
        is_enabled=False,
    )


def _config(room: Room) -> RoomConfig:
    """Porto decides by itself, Montreal files requests and never answers, everybody else asks the delegate."""
    zone = room.building.zone
    if room.name == "Porto":
        return auto_accept(tz=zone)
    if room.name == "Montreal":
        return auto_update(tz=zone)
    return delegated(tz=zone, delegate=DELEGATE)


def _guid(name: str) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{name}.{TENANT_DOMAIN}"))
