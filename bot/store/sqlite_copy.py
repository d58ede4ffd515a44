"""Backups of the SQLite store: a whole copy of one moment, which knows that it is one."""

import contextlib
import os
from pathlib import Path

import apsw

from bot.ports.store import StoreUnusable
from bot.store.sqlite_file import lock, make_private
from bot.store.sqlite_peek import Peek
from bot.store.sqlite_schema import open_reader

COPIED = "INSERT OR REPLACE INTO meta VALUES ('copied_at', ?)"


def back_up(store: Path, target: Path, *, at: int) -> None:
    """Also while the service runs: it goes on writing meanwhile. `at` in epoch seconds. Raises StoreUnusable, also
    where the target is there already."""
    if target.exists():
        raise StoreUnusable(f"{target} is there already: name a new file")
    _copy(store, target, at)


def restore(backup: Path, store: Path, *, at: int) -> tuple[Path, ...]:
    """Puts the backup in the store's place, while no service runs. Returns the files that the old store is kept in:
    one, or all that belong together where it is too damaged for that, or none. Raises StoreUnusable."""
    if backup.exists() and store.exists() and backup.samefile(store):
        raise StoreUnusable(f"{backup} is the store itself: name a file that `app.py backup` made")
    try:
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = lock(store)
    except OSError as fault:
        raise StoreUnusable(
            f"{store} cannot be written ({fault.strerror}): run this as the user that Foyer runs as"
        ) from fault
    try:
        fresh = store.with_name(store.name + ".restoring")
        fresh.unlink(missing_ok=True)
        _copy(backup, fresh, at)
        aside = _moved_aside(store, at)
        fresh.replace(store)
        return aside
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path, at: int) -> None:
    """Whole or not at all: the target has its name only once it is on the disk."""
    if not source.exists():
        raise StoreUnusable(f"{source} is not there: check the path")
    if source.is_dir():
        raise StoreUnusable(f"{source} is a folder: name the file in it that `app.py backup` made")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with Peek(source, older=True):
            make_private(part)
            _fill(source, part, at)
        part.rename(target)
    except (apsw.NotADBError, apsw.CorruptError) as fault:  # it is read; what is written is fresh
        part.unlink(missing_ok=True)
        raise StoreUnusable(f"{source} is damaged ({fault}): use another backup") from fault
    except StoreUnusable:
        part.unlink(missing_ok=True)
        raise
    except (apsw.Error, OSError) as fault:
        part.unlink(missing_ok=True)
        raise StoreUnusable(
            f"{target} cannot be written ({fault}): check the path, its permissions, the disk"
        ) from fault


def _fill(source: Path, part: Path, at: int) -> None:
    """One step of the backup takes all pages under one read: https://sqlite.org/backup.html"""
    reading, writing = open_reader(source.absolute(), None), apsw.Connection(str(part))
    try:
        with writing.backup("main", reading, "main") as copying:
            copying.step()
        writing.pragma("journal_mode", "delete")  # all in one file
        writing.execute(COPIED, (at,))
        if writing.execute("PRAGMA quick_check(1)").get != "ok":
            raise StoreUnusable(f"{source} is damaged: use another backup")
    finally:
        writing.close()
        reading.close()


def _moved_aside(store: Path, at: int) -> tuple[Path, ...]:
    """What the write-ahead log has goes into the store first, so that nobody keeps one without the other."""
    if store.exists():
        _in_one_file(store)
    aside, kept = store.with_name(f"{store.name}.before-{at}"), []
    for ending in ("-wal", "-shm"):
        beside = store.with_name(store.name + ending)
        if beside.exists():
            kept.append(beside.rename(aside.with_name(aside.name + ending)))
    if store.exists():
        try:
            aside.hardlink_to(store)  # never without a store: the next start would begin with an empty one
        except OSError:  # a file system without links
            store.rename(aside)
        kept.append(aside)
    return tuple(reversed(kept))


def _in_one_file(store: Path) -> None:
    """SQLite drops the log only once all of it is in the store. What it cannot read stays as it is:
    https://sqlite.org/wal.html#persistence_of_wal_mode"""
    with contextlib.suppress(apsw.Error, OSError):
        connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.pragma("journal_mode", "delete")
        finally:
            connection.close()
