"""Seeds the groups that follow from who is there: departments, everybody, room lists, a hidden one."""

from collections.abc import Iterable

from sandbox.directory.models import Directory, Group, User
from sandbox.seed.ids import guid_of

EMPLOYEES = "All employees"
ROOM_MANAGERS = "Room managers"
_BOARD = ("eleanor@", "maria@")


def add_groups(directory: Directory) -> None:
    """Departments are security groups, nested in one of everybody; the room managers' group holds a department and a
    person; each room list is a distribution list of its rooms' accounts."""
    people = [one for one in directory.users.values() if one.purpose == "user"]
    names = sorted({one.department for one in people if one.department})
    departments = [_security(f"{name} department", _of(people, name)) for name in names]
    for group in departments:
        directory.add_group(group)
    loose = [one.id for one in people if not one.department]
    directory.add_group(_security(EMPLOYEES, [*(one.id for one in departments), *loose]))
    workplace = [one.id for one in departments if one.name.startswith("Workplace ")]
    managers = [*workplace, *(one.id for one in people if one.address.startswith("eleanor@"))]
    directory.add_group(_security(ROOM_MANAGERS, managers, "Who may book rooms for others"))
    directory.add_group(_board(people))
    _add_room_lists(directory)


def _security(name: str, members: Iterable[str], description: str = "") -> Group:
    return Group(id=guid_of(f"group {name}"), name=name, description=description, members=tuple(members))


def _board(people: list[User]) -> Group:
    return Group(
        id=guid_of("group Board"),
        name="Board",
        address=f"board@{people[0].address.partition('@')[2]}",
        members=tuple(one.id for one in people if one.address.startswith(_BOARD)),
        is_security=False,
        is_unified=True,
        has_hidden_members=True,
    )


def _add_room_lists(directory: Directory) -> None:
    for building in directory.buildings.values():
        accounts = (directory.user(room.address) for room in directory.rooms_of(building))
        directory.add_group(
            Group(
                id=building.id,
                name=f"{building.name} rooms",
                address=building.address,
                members=tuple(one.id for one in accounts if one is not None),
                is_security=False,
            )
        )


def _of(people: list[User], department: str) -> list[str]:
    return [one.id for one in people if one.department == department]
