"""Which meetings the rooms beyond the seeded ones start with: few, and two copies of most, so that a start is quick."""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sandbox.calendar.models import Person
from sandbox.seed.plans import SUBJECTS, Plan, at
from sandbox.zones import zone

_DAYS = 2  # working days from today on
_STARTS = ((9, 0), (10, 30), (13, 0), (14, 30), (16, 0))  # further apart than the longest meeting
_LENGTHS_MIN = (30, 45, 60, 60, 90)
_MOST_A_DAY = 2
_SATURDAY = 5


def of_room(alias: str, zone_name: str, now: datetime, people: Sequence[Person], rng: random.Random) -> Iterator[Plan]:
    """One or two meetings on most of the next working days; every third with a guest."""
    for day in _working_days(now.astimezone(zone(zone_name)).date()):
        for start in rng.sample(_STARTS, rng.randint(0, _MOST_A_DAY)):
            organizer, guest = rng.choice(people), rng.choice(people)
            has_guest = rng.random() < 1 / 3 and guest != organizer
            yield Plan(
                organizer=organizer.address.partition("@")[0],
                room=alias,
                start_at=at(day, start, zone_name),
                minutes=rng.choice(_LENGTHS_MIN),
                subject=rng.choice(SUBJECTS),
                zone=zone_name,
                guests=(guest,) if has_guest else (),
                is_chance=True,
            )


def _working_days(today: date) -> list[date]:
    days = (today + timedelta(days=n) for n in range(_DAYS + 2))
    return [day for day in days if day.weekday() < _SATURDAY][:_DAYS]
