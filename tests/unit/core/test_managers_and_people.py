"""Managers are told of what is confirmed, people are remembered as they were met."""

from typing import Any

import pytest

from bot.domain.bookings import State
from bot.domain.people import Person
from bot.people.acquaintances import Met, People
from bot.ports import keys
from bot.ports.calendar import Missing, Unclear
from bot.ports.records import Acquaintance, KeptCard
from bot.ports.store import Batch, Delete
from tests.unit.core.world import ADA, BOB, OSLO, World, at, running, shifted

NINE = at(9)
TELL = "[tenant]\ntell_manager = true"
GRACE = Person(id="grace", name="Grace", address="grace@contoso.example", zone="Europe/Oslo", language="nl")
CHAT: dict[str, Any] = {"conversation": {"id": "c1"}}


async def knows(world: World, person: Person, chat: dict[str, Any] | None = None) -> None:
    known = Acquaintance(person=person, chat=chat or {})
    await world.raw.commit(Batch(puts=(world.reading.put(keys.person(person.id), known),)))


async def confirmed(world: World) -> str:
    booking = await world.book(NINE)
    await world.settle()
    await world.pass_time(30)
    assert (await world.booking(booking.id)).state is State.CONFIRMED
    return booking.id


async def test_a_manager_gets_one_card_and_it_follows_the_booking() -> None:
    world = await running(TELL)
    world.directory.managers[ADA.id] = GRACE
    await knows(world, GRACE, CHAT)
    await knows(world, ADA)
    booking_id = await confirmed(world)

    kept = await world.reading.get(keys.card(keys.manager_card(booking_id)), KeptCard)
    assert kept is not None
    assert (kept.value.chat, kept.value.person_name, kept.value.language) == (CHAT, "Ada", "nl")
    shown = world.shown[keys.manager_card(booking_id)]
    assert [booking.state for booking in shown] == [State.CONFIRMED]

    await world.desk.move(booking_id, ADA.id, at(14))
    await world.settle()
    await world.pass_time(120)
    await world.desk.cancel(booking_id, ADA.id)
    await world.settle()

    assert [(booking.state, booking.slot) for booking in shown] == [
        (State.CONFIRMED, NINE),
        (State.CONFIRMED, at(14)),
        (State.CANCELLED, at(14)),
    ]


async def test_a_manager_is_not_told_of_what_was_never_confirmed() -> None:
    world = await running(TELL)
    world.directory.managers[ADA.id] = GRACE
    await knows(world, GRACE, CHAT)

    booking = await world.book(NINE)
    world.calendar.accept_behind_our_back(world.calendar.outlook_book(OSLO, NINE, "eve@contoso.example"))
    await world.settle()
    await world.pass_time(60)

    assert (await world.booking(booking.id)).state is State.DECLINED
    assert keys.manager_card(booking.id) not in world.shown


async def test_no_manager_is_told_where_the_policy_does_not_say_so() -> None:
    world = await running()
    world.directory.managers[ADA.id] = GRACE
    await knows(world, GRACE, CHAT)

    booking_id = await confirmed(world)

    assert keys.manager_card(booking_id) not in world.shown


