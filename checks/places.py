"""No file of the repository knows the machine that it was written on, or where that machine gets its packages."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from checks.tracked import text_of, tracked_files

# In pieces, so that this file passes its own check.
FOLDERS = "|".join((r"(?:work|root)(?![\w-])", r"(?:home|Users)/\w"))
HOSTS = "|".join(("pypi", "files.pythonhosted", "registry.npmjs", "registry.yarnpkg"))
MACHINE_PATH = re.compile(rf"(?<![\w.$}}{{/-])/(?:{FOLDERS})[\w./-]*")
REGISTRY = re.compile(rf"\b(?:{HOSTS})\.(?:org|com)\b")


def machine_places(root: Path, files: Iterable[Path]) -> list[str]:
    """One line for each line of a file that names a personal folder of a machine, or the host of a registry."""
    found = []
    for file in files:
        for number, line in enumerate(text_of(root / file).splitlines(), 1):
            hit = MACHINE_PATH.search(line) or REGISTRY.search(line)
            if hit:
                found.append(f"{file}:{number}: {hit[0]} belongs to one machine, not to the project")
    return found


if __name__ == "__main__":
    found = machine_places(Path(), tracked_files(Path()))
    sys.exit("\n".join(found) or 0)
