"""Anything may happen in any order (people, Outlook, faults, crashes, time), and the promises hold at every moment."""

import asyncio
import itertools
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.domain.bookings import Booking, State
from bot.domain.errors import Refusal
from bot.domain.kin import Kin, kin_of
from bot.domain.people import Person
from bot.ports import keys
from bot.ports.calendar import Busy, Denied, RemoteError, Unclear
from tests.fakes import Fault, Held
from tests.unit.core.world import ADA, BERGEN, BOB, OSLO, Crash, World, at, shifted

T = TypeVar("T")


def _pairs(kin: Kin) -> tuple[list[bytes], ...]:
    """Of digests, in order."""
    return tuple(sorted(some[at : at + 12] for at in range(0, len(some), 12)) for some in (kin.uids, kin.masters))


ROOMS = (OSLO, BERGEN)
SLOTS = [at(9), at(9.5), at(10), at(10.25, 15), at(11, 30)]
METHODS = (
    "create",
    "rename",
    "find",
    "read",
    "move",
    "cancel",
    "answer",
    "changes",
    "read_room_event",
    "instances",
    "drop",
    "invite",
)
ERRORS: tuple[type[RemoteError], ...] = (Unclear, Busy, Denied)
ENDED = {State.CONFIRMED: 1, State.CANCELLED: 0, State.DECLINED: 0, State.FAILED: 0}

people = st.sampled_from([ADA, BOB])
slots = st.sampled_from(SLOTS)
rooms = st.sampled_from(ROOMS)
picks = st.integers(0, 50)


