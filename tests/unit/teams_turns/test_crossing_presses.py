"""Two presses of one person that cross: the second is committed just before the first."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.bookings import State
from bot.ports import keys
from bot.ports.store import Batch, Finish, Store
from bot.teams.outbox import Outbox
from bot.teams.services import Services
from tests.unit.teams.kit import TENANT, activity, press
from tests.unit.teams_turns.house import PERSON, House

Before = Callable[[], Awaitable[Any]]
PERSONAL = {"id": "a:1", "conversationType": "personal", "tenantId": TENANT}


class Crossing:
    """A store in which something else happens right before the next commit of a draft."""

    def __init__(self, services: Services) -> None:
        store = services.documents.store
        self._store: Store = store
        self.read, self.scan, self.page, self.claims = store.read, store.scan, store.page, store.claims
        self.take, self.prolong = store.take, store.prolong
        self.next_due, self.dead_letters = store.next_due, store.dead_letters
        self.owed = store.owed
        self.known_jobs = store.known_jobs
        self.before: Before | None = None
        services.documents.store = self

    async def commit(self, batch: Batch) -> None:
        before = self.before
        if before is not None and any(put.key.startswith("draft/") for put in batch.puts):
            self.before = None
            await before()
        await self._store.commit(batch)


async def found(house: House) -> dict[str, Any]:
    """The data of the Book button of a search."""
    await house.turn(activity(text="room for 2 tomorrow at 10", conversation=PERSONAL))
    card = str(house.channel.cards()[0])
    assert "foyer.book.1" in card
    draft = (await house.services.documents.store.scan("draft/"))[0]
    return {"id": draft.key.removeprefix("draft/"), "version": 2, "option": 0}


def words_of(body: Any) -> str:
    return str(body["value"]["fallbackText"])


@pytest.mark.parametrize("verb", ["foyer.search.1", "foyer.book.1"])
async def test_a_press_that_crosses_a_booking_shows_the_booking_and_books_no_second_one(verb: str) -> None:
    house = House()
    data = await found(house)
    crossing = Crossing(house.services)
    answers: list[Any] = []

    async def other() -> None:
        answers.append((await house.turn(press("foyer.book.1", data)))[1])

    crossing.before = other
    form = {"on": "2026-11-24", "at": "11:00", "minutes": "30"} if verb == "foyer.search.1" else {}
    answers.append((await house.turn(press(verb, data | form)))[1])
    again = (await house.turn(press("foyer.book.1", data)))[1]

    assert len(await house.services.desk.mine(PERSON)) == 1
    assert words_of(answers[0]) == words_of(answers[1]) == words_of(again)
    assert "Reserving" in words_of(again)


async def test_a_booking_that_crosses_an_edit_books_nothing_that_is_no_longer_shown() -> None:
    house = House()
    data = await found(house)
    crossing = Crossing(house.services)
    form = {"on": "2026-11-24", "at": "11:00", "minutes": "30"}

    async def other() -> None:
        await house.turn(press("foyer.search.1", data | form))

    crossing.before = other
    _, answer = await house.turn(press("foyer.book.1", data))

    assert await house.services.desk.mine(PERSON) == []
    assert "11:00" in words_of(answer)


async def test_a_card_that_is_looked_at_while_its_booking_is_under_way_is_told_again() -> None:
    """What is told while the answer is on its way is painted over by it."""
    house = House()
    await house.turn(press("foyer.book.1", await found(house)))
    (booking,) = await house.services.desk.mine(PERSON)
    store, card = house.services.documents.store, keys.booking_card(booking.id)
    assert not await store.known_jobs([keys.repaint(card)])

    house.clock.forward(1)
    await house.turn(press("foyer.show.1", {"id": booking.id, "version": booking.number}))

    assert await store.known_jobs([keys.repaint(card)])
    now = house.services.clock.now().timestamp()
    assert await store.take([keys.REPAINT], 1, now=now + 1, lease_s=1) == []
    (lease,) = await store.take([keys.REPAINT], 1, now=now + 2, lease_s=1)
    await Outbox(house.services, house.services.finder).repaint(lease)
    assert not await store.known_jobs([keys.repaint(card)])
    assert (await store.owed(now=now + 2))[keys.TELL].due


@pytest.mark.parametrize("news", [True, False])
async def test_a_card_of_a_booking_that_stands_is_told_again_if_there_was_news(news: bool) -> None:
    house = House()
    await house.turn(press("foyer.book.1", await found(house)))
    (booking,) = await house.services.desk.mine(PERSON)
    documents, key = house.services.documents, keys.booking(booking.id)
    house.clock.forward(5)
    now = house.clock.now().timestamp()
    stands = replace(booking, state=State.CONFIRMED, number=booking.number + 1)
    told = await documents.store.take([keys.TELL], 9, now=now, lease_s=1)
    put = documents.put(key, stands)
    await documents.store.commit(Batch(puts=(put,), finishes=[Finish(lease) for lease in told]))

    await house.turn(press("foyer.show.1", {"id": booking.id, "version": stands.number}))
    if news:
        await documents.store.commit(Batch(puts=(documents.put(key, replace(stands, number=stands.number + 1)),)))
    (lease,) = await documents.store.take([keys.REPAINT], 1, now=now + 2, lease_s=1)
    await Outbox(house.services, house.services.finder).repaint(lease)

    assert (keys.TELL in await documents.store.owed(now=now + 2)) is news
