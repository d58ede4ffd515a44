"""One schedule: a seed becomes a history, judged after every step and once more when all has come to rest."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.ports.records import Progress
from sandbox.calendar.settings import changed
from tests.rig.acts import Acts
from tests.rig.invariants import ALWAYS, ASKED, AT_REST, PROMPT, Invariant
from tests.rig.loop import VirtualLoop
from tests.rig.process import Process
from tests.rig.scene import Scene
from tests.rig.seams import as_they_were
from tests.rig.shown import Listing, listings
from tests.rig.stores import Ground
from tests.rig.watching import Observed, Observer, Seen
from tests.rig.wires import pause

T = TypeVar("T")

STEPS = (20, 40)
REST_S = 480.0  # a poll, a job put off, and what follows from them
_HELD_S = 600.0  # until an answer that did not hold is given again
_OF_SERIES = 0.25  # of the schedules are of people who change series and their dates at once
_SEVERAL = 0.3  # of the schedules have two processes, where the store can be shared


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A promise that did not hold, and when."""

    id: str
    sentence: str
    what: str
    at_s: float


@dataclass(kw_only=True)
class Outcome:
    """What became of one schedule. `story` tells it line by line; the same seed gives the same `digest`."""

    seed: int
    broken: list[Broken] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    steps: int = 0
    faults: int = 0
    deaths: int = 0
    pauses: int = 0
    cards: int = 0
    bookings: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.story).encode()).hexdigest()


class Judge:
    """Looks, and asks every invariant."""

    def __init__(self, scene: Scene, seen: Seen, outcome: Outcome) -> None:
        self._scene = scene
        self._seen = seen
        self._observer = Observer(scene, seen)
        self._outcome = outcome

    async def ask(
        self, invariants: Sequence[Invariant], listings: Mapping[str, Listing | None] | None = None
    ) -> Observed:
        """`listings` are what people were shown who have just asked for their bookings."""
        observed = await self._observer.look()
        observed.listings.update(listings or {})
        for invariant in invariants:
            self._outcome.checks[invariant.id] += 1
            for what in invariant.check(observed, self._seen):
                broken = Broken(
                    id=invariant.id, sentence=invariant.sentence, what=what, at_s=self._scene.loop.time()
                )  # fmt: skip
                self._outcome.broken.append(broken)
                self._scene.tell(f"BROKEN {broken.id}: {what}")
        return observed

    @property
    def is_content(self) -> bool:
        return not self._outcome.broken


async def keep_up(scene: Scene, bot: Process, seen: Seen, chance: random.Random) -> None:
    """Starts the bot again whenever it has died, as a supervisor does."""
    while True:
        if await bot.start():
            await bot.life.died.wait()
            await bot.bury()
        seen.last_death_s = scene.loop.time()
        scene.tell(f"life {bot.life.number} is over")
        await pause(chance.choice((0.1, 2.0, 30.0)))


async def play(seed: int, ground: Ground) -> Outcome:
    """Raises nothing for what the bot does wrong; that is in the outcome."""
    outcome = Outcome(seed=seed)
    shape = random.Random(f"shape {seed}")  # noqa: S311
    rooms, several = shape.choice((2, 3)), shape.random() < _SEVERAL and ground.is_shareable
    scene = Scene(seed, ground, rooms=rooms, processes=2 if several else 1, idle_s=5.0 if several else 30.0)
    seen = Seen(scene)
    scene.ledger = seen
    async with scene:
        seen.attach()
        scene.world.switches = changed(scene.world.switches, _manners(shape))
        series = scene.chance("theme").random() < _OF_SERIES
        acts, judge = Acts(scene, scene.chance("acts"), series=series), Judge(scene, seen, outcome)
        keeping = [
            asyncio.create_task(keep_up(scene, bot, seen, scene.chance(f"deaths {number}")))
            for number, bot in enumerate(scene.bots)
        ]  # fmt: skip
        try:
            await pause(shape.choice((0.5, 5.0, 20.0)))
            for _ in range(shape.randint(*STEPS)):
                outcome.steps += 1
                await acts.one()
                await pause(shape.choice((0.0, 0.2, 1.0, 3.0, 8.0, 25.0)))
                await judge.ask(ALWAYS)
                _still_going(keeping)
                if not judge.is_content:
                    break
            if judge.is_content:
                await _rest(scene, acts, judge)
                _still_going(keeping)
            observed = await judge.ask(())
            outcome.bookings.update(booking.state.value for booking in observed.bookings)
        finally:
            for task in keeping:
                task.cancel()
        outcome.faults = acts.counts.faults + scene.teams.faults + len(scene.world.faults.history)
        outcome.pauses = acts.counts.pauses
        outcome.deaths, outcome.cards, outcome.story = scene.lives - len(scene.bots), seen.told, scene.story
    return outcome


def _manners(shape: random.Random) -> dict[str, Any]:
    """What Microsoft leaves open, one way or the other."""
    return {
        "u_staleStatus": shape.choice((412, 409)),
        "u_duplicateStatus": shape.choice((400, 409)),
        "u_duplicateNamesExisting": shape.random() < 0.5,
        "u_transactionsOutliveEvents": shape.random() < 0.5,
        "u_deltaMaster": shape.random() < 0.7,
        "u_deltaAnnouncesOccurrences": shape.random() < 0.3,
        "u_deltaEmptyPage": shape.random() < 0.3,
        "u_deltaRepeats": shape.choice((0, 0, 2, 10)),
        "u_deletedFound": shape.random() < 0.3,
    }


async def _rest(scene: Scene, acts: Acts, judge: Judge) -> None:
    scene.tell("the faults stop")
    acts.mend()
    observed = await _quiet(judge, REST_S)
    if any(one.progress is Progress.HELD and one.answer for one in observed.decisions):
        await _quiet(judge, _HELD_S)
    await acts.people.over()
    await judge.ask(AT_REST)
    await judge.ask(ASKED, await listings(scene, acts.people))
    if judge.is_content:
        await _calm(scene, acts, judge)


async def _quiet(judge: Judge, seconds: float) -> Observed:
    for _ in range(8):
        await pause(seconds / 8)
        observed = await judge.ask(ALWAYS)
    return observed


async def _calm(scene: Scene, acts: Acts, judge: Judge) -> None:
    """Nothing fails, and people go on in Outlook: the next poll is too late for what they do."""
    chance = scene.chance("calm")
    scene.world.delivery.endpoints.clear()  # who answered late before is waited for no more
    for _ in range(3):
        await acts.in_outlook()
        await pause(chance.uniform(18, 29))
    await judge.ask(PROMPT)
    await pause(45)
    await judge.ask(PROMPT)


def _still_going(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """A supervisor that fell is a fault of the simulation's own."""
    for task in tasks:
        if task.done():
            task.result()


def run(seed: int, ground: Ground) -> Outcome:
    """In a loop of its own."""
    return in_a_loop(play(seed, ground))


@as_they_were()
def in_a_loop(playing: Coroutine[Any, Any, T]) -> T:
    """Runs it in a new loop on virtual time."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(playing)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
