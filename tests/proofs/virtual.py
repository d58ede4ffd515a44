"""The simulation (tests/rig) with a twist: no notification ever arrives, or an old backup takes the store's place."""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import random
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.domain.bookings import State
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_copy import back_up, restore
from sandbox.calendar.settings import changed
from sandbox.exchange.steps import Act, Decide
from sandbox.subscriptions.posting import Posted
from tests.proofs.proof import REDIS, SQLITE, Outcome, Proof, Task
from tests.rig import schedule
from tests.rig.acts import Acts
from tests.rig.invariants import ALWAYS, AT_REST
from tests.rig.life import WatchedEngine
from tests.rig.loop import virtual_loop
from tests.rig.scene import Scene
from tests.rig.schedule import REST_S, Judge, in_a_loop, keep_up
from tests.rig.seams import Outside
from tests.rig.stores import Ground, ground, opened_inline
from tests.rig.watching import Observed, Row, Seen
from tests.rig.wires import pause

_STEPS = (15, 30)
_AT_ONCE = 10  # schedules, by one process on one store's ground
_UNDERWAY_S = 60.0
_PAUSES_S = (0.0, 0.2, 1.0, 3.0, 8.0, 25.0)
_HURRIED, _MOMENTS_S = 6, (0.0, 0.02, 0.1, 0.3)
# A store of yesterday does not know what was booked today: such a meeting is one of Outlook's then, its card stays.
_KNOWN_AFTER_A_RESTORE = {"I1", "I1b", "I2", "I4", "I15", "I17", "F", "I2e", "I5", "I9", "I13"}

Play = Callable[[int, Ground], Coroutine[Any, Any, schedule.Outcome]]


# No notification --------------------------------------------------------------------------------------------------


async def unnotified(seed: int, where: Ground) -> schedule.Outcome:
    """People, faults and deaths as in any schedule; Graph believes that every notification was taken, and none was."""
    outcome = schedule.Outcome(seed=seed)
    scene = Scene(seed, where)
    async with scene, _played(scene, _seeing(scene), outcome) as (acts, judge):
        scene.world.delivery.posting.raw = _swallowed  # type: ignore[method-assign]
        chance = scene.chance("shape")
        await _act(acts, judge, chance)
        acts.mend()
        await _rest(judge, outcome, REST_S)
        await judge.ask(AT_REST)
    return _named(outcome, scene)


async def _swallowed(url: str, body: bytes, *, seconds: float) -> Posted:
    del url, body, seconds
    return Posted(status=202)


# An old backup ----------------------------------------------------------------------------------------------------


class _Kept(WatchedEngine):
    """Knows whether it was opened on a backup, as production does."""

    async def is_restored(self) -> bool:
        return await self._turnstile.through(self._engine.is_restored)

    async def made_own(self) -> None:
        await self._turnstile.through(self._engine.made_own)


class _Restorable(Scene):
    def _live(self) -> Outside:
        outside = super()._live()
        kept = _Kept(self.engine, self.turnstile, outside.life, self.ledger)
        return replace(outside, engine=kept)


@dataclass(frozen=True)
class _Before:
    """How it stood when the backup was made, and when it took the store's place."""

    then: Observed
    now: Observed
    requests: int


