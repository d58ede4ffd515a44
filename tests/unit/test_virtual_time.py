"""The simulation's clock: it stands while a server is at work, and goes on where one never answers."""

import asyncio
from collections.abc import Coroutine

import pytest

from tests.rig import loop as virtual
from tests.rig.loop import VirtualLoop, virtual_loop


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
