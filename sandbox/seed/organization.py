"""Seeds Contoso: three buildings, their rooms, people with managers, the delegate's mailbox; and more where asked."""

from sandbox.calendar.models import Person
from sandbox.directory.models import Building, Directory, Room, User
from sandbox.exchange.config import RoomConfig, auto_accept, auto_update, delegated
from sandbox.exchange.models import Exchange
from sandbox.seed.campus import more_rooms
from sandbox.seed.groups import add_groups
from sandbox.seed.ids import address_of, guid_of
from sandbox.seed.size import SEEDED_PEOPLE, SEEDED_ROOMS, Size
from sandbox.seed.staff import more_people

DELEGATE = address_of("room-bot")
AMSTERDAM = "W. Europe Standard Time"
LONDON = "GMT Standard Time"
NEW_YORK = "Eastern Standard Time"
_ALONE = 2  # seats: nobody is asked for such a room
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


def populate(directory: Directory, exchange: Exchange, size: Size | None = None) -> None:
    """Fills an empty directory and opens everybody's mailbox. Rooms are seeded in order: fewer than the tenant is known
    for leave buildings out, more are other buildings'."""
    size = size or Size()
    rooms = _rooms(size)
    buildings = list({room.building.address: room.building for room in rooms}.values())
    people = _people()
    top = next(one.id for one in people if not one.manager_id)
    people[SEEDED_PEOPLE:SEEDED_PEOPLE] = more_people(size.people - SEEDED_PEOPLE, buildings, top_manager_id=top)
    for user in people:
        directory.add_user(user)
        exchange.open_mailbox(Person(user.address, user.name))
    for building in buildings:
        directory.add_building(building)
    for room in rooms:
        directory.add_room(room)
        directory.add_user(_room_account(room))
        exchange.open_mailbox(Person(room.address, room.name), config=_config(room))
    add_groups(directory)


def _rooms(size: Size) -> list[Room]:
    buildings = [_building(row) for row in _BUILDINGS]
    seeded = [_room(row, buildings) for row in _ROOMS]
    return seeded[: size.rooms] + more_rooms(max(0, size.rooms - SEEDED_ROOMS))


def _people() -> list[User]:
    ids = {alias: id_ or guid_of(alias) for _, alias, id_, *_ in _PEOPLE}
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
        id=guid_of("room-bot"), name="Room Bot", address=DELEGATE, zone=AMSTERDAM, purpose="shared", is_enabled=False
    )  # fmt: skip
    return [*people, delegate]


def _building(row: tuple[str, ...]) -> Building:
    name, alias, zone, street, city, country, postal_code = row
    return Building(
        id=guid_of(alias),
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
        id=guid_of(f"place {alias}"),
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
        id=guid_of(f"account {room.address}"),
        name=room.name,
        address=room.address,
        zone=room.building.zone,
        purpose="room",
        office=room.building.name,
        is_enabled=False,
    )


def _config(room: Room) -> RoomConfig:
    """Rooms for two decide by themselves, Montreal files requests and never answers, all others ask the delegate."""
    zone = room.building.zone
    if room.capacity == _ALONE:
        return auto_accept(tz=zone)
    if room.name == "Montreal":
        return auto_update(tz=zone)
    return delegated(tz=zone, delegate=DELEGATE)
