"""The bot as a process that is started, killed, stopped and paused; over HTTP it answers only while it is up."""

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from bot.ports.store import StoreError
from bot.web.app import runner_of
from tests.rig.life import LIFE, Life
from tests.rig.loop import VirtualLoop
from tests.rig.seams import Outside
from tests.rig.wires import Answerer, Call, answerer, refused

if TYPE_CHECKING:
    from bot.wiring import System

_CANCELS = 50  # a task may await something else while it ends


def know_lives(loop: VirtualLoop) -> None:
    """From now on every task belongs to the life in whose context it was made."""

    def make(loop_: asyncio.AbstractEventLoop, coroutine: Any, context: Any = None, **how: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop_, context=context, **how)
        life = LIFE.get() if context is None else context.get(LIFE)
        if life is not None:
            life.tasks[task] = None
            task.add_done_callback(life.ended)
        return task

    loop.set_task_factory(make)


class Process:
    """One place where a bot runs. `live` makes what a new life finds outside."""

    def __init__(self, live: Callable[[], Outside], starting: asyncio.Lock) -> None:
        self._live = live
        self._starting = starting
        self.outside: Outside | None = None
        self.system: System | None = None
        self._answer: Answerer | None = None

    @property
    def is_up(self) -> bool:
        return self._answer is not None and self.outside is not None and not self.outside.life.is_dead

    @property
    def life(self) -> Life:
        assert self.outside is not None
        return self.outside.life

    async def start(self) -> bool:
        """False where it died before it was up."""
        async with self._starting:
            self.outside = self._live()
            ready = asyncio.Event()
            context = copy_context()
            context.run(LIFE.set, self.life)
            loop = asyncio.get_running_loop()
            self._main = loop.create_task(self._run(self.outside, ready), context=context)
            waits = [loop.create_task(one) for one in (ready.wait(), self.life.died.wait())]
            await asyncio.wait([*waits, self._main], return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if self._main.done() and isinstance(self._main.exception(), StoreError):
                self.life.die()  # it says so, and ends
            elif self._main.done():
                self._main.result()
            if self.life.is_dead:
                await self.bury()
        return self.is_up

    async def _run(self, outside: Outside, ready: asyncio.Event) -> None:
        async with outside.opened() as system:
            runner = runner_of(system.app)
            await runner.setup()
            self.system, self._answer = system, answerer(system.app)
            ready.set()
            await outside.life.told_to_stop.wait()
            self._answer = None
        outside.life.die()

    async def kill(self) -> None:
        """As SIGKILL does."""
        if self.outside is not None:
            self.life.die()
            await self.bury()

    async def stop(self) -> None:
        """As SIGTERM does."""
        self.life.told_to_stop.set()
        await self.life.died.wait()

    async def bury(self) -> None:
        """What is left of a life that has died."""
        self._answer = self.system = None
        life = self.life
        for _ in range(_CANCELS):
            left = [task for task in life.tasks if not task.done()]
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=0)
        raise AssertionError(f"these do not end: {[task for task in life.tasks if not task.done()]}")

    async def answer(self, call: Call) -> web.StreamResponse:
        """As the process does, for as long as it lives; raises where it is not there."""
        handle = self._answer
        if handle is None or not self.is_up:
            raise refused()
        life = self.life
        context = copy_context()
        context.run(LIFE.set, life)
        loop = asyncio.get_running_loop()
        handling = loop.create_task(self._handled(handle, call, life), context=context)
        died = loop.create_task(life.died.wait())
        try:
            await asyncio.wait([handling, died], return_when=asyncio.FIRST_COMPLETED)
        finally:
            died.cancel()
        if not handling.done() or handling.cancelled() or life.is_dead:
            raise aiohttp.ServerDisconnectedError
        return handling.result()

    @staticmethod
    async def _handled(handle: Answerer, call: Call, life: Life) -> web.StreamResponse:
        await life.lives()
        response = await handle(call)
        await life.lives()
        return response


@contextlib.asynccontextmanager
async def served(app: web.Application) -> Any:
    """The application set up, as what answers calls."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        yield answerer(app)
    finally:
        await runner.cleanup()
