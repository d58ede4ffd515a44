"""No module is longer than 400 lines."""

import sys
from collections.abc import Iterable
from pathlib import Path

from checks.tracked import text_of, tracked_files

LONGEST = 400
FOLDERS = ("bot", "sandbox", "chat", "checks", "app.py")


def too_long(root: Path, files: Iterable[Path]) -> list[str]:
    """One line for each of our modules that is over the limit."""
    ours = (file for file in files if file.suffix == ".py" and file.parts[0] in FOLDERS)
    counted = ((file, len(text_of(root / file).splitlines())) for file in ours)
    return [f"{file}: {lines} lines, at most {LONGEST}" for file, lines in counted if lines > LONGEST]


if __name__ == "__main__":
    found = too_long(Path(), tracked_files(Path()))
    sys.exit("\n".join(found) or 0)
