"""Crash points: every place in the source that calls a port whose effects outlive the process, before and after it.

They are found in the source, and recognised in a run by who calls; production code knows nothing of them.
"""

import ast
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType

from bot.ports.calendar import Calendar
from bot.teams.connector import Connector

_ROOT = Path(__file__).parents[2]
PORTS = {
    "store": frozenset({"commit", "take"}),
    "calendar": frozenset(name for name in vars(Calendar) if not name.startswith("_")),
    "connector": frozenset(name for name in vars(Connector) if not name.startswith("_")),
}
_BELOW_THE_PORTS = ("bot/graph/", "bot/store/", "bot/ports/", "bot/wiring.py", "bot/tenant.py", "bot/edges.py")
_OTHER_PROGRAMS = ("bot/commands/",)
_NEVER_CALLED = frozenset({"create_conversation", "delete_activity"})  # the SDK asks for them, and no turn uses them
_PASSES_ON = frozenset({"NudgingStore", "HoldingStore"})  # a port over a port: who calls it is meant

Span = tuple[int, int, int, int]


@dataclass(frozen=True, order=True)
class Site:
    """A call of a port's method in the source."""

    name: str
    file: str
    line: int


@dataclass(frozen=True, order=True)
class Point:
    """Just before or just after what a site calls."""

    site: str
    side: str

    def __str__(self) -> str:
        return f"{self.side} {self.site}"


BEFORE, AFTER = "before", "after"


class _Finder(ast.NodeVisitor):
    def __init__(self, path: Path) -> None:
        self._file = path.relative_to(_ROOT).as_posix()
        self._scope = [self._file.removesuffix(".py").replace("/", ".").removeprefix("bot.")]
        self._awaited: dict[int, Span] = {}
        self._names: dict[str, int] = {}
        self.found: dict[Span, Site] = {}

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.name not in _PASSES_ON:
            self._inside(node.name, node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if not (self._scope[-1] == "_Conversations" and node.name in _NEVER_CALLED):
            self._inside(node.name, node)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  the visitor's own name

    def _inside(self, name: str, node: ast.AST) -> None:
        self._scope.append(name)
        self.generic_visit(node)
        self._scope.pop()

    def visit_Await(self, node: ast.Await) -> None:
        self._awaited[id(node.value)] = _span(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in PORTS.get(_receiver(called.value), ()):
            name = f"{'.'.join(self._scope)}: {_receiver(called.value)}.{called.attr}"
            count = self._names[name] = self._names.get(name, 0) + 1
            site = Site(name if count == 1 else f"{name} ({count})", self._file, node.lineno)
            self.found[_span(node)] = site
            if id(node) in self._awaited:
                self.found[self._awaited[id(node)]] = site
        self.generic_visit(node)


def _receiver(node: ast.expr) -> str:
    """The last name of what a method is called on."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.removeprefix("_")


def _span(node: ast.expr) -> Span:
    return node.lineno, node.end_lineno or node.lineno, node.col_offset, node.end_col_offset or 0


@lru_cache(maxsize=1)
def _by_file() -> dict[str, dict[Span, Site]]:
    tables = {}
    for path in sorted((_ROOT / "bot").rglob("*.py")):
        if path.relative_to(_ROOT).as_posix().startswith(_BELOW_THE_PORTS + _OTHER_PROGRAMS):
            continue
        finder = _Finder(path)
        finder.visit(ast.parse(path.read_text("utf-8")))
        if finder.found:
            tables[str(path)] = finder.found
    return tables


def sites() -> list[Site]:
    """Every one in the source, by name."""
    return sorted({site for table in _by_file().values() for site in table.values()})


def points() -> list[Point]:
    return [Point(site.name, side) for site in sites() for side in (BEFORE, AFTER)]


def calling(depth: int = 1) -> str:
    """The name of the site from which the caller's caller is being called; '' where that is none of the source's."""
    frame: FrameType | None = sys._getframe(depth + 1)
    tables = _by_file()
    while frame is not None:
        table = tables.get(frame.f_code.co_filename)
        if table is not None:
            name = _named(frame, table)
            if name:
                return name
        elif "/asyncio/" in frame.f_code.co_filename:
            return ""
        frame = frame.f_back
    return ""


_KNOWN: dict[tuple[object, int], str] = {}


def _named(frame: FrameType, table: dict[Span, Site]) -> str:
    key = (frame.f_code, frame.f_lasti)
    name = _KNOWN.get(key)
    if name is None:
        line, end_line, column, end_column = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        site = table.get((line or 0, end_line or 0, column or 0, end_column or 0))
        name = _KNOWN[key] = site.name if site else ""
    return name
