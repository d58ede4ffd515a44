"""Subscriptions held against Graph's own list, lifecycle events, and reading more often where none can be had."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.pace import CALLS_PER_S, poll_every_s
from bot.ports import keys
from bot.ports.calendar import Rejected, Subscription, TooMany
from bot.ports.records import Polling, SubscriptionRecord, Untold
from bot.ports.store import Batch, Delete, Schedule
from bot.sync.audit import Findings, findings
from bot.sync.hints import Hint, digest
from tests.fakes import START_AT, Fault
from tests.unit.core.world import BERGEN, OSLO, ROOMS, World, running

URL = "https://x.example"


def listed(name: str, url: str = URL) -> Subscription:
    return Subscription(id=name, resource="users/x/events", expires_at=START_AT, notification_url=url)


def record(name: str, room: str = OSLO) -> SubscriptionRecord:
    return SubscriptionRecord(id=name, room=room, expires_at=START_AT, secret_digest="", url=URL)


@pytest.mark.parametrize(
    ("there", "known", "expected"),
    [
        ([listed("a"), listed("b")], [record("a"), record("b", BERGEN)], Findings(strays=(), lost=())),
        ([listed("a"), listed("b"), listed("c")], [record("a"), record("b", BERGEN)], Findings(strays=("c",), lost=())),
        ([listed("a")], [record("a"), record("b", BERGEN)], Findings(strays=(), lost=(BERGEN,))),
        ([listed("a")], [record("a")], Findings(strays=(), lost=(BERGEN,))),
        ([listed("a", "https://other.example")], [], Findings(strays=(), lost=(BERGEN, OSLO))),
        ([], [], Findings(strays=(), lost=(BERGEN, OSLO))),
        # Ours was ahead when it was recorded, and was put right since.
        (
            [replace(listed("a"), expires_at=START_AT - timedelta(days=2)), listed("b")],
            [record("a"), record("b", BERGEN)],
            Findings(strays=(), lost=(OSLO,)),
        ),
    ],
)
def test_what_is_ours_and_unknown_is_stray_and_what_is_known_and_gone_is_lost(
    there: list[Subscription], known: list[SubscriptionRecord], expected: Findings
) -> None:
    assert findings(there, known, [OSLO, BERGEN], URL) == expected


async def test_leftovers_and_doubles_go_and_the_ones_in_use_stay() -> None:
    world = await running()
    ours = set(world.calendar.subscribed)
    for name, url in (("left", URL), ("double", URL), ("elsewhere", "https://staging.example")):
        world.calendar.subscribed[name] = replace(listed(name, url), resource=OSLO)

    await world.pass_time(605)
    assert {"left", "double"} <= set(world.calendar.subscribed), "one look is not enough"
    await world.pass_time(130)

    assert set(world.calendar.subscribed) == ours | {"elsewhere"}


async def test_one_that_is_recorded_between_two_looks_is_kept() -> None:
    world = await running()
    old = (await world.reading.scan(keys.subscription(OSLO), SubscriptionRecord))[0]
    await world.raw.commit(Batch(deletes=(Delete(old.key),)))
    await world.run_one(keys.AUDIT)
    world.clock.forward(600)
    await world.run_one(keys.AUDIT)
    await world.raw.commit(Batch(puts=(world.reading.put(old.key, old.value),)))
    world.clock.forward(130)
    await world.run_one(keys.AUDIT)

    assert old.value.id in world.calendar.subscribed


async def test_a_subscription_that_is_gone_is_made_again_and_the_gap_is_read() -> None:
    world = await running()
    lost = next(name for name, one in world.calendar.subscribed.items() if one.resource == OSLO)
    del world.calendar.subscribed[lost]
    await world.pass_time(590, step_s=59)
    before = world.calendar.calls.count("changes")

    await world.pass_time(15)

    assert {one.resource for one in world.calendar.subscribed.values()} == {OSLO, BERGEN}
    assert world.calendar.calls.count("changes") > before
    assert await world.dead() == []


@pytest.mark.parametrize(
    ("event", "renews", "makes"), [("reauthorizationRequired", 1, 0), ("subscriptionRemoved", 0, 1)]
)
async def test_what_the_lifecycle_asks_for_is_done(event: str, renews: int, makes: int) -> None:
    world = await running()
    kept = (await world.reading.scan(keys.subscription(OSLO), SubscriptionRecord))[0].value
    known = replace(kept, secret_digest=digest("s"))
    await world.raw.commit(Batch(puts=(world.reading.put(keys.subscription_of(kept.id), known),)))
    before = {name: world.calendar.calls.count(name) for name in ("renew", "subscribe")}

    await world.hints.take([Hint(subscription_id=kept.id, client_state="s", lifecycle=event)])
    await world.settle()

    assert world.calendar.calls.count("renew") - before["renew"] == renews
    assert world.calendar.calls.count("subscribe") - before["subscribe"] == makes
    assert len(world.calendar.subscribed) == 2


class NoSubscriptions:
    """Refuses every one, as where the notification address cannot be reached."""

    def __init__(self, world: World) -> None:
        self.times = 0
        self._world = world

    async def __call__(self, *_: object, **__: object) -> Subscription:
        self.times += 1
        raise Rejected("ValidationError", 400)


async def test_without_subscriptions_rooms_are_read_every_minute_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    subscribe, refuses = world.calendar.subscribe, NoSubscriptions(world)
    world.calendar.subscribe = refuses  # type: ignore[method-assign]  # a service that refuses all
    await world.start()
    await world.settle()
    before = world.calendar.calls.count("changes")

    await world.pass_time(3600, step_s=20)

    assert world.calendar.calls.count("changes") - before >= 2 * 55
    said = [one.levelname for one in caplog.records if one.message == "subscription.refused"]
    assert said.count("ERROR") == 1
    assert refuses.times <= 12, "asked at growing distances"

    world.calendar.subscribe = subscribe  # type: ignore[method-assign]  # it is back
    await world.pass_time(3700, step_s=20)
    assert len(world.calendar.subscribed) == 2
    assert await world.documents_under("polling/") == []
    before = world.calendar.calls.count("changes")
    await world.pass_time(3600, step_s=20)
    assert world.calendar.calls.count("changes") - before <= 2 * 13


async def test_a_renewal_that_is_refused_keeps_the_room_polled_until_there_is_one_again() -> None:
    world = await running(rooms=ROOMS[:1])
    world.calendar.faults += [Fault(error=Rejected("x", 400), method="subscribe")] * 2
    world.calendar.subscribed.clear()
    world.clock.forward(timedelta(days=2).total_seconds())
    await world.settle()
    assert [doc.key for doc in await world.documents_under("polling/")] == [keys.polling(OSLO)]

    await world.pass_time(620)

    assert len(world.calendar.subscribed) == 1
    assert await world.documents_under("polling/") == []


@pytest.mark.parametrize(
    ("rooms", "soon", "is_soon", "is_told", "every_s"),
    [
        (13, 2, False, True, 300),
        (1_000, 900, False, True, 300),
        (3_000, 0, False, True, 300),
        (10_000, 2_000, True, True, 400),
        (10_000, 2_000, False, True, 1_600),
        (10_000, 10, True, True, 300),
        (13, 0, False, False, 60),
        (1_000, 0, False, False, 100),
        (10_000, 2_000, False, False, 1_000),
        (10_000, 2_000, True, False, 400),
    ],
)
def test_how_often_a_room_is_read(rooms: int, soon: int, is_soon: bool, is_told: bool, every_s: float) -> None:
    assert poll_every_s(rooms, soon, is_soon=is_soon, is_told=is_told) == every_s


@pytest.mark.parametrize("rooms", [4_000, 10_000, 50_000])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 1.0])
def test_polling_keeps_to_what_can_be_asked(rooms: int, part: float) -> None:
    soon = int(rooms * part)
    of_soon = soon / poll_every_s(rooms, soon, is_soon=True, is_told=True)
    of_others = (rooms - soon) / poll_every_s(rooms, soon, is_soon=False, is_told=True)

    assert of_soon + of_others <= CALLS_PER_S * 1.001


async def test_one_room_that_is_refused_is_no_news_each_time_another_is_renewed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    subscribe = world.calendar.subscribe

    async def full_for_oslo(room: str, **order: Any) -> Subscription:
        if room == OSLO:
            raise TooMany("ExtensionError", 403)
        return await subscribe(room, **order)

    world.calendar.subscribe = full_for_oslo  # type: ignore[method-assign]  # as many as it may have
    await world.start()
    await world.settle()
    for _ in range(5):
        await world.pass_time(4000, step_s=50)
        await world.raw.commit(Batch(schedules=(Schedule(keys.subscribe(BERGEN), 0),)))
        await world.settle()

    def said(event: str, level: str) -> int:
        return sum((one.message, one.levelname) == (event, level) for one in caplog.records)

    kept = await world.reading.get(keys.polling(OSLO), Polling)
    assert kept is not None
    assert kept.value.why is Untold.FULL
    assert (said("subscription.refused", "ERROR"), said("subscription.back", "WARNING")) == (1, 0)

    world.calendar.subscribe = subscribe  # type: ignore[method-assign]  # there is a place again
    await world.pass_time(4000, step_s=50)
    assert (said("subscription.refused", "ERROR"), said("subscription.back", "WARNING")) == (1, 1)
    assert (await world.status.status()).untold == {}
