"""How much of forty booking phrases is understood, and how long a reading takes beside a bare `text.split()`."""

import argparse
import gc
import statistics
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.language.reader import Reader, load_reader
from bot.language.request import Known, Place, Repeat, Request

PHRASES = Path(__file__).parent / "language_phrases.toml"
ROUNDS = 200
MANY_ROOMS = 10_000

Phrase = dict[str, object]
Ask = Callable[[str, str], Request]  # language, text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shows that everything runs; the times say little")
    rounds = 2 if parser.parse_args().quick else ROUNDS
    data = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    started = time.perf_counter()
    reader = load_reader()
    load_ms = (time.perf_counter() - started) * 1_000
    rows = [(language, phrase) for language in ("en", "nl") for phrase in data[language]["phrases"]]
    few, many = _known(data, extra=0), _known(data, extra=MANY_ROOMS)
    reader.prepare(many)
    ask_few, ask_many = (_asking(reader, known, data["now"], ZoneInfo(data["zone"])) for known in (few, many))
    wrong = [miss for language, phrase in rows if (miss := _miss(ask_few, language, phrase))]

    print(f"phrases {len(rows)} · right {len(rows) - len(wrong)} · loading the lexicons {load_ms:.0f} ms\n")
    for miss in wrong:
        print(f"  not understood: {miss}")
    print(f"{'':38}{'p50 ms':>9}{'p90 ms':>9}{'max ms':>9}")
    texts = [(language, str(phrase["said"])) for language, phrase in rows]
    works: list[tuple[str, Callable[[str, str], object]]] = [
        ("limit: text.split()", lambda _, text: text.split()),
        (f"reading, {len(few.rooms)} rooms", ask_few),
        (f"reading, {len(many.rooms)} rooms", ask_many),
    ]
    for name, taken in _interleaved(works, texts, rounds).items():
        p50, p90 = statistics.median(taken), statistics.quantiles(taken, n=10)[-1]
        print(f"{name:38}{p50:9.4f}{p90:9.4f}{max(taken):9.4f}")
    return 0 if not wrong else 1


def _interleaved(
    works: Sequence[tuple[str, Callable[[str, str], object]]], texts: Sequence[tuple[str, str]], rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of every call; each text goes through all works before the next one does."""
    taken: dict[str, list[float]] = {name: [] for name, _ in works}
    gc.disable()
    for _ in range(rounds):
        for tag, text in texts:
            for name, work in works:
                started = time.perf_counter_ns()
                work(tag, text)
                taken[name].append((time.perf_counter_ns() - started) / 1e6)
    gc.enable()
    return taken


def _asking(reader: Reader, known: Known, now: datetime, zone: ZoneInfo) -> Ask:
    return lambda tag, text: reader.read(text, now=now, zone=zone, language=tag, known=known)


def _miss(ask: Ask, tag: str, phrase: Phrase) -> str:
    """Empty where everything was understood; otherwise the phrase and what was read differently."""
    found = _facts(ask(tag, str(phrase["said"])))
    wanted = {name: value for name, value in phrase.items() if name != "said"}
    wrong = [name for name in sorted(found.keys() | wanted.keys()) if found.get(name) != wanted.get(name)]
    told = ", ".join(f"{name} {found.get(name)} instead of {wanted.get(name)}" for name in wrong)
    return f"{phrase['said']} → {told}" if wrong else ""


def _facts(request: Request) -> dict[str, object]:
    """What was understood, in the words of the phrase file; the day only where there is no time."""
    facts: dict[str, object] = {
        "wish": str(request.wish),
        "day": None if request.start_at else request.day,
        "start": _wall(request.start_at),
        "minutes": request.minutes,
        "window": _wall(request.window_end_at),
        "people": request.people,
        "room": request.room,
        "building": request.building,
        "features": sorted(request.features),
        "repeats": _rhythm(request.repeats),
        "to_start": _wall(request.to_start_at),
        "to_end": _wall(request.to_end_at),
        "to_room": request.to_room,
        "add_minutes": request.add_minutes,
        "troubles": [str(trouble) for trouble in request.troubles],
    }
    return {name: value for name, value in facts.items() if value not in (None, [], "")}


def _wall(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None, fold=0) if at else None


def _rhythm(repeat: Repeat | None) -> str:
    if repeat is None:
        return ""
    days = "".join(str(weekday) for weekday in repeat.weekdays)
    end = f"until {repeat.until_on}" if repeat.until_on else f"x{repeat.times}" if repeat.times else ""
    return " ".join(filter(None, (str(repeat.frequency), str(repeat.every), days, end)))


def _known(data: dict[str, dict[str, list[str]]], *, extra: int) -> Known:
    rooms = [Place(key=key, name=name, building=building) for key, (name, building) in data["rooms"].items()]
    names = (f"{first}{last} {number}" for number in range(100) for first in _STARTS for last in _ENDS)
    rooms += [Place(key=name, name=name, building="North Tower") for name, _ in zip(names, range(extra), strict=False)]
    return Known(rooms=tuple(rooms), buildings=tuple(data["buildings"]), features=tuple(data["features"]))


_STARTS = ("Alder", "Birch", "Cedar", "Dune", "Elm", "Fjord", "Grove", "Heath", "Ivory", "Jasper")
_ENDS = ("bank", "crest", "dale", "field", "gate", "haven", "lake", "mere", "point", "side")

if __name__ == "__main__":
    sys.exit(main())
