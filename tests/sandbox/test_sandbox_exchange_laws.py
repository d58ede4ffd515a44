"""What holds whatever people ask of rooms: no double bookings, one outcome per request, equal histories."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.calendar.ids import ical_uid
from sandbox.calendar.models import Answer, Content, Item, Person, ShowAs, When
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.clock import VirtualClock
from sandbox.control.outlook import Book, Cancel, Move, Outlook
from sandbox.errors import GraphError
from sandbox.exchange.attendant import Outcome, decide, truncated
from sandbox.exchange.config import RoomConfig, changed
from sandbox.exchange.policy import Request, window_end
from sandbox.world import World
from sandbox.zones import zone
from tests.sandbox.tenant import MIA, PORTO, TOM

ZONES = ("W. Europe Standard Time", "Eastern Standard Time", "UTC", "AUS Eastern Standard Time")
HOME = "W. Europe Standard Time"
FROM = datetime(2026, 11, 24, tzinfo=UTC)
# An ordinary week, and the days around both clock changes.
WEEKS = (FROM, datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 10, 29, tzinfo=UTC))
BUSY = {ShowAs.BUSY, ShowAs.OOF, ShowAs.ELSEWHERE}

weeks = st.sampled_from(WEEKS)
slots = st.integers(0, 40)
wishes = st.one_of(
    st.tuples(st.just("book"), slots, st.sampled_from((MIA, TOM)), st.sampled_from((30, 60, 90)), st.integers(1, 3)),
    st.tuples(st.just("move"), slots, slots),
    st.tuples(st.just("move one"), slots, slots),
    st.tuples(st.just("cancel"), slots),
    st.tuples(st.just("wait"), st.sampled_from((1, 5, 12, 40))),
)


class Office:
    """People who want one room from `begin` on, in a world without HTTP."""

    def __init__(self, seed: int, begin: datetime = FROM, **values: Any) -> None:
        self.begin, self.end = begin, begin + timedelta(days=30)
        self.clock = VirtualClock()
        self.world = World(seed=seed, meetings=False, clock=self.clock)
        exchange = self.world.exchange
        exchange.configs[PORTO] = changed(exchange.configs[PORTO], {"windowDays": 1080} | values)
        self.outlook = Outlook(self.world)
        self.meetings: list[Item] = []
        self.history: list[tuple[str, str, str, float]] = []
        exchange.listeners.append(
            lambda mailbox, change: self.history.append(
                (mailbox.address, change.type, change.item.key, self.clock.now().timestamp())
            )
        )

    async def carry_out(self, orders: list[tuple[Any, ...]]) -> None:
        for name, *details in orders:
            try:
                await self._one(name, details)
            except GraphError:
                continue  # an occurrence that would cross its neighbours
            self.check()
        await self.clock.advance(900)
        self.check()

    def check(self) -> None:
        """Of two busy items that were accepted none overlap."""
        found = self.world.exchange.mailboxes[PORTO].view(self.begin, self.end)
        taken = [one for one in found if one.response.answer is Answer.ACCEPTED and one.show_as in BUSY]
        for first, second in pairwise(taken):
            assert first.when.end_at <= second.when.start_at, (first.when, second.when)

    async def _one(self, name: str, details: list[Any]) -> None:
        if name == "wait":
            await self.clock.advance(details[0])
        elif name == "book":
            self._book(*details)
        elif self.meetings:
            meeting = self.meetings[details[0] % len(self.meetings)]
            self._change(name, meeting, *details[1:])

    def _book(self, slot: int, organizer: str, minutes: int, count: int) -> None:
        range_ = {"type": "numbered", "startDate": self._at(slot)[:10], "numberOfOccurrences": count}
        series = {"pattern": {"type": "daily", "interval": 1}, "range": range_} if count > 1 else None
        order = Book(
            organizer=organizer, room=PORTO, start=self._at(slot), minutes=minutes, recurrence=series, zone=HOME
        )  # fmt: skip
        self.meetings.append(self.outlook.book(order))

    def _change(self, name: str, meeting: Item, slot: int = 0) -> None:
        own = self.world.exchange.mailboxes[meeting.mailbox].by_uid(meeting.uid)
        if own is None:
            return
        if name == "cancel":
            self.outlook.cancel(Cancel(id=ical_uid(meeting)))
        elif name == "move":
            self.outlook.move(Move(id=ical_uid(meeting), start=self._at(slot), zone=HOME))
        else:
            some = next(iter(own.instances(self.begin, self.end)), None)
            if some is not None:
                start_at = some.when.start_at.replace(hour=8 + slot % 8)
                self.outlook.move(Move(id=ical_uid(some), start=start_at.isoformat(), zone="UTC"))

    def _at(self, slot: int) -> str:
        """Half hours from 08:00 on two days that meetings compete for."""
        day = self.begin.replace(tzinfo=None) + timedelta(days=slot // 20)
        return (day + timedelta(hours=8, minutes=30 * (slot % 20))).isoformat()


@settings(max_examples=60, deadline=None)
@given(orders=st.lists(wishes, max_size=14), seed=st.integers(0, 9), limits=st.sampled_from((0, 1, 2)), begin=weeks)
def test_no_two_busy_meetings_are_ever_accepted_over_each_other(
    orders: list[tuple[Any, ...]], seed: int, limits: int, begin: datetime
) -> None:
    asyncio.run(Office(seed, begin, conflictMax=limits, conflictPct=50 * limits).carry_out(orders))


@settings(max_examples=60, deadline=None)
@given(orders=st.lists(wishes, max_size=14), seed=st.integers(0, 9), begin=weeks)
def test_every_request_comes_to_one_outcome(orders: list[tuple[Any, ...]], seed: int, begin: datetime) -> None:
    """At rest nothing waits: what stands in the room is accepted, or cancelled; what is not there was declined. Both
    sides agree on the time of every occurrence, over clock changes, too."""
    office = Office(seed, begin)
    asyncio.run(office.carry_out(orders))
    exchange = office.world.exchange

    for meeting in office.meetings:
        own = exchange.mailboxes[meeting.mailbox].by_uid(meeting.uid)
        copy = exchange.mailboxes[PORTO].by_uid(meeting.uid)
        if own is None:
            assert copy is None or copy.is_cancelled
            continue
        for one in own.instances(office.begin, office.end):
            there = copy if one.original_start_at is None else copy and copy.occurrence(one.original_start_at)
            expected = Answer.DECLINED if there is None else Answer.ACCEPTED
            assert one.tracking[PORTO].answer is expected, one.when
            assert there is None or (there.response.answer, there.when) == (Answer.ACCEPTED, one.when)
    assert not office.world.exchange.under_way()


@settings(max_examples=20, deadline=None)
@given(orders=st.lists(wishes, max_size=10), seed=st.integers(0, 9))
def test_equal_seeds_make_equal_histories(orders: list[tuple[Any, ...]], seed: int) -> None:
    first, second = Office(seed, u_extraUpdates=True), Office(seed, u_extraUpdates=True)

    for office in (first, second):
        asyncio.run(office.carry_out(orders))

    assert first.history == second.history
    assert first.world.exchange.post.mails == second.world.exchange.post.mails


recurrences = st.builds(
    lambda type_, interval, days, start_on, count: Recurrence(
        type=type_, interval=interval, days=days if type_ is PatternType.WEEKLY else (), start_on=start_on,
        range_type=RangeType.NUMBERED, count=count,
    ),
    st.sampled_from((PatternType.DAILY, PatternType.WEEKLY)),
    st.integers(1, 3),
    st.sampled_from((("sunday",), ("monday", "friday"), ("saturday", "sunday"))),
    st.dates(date(2027, 3, 1), date(2027, 11, 10)),
    st.integers(1, 40),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    recurrence=recurrences,
    hour=st.integers(0, 23),
    minutes=st.sampled_from((15, 60, 600)),
    zones=st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    window_days=st.integers(0, 400),
)
def test_a_series_that_was_cut_is_the_part_within_the_window(
    recurrence: Recurrence, hour: int, minutes: int, zones: tuple[str, str], window_days: int
) -> None:
    """Over clock changes, and with the event and the room in different zones."""
    mine = _series(recurrence, hour, minutes, zones[0])
    config = changed(RoomConfig(tz=zones[1]), {"enforceHorizon": False, "windowDays": window_days})
    now = mine.when.start_at - timedelta(days=1)
    instances = tuple(mine.instances(now, now + timedelta(days=1000)))
    request = Request(
        uid="u", room="r", organizer=mine.organizer, content=mine.content, is_external=False, occurrences=instances
    )

    decision = decide(request, config, [], now)

    ends_at = window_end(config, now)
    inside = [one.when for one in instances if one.when.end_at <= ends_at]
    if decision.outcome is Outcome.DECLINE:
        assert mine.when.start_at >= ends_at
    elif decision.truncate_on is None:
        assert inside == [one.when for one in instances]
    else:
        mine.content = truncated(mine.content, decision.truncate_on)
        assert [one.when for one in mine.instances(now, now + timedelta(days=1000))] == inside


def _series(recurrence: Recurrence, hour: int, minutes: int, zone_name: str) -> Item:
    first_on = next(recurrence.dates(until_on=date(2028, 12, 31)))
    start_at = datetime(first_on.year, first_on.month, first_on.day, hour, tzinfo=zone(zone_name)).astimezone(UTC)
    when = When(start_at, start_at + timedelta(minutes=minutes), zone_name, zone_name)
    return Item(
        key="k",
        mailbox="r",
        uid="u",
        content=Content(when=when, recurrence=recurrence),
        organizer=Person(TOM, "Tom"),
        is_organizer=False,
        created_at=start_at,
        modified_at=start_at,
    )


spans = st.tuples(st.integers(0, 300), st.integers(0, 120))


@settings(max_examples=200, deadline=None)
@given(mine=spans, others=st.lists(st.tuples(spans, st.sampled_from(list(ShowAs))), max_size=12))
def test_a_conflict_is_any_overlap_with_what_shows_as_taken(
    mine: tuple[int, int], others: list[tuple[tuple[int, int], ShowAs]]
) -> None:
    asked = _single("mine", mine)
    standing = [_single(f"{number}", span, show_as) for number, (span, show_as) in enumerate(others)]
    request = Request(
        uid="mine", room="r", organizer=asked.organizer, content=asked.content, is_external=False, occurrences=(asked,)
    )

    decision = decide(request, RoomConfig(tz="UTC"), standing, FROM - timedelta(days=1))

    when = asked.when
    hits = [one for one in standing if one.show_as in BUSY and one.when.overlaps(when.start_at, when.end_at)]
    assert decision.outcome is (Outcome.DECLINE if hits else Outcome.ACCEPT)
    assert {one.when for one in decision.occupants} == {one.when for one in hits}


def _single(uid: str, span: tuple[int, int], show_as: ShowAs = ShowAs.BUSY) -> Item:
    start_at = FROM + timedelta(minutes=span[0])
    return Item(
        key=uid,
        mailbox="r",
        uid=uid,
        content=Content(when=When(start_at, start_at + timedelta(minutes=span[1]))),
        organizer=Person(TOM, "Tom"),
        is_organizer=False,
        created_at=FROM,
        modified_at=FROM,
        show_as=show_as,
    )
