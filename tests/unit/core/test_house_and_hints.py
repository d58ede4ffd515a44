"""Rooms that come and go, notifications that are believed or not, subscriptions, the worker, and the status page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.bookings import State
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.calendar import Denied, Missing, Rejected, RemoteError, Unclear
from bot.ports.records import ForeignOverlap, SubscriptionRecord
from bot.ports.store import Batch, Delete, Finish, Put, Schedule, StoreDown
from bot.sync.hints import Hint, digest
from bot.sync.house import House
from bot.sync.indexing import Indexing
from tests.fakes import START_AT, Fault
from tests.unit.core.world import BERGEN, BOB, OSLO, ROOMS, World, at, running

NINE = at(9)


# Rooms --------------------------------------------------------------------------------------------------------------


async def refreshed(world: World) -> None:
    await world.raw.commit(Batch(schedules=(Schedule(keys.REFRESH + "rooms", world.clock.now().timestamp()),)))
    await world.settle()


async def test_new_rooms_are_read_subscribed_and_searchable() -> None:
    world = await running()

    assert {room.address for room in world.index.rooms} == {OSLO, BERGEN}
    assert {record.resource for record in world.calendar.subscribed.values()} == {OSLO, BERGEN}
    assert (await world.feed(OSLO)).synced_at == START_AT


async def test_a_room_that_is_gone_is_neither_offered_nor_kept_in_touch_with() -> None:
    world = await running()
    world.directory.listed = [room for room in ROOMS if room.address != OSLO]
    await refreshed(world)

    assert world.index.room(OSLO) is None
    world.clock.forward(86400 * 4)
    await world.settle()
    assert {record.resource for record in world.calendar.subscribed.values()} == {BERGEN}
    assert await world.documents_under(keys.subscription(OSLO)) == []
    assert await world.dead() == []


async def test_jobs_of_a_room_that_this_process_has_not_heard_of_are_done_all_the_same() -> None:
    world = await running()
    world.index.set_rooms([])  # another process has just found the rooms
    world.clock.forward(300)
    await world.hint(OSLO)

    await world.settle()

    now = world.clock.now()
    assert (await world.feed(OSLO)).synced_at == now
    polls = await world.raw.take(["poll/"], 9, now=now.timestamp() + 300, lease_s=1)
    assert {lease.key for lease in polls} == {keys.poll(OSLO), keys.poll(BERGEN)}


async def test_a_room_that_was_gone_is_not_taken_for_read_when_it_comes_back() -> None:
    world = await running()
    world.directory.listed = [ROOMS[1]]
    await refreshed(world)
    world.directory.listed = list(ROOMS)
    await world.raw.commit(Batch(schedules=(Schedule(keys.REFRESH + "rooms", world.clock.now().timestamp()),)))
    await world.run_one(keys.REFRESH + "rooms")

    assert not world.index.knows(OSLO, NINE)
    await Indexing(world.documents, world.index, world.clock).load()
    assert not world.index.knows(OSLO, NINE)
    await world.settle()
    assert world.index.knows(OSLO, NINE)


async def test_another_process_goes_on_with_the_zones_where_this_one_stopped() -> None:
    rooms = tuple(Room(address=f"r{number:03}@x.example", name=f"R{number}") for number in range(200))
    world = World(rooms=rooms)
    world.directory.zones = {}
    ask = world.directory.zone_of

    async def slowly(address: str) -> str:
        world.clock.forward(0.25)
        return await ask(address)

    world.directory.zone_of = slowly  # type: ignore[method-assign]  # the same fake, but slow
    await world.start()
    for _ in range(4):
        world.clock.forward(2)
        process = House(world.documents, world.directory, world.index, world.clock)
        for lease in await world.raw.take([keys.REFRESH], 1, now=world.clock.now().timestamp(), lease_s=60):
            await process.refresh(lease)

    assert sorted(world.directory.zones_asked) == [room.address for room in rooms]


async def test_a_room_that_comes_back_still_knows_what_stood_in_it() -> None:
    world = await running()
    await world.book(NINE)
    world.directory.listed = [ROOMS[1]]
    await refreshed(world)
    world.directory.listed = list(ROOMS)
    await refreshed(world)

    assert world.index.in_the_way(OSLO, NINE) == NINE
    assert [room.address for room in world.index.free(NINE)] == [BERGEN]


async def test_an_empty_directory_is_not_believed(caplog: pytest.LogCaptureFixture) -> None:
    world = await running()
    world.directory.listed = []

    await refreshed(world)

    assert len(world.index.rooms) == 2
    assert "directory.empty_doubted" in [record.message for record in caplog.records]


async def test_a_directory_that_is_down_changes_nothing_and_is_asked_again() -> None:
    world = await running()
    world.directory.error = Unclear()
    await refreshed(world)
    assert len(world.index.rooms) == 2

    world.directory.error = None
    world.directory.listed.append(Room(address="c@contoso.example", name="C"))
    world.calendar.rooms["c@contoso.example"] = world.calendar.rooms[OSLO]
    await world.pass_time(30)
    assert len(world.index.rooms) == 3


async def test_a_zone_is_asked_for_until_it_is_known_and_then_no_more() -> None:
    world = World(rooms=(replace(ROOMS[0], zone=""),))
    world.directory.zones = {}
    await world.start()
    await world.settle()
    assert world.index.rooms[0].zone == ""

    world.directory.zones = {OSLO: "Europe/Oslo"}
    await refreshed(world)
    await refreshed(world)

    assert world.index.rooms[0].zone == "Europe/Oslo"
    assert world.directory.zones_asked == [OSLO, OSLO]


async def test_a_thousand_rooms_get_their_zones_in_more_than_one_refresh() -> None:
    rooms = tuple(Room(address=f"r{number}@x.example", name=f"R{number}") for number in range(300))
    world = World(rooms=rooms)
    world.directory.zones = {room.address: "Europe/Oslo" for room in rooms}
    ask = world.directory.zone_of

    async def slowly(address: str) -> str:
        world.clock.forward(0.25)
        return await ask(address)

    world.directory.zone_of = slowly  # type: ignore[method-assign]  # the same fake, but slow
    await world.start()
    for lease in await world.raw.take([keys.REFRESH], 1, now=world.clock.now().timestamp(), lease_s=60):
        await world.house.refresh(lease)

    assert len(world.index.rooms) == 300, "rooms are there at once"
    assert 0 < sum(room.zone != "" for room in world.index.rooms) < 300
    assert (world.clock.now() - START_AT).total_seconds() < 30
    for _ in range(10):
        world.clock.forward(2)
        for lease in await world.raw.take([keys.REFRESH], 1, now=world.clock.now().timestamp(), lease_s=60):
            await world.house.refresh(lease)
    assert all(room.zone == "Europe/Oslo" for room in world.index.rooms)


async def test_every_room_is_read_at_least_every_five_minutes() -> None:
    world = await running()
    before = world.calendar.calls.count("changes")

    await world.pass_time(3600, step_s=30)

    assert world.calendar.calls.count("changes") - before >= 2 * 11


async def test_a_new_process_finds_what_stood_and_owes_what_is_open() -> None:
    world = await running()
    booking = await world.book(NINE)
    foreign = world.calendar.outlook_book(BERGEN, NINE, "eve@contoso.example")
    await world.hint(BERGEN)
    await world.run_one(keys.sync(BERGEN))
    for lease in await world.raw.take([keys.DRIVE], 1, now=world.clock.now().timestamp(), lease_s=1):
        await world.raw.commit(Batch(finishes=(Finish(lease),)))  # the job is lost

    await world.start()
    assert list(world.index.free(NINE)) == []
    await world.settle()
    await world.pass_time(60)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert world.calendar.held[foreign.id].room_response == "accepted"


async def test_the_sweep_forgets_what_is_over_and_nothing_else() -> None:
    world = await running()
    over = await world.book(at(10, days=0))
    coming = await world.book(at(10, days=6), BOB)
    await world.settle()
    await world.pass_time(30)
    day = world.clock.now()
    for draft in (f"{day:%Y%m%d}-a", f"{day - timedelta(days=3):%Y%m%d}-b"):
        await world.raw.commit(Batch(puts=(Put(keys.draft(draft), b"{}"),)))
    past = ForeignOverlap(room=OSLO, event_id="x", slot=over.slot, held_by="y", seen_at=START_AT)
    await world.raw.commit(Batch(puts=(world.reading.put(keys.overlap(OSLO, "x"), past),)))

    world.clock.forward(86400 * 2)
    await world.raw.commit(Batch(schedules=(Schedule(keys.SWEEP + "all", world.clock.now().timestamp()),)))
    await world.run_one(keys.SWEEP + "all")

    assert [doc.key for doc in await world.documents_under("mine/")] == [keys.mine(BOB.id, coming.id)]
    assert [claim.holder for claim in await world.claims(OSLO)] == [keys.held_by_booking(coming.id)]
    assert [doc.key for doc in await world.documents_under("draft/")] == [keys.draft(f"{day:%Y%m%d}-a")]
    assert await world.overlaps() == []
    assert (await world.booking(over.id)).state is State.CONFIRMED, "the record is kept"


async def test_the_sweep_drives_an_open_booking_whose_job_has_died() -> None:
    world = await running()
    booking = await world.book(NINE)
    for _ in range(6):
        await world.raw.take([keys.DRIVE], 1, now=world.clock.now().timestamp(), lease_s=1)
        world.clock.forward(2)
    assert [letter.key for letter in await world.dead()] == [keys.drive(booking.id)]

    await world.raw.commit(Batch(schedules=(Schedule(keys.SWEEP + "all", world.clock.now().timestamp()),)))
    await world.settle()
    await world.pass_time(30)

    assert (await world.booking(booking.id)).state is State.CONFIRMED
    assert await world.dead() == []


# Notifications and subscriptions --------------------------------------------------------------------------------------


async def subscribed(world: World) -> SubscriptionRecord:
    record = SubscriptionRecord(id="s", room=OSLO, expires_at=START_AT, secret_digest=digest("secret"))
    await world.raw.commit(Batch(puts=(world.reading.put(keys.subscription_of("s"), record),)))
    return record


async def owed(world: World) -> list[str]:
    return sorted(lease.key for lease in await world.raw.take((), 99, now=world.clock.now().timestamp(), lease_s=60))


GOOD = Hint(subscription_id="s", client_state="secret")
HINTS: list[tuple[list[Hint], int, list[str]]] = [
    ([GOOD], 1, [keys.sync(OSLO)]),
    ([GOOD, GOOD], 2, [keys.sync(OSLO)]),
    ([replace(GOOD, client_state="Secret")], 0, []),
    ([replace(GOOD, client_state="")], 0, []),
    ([replace(GOOD, client_state="sécret")], 0, []),
    ([replace(GOOD, subscription_id="t")], 0, []),
    ([replace(GOOD, client_state="x"), GOOD, replace(GOOD, subscription_id="t")], 1, [keys.sync(OSLO)]),
    ([GOOD, replace(GOOD, client_state="x", lifecycle="subscriptionRemoved")], 1, [keys.sync(OSLO)]),
    ([replace(GOOD, lifecycle="subscriptionRemoved")], 1, [keys.subscribe(OSLO), keys.sync(OSLO)]),
    ([replace(GOOD, lifecycle="reauthorizationRequired")], 1, [keys.subscribe(OSLO), keys.sync(OSLO)]),
    ([replace(GOOD, lifecycle="missed")], 1, [keys.subscribe(OSLO), keys.sync(OSLO)]),
    ([], 0, []),
]


@pytest.mark.parametrize(("hints", "believed", "jobs"), HINTS)
async def test_only_items_with_their_own_secret_are_believed(hints: list[Hint], believed: int, jobs: list[str]) -> None:
    world = await running()
    await subscribed(world)

    assert await world.hints.take(hints) == believed
    assert await owed(world) == jobs
    world.clock.forward(20)
    assert [job for job in await owed(world) if job.startswith(keys.LOOK)] == [keys.look(OSLO)] * (believed > 0)


async def test_a_subscription_that_has_gone_is_believed_for_a_minute_at_most() -> None:
    world = await running()
    await subscribed(world)
    assert await world.hints.take([GOOD]) == 1
    await world.raw.commit(Batch(deletes=(Delete(keys.subscription_of("s")),)))

    world.clock.forward(59)
    assert await world.hints.take([GOOD, replace(GOOD, client_state="x")]) == 1
    world.clock.forward(1)
    assert await world.hints.take([GOOD]) == 0


async def test_a_subscription_is_believed_as_soon_as_it_is_recorded() -> None:
    world = await running()
    assert await world.hints.take([GOOD]) == 0
    await subscribed(world)
    assert await world.hints.take([GOOD]) == 1


async def test_a_feed_that_is_behind_its_notification_is_read_again() -> None:
    world = await running()
    await subscribed(world)
    await world.hints.take([GOOD])
    await world.settle()
    world.calendar.outlook_book(OSLO, NINE, "eve@contoso.example")  # the feed knows of it only now

    await world.pass_time(20)

    assert len(await world.documents_under(keys.events(OSLO))) == 1


async def test_a_store_that_is_down_is_told_upstream() -> None:
    world = await running()
    await subscribed(world)
    await world.engine.close()

    with pytest.raises(StoreDown):
        await world.hints.take([GOOD])


async def test_a_subscription_is_renewed_at_half_its_life_and_made_anew_when_it_was_lost() -> None:
    world = await running()
    first = {record.id for record in world.calendar.subscribed.values()}
    await world.pass_time(86400 * 1.5, step_s=3600)
    assert {record.id for record in world.calendar.subscribed.values()} == first
    assert all(record.expires_at > START_AT + timedelta(days=3) for record in world.calendar.subscribed.values())

    world.calendar.subscribed.clear()
    syncs = world.calendar.calls.count("changes")
    await world.pass_time(86400 * 2, step_s=3600)

    assert {record.resource for record in world.calendar.subscribed.values()} == {OSLO, BERGEN}
    assert world.calendar.calls.count("changes") > syncs
    pointers = await world.documents_under("subscribed/")
    assert {pointer.key.removeprefix("subscribed/") for pointer in pointers} == set(world.calendar.subscribed)


@pytest.mark.parametrize("error", [Denied("x", 403), Rejected("x", 400), Missing("x", 404)])
async def test_a_subscription_that_is_refused_is_tried_again_and_the_poll_goes_on(error: RemoteError) -> None:
    world = World(rooms=ROOMS[:1])
    world.calendar.faults.append(Fault(error=error, method="subscribe"))
    await world.start()
    await world.settle()
    assert world.calendar.subscribed == {}

    await world.pass_time(320)

    assert len(world.calendar.subscribed) == 1
