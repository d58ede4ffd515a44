"""The follower of the change feed: what it says when the store is away, and what a search sees while it reads."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from bot.domain.availability import Availability
from bot.domain.events import Response, RoomEvent
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.changes import Changes, ChangesLost
from bot.ports.documents import Documents
from bot.ports.records import FeedState
from bot.ports.store import Batch, Document, StoreDown
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine, MemoryStore
from bot.sync.follower import BEHIND_S, POLL_S, Follower
from bot.sync.indexing import Indexing
from tests.fakes import START_AT, ManualClock
from tests.unit.core.world import OSLO, ROOMS, at

NINE = at(9)
WINDOW = Slot(START_AT - timedelta(days=1), START_AT + timedelta(days=60))


class Away(MemoryStore):
    """A store that can be away, and that tells when somebody reads."""

    is_away = False
    is_put_back = False  # what was written since the last position may be lost
    on_read: Callable[[], None] = staticmethod(lambda: None)

    async def changes(self, after: str, limit: int) -> Changes:
        if self.is_away:
            raise StoreDown("away")
        if self.is_put_back:
            raise ChangesLost(after)
        return await super().changes(after, limit)

    async def read(self, keys: Iterable[str], under: Iterable[str] = ()) -> dict[str, Document]:
        self.on_read()
        return await super().read(keys, under)


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock()
        store = MemoryEngine().of("contoso")
        self.store = Away(store._tenant, store._require_open)
        self.documents = Documents(self.store, JsonCodec())
        self.index = Availability()
        self.follower = Follower(self.store, Indexing(self.documents, self.index, self.clock), self.clock)

    async def write(self, *documents: tuple[str, object]) -> None:
        """As another process does."""
        await self.store.commit(Batch(puts=[self.documents.put(key, value) for key, value in documents]))

    async def pass_time(self, seconds: float) -> None:
        for _ in range(int(seconds / POLL_S)):
            self.clock.forward(POLL_S)
            for _ in range(20):
                await asyncio.sleep(0)  # noqa: TID251 - lets the follower look


def meeting(event_id: str) -> RoomEvent:
    return RoomEvent(id=event_id, room=OSLO, ical_uid=event_id, slot=NINE, response=Response.ACCEPTED)


async def test_a_store_that_is_away_is_told_once_and_what_was_missed_is_caught_up_with(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    scene = Scene()
    await scene.follower.open()
    following = asyncio.create_task(scene.follower.run())
    await scene.pass_time(1)
    assert not scene.follower.behind

    scene.store.is_away = True
    await scene.write((keys.event(OSLO, "1"), meeting("1")))
    await scene.pass_time(BEHIND_S + 2)
    behind = [scene.follower.behind]

    scene.store.is_away = False
    await scene.pass_time(1)
    assert [*behind, scene.follower.behind] == [True, False]
    assert scene.index.taken(OSLO) == [NINE]
    assert [record.message for record in caplog.records] == ["follower.store_down", "follower.store_back"]
    following.cancel()


async def test_a_room_is_never_called_free_between_the_news_of_its_reading_and_of_its_meetings() -> None:
    scene = Scene()
    await scene.write((keys.room(OSLO), ROOMS[0]))
    await scene.follower.open()
    seen: list[bool] = []

    def look() -> None:
        seen.append(scene.index.knows(OSLO, NINE) and not scene.index.taken(OSLO))

    scene.store.on_read = look  # somebody searches meanwhile
    meetings = [(keys.event(OSLO, str(number)), meeting(str(number))) for number in range(1500)]
    await scene.write((keys.feed(OSLO), FeedState(window=WINDOW)), *meetings)
    await scene.follower.catch_up()

    assert (len(seen) > 2, any(seen)) == (True, False)
    assert scene.index.knows(OSLO, NINE)
    assert len(scene.index.taken(OSLO)) == 1500


async def test_what_is_owed_is_owed_anew_when_the_store_may_have_lost_it() -> None:
    scene = Scene()
    owed: list[bool] = []

    async def owe() -> None:
        owed.append(scene.store.is_away)
        if scene.store.is_away:
            raise StoreDown("away")

    scene.follower.on_start_over = owe
    await scene.follower.open()
    await scene.follower.catch_up()
    assert owed == [], "a start owes by itself"

    scene.store.is_put_back = True
    await scene.follower.catch_up()
    scene.store.is_put_back, scene.store.is_away = False, True
    with pytest.raises(StoreDown):
        await scene.follower.catch_up()
    scene.store.is_away = False
    await scene.follower.catch_up()
    await scene.follower.catch_up()

    assert owed == [True, False], "until it was, and once"
