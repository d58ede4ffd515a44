"""The people beyond the seeded ones: departments with heads, managers and members, spread over the buildings."""

from collections.abc import Sequence

from sandbox.directory.models import Building, User
from sandbox.seed.ids import address_of, alias_of, guid_of
from sandbox.seed.words import CITIES, DEPARTMENTS, FIRST_NAMES, LAST_NAMES

_SPAN = 8  # people who report to one manager
_INITIALS = "ABCDEFGHIKLMNOPRSTW"
_STRIDE = 89  # shares no factor with the number of first names: every pair of names comes once
_LANGUAGES = {city: language for city, _, _, _, language, _, _ in CITIES}


def more_people(count: int, buildings: Sequence[Building], *, top_manager_id: str) -> list[User]:
    """Each department is a tree: a head who reports to `top_manager_id`, and eight people below every manager."""
    ids = [guid_of(f"person {number}") for number in range(count)]
    return [_person(number, ids, buildings, top_manager_id) for number in range(count)]


def _person(number: int, ids: list[str], buildings: Sequence[Building], top_manager_id: str) -> User:
    department, calling = DEPARTMENTS[number % len(DEPARTMENTS)]
    rank = number // len(DEPARTMENTS)
    above = (rank - 1) // _SPAN * len(DEPARTMENTS) + number % len(DEPARTMENTS)
    is_manager = (rank * _SPAN + 1) * len(DEPARTMENTS) + number % len(DEPARTMENTS) < len(ids)
    building = buildings[number % len(buildings)]
    name = _name(number)
    return User(
        id=ids[number],
        name=name,
        address=address_of(alias_of(name, joined_by=".")),
        zone=building.zone,
        job_title=_title(department, calling, rank, is_manager=is_manager),
        department=department,
        office=building.name,
        language=_LANGUAGES.get(building.city, "en-US"),
        manager_id=top_manager_id if rank == 0 else ids[above],
    )


def _name(number: int) -> str:
    """All pairs of a first and a last name, then all of them again with an initial between."""
    pairs = len(FIRST_NAMES) * len(LAST_NAMES)
    round_, place = divmod(number, pairs)
    last = LAST_NAMES[place % len(LAST_NAMES)]
    first = FIRST_NAMES[(place // len(LAST_NAMES) + place * _STRIDE) % len(FIRST_NAMES)]
    return f"{first} {_INITIALS[round_ - 1]}. {last}" if round_ else f"{first} {last}"


def _title(department: str, calling: str, rank: int, *, is_manager: bool) -> str:
    if rank == 0:
        return f"Head of {department}"
    if is_manager:
        return f"{department} Manager"
    return f"Senior {calling}" if rank % 4 == 0 else calling