async def restored(seed: int, where: Ground) -> schedule.Outcome:
    """A backup is made somewhere in the history, and put in the store's place somewhere later."""
    outcome = schedule.Outcome(seed=seed)
    scene = _Restorable(seed, where)
    async with scene:
        seen = _seeing(scene)
        scene.world.switches = changed(scene.world.switches, {"u_transactionsOutliveEvents": seed % 2 == 0})
        async with _played(scene, seen, outcome) as (acts, judge):
            chance = scene.chance("shape")
            await _act(acts, judge, chance)
            for _ in range(_HURRIED):  # so that the backup finds work that has begun
                await acts.press()
                await pause(chance.choice(_MOMENTS_S))
            then = await judge.ask(())
            backup = where.folder / f"foyer{where.used}.backup"
            back_up(_file(where), backup, at=1)
            scene.tell("a backup is made")
            await _act(acts, judge, chance)
            acts.mend()
            await pause(chance.choice(_PAUSES_S))
            for bot in scene.bots:
                await bot.kill()
            await _attended(scene)
            before = _Before(then, await judge.ask(()), scene.world.requests.next_number)
        again = await _put_back(scene, where, backup)
        async with _played(scene, seen, outcome) as (_, judge):
            await _rest(judge, outcome, 2 * REST_S)
            after = await judge.ask([one for one in AT_REST if one.id in _KNOWN_AFTER_A_RESTORE])
            broken = [
                *_cancelled(before, after), *_made_again(before, after), *_answered_again(before, after, scene),
            ]  # fmt: skip
            outcome.broken += [_broken("I20", what, scene) for what in broken]
        for bot in scene.bots:
            await bot.kill()
        with virtual_loop().outside():
            await again.close()
    outcome.broken = [one for one in outcome.broken if one.id in _KNOWN_AFTER_A_RESTORE | {"I20"}]
    return _named(outcome, scene)


async def _attended(scene: Scene) -> None:
    """What was asked, moved or cancelled in Outlook last has reached the rooms, and their attendants have done with it:
    one that comes late overwrites an answer that it never saw, and that is answered once more, rightly."""
    booking = scene.world.booking
    await pause(_UNDERWAY_S)
    while (left := booking.under_way()).queues or any(isinstance(due.what, Decide | Act) for due in left.steps):
        await pause(_UNDERWAY_S)


async def _put_back(scene: Scene, where: Ground, backup: Path) -> SqliteEngine:
    with virtual_loop().outside():
        await scene.engine.close()
        restore(backup, _file(where), at=2)
        engine = opened_inline(_file(where))
    scene.engine = engine
    scene.tell("the backup takes the store's place")
    return engine


def _file(where: Ground) -> Path:
    return where.folder / f"foyer{where.used}.sqlite"


def _cancelled(before: _Before, after: Observed) -> Iterator[str]:
    """Meetings that stood, accepted, when the backup came back, and stand no more; nobody did anything since."""
    undoing = {one.id for one in before.then.bookings if one.state in (State.COMPENSATING, State.CREATING)}
    undoing |= {one.id for one in before.then.bookings if one.replaces or one.moving_from is not None}
    uids = {item.uid for id_ in undoing for item in before.now.live_events.get(id_, [])}
    for room, rows in before.now.truth.items():
        for row in rows.values():
            stands = after.truth[room].get(row.id)
            if not row.is_accepted or not row.blocks or row.uid in uids or _is_doubled(row, rows):
                continue
            if row.end_at > after.now and (stands is None or not stands.blocks):
                yield f"{room} at {row.start_at:%d %H:%M} was accepted and stood, and does no more"


def _made_again(before: _Before, after: Observed) -> Iterator[str]:
    """Bookings that were over when the backup came back, with nothing left in any mailbox."""
    for booking in before.now.bookings:
        is_over = booking.state in (State.CANCELLED, State.DECLINED, State.FAILED, State.EXPIRED)
        if is_over and not before.now.live_events.get(booking.id) and after.live_events.get(booking.id):
            yield f"booking {booking.id} was {booking.state}, and its meeting was made again"


def _is_doubled(row: Row, rows: dict[str, Row]) -> bool:
    others = (one for one in rows.values() if one.id != row.id and one.blocks)
    return any(one.start_at < row.end_at and row.start_at < one.end_at for one in others)


def _answered_again(before: _Before, after: Observed, scene: Scene) -> Iterator[str]:
    for room, rows in before.now.truth.items():
        for row in rows.values():
            is_settled = row.is_accepted and row.id in after.truth[room]
            pattern = rf"/{row.id.rstrip('=')}[^/]*/(accept|decline|tentativelyAccept)$"
            if is_settled and scene.world.requests.find(method="POST", path=pattern, since=before.requests):
                yield f"{room} at {row.start_at:%d %H:%M} was accepted, and is answered once more"


