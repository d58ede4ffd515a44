"""After a start: when it may say that it knows what happened while nothing ran."""

from datetime import datetime, timedelta

from bot.admin.catchup import GRACE_S, CatchUp, Since, since_polls, since_start
from bot.domain.availability import Availability
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import Polling, SubscriptionRecord
from bot.ports.store import Batch
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine
from tests.fakes import ManualClock

BEFORE, HOUR = timedelta(seconds=1), timedelta(hours=1)


class Start:
    """A tenant with rooms r0, r1, … that starts now."""

    def __init__(self, rooms: int = 2, *, answers_only: bool = False) -> None:
        self.clock = ManualClock()
        self.now = self.clock.now()
        self.documents = Documents(MemoryEngine().of("contoso"), JsonCodec())
        self.index = Availability([Room(address=f"r{n}", name=f"r{n}") for n in range(rooms)])
        for room in self.index.rooms:
            self.index.mark_unread(room.address)
        self.catch_up = self.begun(since_polls(self.now, rooms) if answers_only else since_start(self.now))

    def begun(self, since: Since) -> CatchUp:
        return CatchUp(self.documents, self.index, self.clock, lambda: since)

    async def write(self, *documents: tuple[str, object]) -> None:
        await self.documents.store.commit(Batch(puts=[self.documents.put(key, value) for key, value in documents]))

    def read(self, room: str, at: datetime) -> None:
        """As the round shows it, or the follower where another process read it."""
        self.index.mark_read(room, self.now + 180 * 24 * HOUR)
        self.index.note_read(room, at)

    async def subscribed(self, room: str, seen_at: datetime | None) -> None:
        record = SubscriptionRecord(id=room, room=room, expires_at=self.now + HOUR, secret_digest="", seen_at=seen_at)
        await self.write((keys.subscription(room), record))

    async def is_over(self) -> bool:
        """A second later, for it looks but once a second."""
        self.clock.forward(1)
        return await self.catch_up.is_over()


async def test_every_room_is_read_and_every_subscription_looked_at_first() -> None:
    start = Start()
    for room in ("r0", "r1"):
        start.read(room, start.now - BEFORE)
        await start.subscribed(room, start.now - BEFORE)
    assert not await start.is_over()
    assert (start.catch_up.unread, start.catch_up.unsubscribed) == (2, 2)

    start.read("r0", start.now)
    start.read("r1", start.now)
    await start.subscribed("r0", start.now)
    assert not await start.is_over()
    assert (start.catch_up.unread, start.catch_up.unsubscribed) == (0, 1)

    await start.subscribed("r1", start.now)
    assert await start.is_over()


async def test_once_over_it_stays_over_and_nothing_is_read_any_more() -> None:
    start = Start(1)
    start.read("r0", start.now)
    await start.subscribed("r0", start.now)
    assert await start.is_over()

    start.index.set_rooms([Room(address="new", name="new")])
    assert await start.is_over()


async def test_a_record_of_a_release_before_says_nothing_of_when_it_was_looked_at() -> None:
    start = Start(1)
    start.read("r0", start.now)
    await start.subscribed("r0", None)

    assert not await start.is_over()


async def test_what_cannot_be_read_or_subscribed_to_holds_nothing_up() -> None:
    start = Start(2)
    start.index.mark_unread("r0", troubled=True)
    start.index.mark_read("r1", start.now + 14 * 24 * HOUR)
    await start.write(
        (keys.polling("r0"), Polling(room="r0", since_at=start.now - HOUR, code="x", seen_at=start.now)),
        (keys.polling("r1"), Polling(room="r1", since_at=start.now - HOUR, code="x", seen_at=start.now)),
    )

    assert await start.is_over()


async def test_without_rooms_nothing_was_caught_up_with() -> None:
    start = Start(0)

    assert not await start.is_over()


async def test_it_is_bounded_however_many_rooms_there_are() -> None:
    start = Start(2000)
    start.clock.forward(GRACE_S - 1)
    assert not await start.is_over()
    start.clock.forward(2)

    assert await start.is_over()
    assert start.catch_up.unread == 2000, "and still told"


async def test_who_only_answers_rests_on_what_others_read_lately() -> None:
    start = Start(1, answers_only=True)
    start.read("r0", start.now - timedelta(minutes=16))
    assert not await start.is_over()

    start.read("r0", start.now - timedelta(minutes=14))
    assert await start.is_over()
