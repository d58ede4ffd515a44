"""Disks that misbehave, as SQLite sees them: full, failing, slow, or cut off from power between two flushes."""

import random
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable


class Disk(apsw.VFS):
    """A way to the real disk that can be told to fail. `name` is what a connection opens it by."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.full = False
        self.failing = False
        super().__init__(name, "")

    def xOpen(  # noqa: N802 - SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> "DiskFile":
        return DiskFile(self, name, flags)

    def writing(self, path: str, offset: int, data: bytes) -> None:
        if self.full:
            raise apsw.FullError("no space left on the device")

    def written(self, path: str, offset: int, data: bytes | None) -> None:
        """`data` is None where the file was cut off at `offset`."""

    def flushing(self, path: str) -> None:
        if self.failing:
            raise apsw.IOError("the device does not answer")

    def flushed(self, path: str) -> None:
        """All that was written to `path` would survive."""


class DiskFile(apsw.VFSFile):
    """A file on a `Disk`."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.writing(self._path, offset, data)
        super().xWrite(data, offset)
        self._disk.written(self._path, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._disk.written(self._path, newsize, None)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.flushing(self._path)
        super().xSync(flags)
        self._disk.flushed(self._path)


class SlowDisk(Disk):
    """Flushes only when allowed to: `permits` counts how many more, `reached` is set when one waits."""

    def __init__(self, name: str) -> None:
        self.slow = False
        self.reached = threading.Event()
        self.permits = threading.Semaphore(0)
        super().__init__(name)

    def flushing(self, path: str) -> None:
        if self.slow:
            self.reached.set()
            assert self.permits.acquire(timeout=20), "nobody allowed the flush"
        super().flushing(path)


class CutDisk(Disk):
    """Remembers what has been flushed, and what not yet, so that the power can be cut at any write or flush."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self._chance = chance
        self._safe: dict[str, bytearray] = {}
        self._unsafe: list[tuple[str, int, bytes | None]] = []
        self.on_touch: Callable[[], None] = lambda: None
        super().__init__(name)

    def written(self, path: str, offset: int, data: bytes | None) -> None:
        self._unsafe.append((path, offset, data))

    def writing(self, path: str, offset: int, data: bytes) -> None:
        self.on_touch()

    def flushing(self, path: str) -> None:
        self.on_touch()

    def flushed(self, path: str) -> None:
        for write in self._unsafe:
            if write[0] == path:
                _write(self._safe, write)
        self._unsafe = [write for write in self._unsafe if write[0] != path]

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(filename, syncdir)
        self._safe.pop(filename, None)
        self._unsafe = [write for write in self._unsafe if write[0] != filename]

    def cut_into(self, folder: Path) -> None:
        """Writes what a power cut now leaves: all that was flushed, and of the rest any part, whole or torn."""
        files = {path: bytearray(held) for path, held in self._safe.items()}
        for path, offset, data in self._unsafe:
            fate = self._chance.random()
            if data is not None and 0.3 < fate < 0.5:
                data = data[: self._chance.randrange(len(data))]  # noqa: PLW2901 - a torn write
            if fate < 0.5:
                _write(files, (path, offset, data))
        for path, held in files.items():
            if not path.endswith("-shm"):
                (folder / Path(path).name).write_bytes(held)


def _write(files: dict[str, bytearray], write: tuple[str, int, bytes | None]) -> None:
    path, offset, data = write
    held = files.setdefault(path, bytearray())
    if data is None:
        del held[offset:]
        return
    if len(held) < offset:
        held.extend(bytes(offset - len(held)))
    held[offset : offset + len(data)] = data