# Both -------------------------------------------------------------------------------------------------------------


def _seeing(scene: Scene) -> Seen:
    seen = Seen(scene)
    scene.ledger = seen
    seen.attach()
    return seen


@contextlib.asynccontextmanager
async def _played(scene: Scene, seen: Seen, outcome: schedule.Outcome) -> Any:
    """The bot runs, and is started again whenever it dies."""
    acts, judge = Acts(scene, scene.chance("acts")), Judge(scene, seen, outcome)
    keeping = [asyncio.create_task(keep_up(scene, bot, seen, scene.chance("deaths"))) for bot in scene.bots]
    try:
        await pause(5.0)
        yield acts, judge
        for task in keeping:
            if task.done():
                task.result()
    finally:
        for task in keeping:
            task.cancel()


async def _act(acts: Acts, judge: Judge, chance: random.Random) -> None:
    for _ in range(chance.randint(*_STEPS)):
        await acts.one()
        await pause(chance.choice(_PAUSES_S))
        await judge.ask(ALWAYS)


async def _rest(judge: Judge, outcome: schedule.Outcome, seconds: float) -> None:
    for _ in range(8):
        await pause(seconds / 8)
        await judge.ask([one for one in ALWAYS if one.id in _KNOWN_AFTER_A_RESTORE])
    outcome.steps += 1


def _broken(id_: str, what: str, scene: Scene) -> schedule.Broken:
    return schedule.Broken(id=id_, sentence="A restored backup does no harm.", what=what, at_s=scene.loop.time())


def _named(outcome: schedule.Outcome, scene: Scene) -> schedule.Outcome:
    outcome.deaths = scene.lives - len(scene.bots)
    outcome.story = scene.story
    return outcome


def _proof(play: Play) -> Callable[[Task], Outcome]:
    def run(task: Task) -> Outcome:
        os.environ["PYTHONHASHSEED"] = "0"  # noqa: TID251 - sets of words have one order in every process
        jobs = min(os.cpu_count() or 1, task.size)
        turns = range(task.seed, task.seed + task.size, _AT_ONCE)
        parts = [(play, task.engine, range(seed, min(seed + _AT_ONCE, turns.stop))) for seed in turns]
        played, deaths, broken, lines = 0, 0, 0, list[str]()
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            for some in pool.imap_unordered(_play_all, parts):
                for seed, what, died in some:
                    played, deaths, broken = played + 1, deaths + died, broken + bool(what)
                    lines += [f"seed {seed}: {one}" for one in what]
                task.tell(f"{played:,} of {task.size:,} schedules, {broken} broken")
        return Outcome(
            result=f"{broken} of {task.size:,} schedules broke a promise",
            worst=f"{deaths:,} deaths of the bot in them",
            violations=tuple(lines),
        )

    return run


def _play_all(part: tuple[Play, str, range]) -> list[tuple[int, list[str], int]]:
    play, kind, seeds = part
    logging.getLogger().addHandler(logging.NullHandler())
    told = []
    with ground(kind) as where:
        for seed in seeds:
            outcome = in_a_loop(play(seed, where))
            told.append((seed, [f"{one.id}: {one.what}" for one in outcome.broken], outcome.deaths))
    return told


UNNOTIFIED = Proof(
    name="no-notifications",
    shows="schedules of the simulation in which no notification ever arrives: the poll finds everything",
    invariants=("I5", "I7", "I9"),
    unit="schedules",
    full=1_000,
    smoke=2,
    run=_proof(unnotified),
    engines=(SQLITE, REDIS),
)

RESTORED = Proof(
    name="restore",
    shows="schedules of the simulation in which a backup from a random moment takes the store's place at a later one",
    invariants=("I2", "I4", "I9", "I20"),
    unit="restores",
    full=500,
    smoke=2,
    run=_proof(restored),
    engines=(SQLITE,),
)
