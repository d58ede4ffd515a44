"""Starts the bot and the chat windows, waits until all answer, watches them, and stops them together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from chat import node, processes, texts
from chat.options import Options, Port, ports_of
from chat.parts import Parts
from chat.ports import busy_ports
from chat.processes import Child, Command
from chat.windows import Window

ROOT = Path(__file__).resolve().parent.parent
READY_S = 120.0
POLL_S = 0.2
AGAIN_S = 1.0
ANSWER_S = 5.0
SERVER_ERROR = 500

Say = Callable[[str], None]


class Refused(Exception):
    """Nothing can be started, or something ended; the message is for the person at the terminal."""


@dataclass(frozen=True)
class Stop:
    """What the person wants: `asked` ends everything in order, `hurried` (a second Ctrl-C) at once."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        (self.hurried if self.asked.is_set() else self.asked).set()


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """One run, from the first check to the last child gone."""

    options: Options
    environ: Mapping[str, str]
    say: Say
    stop: Stop

    @property
    def _parts(self) -> Parts:
        return Parts(root=ROOT, options=self.options, environ=self.environ)

    async def run(self) -> None:
        """Returns when asked to stop; raises Refused with what to tell the person otherwise."""
        app = ROOT / self.options.app
        if not app.is_file() and not self.options.install_only:
            raise Refused(texts.missing(app))
        if not self.options.install_only and (taken := await self._taken()):
            raise Refused(texts.busy(taken))
        found = await self._windows_installed() if self.options.chat else None
        if self.options.install_only or self.stop.asked.is_set():
            return
        async with self._children() as children:
            await self._serve(children, app, found)

    async def _taken(self) -> tuple[Port, ...]:
        """Asks again after a second: an outgoing connection of somebody may hold one of the high ports for a moment."""
        taken = busy_ports(ports_of(self.options))
        if taken:
            await _pause(self.stop, AGAIN_S)
        return busy_ports(taken)

    async def _serve(self, children: list[Child], app: Path, found: node.Node | None) -> None:
        windows = self._parts.windows if found else ()
        self.say("Starting Foyer …")
        commands = [self._parts.bot(app)]
        if found:
            commands += [self._parts.window(window, found) for window in windows]
        for command in commands:
            children.append(await processes.start(command))  # noqa: PERF401 - on the list before the next one starts
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as http:
            await self._while_all_live(children, self._until_all_answer(http, children, windows))
        if self.stop.asked.is_set():
            return
        if notes := children[0].notes():
            self.say(f"  {notes}")
        self.say(texts.welcome(self.options, windows))
        await self._while_all_live(children, self.stop.asked.wait())

    async def _while_all_live(self, children: list[Child], work: Awaitable[object]) -> None:
        """Waits for the work, or for the person to stop; raises Refused when a child ends first."""
        doing, asked = asyncio.ensure_future(work), asyncio.ensure_future(self.stop.asked.wait())
        deaths = {asyncio.ensure_future(child.process.wait()): child for child in children}
        try:
            await asyncio.wait((doing, asked, *deaths), return_when=asyncio.FIRST_COMPLETED)
            for death, child in deaths.items():
                if death.done() and not asked.done():
                    command = child.command
                    raise Refused(texts.died(command.part, death.result(), command.log, child.tail()))
            if doing.done():
                doing.result()
        finally:
            for task in (doing, asked, *deaths):
                task.cancel()
            await asyncio.gather(doing, asked, *deaths, return_exceptions=True)

    async def _until_all_answer(
        self, http: aiohttp.ClientSession, children: list[Child], windows: tuple[Window, ...]
    ) -> None:
        bot, *chats = children
        urls = [
            (bot, f"http://127.0.0.1:{self.options.bot_port}/readyz"),
            (bot, f"http://127.0.0.1:{self.options.sandbox_port}/"),
            *((chat, f"http://127.0.0.1:{w.port}/_debug/ping") for chat, w in zip(chats, windows, strict=True)),
        ]
        await asyncio.gather(*(self._until_answers(http, child, url) for child, url in urls))

    async def _until_answers(self, http: aiohttp.ClientSession, child: Child, url: str) -> None:
        command = child.command
        try:
            async with asyncio.timeout(READY_S):
                while not await _answers(http, url):
                    await _pause(self.stop, POLL_S)
            part = "The sandbox tenant" if f":{self.options.sandbox_port}/" in url else command.part
            self.say(f"  {part} answers at {url}")
        except TimeoutError:
            raise Refused(texts.silent(command.part, url, READY_S, command.log, child.tail())) from None

    async def _windows_installed(self) -> node.Node:
        found = await asyncio.to_thread(node.find_node, self.environ.get("PATH", ""))
        if found is None:
            raise Refused(texts.no_node())
        if not node.is_installed():
            self.say("Installing the chat windows (Microsoft 365 Agents Playground, about 5 MB, once) …")
            await self._install(self._parts.npm_ci(found))
        return found

    async def _install(self, command: Command) -> None:
        async with self._children() as children:
            child = await processes.start(command)
            children.append(child)
            await _until_one_of(child.process.wait(), self.stop.asked.wait())
        if self.stop.asked.is_set():
            return
        code = child.process.returncode
        if code != 0 or not node.PLAYGROUND.is_file():
            raise Refused(texts.install_failed(command.log, f"npm ci ended with exit code {code}"))
        node.mark_installed()

    @asynccontextmanager
    async def _children(self) -> AsyncIterator[list[Child]]:
        """A list of what was started; all of it is stopped on the way out, whatever happened."""
        started: list[Child] = []
        try:
            yield started
        finally:
            await asyncio.gather(*(child.stop(self.stop.hurried) for child in started))


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status < SERVER_ERROR
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _pause(stop: Stop, seconds: float) -> None:
    await _until_one_of(stop.asked.wait(), timeout_s=seconds)


async def _until_one_of(*awaitables: Awaitable[object], timeout_s: float | None = None) -> None:
    """Returns when any is done, or when the time is up; the others are given up."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
