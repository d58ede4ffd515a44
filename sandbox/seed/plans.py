"""Which meetings the tenant is seeded with: the ones that testers look for, a demo's hours, weekends, ordinary days."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sandbox.calendar.models import Person
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.seed.ids import address_of
from sandbox.seed.organization import AMSTERDAM, LONDON, NEW_YORK
from sandbox.zones import zone

ROOMS = {
    AMSTERDAM: ("oslo", "bergen", "helsinki", "lisbon", "porto", "reykjavik", "sint-pietersberg"),
    LONDON: ("cambridge", "edinburgh", "dublin"),
    NEW_YORK: ("boston", "chicago"),
}
_LOT_SIZES = {AMSTERDAM: 6, LONDON: 2, NEW_YORK: 2}
PEOPLE = {
    AMSTERDAM: ("mia", "jonas", "priya", "tom", "daan", "sofia"),
    LONDON: ("eleanor", "oliver", "amara"),
    NEW_YORK: ("maria", "grace", "hassan"),
}
SUBJECTS = (
    "Quarterly planning", "Design critique", "Customer call: Northwind", "Hiring panel", "Budget review",
    "Onboarding buddy hour", "Incident review", "Roadmap sync", "Office move walk-through", "Contract review",
    "Retrospective", "Pitch rehearsal",
)  # fmt: skip
_STARTS = ((9, 0), (9, 30), (10, 30), (11, 0), (13, 0), (13, 30), (14, 0), (15, 0), (15, 30), (16, 0))
_LENGTHS_MIN = (30, 30, 45, 60, 60, 90)
_BUSY_ROOMS = 4  # a day: the others stay free from morning to evening
_SATURDAY, _SUNDAY = 5, 6
# Weekday, building, room, organizer, guests, start, minutes, subject.
_WEEKENDS = (
    (_SATURDAY, AMSTERDAM, "sint-pietersberg", "priya", ("mia", "tom", "daan"), (10, 0), 420, "Hackathon"),
    (_SATURDAY, AMSTERDAM, "oslo", "sofia", (), (9, 0), 150, "Maintenance: video system"),
    (_SATURDAY, AMSTERDAM, "bergen", "jonas", (), (13, 0), 90, "Maintenance: carpet cleaning"),
    (_SUNDAY, AMSTERDAM, "sint-pietersberg", "priya", ("mia", "tom"), (11, 0), 240, "Hackathon: demos and prizes"),
    (_SUNDAY, AMSTERDAM, "helsinki", "sofia", (), (9, 30), 180, "Maintenance: air conditioning"),
    (_SATURDAY, LONDON, "edinburgh", "oliver", ("amara",), (10, 0), 180, "Charity quiz"),
    (_SUNDAY, LONDON, "cambridge", "oliver", (), (9, 0), 120, "Maintenance: fire alarm test"),
    (_SATURDAY, NEW_YORK, "chicago", "hassan", ("grace",), (10, 0), 360, "Hackathon"),
    (_SUNDAY, NEW_YORK, "boston", "grace", (), (9, 0), 120, "Maintenance: window cleaning"),
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One meeting to plant. `is_chance` tells one of the ordinary ones."""

    organizer: str
    room: str
    start_at: datetime
    minutes: int
    subject: str
    zone: str
    guests: tuple[Person, ...] = ()
    sensitivity: str = "normal"
    recurrence: Recurrence | None = None
    is_chance: bool = False

    @property
    def end_at(self) -> datetime:
        return self.start_at + timedelta(minutes=self.minutes)


def at(day: date, clock_time: tuple[int, int], zone_name: str) -> datetime:
    return datetime.combine(day, time(*clock_time), zone(zone_name)).astimezone(UTC)


def special(now: datetime) -> list[Plan]:
    """The ones that a tester wants to find: a weekly series, a private meeting, one with an external guest."""
    today = now.astimezone(zone(AMSTERDAM)).date()
    next_day = next(day for day in (today + timedelta(days=n) for n in range(1, 5)) if day.weekday() < _SATURDAY)
    mia = Person(address_of("mia"), "Mia Lindqvist")
    return [
        _weekly(today - timedelta(days=today.weekday() + 14)),
        Plan(
            organizer="jonas",
            room="lisbon",
            start_at=at(next_day, (16, 0), AMSTERDAM),
            minutes=45,
            subject="Salary conversation",
            zone=AMSTERDAM,
            sensitivity="private",
            guests=(mia,),
        ),
        Plan(
            organizer="tom",
            room="reykjavik",
            start_at=at(next_day, (11, 0), AMSTERDAM),
            minutes=60,
            subject="Fabrikam: contract kick-off",
            zone=AMSTERDAM,
            guests=(mia, Person("lena.fischer@fabrikam.com", "Lena Fischer")),
        ),
    ]


def of_day(day: date, zone_name: str, rng: random.Random, person: Callable[[str], Person]) -> list[Plan]:
    """What a building has on that day, in the order in which it is to be planted."""
    if day.weekday() >= _SATURDAY:
        return _weekend(day, zone_name, person)
    demo = [_two_o_clock(day)] if zone_name == AMSTERDAM and day.toordinal() % 2 else []
    return demo + _workday(day, zone_name, rng, person)


def _weekly(first_on: date) -> Plan:
    return Plan(
        organizer="priya",
        room="oslo",
        start_at=at(first_on, (9, 30), AMSTERDAM),
        minutes=30,
        subject="Workplace weekly",
        zone=AMSTERDAM,
        guests=(Person(address_of("jonas"), "Jonas Berg"), Person(address_of("daan"), "Daan Bakker")),
        recurrence=Recurrence(
            type=PatternType.WEEKLY,
            days=("monday",),
            first_day="monday",
            range_type=RangeType.NUMBERED,
            start_on=first_on,
            count=20,
        ),
    )


def _two_o_clock(day: date) -> Plan:
    """Every other day Oslo is taken at two: who asks for it then is shown what else there is."""
    return Plan(
        organizer="sofia",
        room="oslo",
        start_at=at(day, (14, 0), AMSTERDAM),
        minutes=45,
        subject="Supplier call: catering",
        zone=AMSTERDAM,
        guests=(Person(address_of("jonas"), "Jonas Berg"),),
    )


def _weekend(day: date, zone_name: str, person: Callable[[str], Person]) -> list[Plan]:
    return [
        Plan(
            organizer=organizer,
            room=room,
            start_at=at(day, start, zone_name),
            minutes=minutes,
            subject=subject,
            zone=zone_name,
            guests=tuple(person(address_of(one)) for one in guests),
        )
        for weekday, building, room, organizer, guests, start, minutes, subject in _WEEKENDS
        if (weekday, building) == (day.weekday(), zone_name)
    ]


def _workday(day: date, zone_name: str, rng: random.Random, person: Callable[[str], Person]) -> list[Plan]:
    used = rng.sample(ROOMS[zone_name], min(_BUSY_ROOMS, len(ROOMS[zone_name]) - 1))
    plans = []
    for _ in range(_LOT_SIZES[zone_name]):
        who = rng.choice(PEOPLE[zone_name])
        guests = rng.sample([one for one in PEOPLE[zone_name] if one != who], rng.randint(1, 2))
        plans.append(
            Plan(
                organizer=who,
                room=rng.choice(used),
                start_at=at(day, rng.choice(_STARTS), zone_name),
                minutes=rng.choice(_LENGTHS_MIN),
                subject=rng.choice(SUBJECTS),
                zone=zone_name,
                guests=tuple(person(address_of(one)) for one in guests),
                is_chance=True,
            )
        )
    return plans
