"""However often a room is hinted at, and whoever else reads it: few rounds, one end; a feed that leads astray waits."""

import asyncio

import pytest

from bot.ports import keys
from bot.ports.calendar import Busy, Page, Rejected, RemoteError
from bot.ports.records import SubscriptionRecord
from bot.ports.store import Batch, LeaseLost, Schedule
from bot.sync.hints import Hint, digest
from bot.sync.round import Rounds
from tests.fakes import Fault, Mode
from tests.unit.core.world import BERGEN, OSLO, World, at, running

EVE = "eve@contoso.example"


async def told(world: World, room: str) -> Hint:
    """A hint with the secret of the room's subscription."""
    kept = await world.reading.get(keys.subscription(room), SubscriptionRecord)
    assert kept is not None
    record = SubscriptionRecord(
        id=kept.value.id, room=room, expires_at=kept.value.expires_at, secret_digest=digest("s"), url=kept.value.url
    )
    await world.raw.commit(Batch(puts=(world.reading.put(keys.subscription_of(record.id), record),)))
    return Hint(subscription_id=record.id, client_state="s")


async def test_a_thousand_hints_in_a_moment_are_one_round_and_a_second_look() -> None:
    """Each in a notification of its own, as after an outage."""
    world = await running()
    hints = [await told(world, room) for room in (OSLO, BERGEN)]
    before = world.calendar.calls.count("changes")

    believed = await asyncio.gather(*(world.hints.take([hints[number % 2]]) for number in range(1000)))
    await world.settle()

    assert sum(believed) == 1000
    assert world.calendar.calls.count("changes") - before == 2
    await world.pass_time(30)
    assert 4 <= world.calendar.calls.count("changes") - before <= 6, "and perhaps a poll of each"


async def test_hints_that_come_while_the_room_is_read_make_one_round_more() -> None:
    world = await running()
    hint = await told(world, OSLO)
    ask, during = world.calendar.changes, [20]

    async def changes(*args: object) -> Page:
        page: Page = await ask(*args)  # type: ignore[arg-type]  # passed on
        if during:
            world.calendar.outlook_book(OSLO, at(9), EVE)
            for _ in range(during.pop()):
                await world.hints.take([hint])
        return page

    world.calendar.changes = changes  # type: ignore[assignment, method-assign]  # what happens while it is asked
    before = world.calendar.calls.count("changes")
    await world.hint(OSLO)
    await world.settle()

    assert world.calendar.calls.count("changes") - before == 2
    assert len(await world.documents_under(keys.events(OSLO))) == 1, "what happened during the first is in the second"


async def test_of_two_workers_on_one_room_one_writes() -> None:
    """The one whose lease lapsed while it read finds that out at its end, and has changed nothing."""
    world = await running()
    world.calendar.outlook_book(OSLO, at(9), EVE)
    common = (world.documents, world.calendar, world.index, world.policies, world.clock)
    slow, quick = Rounds(*common), Rounds(*common)
    await world.raw.commit(Batch(schedules=(Schedule(keys.sync(OSLO), 0),)))
    now = world.clock.now().timestamp()
    (first,) = await world.raw.take([keys.sync(OSLO)], 1, now=now, lease_s=5)
    (second,) = await world.raw.take([keys.sync(OSLO)], 1, now=now + 6, lease_s=60)
    await quick.round(second)
    written = [(doc.key, doc.version) for doc in await world.documents_under("")]

    with pytest.raises(LeaseLost):
        await slow.round(first)

    assert [(doc.key, doc.version) for doc in await world.documents_under("")] == written


async def test_what_a_round_wrote_that_was_broken_off_is_shown_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    world = await running()
    world.calendar.rooms[OSLO].mode = Mode.AUTO  # accepted at once: its row does not change any more
    world.calendar.outlook_book(OSLO, at(9), EVE)
    await world.hint(OSLO)
    written, commit = asyncio.Event(), world.raw.commit

    async def unanswered(batch: Batch) -> None:
        await commit(batch)
        written.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as slow:
        slow.setattr(world.raw, "commit", unanswered)
        reading = asyncio.create_task(world.run_one(keys.sync(OSLO)))
        await written.wait()
        reading.cancel()  # as the worker does when a job takes too long
        await asyncio.wait([reading])
    assert len(await world.documents_under(keys.events(OSLO))) == 1
    await world.hint(OSLO)
    await world.settle()

    assert world.index.taken(OSLO) == [at(9)]


@pytest.mark.parametrize(
    "error",
    [
        Rejected("ForeignLink"),
        Busy("AnswerTooLarge", retry_after_s=1.0),
        Busy("", 504, retry_after_s=1.0),
        Busy("UnreadableAnswer", 200, retry_after_s=1.0),
    ],
)
async def test_a_round_that_breaks_off_on_its_second_page_leaves_everything_as_it_was(error: RemoteError) -> None:
    world = await running()
    world.calendar.page_size = 2
    for hour in range(5):
        world.calendar.outlook_book(OSLO, at(9 + hour), EVE)
    link = (await world.feed(OSLO)).link
    ask = world.calendar.changes
    broken = [2]

    async def changes(room: str, window: object, link: str) -> Page:
        broken[0] -= 1
        if broken[0] == 0 or (broken[0] < 0 and isinstance(error, Rejected) and link):
            raise error
        return await ask(room, window, link)  # type: ignore[arg-type]  # passed on

    world.calendar.changes = changes  # type: ignore[method-assign]  # breaks once, a foreign link for good
    await world.hint(OSLO)
    await world.settle()
    assert await world.documents_under(keys.events(OSLO)) == []
    assert (await world.feed(OSLO)).link == link

    world.calendar.changes = ask  # type: ignore[method-assign]  # it is well again
    await world.pass_time(90)
    assert len(await world.documents_under(keys.events(OSLO))) == 5
    assert await world.dead() == []


async def test_a_renewal_that_is_throttled_comes_back_and_nothing_is_given_up() -> None:
    world = await running()
    before = dict(world.calendar.subscribed)
    world.calendar.faults += [Fault(error=Busy("", 503, retry_after_s=30.0), method="renew")] * 6
    world.clock.forward(1.5 * 86400)
    await world.settle()
    await world.pass_time(600)

    assert world.calendar.subscribed.keys() == before.keys()
    assert all(one.expires_at > before[name].expires_at for name, one in world.calendar.subscribed.items())
    assert await world.documents_under("polling/") == []
