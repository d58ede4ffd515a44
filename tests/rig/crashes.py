"""The crash matrix: every scenario once for each point that it passes, dying there; then for pairs of points."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.rig.invariants import ALWAYS, AT_REST
from tests.rig.life import Life
from tests.rig.people import People
from tests.rig.points import Point, points
from tests.rig.scenarios import SCENARIOS, Scenario
from tests.rig.scene import Scene
from tests.rig.schedule import REST_S, Judge, Outcome, in_a_loop, keep_up
from tests.rig.stagehand import Stagehand
from tests.rig.stores import Ground
from tests.rig.watching import Seen
from tests.rig.wires import pause


@dataclass(kw_only=True)
class Run:
    """A scenario as it went: the points that it passed, in order, and those at which the bot died."""

    scenario: str
    outcome: Outcome
    passed: list[Point] = field(default_factory=list)
    died: list[Point] = field(default_factory=list)


async def perform(scenario: Scenario, ground: Ground, deaths: Sequence[Point]) -> Run:
    """Dies at the first visit of the first of `deaths`, then, started again, at that of the next."""
    run = Run(scenario=scenario.name, outcome=Outcome(seed=1))
    left = list(deaths)
    scene = Scene(
        1, ground, rooms=scenario.rooms, start_at=scenario.start_at, policy=scenario.policy,
        reconcile=scenario.reconcile,
    )  # fmt: skip

    def dies_at(life: Life, point: Point) -> bool:
        run.passed.append(point)
        if not left or point != left[0]:
            return False
        run.died.append(left.pop(0))
        scene.tell(f"life {life.number} dies {point}")
        return True

    scene.dies_at = dies_at
    seen = Seen(scene)
    scene.ledger = seen
    async with scene:
        seen.attach()
        judge, hand = Judge(scene, seen, run.outcome), Stagehand(scene, People(scene, scene.chance("people")))
        if scenario.before is not None:
            await scenario.before(hand)
        keeping = asyncio.create_task(keep_up(scene, scene.bot, seen, random.Random(1)))  # noqa: S311
        try:
            await pause(1)
            await scenario.play(hand)
            await hand.people.over()
            scene.world.faults.clear()
            scene.teams.mend()
            await pause(REST_S)
            if keeping.done():
                keeping.result()
            seen.forgive(scenario.is_wrong)
            await judge.ask([*ALWAYS, *AT_REST])
        finally:
            keeping.cancel()
        run.outcome.story, run.outcome.deaths = scene.story, scene.lives - 1
    return run


def performed(scenario: Scenario, ground: Ground, deaths: Sequence[Point] = ()) -> Run:
    return in_a_loop(perform(scenario, ground, deaths))


def surveyed(ground: Ground) -> list[Run]:
    """Every scenario, without a death."""
    return [performed(scenario, ground) for scenario in SCENARIOS]


def first_passes(runs: Iterable[Run]) -> dict[Point, str]:
    """Each point that is passed, with the scenario that does so first."""
    found: dict[Point, str] = {}
    for run in runs:
        for point in run.passed:
            found.setdefault(point, run.scenario)
    return found


def missed(runs: Iterable[Run]) -> list[Point]:
    """Points of the source that no scenario passes."""
    return sorted(set(points()) - first_passes(runs).keys())


@dataclass(frozen=True)
class Case:
    """A scenario, and where the bot dies in it."""

    scenario: str
    deaths: tuple[Point, ...]


def singles(runs: Iterable[Run]) -> list[Case]:
    """Every scenario with every point that it passes."""
    return [Case(run.scenario, (point,)) for run in runs for point in dict.fromkeys(run.passed)]


def pairs(runs: Iterable[Run]) -> list[Case]:
    """Every scenario with every two of its points, in the order in which it passes them, and each point twice."""
    found: list[Case] = []
    for run in runs:
        passed = list(dict.fromkeys(run.passed))
        found += [Case(run.scenario, (one, other)) for place, one in enumerate(passed) for other in passed[place:]]
    return found


def one_each(cases: Iterable[Case], prefer: dict[str, float]) -> list[Case]:
    """Of the cases with the same deaths the cheapest."""
    best: dict[tuple[Point, ...], Case] = {}
    for case in cases:
        known = best.get(case.deaths)
        if known is None or prefer[case.scenario] < prefer[known.scenario]:
            best[case.deaths] = case
    return list(best.values())


def tried(case: Case, ground: Ground) -> Run:
    scenario = next(one for one in SCENARIOS if one.name == case.scenario)
    return performed(scenario, ground, case.deaths)


def complaint(case: Case, run: Run) -> str:
    """What a person needs to see it again."""
    where = " --death ".join(repr(str(point)) for point in case.deaths)
    lines = [f"\n“{case.scenario}” broke a promise. To see it again:",
             f"  python -m tests.rig crashes --scenario {case.scenario!r} --death {where}"]  # fmt: skip
    lines += [f"  {one.id} ({one.sentence}): {one.what[:400]}" for one in run.outcome.broken[:5]]
    return "\n".join([*lines, "  …", *(f"  {line[:200]}" for line in run.outcome.story[-40:])])
