"""A copy of the product with a bug in it."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.mutant import Patch

ROOT = Path(__file__).parents[2]
_PARTS = ("app.py", "pyproject.toml", "bot", "sandbox", "chat", "manifest", "checks", "tests")
_LEFT_OUT = shutil.ignore_patterns("node_modules", ".hypothesis", "build")


def patched(patches: Sequence[Patch]) -> dict[str, str]:
    """The files that change, as they are then. Raises Stale."""
    sources: dict[str, str] = {}
    for patch in patches:
        before = sources.get(patch.file) or (ROOT / patch.file).read_text("utf-8")
        sources[patch.file] = patch.applied(before)
    return sources


@contextmanager
def grown(patches: Sequence[Patch]) -> Iterator[Path]:
    """A folder with everything that a detector needs, the patches applied. Raises Stale."""
    sources = patched(patches)
    with tempfile.TemporaryDirectory(prefix="foyer-mutant-") as folder:
        tree = Path(folder)
        for name in _PARTS:
            part = ROOT / name
            if part.is_dir():
                shutil.copytree(part, tree / name, ignore=_LEFT_OUT)
            else:
                shutil.copy2(part, tree / name)
        for file, source in sources.items():
            (tree / file).write_text(source, "utf-8")
        yield tree
