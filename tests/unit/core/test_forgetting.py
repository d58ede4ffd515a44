"""Each kind of record lives as long as it is said to, and not longer."""

from datetime import timedelta

import pytest

from bot.domain.bookings import State
from bot.domain.people import Person
from bot.people.acquaintances import Met, People
from bot.ports import keys
from bot.ports.records import CardKind, Decision, KeptCard
from bot.ports.store import Batch, Put, Schedule
from tests.unit.core.world import ADA, OSLO, ROOMS, World, at, running

DAY = 86400.0
EVE = "eve@contoso.example"


async def forgotten(world: World, days: float) -> None:
    """So many days pass; then only the forgetting is done."""
    world.clock.forward(days * DAY)
    await world.raw.commit(Batch(schedules=(Schedule(keys.FORGET + "all", world.clock.now().timestamp()),)))
    await world.run_one(keys.FORGET + "all")


async def lived(world: World) -> str:
    """A booking, confirmed, with a card; a foreign meeting, decided and cancelled since."""
    booking = await world.book(at(9))
    held = world.calendar.outlook_book(OSLO, at(11), EVE)
    await world.hint(OSLO)
    await world.pass_time(60)
    card = KeptCard(kind=CardKind.BOOKING, booking_id=booking.id, chat={})
    put = world.reading.put(keys.card(keys.booking_card(booking.id)), card)
    await world.raw.commit(Batch(puts=(put,)))
    world.calendar.keeps_cancelled = False
    world.calendar.outlook_cancel(held.id)
    await world.hint(OSLO)
    await world.pass_time(30)
    assert (await world.booking(booking.id)).state is State.CONFIRMED
    return booking.id


@pytest.mark.parametrize(
    ("days", "decisions", "cards", "pointers", "bookings", "journal"),
    [
        (6, 2, 1, 1, 1, 2),
        (8, 1, 1, 1, 1, 2),  # one meeting stands in the mirror still
        (30, 1, 1, 1, 1, 2),
        (32, 1, 0, 0, 1, 2),
        (399, 1, 0, 0, 1, 2),
        (402, 1, 0, 0, 0, 0),
    ],
)
async def test_records_live_as_long_as_said(
    days: float, decisions: int, cards: int, pointers: int, bookings: int, journal: int
) -> None:
    world = await running()
    await lived(world)

    await forgotten(world, days)

    prefixes = ("decision/", keys.card(""), keys.booking_of(""), keys.booking(""), "journal/")
    counts = tuple([len(await world.documents_under(prefix)) for prefix in prefixes])
    assert counts == (decisions, cards, pointers, bookings, journal)


async def test_a_room_that_is_long_gone_leaves_nothing_and_one_that_is_lately_gone_everything() -> None:
    world = await running()
    world.calendar.accept_behind_our_back(world.calendar.outlook_book(OSLO, at(9, days=60), EVE))
    await world.hint(OSLO)
    await world.settle()
    world.directory.listed = list(ROOMS[1:])
    await world.raw.commit(Batch(schedules=(Schedule(keys.REFRESH + "rooms", world.clock.now().timestamp()),)))
    await world.settle()

    await forgotten(world, 29)
    assert len(await world.claims(OSLO)) == len(await world.documents_under(keys.events(OSLO))) == 1

    await forgotten(world, 2)
    assert await world.claims(OSLO) == []
    for prefix in (keys.events(OSLO), keys.feed(OSLO), keys.observation(OSLO)):
        assert await world.documents_under(prefix) == []
    assert len(await world.documents_under(keys.feed(""))) == 1


async def test_a_decision_on_a_meeting_that_stands_is_kept() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, at(9, days=100), EVE)
    await world.hint(OSLO)
    await world.pass_time(60)

    await forgotten(world, 50)

    assert len(await world.reading.scan("decision/", Decision)) == 1


async def test_many_rooms_are_done_in_several_jobs() -> None:
    world = await running()
    scan = world.documents.store.scan

    async def slowly(prefix: str) -> object:
        world.clock.forward(3)
        return await scan(prefix)

    world.documents.store.scan = slowly  # type: ignore[method-assign, assignment]  # the same store, but slow
    await world.raw.commit(Batch(schedules=(Schedule(keys.FORGET + "all", world.clock.now().timestamp()),)))
    await world.run_one(keys.FORGET + "all")

    (lease,) = await world.raw.take([keys.FORGET], 1, now=world.clock.now().timestamp(), lease_s=60)
    assert lease.payload.decode() in {room.address for room in ROOMS}


async def test_a_booking_made_meanwhile_keeps_its_card() -> None:
    world = await running()
    scan = world.documents.store.scan

    async def booking_meanwhile(prefix: str) -> object:
        found = await scan(prefix)
        if prefix in (keys.booking(""), keys.card("")) and not await world.bookings():
            booking = await world.book(at(9))
            card = KeptCard(kind=CardKind.BOOKING, booking_id=booking.id, chat={})
            puts = {keys.card(keys.booking_card(booking.id)): card, keys.booking_of("uid"): booking.id}
            await world.raw.commit(Batch(puts=tuple(world.reading.put(key, one) for key, one in puts.items())))
        return found

    world.documents.store.scan = booking_meanwhile  # type: ignore[method-assign, assignment]  # the same store
    await forgotten(world, 0)

    assert len(await world.documents_under(keys.card(""))) == len(await world.bookings()) == 1
    assert len(await world.documents_under(keys.booking_of(""))) == 1


@pytest.mark.parametrize(
    ("days", "people", "greeted"), [(1, {"ada", "bob", "cleo"}, 2), (399, {"ada", "bob", "cleo"}, 1), (402, {"ada"}, 0)]
)
async def test_people_are_forgotten_who_were_not_seen_for_long_and_have_no_booking(
    days: float, people: set[str], greeted: int
) -> None:
    world = await running()
    await world.book(at(9, days=30), ADA)
    who = People(world.reading, world.directory)
    for name in ("ada", "bob", "cleo"):
        await who.meet(Met(person_id=name, name=name, chat={"id": name}, seen_at=world.clock.now()))
    world.directory.people["dan"] = Person(id="dan", name="Dan", address="dan@contoso.example")
    await who.addressed("dan")
    old, new = (world.clock.now() - timedelta(days=number) for number in (100, 0))
    put = [Put(keys.welcomed(name), moment.isoformat().encode()) for name, moment in (("x", old), ("y", new))]
    await world.raw.commit(Batch(puts=(*put, Put(keys.welcomed("z"), b"1"))))

    await forgotten(world, days)

    assert {doc.key.rpartition("/")[2] for doc in await world.documents_under(keys.person(""))} == people
    assert len(await world.documents_under(keys.welcomed(""))) == greeted


async def test_somebody_who_keeps_coming_is_kept_and_is_not_written_down_each_time() -> None:
    world = await running()
    who = People(world.reading, world.directory)
    versions = set()
    for _ in range(20):
        world.clock.forward(25 * DAY)
        await who.meet(Met(person_id="eve", name="Eve", seen_at=world.clock.now()))
        versions.add((await world.documents_under(keys.person("")))[0].version)
    await forgotten(world, 300)

    assert len(await world.documents_under(keys.person(""))) == 1
    assert len(versions) == 10