class Tenant(RuleBasedStateMachine):
    """One tenant and everybody around it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World("[tenant]\nmost_declines = 0")  # many declines are wanted here

    def run_until(self, awaitable: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await awaitable

        return self.loop.run_until_complete(awaited())

    def live(self, awaitable: Awaitable[Any]) -> None:
        """Runs it in the process that there is; where that dies, another one starts."""
        try:
            self.run_until(awaitable)
        except Refusal:
            pass
        except Crash:
            self.run_until(self.world.worker._stop())
            self.run_until(self.world.start())

    @initialize(attendant_s=st.sampled_from([0.0, 11.0, 45.0]), keeps_cancelled=st.booleans(), page=st.integers(1, 4))
    def begin(self, attendant_s: float, keeps_cancelled: bool, page: int) -> None:
        self.world.calendar.attendant_s = attendant_s
        self.world.calendar.keeps_cancelled = keeps_cancelled
        self.world.calendar.page_size = page
        self.run_until(self.world.start())
        self.run_until(self.world.settle())

    # People ---------------------------------------------------------------------------------------------------------

    @rule(person=people, slot=slots, room=rooms)
    def book(self, person: Person, slot: Any, room: str) -> None:
        self.live(self.world.book(slot, person, room))

    @rule(
        person=people, slot=slots, room=rooms, times=st.integers(2, 4), missing=st.sets(st.integers(0, 3), max_size=2)
    )
    def book_series(self, person: Person, slot: Any, room: str, times: int, missing: set[int]) -> None:
        left_out = [at for at in missing if at < times]
        self.live(self.world.book_series(slot, times, person=person, room=room, weekly=False, missing=left_out))

    @rule(pick=picks)
    def cancel_series(self, pick: int) -> None:
        for series in self._one(self._series(), pick):
            self.live(self.world.series_desk.cancel(series.id, series.person_id))

    @rule(pick=picks, hours=st.sampled_from([0.5, 1, 3]))
    def move_series(self, pick: int, hours: float) -> None:
        for series in self._one(self._series(), pick):
            self.live(self._move_series(series, hours))

    async def _move_series(self, series: Booking, hours: float) -> None:
        desk = self.world.series_desk
        times = [shifted(child.slot, hours=hours) for child in await desk.movable(series)]
        await desk.move(series.id, series.person_id, times)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        for booking in self._one(self._singles(), pick):
            self.live(self.world.desk.cancel(booking.id, booking.person_id))

    @rule(pick=picks, slot=slots)
    def move(self, pick: int, slot: Any) -> None:
        for booking in self._one(self._singles(), pick):
            self.live(self.world.desk.move(booking.id, booking.person_id, slot))

    @rule(pick=picks, slot=slots, people=st.integers(1, 9), subject=st.sampled_from(["", "Plans", "Review"]))
    def change(self, pick: int, slot: Any, people: int, subject: str) -> None:
        for booking in self._one(self._singles(), pick):
            self.live(
                self.world.desk.change(booking.id, booking.person_id, slot, people=people, subject=subject),
            )

    @rule(slot=slots, room=rooms)
    def book_in_outlook(self, slot: Any, room: str) -> None:
        self.world.calendar.outlook_book(room, slot, "eve@contoso.example")

    @rule(pick=picks)
    def cancel_in_outlook(self, pick: int) -> None:
        for held in self._one(self._held(), pick):
            self.world.calendar.outlook_cancel(held.id)

    @rule(pick=picks, slot=slots)
    def move_in_outlook(self, pick: int, slot: Any) -> None:
        for held in self._one([one for one in self._held() if not one.slots], pick):
            others = [one.slot for one in self._held() if held.master and one.master == held.master and one != held]
            if not any(slot.overlaps(one) or (one < held.slot) is not (one < slot) for one in others):  # else refused
                self.world.calendar.outlook_move(held.id, slot)

    @rule(pick=picks, room=st.sampled_from([*ROOMS, ""]))
    def change_room_in_outlook(self, pick: int, room: str) -> None:
        for held in self._one([one for one in self._held() if not one.slots], pick):
            self.world.calendar.outlook_change_room(held.id, room)

    # The world ------------------------------------------------------------------------------------------------------

    @rule(method=st.sampled_from(METHODS), error=st.sampled_from(ERRORS), done=st.booleans())
    def something_fails(self, method: str, error: type[RemoteError], done: bool) -> None:
        writes = method in ("create", "rename", "move", "cancel", "answer", "drop", "invite")
        self.world.calendar.faults.append(
            Fault(error=error(), method=method, done=done and writes and error is Unclear)
        )

    @rule(steps=st.integers(0, 12))
    def the_process_will_die(self, steps: int) -> None:
        self.world.life.dies_at = self.world.life.steps + steps

    @rule(room=rooms)
    def a_notification_comes(self, room: str) -> None:
        self.live(self.world.hint(room))
        self.live(self.world.settle())

    @rule(seconds=st.sampled_from([5, 20, 65, 300]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(3):
            self.live(self.world.pass_time(seconds / 3, step_s=max(5.0, seconds / 6)))

    @rule()
    def the_feed_is_reset(self) -> None:
        self.world.calendar.generation += 1

    # The promises ---------------------------------------------------------------------------------------------------

    @invariant()
    def no_two_claims_on_a_room_overlap(self) -> None:
        for room in ROOMS:
            claims = sorted(self.run_until(self.world.claims(room)), key=lambda claim: claim.start)
            assert all(one.end <= other.start for one, other in itertools.pairwise(claims)), claims

    @invariant()
    def nothing_was_accepted_twice(self) -> None:
        assert self.world.calendar.double == []

    @invariant()
    def nothing_is_confirmed_that_no_read_has_shown(self) -> None:
        assert self.world.false_confirmed == []

    @invariant()
    def no_booking_has_two_events(self) -> None:
        for booking in self._bookings():
            assert len(self.world.calendar.made_by(booking.id)) <= 1, booking

    def teardown(self) -> None:
        """The faults stop, and everything comes to rest."""
        try:
            self.world.calendar.faults.clear()
            self.world.life.dies_at = None
            self.live(self.world.pass_time(2400, step_s=30))
            for room in ROOMS:
                self.run_until(self._is_sound(room))
            self.no_two_claims_on_a_room_overlap()
            self.nothing_was_accepted_twice()
            self.nothing_is_confirmed_that_no_read_has_shown()
        finally:
            self.loop.close()

    async def _is_sound(self, room: str) -> None:
        world = self.world
        rows = world.calendar.live_rows(room)
        assert not any(row.pending for row in rows.values()), "everything is answered"
        mirror = await world.documents_under(keys.events(room))
        assert {doc.key.rpartition("/")[2] for doc in mirror} == set(rows)
        kept = await world.reading.get(keys.kin(room), Kin)
        assert kept is None or _pairs(kept.value) == _pairs(kin_of(rows.values()))
        claims = await world.claims(room)
        for booking in [one for one in await world.bookings() if one.room == room]:
            assert booking.state in ENDED, booking
            if booking.rhythm is not None:
                await self._is_sound_series(booking)
                continue
            live = world.calendar.made_by(booking.series or booking.id)
            if booking.series:
                live = [held for held in [world.calendar.held.get(booking.event_id)] if held]
            held = [claim for claim in claims if claim.holder == keys.held_by_booking(booking.id)]
            if booking.state is State.CONFIRMED:
                assert [one.slot for one in live] == [booking.slot], booking
                assert [(one.start, one.end) for one in held] == [booking.slot.whole_seconds]
                assert live[0].room == booking.room, booking
                assert live[0].subject == booking.subject, booking
            else:
                assert held == [], booking
                assert live == [] or booking.event_id == live[0].id, booking
                assert live == [] or booking.state is not State.CANCELLED or booking.reasons, booking
        standing = [row for row in rows.values() if row.blocks and not row.pending]
        assert len(claims) == len(standing), (claims, standing)
        assert await world.dead() == []

    async def _is_sound_series(self, series: Booking) -> None:
        children = {one.id: one for one in await self.world.occurrences(series.id)}
        shown = {one.booking_id: (one.slot, one.state) for one in series.occurrences if one.booking_id}
        assert shown == {one.id: (one.slot, one.state) for one in children.values()}
        assert (series.state is State.CONFIRMED) == any(one.state is State.CONFIRMED for one in children.values())

    def _bookings(self) -> list[Booking]:
        return self.run_until(self.world.bookings())

    def _singles(self) -> list[Booking]:
        """Occurrences too."""
        return [booking for booking in self._bookings() if booking.rhythm is None]

    def _series(self) -> list[Booking]:
        return [booking for booking in self._bookings() if booking.rhythm is not None]

    def _held(self) -> list[Held]:
        return sorted(self.world.calendar.held.values(), key=lambda held: held.id)

    @staticmethod
    def _one(things: list[T], pick: int) -> list[T]:
        return [things[pick % len(things)]] if things else []


TestTenant = pytest.mark.timeout(600)(Tenant.TestCase)  # a busy machine, or the search for the shortest history
TestTenant.settings = settings(
    max_examples=300, stateful_step_count=35, deadline=None, suppress_health_check=list(HealthCheck)
)
