"""The directory: people and resource accounts, found by id, user principal name or address; rooms and room lists."""

from dataclasses import dataclass, field

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True, kw_only=True)
class User:
    """An account with a mailbox. `purpose` is the mailbox's: user, room or shared."""

    id: str
    name: str
    address: str
    zone: str
    purpose: str = "user"
    job_title: str = ""
    department: str = ""
    office: str = ""
    language: str = "en-US"
    manager_id: str = ""
    is_enabled: bool = True
    work_start: str = "08:00:00.0000000"
    work_end: str = "17:00:00.0000000"
    work_days: tuple[str, ...] = WEEKDAYS

    @property
    def given_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def surname(self) -> str:
        return self.name.partition(" ")[2]


@dataclass(frozen=True, kw_only=True)
class Building:
    """`address` is the room list's."""

    id: str
    name: str
    address: str
    zone: str
    street: str
    city: str
    country: str
    postal_code: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """What /places tells of a room. Its mailbox is the user with the same address."""

    id: str
    name: str
    address: str
    building: Building
    floor: int
    capacity: int
    audio: str = ""
    video: str = ""
    display: str = ""
    tags: tuple[str, ...] = ()
    is_wheelchair_accessible: bool = False
    phone: str = ""
    booking_type: str = "standard"


@dataclass(kw_only=True)
class Directory:
    """The whole directory of the tenant, in the order in which it lists things."""

    users: dict[str, User] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    buildings: dict[str, Building] = field(default_factory=dict)
    _ids_by_name: dict[str, str] = field(default_factory=dict)

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self._ids_by_name[user.address] = user.id

    def add_building(self, building: Building) -> None:
        self.buildings[building.address] = building

    def add_room(self, room: Room) -> None:
        self.rooms[room.address] = room

    def user(self, name: str) -> User | None:
        """By Entra object id, user principal name or address, in any case."""
        wanted = name.casefold()
        return self.users.get(self._ids_by_name.get(wanted, wanted))

    def room(self, name: str) -> Room | None:
        """By place id or address."""
        wanted = name.casefold()
        return self.rooms.get(wanted) or next((room for room in self.rooms.values() if room.id == wanted), None)

    def rooms_of(self, building: Building) -> list[Room]:
        return [room for room in self.rooms.values() if room.building == building]
