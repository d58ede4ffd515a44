"""Plants a week or two of meetings around the clock's now, long since answered, and leaves rooms free beside them."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sandbox.calendar.models import Answer, Attendee, Content, Item, Kind, Person, Place, Response, ShowAs, When
from sandbox.exchange.attending import Attending
from sandbox.exchange.mail import Message, MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.organizing import Organizing
from sandbox.seed.ids import address_of
from sandbox.seed.ordinary import of_room
from sandbox.seed.organization import AMSTERDAM, DELEGATE
from sandbox.seed.plans import PEOPLE, ROOMS, Plan, at, of_day, special
from sandbox.zones import zone

# Told how many rooms have their meetings, and how many there are.
Progress = Callable[[int, int], None]

_BEFORE_DAYS = 5
_AFTER_DAYS = 7
_AHEAD_WEEKDAYS = 5
_HOUSE = tuple(address_of(alias) for alias in ROOMS[AMSTERDAM])
_LARGE = tuple(address_of(alias) for alias in ROOMS[AMSTERDAM] if alias not in {"bergen", "porto"})  # six seats or more
_HOUSE_FREE = 2  # of seven
_LARGE_FREE = 3  # of five, between three and four
_SEEDED_ROOMS = {address_of(alias) for alias in (*(one for rooms in ROOMS.values() for one in rooms), "montreal")}
_SEEDED_PEOPLE = {address_of(alias) for people in PEOPLE.values() for alias in people}


def plant(
    exchange: Exchange, organizing: Organizing, attending: Attending, rng: random.Random, told: Progress | None = None
) -> None:
    """Files every copy as answered, without mails, delays or attendants; leaves days alone that hold meetings.

    At any time two rooms of Harbour House stay free; between 15:00 and 16:00 three for six or more; at 14:00 Oslo is
    taken on every other working day. Rooms beyond the seeded buildings get a few meetings for the next working days.
    """
    days = {zone_name: _quiet_days(exchange, zone_name) for zone_name in ROOMS}
    planter = _Planter(exchange, organizing, attending)
    for plan in special(exchange.now()):
        planter.put(plan)
    for zone_name in ROOMS:
        for day in days[zone_name]:
            for plan in of_day(day, zone_name, rng, exchange.person):
                planter.put(plan)
    _plant_others(exchange, planter, rng, told)


def _plant_others(exchange: Exchange, planter: "_Planter", rng: random.Random, told: Progress | None) -> None:
    others = [room for room in exchange.configs if room not in _SEEDED_ROOMS]
    people = _organizers(exchange)
    for number, room in enumerate(others, 1):
        for plan in of_room(room.partition("@")[0], exchange.configs[room].tz, exchange.now(), people, rng):
            planter.put(plan)
        if told is not None:
            told(number, len(others))


def _organizers(exchange: Exchange) -> list[Person]:
    """Those without a part of their own, where there are any."""
    people = [one for one in exchange.names if not exchange.is_room(one) and not exchange.is_external(one)]
    others = [one for one in people if one not in _SEEDED_PEOPLE and one != DELEGATE]
    return [exchange.person(one) for one in others or sorted(_SEEDED_PEOPLE)]


def is_bare(exchange: Exchange) -> bool:
    """Whether no room holds anything but series from now to the end of the fifth weekday from today on."""
    now = exchange.now()
    today = now.astimezone(zone(AMSTERDAM)).date()
    weekdays = [day for day in (today + timedelta(days=n) for n in range(9)) if day.weekday() < 5]
    end_on = weekdays[_AHEAD_WEEKDAYS - 1] + timedelta(days=1)
    return all(_is_quiet(exchange, room, now, at(end_on, (0, 0), AMSTERDAM)) for room in exchange.configs)


class _Planter:
    def __init__(self, exchange: Exchange, organizing: Organizing, attending: Attending) -> None:
        self._exchange = exchange
        self._organizing = organizing
        self._attending = attending

    def put(self, plan: Plan) -> None:
        """Does nothing where the room is taken already, or too few would stay free."""
        room = address_of(plan.room)
        if not self._exchange.is_room(room) or self._taken((room,), plan.start_at, plan.end_at):
            return
        if not self._leaves_enough(plan):
            return
        content = _content(plan, self._exchange)
        mailbox = self._exchange.mailboxes[address_of(plan.organizer)]
        item = self._organizing.file(mailbox, content)
        self._backdate(item)
        for attendee in content.attendees:
            self._answer(item, attendee)

    def _leaves_enough(self, plan: Plan) -> bool:
        room = address_of(plan.room)
        if room not in _HOUSE:
            return True
        if self._taken(_HOUSE, plan.start_at, plan.end_at) >= self._most(_HOUSE, _HOUSE_FREE):
            return False
        two, three, four = (at(plan.start_at.date(), (hour, 0), AMSTERDAM) for hour in (14, 15, 16))
        if plan.is_chance and plan.room == "oslo" and _overlaps(plan, two, three):
            return False
        is_counted = room in _LARGE and _overlaps(plan, three, four)
        return not is_counted or self._taken(_LARGE, three, four) < self._most(_LARGE, _LARGE_FREE)

    def _most(self, rooms: tuple[str, ...], free: int) -> int:
        """How many of the rooms may be taken at once; a house that is too small for it keeps one in use."""
        return max(1, sum(map(self._exchange.is_room, rooms)) - free)

    def _taken(self, rooms: tuple[str, ...], start_at: datetime, end_at: datetime) -> int:
        here = [self._exchange.mailboxes[room] for room in rooms if self._exchange.is_room(room)]
        return sum(bool(mailbox.view(start_at, end_at)) for mailbox in here)

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


def _content(plan: Plan, exchange: Exchange) -> Content:
    room = exchange.person(address_of(plan.room))
    people = tuple(Attendee(guest) for guest in plan.guests)
    return Content(
        when=When(plan.start_at, plan.end_at, plan.zone, plan.zone),
        subject=plan.subject,
        sensitivity=plan.sensitivity,
        show_as=ShowAs.BUSY,
        locations=(Place(room.name, room.address),),
        attendees=(*people, Attendee(room, "resource")),
        recurrence=plan.recurrence,
    )


def _overlaps(plan: Plan, start_at: datetime, end_at: datetime) -> bool:
    return plan.start_at < end_at and plan.end_at > start_at


def _quiet_days(exchange: Exchange, zone_name: str) -> list[date]:
    """The days around today on which no room of the building holds anything but series."""
    today = exchange.now().astimezone(zone(zone_name)).date()
    days = (today + timedelta(days=n) for n in range(-_BEFORE_DAYS, _AFTER_DAYS + 1))
    rooms = [room for room in map(address_of, ROOMS[zone_name]) if exchange.is_room(room)]
    return [day for day in days if all(_is_quiet(exchange, room, *_span(day, zone_name)) for room in rooms)]


def _span(day: date, zone_name: str) -> tuple[datetime, datetime]:
    return at(day, (0, 0), zone_name), at(day + timedelta(days=1), (0, 0), zone_name)


def _is_quiet(exchange: Exchange, room: str, start_at: datetime, end_at: datetime) -> bool:
    items = exchange.mailboxes[room].items.values()
    return not any(
        item.kind is Kind.SINGLE and not item.is_cancelled and item.when.overlaps(start_at, end_at) for item in items
    )
