"""A private PostgreSQL server and the same pages in it; by libpq itself, so that no driver has to be installed."""

import contextlib
import ctypes
import ctypes.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.peers.posting import spent_s
from bench.peers.upserts import BY_TIME, COLUMNS, decoded

HOW_TO_GET = "no PostgreSQL on this machine: apt-get install postgresql, or brew install postgresql"
_USER = "postgres"  # for the server refuses to run as root
_STARTS_WITHIN_S = 30.0
_OK, _COMMAND_OK, _ROWS_OK = 0, 1, 2
_NAMES = tuple(part.split()[0] for part in COLUMNS.split(", ")[1:12])
_KINDS = tuple(part.split()[1].lower() for part in COLUMNS.split(", ")[1:12])
_TABLE = f"CREATE TABLE event ({COLUMNS}); {BY_TIME}; CREATE TABLE feed (room TEXT PRIMARY KEY, link TEXT)"
# One statement, and so one transaction, one journey and one flush.
_PAGE = f"""
WITH gone AS (DELETE FROM event WHERE room = $1 AND id = ANY ($3::text[])),
  fed AS (INSERT INTO feed VALUES ($1, $2) ON CONFLICT (room) DO UPDATE SET link = excluded.link)
INSERT INTO event SELECT $1, * FROM unnest({", ".join(f"${at}::{kind}[]" for at, kind in enumerate(_KINDS, 4))})
ON CONFLICT (room, id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _NAMES[1:])}
"""  # noqa: S608 - nobody's text is in it


def program() -> Path | None:
    """The server, beside which the other programs lie; None where there is none, or no library to speak to it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    candidates = [*found, *([Path(on_path)] if on_path else [])]
    return candidates[-1].resolve() if candidates and ctypes.util.find_library("pq") and _may_run() else None


class Postgres:
    """One table, one connection, a transaction and a flush for each page."""

    def __init__(self, socket: str) -> None:
        self._pq = _library()
        self._connection = self._pq.PQconnectdb(f"host={socket} dbname=postgres user={_USER}".encode())
        if self._pq.PQstatus(self._connection) != _OK:
            self.close()
            raise ConnectionError("PostgreSQL does not answer")
        self._serves = int(self._pq.PQbackendPID(self._connection))

    def make(self) -> None:
        self._done(self._pq.PQexec(self._connection, _TABLE.encode()))
        self._done(self._pq.PQprepare(self._connection, b"page", _PAGE.encode(), 0, None))

    def apply(self, room: str, body: bytes) -> None:
        rows, gone, link = decoded(room, body)
        columns = zip(*(row[1:] for row in rows), strict=True)
        values = [room, link, _array([one for _, one in gone]), *map(_array, columns)]
        told = (ctypes.c_char_p * len(values))(*(value.encode() for value in values))
        self._done(self._pq.PQexecPrepared(self._connection, b"page", len(values), told, None, None, 0))

    def spent_s(self) -> float:
        """CPU time of the process that serves this connection."""
        return spent_s(self._serves)

    def close(self) -> None:
        self._pq.PQfinish(self._connection)

    def _done(self, result: int) -> None:
        status = self._pq.PQresultStatus(result)
        self._pq.PQclear(result)
        if status not in (_COMMAND_OK, _ROWS_OK):
            raise RuntimeError(self._pq.PQerrorMessage(self._connection).decode())


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """A server of its own, which writes its log to disk before each commit returns (its default), on a socket alone."""
    server = program()
    assert server is not None, HOW_TO_GET
    with tempfile.TemporaryDirectory(prefix="foyer-") as socket:  # its path must be short
        folder.mkdir()
        user = _given_to_user(folder, Path(socket)) if os.geteuid() == 0 else None
        made: list[str | Path] = [
            server.with_name("initdb"),
            "-D",
            folder,
            "-A",
            "trust",
            "-U",
            _USER,
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
        command: list[str | Path] = [server, "-D", folder, "-k", socket, "-c", "listen_addresses="]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, user=user, cwd=folder)
        try:
            connection = _connected(socket)
            try:
                connection.make()
                yield connection
            finally:
                connection.close()
        finally:
            process.send_signal(signal.SIGINT)  # ends without waiting for anybody
            process.wait()


def _given_to_user(*folders: Path) -> str:
    """Whom the server runs as."""
    for folder in folders:
        shutil.chown(folder, _USER)
    folders[0].parent.chmod(0o711)  # the way to it
    return _USER


def _connected(socket: str) -> Postgres:
    gives_up_at = time.perf_counter() + _STARTS_WITHIN_S
    while True:
        try:
            return Postgres(socket)
        except ConnectionError:
            if time.perf_counter() > gives_up_at:
                raise
        time.sleep(0.05)


def _may_run() -> bool:
    if os.geteuid() != 0:
        return True
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(_USER))
    return False


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join("NULL" if value is None else f'"{_escaped(str(value))}"' for value in values) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _library() -> ctypes.CDLL:
    pq = ctypes.CDLL(ctypes.util.find_library("pq"))
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    texts = ctypes.POINTER(text)
    forms: dict[str, tuple[object, list[object]]] = {
        "PQconnectdb": (pointer, [text]),
        "PQstatus": (number, [pointer]),
        "PQbackendPID": (number, [pointer]),
        "PQfinish": (None, [pointer]),
        "PQexec": (pointer, [pointer, text]),
        "PQprepare": (pointer, [pointer, text, text, number, pointer]),
        "PQexecPrepared": (pointer, [pointer, text, number, texts, pointer, pointer, number]),
        "PQresultStatus": (number, [pointer]),
        "PQclear": (None, [pointer]),
        "PQerrorMessage": (text, [pointer]),
    }
    for name, (answer, takes) in forms.items():
        function = getattr(pq, name)
        function.restype, function.argtypes = answer, takes
    return pq
