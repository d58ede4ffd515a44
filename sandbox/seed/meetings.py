"""Seeds a working week or two of meetings around the clock's now, long since answered."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sandbox.calendar.models import Answer, Attendee, Content, Item, Person, Place, Response, ShowAs, When
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.exchange.attending import Attending
from sandbox.exchange.mail import Message, MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.organizing import Organizing
from sandbox.seed.organization import AMSTERDAM, LONDON, NEW_YORK, address_of
from sandbox.zones import zone

_BEFORE_DAYS = 5
_AFTER_DAYS = 7
_LOT_SIZES = {AMSTERDAM: 6, LONDON: 2, NEW_YORK: 2}
_ROOMS = {
    AMSTERDAM: ("oslo", "bergen", "helsinki", "lisbon", "porto", "reykjavik", "sint-pietersberg"),
    LONDON: ("cambridge", "edinburgh", "dublin"),
    NEW_YORK: ("boston", "chicago"),
}
_PEOPLE = {
    AMSTERDAM: ("mia", "jonas", "priya", "tom", "daan", "sofia"),
    LONDON: ("eleanor", "oliver", "amara"),
    NEW_YORK: ("maria", "grace", "hassan"),
}
_SUBJECTS = (
    "Quarterly planning", "Design critique", "Customer call: Northwind", "Hiring panel", "Budget review",
    "Onboarding buddy hour", "Incident review", "Roadmap sync", "Office move walk-through", "Contract review",
    "Retrospective", "Pitch rehearsal",
)  # fmt: skip
_STARTS = ((9, 0), (9, 30), (10, 30), (11, 0), (13, 0), (13, 30), (14, 0), (15, 0), (15, 30), (16, 0))
_LENGTHS_MIN = (30, 30, 45, 60, 60, 90)
_BUSY_ROOMS = 4  # of the seven in Harbour House, so that two at least are free beside the weekly series
_GUEST = Person("lena.fischer@fabrikam.com", "Lena Fischer")


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """One meeting to plant."""

    organizer: str
    room: str
    start_at: datetime
    minutes: int
    subject: str
    zone: str
    guests: tuple[Person, ...] = ()
    sensitivity: str = "normal"
    recurrence: Recurrence | None = None


def plant(exchange: Exchange, organizing: Organizing, attending: Attending, rng: random.Random) -> None:
    """Files every copy as answered, without mails, delays or attendants."""
    planter = _Planter(exchange, organizing, attending)
    for plan in _special(exchange.now()):
        planter.put(plan)
    for zone_name in _ROOMS:
        for day in _workdays(exchange.now().astimezone(zone(zone_name)).date()):
            for plan in _day(day, zone_name, rng, exchange):
                planter.put(plan)


class _Planter:
    def __init__(self, exchange: Exchange, organizing: Organizing, attending: Attending) -> None:
        self._exchange = exchange
        self._organizing = organizing
        self._attending = attending

    def put(self, plan: _Plan) -> None:
        """Does nothing where the room is taken already."""
        room = self._exchange.mailboxes[address_of(plan.room)]
        end_at = plan.start_at + timedelta(minutes=plan.minutes)
        if room.view(plan.start_at, end_at):
            return
        content = _content(plan, self._exchange)
        mailbox = self._exchange.mailboxes[address_of(plan.organizer)]
        item = self._organizing.file(mailbox, content)
        self._backdate(item)
        for attendee in content.attendees:
            self._answer(item, attendee)

    def _answer(self, item: Item, attendee: Attendee) -> None:
        who = attendee.person.address
        accepted = Response(Answer.ACCEPTED, item.created_at + timedelta(minutes=1))
        item.tracking[who] = accepted
        if who not in self._exchange.mailboxes:
            return
        copy = self._attending.file(self._exchange.mailboxes[who], _request(item, who))
        copy.response, copy.show_as = accepted, item.content.show_as
        self._backdate(copy)
        if self._exchange.is_room(who) and self._exchange.configs[who].wells.all_book:
            copy.content = replace(copy.content, subject=item.organizer.name, body="", sensitivity="normal")

    def _backdate(self, item: Item) -> None:
        item.created_at = item.modified_at = self._exchange.now() - timedelta(days=9)


def _request(item: Item, to: str) -> Message:
    return Message(
        kind=MessageKind.REQUEST,
        uid=item.uid,
        to=to,
        organizer=item.organizer,
        sequence=item.sequence,
        content=item.content,
    )


def _content(plan: _Plan, exchange: Exchange) -> Content:
    room = exchange.person(address_of(plan.room))
    end_at = plan.start_at + timedelta(minutes=plan.minutes)
    people = tuple(Attendee(guest) for guest in plan.guests)
    return Content(
        when=When(plan.start_at, end_at, plan.zone, plan.zone),
        subject=plan.subject,
        sensitivity=plan.sensitivity,
        show_as=ShowAs.BUSY,
        locations=(Place(room.name, room.address),),
        attendees=(*people, Attendee(room, "resource")),
        recurrence=plan.recurrence,
    )


def _special(now: datetime) -> list[_Plan]:
    """The ones that a tester wants to find: a weekly series, a private meeting, one with an external guest."""
    today = now.astimezone(zone(AMSTERDAM)).date()
    monday = today - timedelta(days=today.weekday())
    first_on = monday - timedelta(days=14)
    next_day = next(day for day in (today + timedelta(days=n) for n in range(1, 5)) if day.weekday() < 5)
    return [
        _Plan(
            organizer="priya",
            room="oslo",
            start_at=_at(first_on, (9, 30), AMSTERDAM),
            minutes=30,
            subject="Workplace weekly",
            zone=AMSTERDAM,
            guests=tuple(
                Person(address_of(who), name) for who, name in (("jonas", "Jonas Berg"), ("daan", "Daan Bakker"))
            ),
            recurrence=Recurrence(
                type=PatternType.WEEKLY,
                days=("monday",),
                first_day="monday",
                range_type=RangeType.NUMBERED,
                start_on=first_on,
                count=20,
            ),
        ),
        _Plan(
            organizer="jonas",
            room="lisbon",
            start_at=_at(next_day, (16, 0), AMSTERDAM),
            minutes=45,
            subject="Salary conversation",
            zone=AMSTERDAM,
            sensitivity="private",
            guests=(Person(address_of("mia"), "Mia Lindqvist"),),
        ),
        _Plan(
            organizer="tom",
            room="reykjavik",
            start_at=_at(next_day, (11, 0), AMSTERDAM),
            minutes=60,
            subject="Fabrikam: contract kick-off",
            zone=AMSTERDAM,
            guests=(Person(address_of("mia"), "Mia Lindqvist"), _GUEST),
        ),
    ]


def _day(day: date, zone_name: str, rng: random.Random, exchange: Exchange) -> list[_Plan]:
    """A few meetings in some of the building's rooms; the others stay free all day."""
    used = rng.sample(_ROOMS[zone_name], min(_BUSY_ROOMS, len(_ROOMS[zone_name]) - 1))
    plans = []
    for _ in range(_LOT_SIZES[zone_name]):
        who = rng.choice(_PEOPLE[zone_name])
        guests = rng.sample([one for one in _PEOPLE[zone_name] if one != who], rng.randint(1, 2))
        plans.append(
            _Plan(
                organizer=who,
                room=rng.choice(used),
                start_at=_at(day, rng.choice(_STARTS), zone_name),
                minutes=rng.choice(_LENGTHS_MIN),
                subject=rng.choice(_SUBJECTS),
                zone=zone_name,
                guests=tuple(exchange.person(address_of(one)) for one in guests),
            )
        )
    return plans


def _workdays(today: date) -> list[date]:
    days = (today + timedelta(days=n) for n in range(-_BEFORE_DAYS, _AFTER_DAYS + 1))
    return [day for day in days if day.weekday() < 5]


def _at(day: date, clock_time: tuple[int, int], zone_name: str) -> datetime:
    return datetime.combine(day, time(*clock_time), zone(zone_name)).astimezone(UTC)
