"""Decides whether a file can be the store at all: its library, its owner, its lock, the file system beneath it."""

import fcntl
import logging
import os
import re
import sys
from pathlib import Path

from bot.ports.store import StoreUnusable

log = logging.getLogger(__name__)

# Older ones can corrupt a file in WAL mode when two connections write or checkpoint: https://sqlite.org/wal.html
OLDEST_SQLITE = (3, 51, 3)

_MOUNTS = Path("/proc/self/mountinfo")
# Locks and shared memory do not reach other machines there: https://sqlite.org/wal.html, "All processes using a
# database must be on the same host computer".
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gfs2", "ocfs2", "beegfs"})
_NETWORK_FUSE = frozenset({"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.ceph"})
_DOUBTFUL = frozenset({"9p", "drvfs", "virtiofs", "vboxsf"})
_OCTAL = re.compile(r"\\([0-7]{3})")


def require_library(version: str) -> None:
    """Raises StoreUnusable for a SQLite library (as "3.54.1") that can corrupt the file."""
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST_SQLITE:
        needed = ".".join(str(part) for part in OLDEST_SQLITE)
        raise StoreUnusable(f"SQLite {version} can corrupt its file: install an apsw that carries {needed} or newer")


def require_local(path: Path, kind: str) -> None:
    """Raises StoreUnusable where `kind`, the type of its file system, is a network's; warns where it is doubtful."""
    if kind in _NETWORK or kind in _NETWORK_FUSE:
        raise StoreUnusable(
            f"{path} lies on a network file system ({kind}), where SQLite loses data: put it on a local disk"
        )
    if kind in _DOUBTFUL:
        log.warning("store.doubtful_file_system", extra={"file_system": kind})


def file_system_of(path: Path, mounts: str | None = None) -> str:
    """The type of file system that an absolute path lies on, '' where it cannot be told (only Linux tells).

    `mounts` is the text of /proc/self/mountinfo, read here where not given: proc_pid_mountinfo(5).
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if sys.platform == "linux" and _MOUNTS.exists() else ""
    best, kind = -1, ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), left.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split(" ")[0]
    return kind


def lock(path: Path) -> int:
    """Takes the store for this process, until the returned descriptor is closed; the kernel gives it back when the
    process dies. Raises StoreUnusable where somebody has it."""
    beside = path.with_name(path.name + ".lock")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreUnusable(
            f"{path} is in use by another Foyer (process {owner}): stop that one first, or choose another data folder"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def make_private(path: Path) -> None:
    """Makes the file where there is none, and takes it from everybody but its owner. SQLite gives the files that it
    makes beside it the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
