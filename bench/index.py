"""The search index of a big house: its memory, an update, and how long a start reads it from the store.

    python -m bench.index [--quick]

Each room has 862 meetings in 190 days: eight a day for ninety days, then three in two days. The memory is that of a
process of its own, before and after. A start loads the index from a real store, by what is packed beside the rows, and
by the rows alone; that is timed with fewer rooms, for a store of 8.6 million takes long to make, and told for
the whole house as so many times that. They take turns; the ratio is the median of the turns' ratios. Beside them stand
the least that a start by the rows must do (SQLite reads, msgspec decodes them), and plain lists of spans in memory.
How late others are had meanwhile is asked of the event loop every five milliseconds.
"""

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import apsw
import msgspec

from bench.peers.cores import CLIENT, pin
from bench.peers.folders import on_disk
from bot.clock import SystemClock
from bot.domain.availability import Availability
from bot.domain.events import Response, RoomEvent
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.records import FeedState
from bot.ports.store import Batch, Document, Put, Store
from bot.store.codec import JsonCodec
from bot.store.sqlite import SqliteEngine
from bot.sync.indexing import Indexing
from bot.sync.packing import packed, taken_by

ROOMS, STORED = 10_000, 300
TURNS = 3
MOST_MIB = 160
MOST_OF_ROWS = 0.2  # CPU time: the wall clock of a disk that holds all in memory says little
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
TENANT = "contoso"
_DENSE, _DAYS = 90, 190


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=ROOMS)
    parser.add_argument("--quick", action="store_true", help="shows that everything runs; the figures say little")
    parser.add_argument("--memory", choices=list(_KINDS), help=argparse.SUPPRESS)
    told = parser.parse_args()
    pin(CLIENT)
    rooms, stored = (50, 5) if told.quick else (told.rooms, STORED)
    if told.memory:
        print(json.dumps(_KINDS[told.memory](rooms)))
        return 0
    events = sum(1 for _ in meetings(0))
    print(f"{rooms:,} rooms × {_DAYS} days: {rooms * events:,} meetings")
    sizes = {kind: _measured(kind, rooms, quick=told.quick) for kind in _KINDS}
    print(f"\n{'':24}{'MiB':>8}{'bytes a meeting':>18}{'µs to move one':>18}")
    for kind, (mib, move_us) in sizes.items():
        print(f"{kind:24}{mib:>8.0f}{mib * 2**20 / rooms / events:>18.1f}{move_us:>18.1f}")
    ratio = asyncio.run(_start(stored, rooms, 1 if told.quick else TURNS))
    if told.quick:
        print("\nA quick run shows that everything runs. It is too small to measure: no target is judged.")
    else:
        mib = sizes["index"][0]
        print(
            f"\nTargets\nindex ≤ {MOST_MIB} MiB at {ROOMS:,} rooms: {'met' if mib <= MOST_MIB else 'NOT met'} {mib:.0f}"
        )
        print(
            f"a start ≤ {MOST_OF_ROWS:g} × one by the rows: {'met' if ratio <= MOST_OF_ROWS else 'NOT met'} {ratio:.2f}"
        )
    return 0


# --- memory ---


def _of_index(rooms: int) -> tuple[float, float]:
    house = [Room(address=_address(n), name=f"Room {n}", capacity=4 + n % 20) for n in range(rooms)]
    before = _resident_mib()
    index = Availability(house)
    for number in range(rooms):
        index.fill(_address(number), meetings(number))
    mib = _resident_mib() - before
    slots = dict(meetings(1))
    return mib, _moved(slots, lambda holder, slot: index.put(_address(1), holder, slot))


