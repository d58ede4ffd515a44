"""Reads and writes the state file: whole or not at all, by one process at a time."""

import fcntl
import os
from pathlib import Path

NAME = "tenant.json"


class FolderTaken(Exception):
    """Another sandbox keeps its state there."""


class StateFile:
    """`tenant.json` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._lock = -1

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

    def write(self, content: bytes) -> None:
        """Blocks until the disk has it. A crash on the way leaves the file of before. Raises OSError."""
        fresh = self.path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123  a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, outlives a power cut
        finally:
            os.close(folder)
