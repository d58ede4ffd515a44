"""Names say what is inside: no folder or module is called by a word that fits anything."""

import sys
from collections.abc import Iterable
from pathlib import Path

from checks.tracked import tracked_files

EMPTY_WORDS = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})


def empty_names(files: Iterable[Path]) -> list[str]:
    """One line for each file whose path has an empty word as a folder or as the name before the first dot."""
    found = []
    for file in files:
        words = {*file.parts[:-1], file.name.split(".")[0].removeprefix("test_")}
        found += [f"{file}: {word!r} says nothing about what is inside" for word in sorted(words & EMPTY_WORDS)]
    return found


if __name__ == "__main__":
    found = empty_names(tracked_files(Path()))
    sys.exit("\n".join(found) or 0)
