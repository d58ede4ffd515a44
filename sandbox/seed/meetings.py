"""Plants a week or two of meetings around the clock's now, long since answered, and leaves rooms free beside them."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

from sandbox.calendar.models import Answer, Attendee, Content, Item, Kind, Place, Response, ShowAs, When
from sandbox.exchange.attending import Attending
from sandbox.exchange.mail import Message, MessageKind
from sandbox.exchange.models import Exchange
from sandbox.exchange.organizing import Organizing
from sandbox.seed.organization import AMSTERDAM, address_of
from sandbox.seed.plans import ROOMS, Plan, at, of_day, special
from sandbox.zones import zone

_BEFORE_DAYS = 5
_AFTER_DAYS = 7
_AHEAD_WEEKDAYS = 5
_HOUSE = tuple(address_of(alias) for alias in ROOMS[AMSTERDAM])
_LARGE = tuple(address_of(alias) for alias in ROOMS[AMSTERDAM] if alias not in {"bergen", "porto"})  # six seats or more
_HOUSE_TAKEN_MAX = 5  # of seven
_LARGE_TAKEN_MAX = 2  # of five, between three and four


def plant(exchange: Exchange, organizing: Organizing, attending: Attending, rng: random.Random) -> None:
    """Files every copy as answered, without mails, delays or attendants; leaves days alone that hold meetings.

    At any time two rooms of Harbour House stay free; between 15:00 and 16:00 three for six or more; at 14:00 Oslo is
    taken on every other working day.
    """
    days = {zone_name: _quiet_days(exchange, zone_name) for zone_name in ROOMS}
    planter = _Planter(exchange, organizing, attending)
    for plan in special(exchange.now()):
        planter.put(plan)
    for zone_name in ROOMS:
        for day in days[zone_name]:
            for plan in of_day(day, zone_name, rng, exchange.person):
                planter.put(plan)


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
        if self._taken((address_of(plan.room),), plan.start_at, plan.end_at) or not self._leaves_enough(plan):
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
        if self._taken(_HOUSE, plan.start_at, plan.end_at) >= _HOUSE_TAKEN_MAX:
            return False
        two, three, four = (at(plan.start_at.date(), (hour, 0), AMSTERDAM) for hour in (14, 15, 16))
        if plan.is_chance and plan.room == "oslo" and _overlaps(plan, two, three):
            return False
        return not (
            room in _LARGE and _overlaps(plan, three, four) and self._taken(_LARGE, three, four) >= _LARGE_TAKEN_MAX
        )

    def _taken(self, rooms: tuple[str, ...], start_at: datetime, end_at: datetime) -> int:
        return sum(bool(self._exchange.mailboxes[room].view(start_at, end_at)) for room in rooms)

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
    rooms = [address_of(alias) for alias in ROOMS[zone_name]]
    return [day for day in days if all(_is_quiet(exchange, room, *_span(day, zone_name)) for room in rooms)]


def _span(day: date, zone_name: str) -> tuple[datetime, datetime]:
    return at(day, (0, 0), zone_name), at(day + timedelta(days=1), (0, 0), zone_name)


def _is_quiet(exchange: Exchange, room: str, start_at: datetime, end_at: datetime) -> bool:
    items = exchange.mailboxes[room].items.values()
    return not any(
        item.kind is Kind.SINGLE and not item.is_cancelled and item.when.overlaps(start_at, end_at) for item in items
    )
