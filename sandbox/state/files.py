"""Reads and writes the state's files: whole or not at all, by one process at a time, and changes behind it."""

import fcntl
import hashlib
import os
from pathlib import Path

NAME = "tenant.json"


class FolderTaken(Exception):
    """Another sandbox keeps its state there."""


class StateFile:
    """`tenant.json` in a folder of its own; `tenant.log` beside it while there are changes that it does not hold.

    The log's first line names the content of the whole file that it goes on from: one that a crash left behind beside a
    newer file is not taken for its changes.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.log = folder / "tenant.log"
        self._lock = -1
        self._name = b""  # of the whole file's content

    def claim(self) -> None:
        """Makes the folder, and holds it until the process ends. Raises FolderTaken, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise FolderTaken(self.path.parent) from problem

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def read(self) -> bytes | None:
        """None where there is no file yet. Raises OSError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def changes(self, content: bytes) -> list[bytes]:
        """What was appended after `content` was written, in order; a line that a kill cut off is left out."""
        try:
            name, *lines = self.log.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        return lines[:-1] if name == _name_of(content) else []

    def write(self, content: bytes) -> None:
        """Blocks until the disk has it. A crash on the way leaves the files of before. Raises OSError."""
        fresh = self.path.with_suffix(".new")
        _put(fresh, os.O_TRUNC, content)
        fresh.replace(self.path)
        self._name = _name_of(content)
        self.log.unlink(missing_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, outlives a power cut
        finally:
            os.close(folder)

    def append(self, line: bytes) -> None:
        """Adds a change to what `write` wrote. Blocks until the disk has it. Raises OSError: then a `write` has to come
        before the next."""
        head = b"" if self.log.exists() else self._name + b"\n"
        _put(self.log, os.O_APPEND, head + line + b"\n")


def _put(path: Path, how: int, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as file:  # noqa: PTH123  a descriptor
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _name_of(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).hexdigest().encode()
