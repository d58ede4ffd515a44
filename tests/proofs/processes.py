"""Real processes that are started quickly, speak over a pipe, and are killed or paused without being asked."""

import contextlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from tests.proofs.stores import CLOCK

PROMPT_S = 60.0  # within which a process that is alive says what it is asked for, on the busiest machine

# Processes are forked from one that has imported what they need: a start takes milliseconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["bot.wiring", "bot.store.redis", "tests.proofs.stores"])

Body = Callable[..., None]


class Child:
    """Runs `body(connection, *arguments)`, a function of a module, in a process of its own."""

    def __init__(self, body: Body, *arguments: Any) -> None:
        self._ours, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_run, args=(body, theirs, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._ours.close()
        self._process.close()

    @property
    def connection(self) -> Connection:
        """To wait for several children at once."""
        return self._ours

    def send(self, words: Any) -> None:
        self._ours.send(words)

    def told(self, within_s: float) -> Iterator[Any]:
        """What it says from now on, for so long, or until it is gone."""
        until = CLOCK.monotonic() + within_s
        with contextlib.suppress(EOFError, OSError):  # OSError: it was killed within a message
            while self._ours.poll(max(until - CLOCK.monotonic(), 0)):
                yield self._ours.recv()

    def await_word(self, word: str) -> Any:
        """The rest of the next message that begins with `word`; what comes before it is dropped."""
        for message in self.told(PROMPT_S):
            if message[0] == word:
                return message[1:]
        raise AssertionError(f"a process never said {word!r}: it {self._fate()}")

    def kill(self) -> None:
        """As kill -9 does. What it had said can still be read with `told`."""
        self._signal(signal.SIGKILL)
        self._process.join()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def rest(self, seconds: float) -> bool:
        """Lets time pass without listening, at most until it ends; whether it still lives."""
        self._process.join(seconds)
        return self._process.is_alive()

    def _signal(self, number: int) -> None:
        if self._process.pid is not None and self._process.is_alive():
            os.kill(self._process.pid, number)

    def _fate(self) -> str:
        return "lives, and is silent" if self._process.is_alive() else f"ended with code {self._process.exitcode}"


def hear(children: list[Child], within_s: float) -> Iterator[tuple[Child, Any]]:
    """What all of them say, as it comes, for so long or until all are gone."""
    by_connection = {child.connection: child for child in children}
    until = CLOCK.monotonic() + within_s
    while by_connection:
        ready = wait(list(by_connection), max(until - CLOCK.monotonic(), 0))
        if not ready:
            return
        for connection in ready:
            assert isinstance(connection, Connection)
            try:
                message = connection.recv()
            except (EOFError, OSError):
                del by_connection[connection]
                continue
            yield by_connection[connection], message


def _run(body: Body, connection: Connection, arguments: tuple[Any, ...]) -> None:
    logging.disable(logging.CRITICAL)  # a store that is away is what the proof is about
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    body(connection, *arguments)