@pytest.mark.parametrize(("has_manager", "said"), [(False, "manager.none"), (True, "manager.not_reachable")])
async def test_whom_nobody_can_tell_is_said_once(
    has_manager: bool, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = await running(TELL)
    if has_manager:
        world.directory.managers[ADA.id] = GRACE

    first = await confirmed(world)
    await world.book(at(13))
    await world.settle()
    await world.pass_time(60)

    assert [record.message for record in caplog.records if record.message.startswith("manager.")] == [said]
    assert keys.manager_card(first) not in world.shown
    assert await world.dead() == []


async def test_a_manager_who_installs_foyer_later_is_told_of_the_next_booking() -> None:
    world = await running(TELL)
    world.directory.managers[ADA.id] = GRACE
    await confirmed(world)
    people = People(world.documents, world.directory)
    await people.meet(Met(person_id=GRACE.id, name="Grace", chat=CHAT))

    second = await world.book(at(13))
    await world.settle()
    await world.pass_time(60)

    assert [booking.state for booking in world.shown[keys.manager_card(second.id)]] == [State.CONFIRMED]


async def test_a_directory_that_is_down_puts_the_managers_card_off() -> None:
    world = await running(TELL)
    world.directory.managers[ADA.id] = GRACE
    await knows(world, GRACE, CHAT)
    world.directory.error = Unclear()

    booking_id = await confirmed(world)
    assert keys.manager_card(booking_id) not in world.shown
    world.directory.error = None
    await world.pass_time(120)

    assert keys.manager_card(booking_id) in world.shown


# People -------------------------------------------------------------------------------------------------------------


async def test_people_are_remembered_with_the_last_word_on_each_thing() -> None:
    world = await running()
    people = People(world.documents, world.directory)

    await people.meet(Met(person_id="ada", name="Ada", zone="Europe/Oslo", chat=CHAT))
    await people.meet(Met(person_id="ada", name="", language="nl"))

    again = await People(world.documents, world.directory).known("ada")
    assert again is not None
    assert (again.person.name, again.person.zone, again.person.language, again.chat) == (
        "Ada",
        "Europe/Oslo",
        "nl",
        CHAT,
    )


async def test_meeting_somebody_again_writes_nothing() -> None:
    world = await running()
    people = People(world.documents, world.directory)
    met = Met(person_id="ada", name="Ada", zone="Europe/Oslo")
    for _ in range(3):
        await people.meet(met)

    assert (await world.raw.read([keys.person("ada")]))[keys.person("ada")].version == 1


async def test_an_address_is_looked_up_once_and_kept() -> None:
    world = await running()
    world.directory.people["ada"] = ADA
    people = People(world.documents, world.directory)
    await people.meet(Met(person_id="ada", name="Ada L."))

    assert (await people.addressed("ada")).address == ADA.address
    world.directory.people.clear()
    assert (await people.addressed("ada")).name == "Ada L."
    with pytest.raises(Missing):
        await people.addressed("guest")


async def test_who_removed_the_bot_is_not_written_to_until_they_come_back() -> None:
    world = await running()
    people = People(world.documents, world.directory)
    met = Met(person_id="ada", name="Ada", chat=CHAT)
    await people.meet(met)

    await people.unreachable("ada")
    gone = await people.known("ada")
    back = await people.meet(met)

    assert gone is not None
    assert gone.chat == {}
    assert back.chat == CHAT


async def test_two_processes_that_meet_a_person_at_once_lose_nothing() -> None:
    world = await running()
    one, other = (People(world.documents, world.directory) for _ in range(2))
    await one.meet(Met(person_id="bob", name="Bob"))
    await other.meet(Met(person_id="bob", name="Bob", zone="Europe/Oslo"))

    await one.meet(Met(person_id="bob", name="Bob", language="nl"))

    kept = await world.reading.get(keys.person("bob"), Acquaintance)
    assert kept is not None
    assert (kept.value.person.zone, kept.value.person.language) == ("Europe/Oslo", "nl")


async def test_somebody_forgotten_meanwhile_is_no_empty_document() -> None:
    world = await running()
    people = People(world.documents, world.directory)
    await people.meet(Met(person_id="bob", name=BOB.name, chat=CHAT))

    await world.raw.commit(Batch(deletes=(Delete(keys.person("bob")),)))
    await people.unreachable("bob")

    assert await world.documents_under(keys.person("bob")) == []


async def test_who_was_told_that_a_series_moves_is_told_that_it_is_given_up() -> None:
    world = await running(TELL)
    world.directory.managers[ADA.id] = GRACE
    await knows(world, GRACE, CHAT)
    await knows(world, ADA)
    series = await world.book_series(NINE, 3)
    await world.pass_time(120)
    slots = [shifted(one.slot, hours=2) for one in (await world.booking(series.id)).occurrences]
    await world.series_desk.move(series.id, ADA.id, slots)
    await world.settle()

    await world.series_desk.cancel(series.id, ADA.id)
    await world.pass_time(120)

    assert (await world.booking(series.id)).state is State.CANCELLED
    assert world.shown[keys.manager_card(series.id)][-1].state is State.CANCELLED
