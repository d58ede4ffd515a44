"""A private Redis server for tests: its own folder and socket, an append-only file, nothing on the network."""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
HOW_TO_GET = "no redis-server on this machine: apt-get install redis-server, or brew install redis (7.0 or newer)"
_DURABLE = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
_TRIES = 2_000
_PAUSE_S = 0.01


class RedisServer:
    """One process. `folder` keeps what it wrote, so that a killed server can be started again."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = _DURABLE | (settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    def url(self, number: int = 0) -> str:
        return f"unix://{self.socket}?db={number}"

    def start(self) -> None:
        """Returns once it answers."""
        assert PROGRAM is not None, HOW_TO_GET
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "port": "0", "unixsocket": str(self.socket), "dir": str(self.folder), "save": "", "daemonize": "no",
            "databases": "64",
        } | self._settings  # fmt: skip
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with (self.folder / "log").open("ab") as said:
            self._process = subprocess.Popen([PROGRAM, *arguments], stdout=said, stderr=said)
        self._await_answer()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.resume()
            self._process.terminate()
            self._process.wait(10)

    def ask(self, *words: str) -> object:
        """One command, over a connection of its own."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return client.execute_command(*words)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _await_answer(self) -> None:
        assert self._process is not None
        for _ in range(_TRIES):
            with contextlib.suppress(redis.RedisError):
                self.ask("PING")
                return
            with contextlib.suppress(subprocess.TimeoutExpired):  # a pause that ends when the server does
                self._process.wait(_PAUSE_S)
                break
        raise AssertionError("redis-server did not answer: " + (self.folder / "log").read_text()[-2000:])


@contextmanager
def running(folder: Path, settings: dict[str, str] | None = None) -> Iterator[RedisServer]:
    server = RedisServer(folder, settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