def _of_lists(rooms: int) -> tuple[float, float]:
    """A sorted list of spans for each room, and who has which: what one would write first."""
    before = _resident_mib()
    some = range(rooms // 20 or 1)
    lists = [(sorted(slot for _, slot in meetings(number)), dict(meetings(number))) for number in some]
    mib = (_resident_mib() - before) * rooms / len(lists)
    spans, held = lists[0]

    def move(holder: str, slot: Slot) -> None:
        spans.remove(held[holder])
        held[holder] = slot
        spans.append(slot)
        spans.sort()

    return mib, _moved(dict(held), move)


def _moved(slots: dict[str, Slot], put: Callable[[str, Slot], None]) -> float:
    """Microseconds to move a meeting by an hour, median."""
    took = []
    for holder, slot in slots.items():
        moved = Slot(slot.start_at + timedelta(hours=1), slot.end_at + timedelta(hours=1))
        began_s = time.perf_counter()
        put(holder, moved)
        took.append(time.perf_counter() - began_s)
    return statistics.median(took) * 1e6


_KINDS = {"index": _of_index, "lists and dicts": _of_lists}


def _measured(kind: str, rooms: int, *, quick: bool) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.index", "--memory", kind, "--rooms", str(rooms)]
    done = subprocess.run(command + ["--quick"] * quick, check=True, capture_output=True, text=True)
    mib, move_us = json.loads(done.stdout)
    return float(mib), float(move_us)


def _resident_mib() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")  # only Linux tells
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


# --- a start ---


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load of the index, in seconds; `late_s` is the longest that the event loop kept others waiting."""

    wall_s: float
    cpu_s: float
    late_s: float


class RowsAlone:
    """A store in which nothing is packed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.scan = store.scan
        self.page = store.page

    async def read(self, wanted: Iterable[str]) -> dict[str, Document]:
        return await self._store.read(key for key in wanted if not key.startswith(keys.packed("")))


async def _start(stored: int, rooms: int, turns: int) -> float:
    """Returns how much CPU time a start takes of that of one by the rows."""
    with on_disk() as folder:
        path = Path(folder) / "foyer.db"
        engine = SqliteEngine.open(path)
        documents = Documents(engine.of(TENANT), JsonCodec())
        for number in range(stored):
            await documents.store.commit(Batch(puts=tuple(_rows(documents, number))))
        rows_alone = Documents(cast("Store", RowsAlone(documents.store)), JsonCodec())
        loads = [(await _loaded(documents), await _loaded(rows_alone)) for _ in range(turns)]
        await engine.close()
        least_s = _least(path)
    times = rooms / stored
    print(f"\nA start that loads the index from the store, timed with {stored} rooms; median of {turns}")
    print(f"{'':24}{'s':>8}{'CPU s':>10}{f'CPU s for {rooms:,} rooms':>28}{'late ms':>10}")
    for name, some in zip(("packed", "by the rows"), zip(*loads, strict=True), strict=True):
        wall_s, cpu_s, late_s = (statistics.median(getattr(one, what) for one in some) for what in _PARTS)
        print(f"{name:24}{wall_s:>8.2f}{cpu_s:>10.2f}{cpu_s * times:>28.0f}{late_s * 1000:>10.0f}")
    print(f"{'rows read and decoded':24}{'':8}{least_s:>10.2f}{least_s * times:>28.0f}")
    return statistics.median(first.cpu_s / second.cpu_s for first, second in loads)


_PARTS = ("wall_s", "cpu_s", "late_s")


async def _loaded(documents: Documents) -> Load:
    late = Lateness()
    watching = asyncio.create_task(late.watch())
    begun = time.perf_counter(), time.process_time()
    await Indexing(documents, Availability(), SystemClock()).load()
    spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
    watching.cancel()
    return Load(wall_s=spent[0], cpu_s=spent[1], late_s=late.most_s)


class Lateness:
    """How much longer than five milliseconds a sleep of them takes, at most."""

    most_s = 0.0

    async def watch(self) -> None:
        clock = SystemClock()
        while True:
            begun_s = time.perf_counter()
            await clock.sleep(0.005)
            self.most_s = max(self.most_s, time.perf_counter() - begun_s - 0.005)


def _rows(documents: Documents, number: int) -> Iterator[Put]:
    """A room with its meetings, as rounds leave it."""
    address = _address(number)
    yield documents.put(keys.room(address), Room(address=address, name=f"Room {number}", capacity=4 + number % 20))
    rows = [_row(address, holder, slot) for holder, slot in meetings(number)]
    yield from (documents.put(keys.event(address, row.id), row) for row in rows)
    beside = packed(address, taken_by(rows))
    yield from beside.puts
    window = Slot(FIRST, FIRST + timedelta(days=_DAYS))
    feed = FeedState(link="x" * 300, window=window, synced_at=FIRST, packed=beside.digest)
    yield documents.put(keys.feed(address), feed)


def _row(address: str, holder: str, slot: Slot) -> RoomEvent:
    return RoomEvent(
        id=holder,
        room=address,
        ical_uid="040000008200E00074C5B7101A82E008" + holder[-40:],
        slot=slot,
        response=Response.ACCEPTED,
        subject="Weekly planning",
        organizer_name="Mia Jansen",
        organizer_address="mia@contoso.com",
        attendees=6,
        created_at=FIRST,
    )


def _least(path: Path) -> float:
    decoder = msgspec.json.Decoder(RoomEvent)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    began_s = time.process_time()
    for _, value in connection.execute("SELECT key, value FROM document WHERE key LIKE 'event/%' ORDER BY tenant, key"):
        decoder.decode(value)
    return time.process_time() - began_s


def meetings(number: int) -> Iterator[tuple[str, Slot]]:
    """A room's, with ids as long as Graph's."""
    rng = random.Random(number)  # noqa: S311 - the same house each time
    for day in range(_DAYS):
        for place in range(8 if day < _DENSE else (day % 2) + 1):
            start_at = FIRST + timedelta(days=day, hours=7, minutes=75 * place + 5 * rng.randrange(6))
            slot = Slot(start_at, start_at + timedelta(minutes=rng.choice((30, 30, 45, 60, 60, 90))))
            yield f"AAMkAGUwNjQ4ZjIxLTQ3Y2YtNDViMi1{number:08}{day:04}{place:02}{'x' * 100}", slot


def _address(number: int) -> str:
    return f"room{number:05}@contoso.com"


if __name__ == "__main__":
    sys.exit(main())
