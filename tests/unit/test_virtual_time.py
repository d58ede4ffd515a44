"""The simulation's clock: it stands while a server is at work, and goes on where one never answers."""

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context

import pytest

from tests.rig import loop as virtual
from tests.rig.life import LIFE, Life, Turnstile
from tests.rig.loop import VirtualLoop, virtual_loop
from tests.rig.process import know_lives
from tests.rig.wires import pause


def _played(scene: Coroutine[None, None, list[float]]) -> list[float]:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(scene)
    finally:
        loop.close()


def test_who_gets_no_answer_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(virtual, "_STUCK_S", 0.01)

    async def unanswered() -> None:
        with virtual_loop().outside():
            await asyncio.Event().wait()

    async def scene() -> list[float]:
        loop = virtual_loop()
        asking = asyncio.create_task(unanswered(), name="asking")
        seen = []
        for _ in range(3):
            waiting = loop.create_future()
            loop.call_later(5, waiting.set_result, None)
            await waiting
            seen.append(round(loop.time(), 3))
        asking.cancel()
        await asyncio.wait([asking])
        assert loop.waiting_outside == 0
        return seen

    assert _played(scene()) == [5, 10, 15]
    told = capsys.readouterr().err
    assert told.count("nothing came from outside") == 1
    assert "in unanswered" in told


async def _others_go_on() -> None:
    for _ in range(20):
        await pause(0)


def test_what_has_begun_at_the_store_is_finished_though_its_life_is_buried() -> None:
    """And what waited behind it, of another life, has its turn; what the dead one had yet to begin never begins."""

    async def scene() -> list[float]:
        loop = virtual_loop()
        know_lives(loop)
        turnstile, done, answered = Turnstile(is_outside=True), [], asyncio.Event()

        async def one(name: str) -> None:
            await turnstile.through(lambda: asked(name))

        async def asked(name: str) -> None:
            await asyncio.create_task(answered.wait())  # by a helper of the engine's own
            done.append(name)

        lives = [Life(number, lambda _: False) for number in range(2)]
        for life, name in ((0, "begun"), (0, "not begun"), (1, "the other's")):
            context = copy_context()
            context.run(LIFE.set, lives[life])
            loop.create_task(one(name), context=context)
        await _others_go_on()
        for task in list(lives[0].tasks):
            task.cancel()
        await _others_go_on()
        answered.set()
        await _others_go_on()
        assert done == ["begun", "the other's"]
        assert not lives[1].tasks
        return []

    _played(scene())
