"""Lock files name packages, versions and hashes, and nothing of the machine or the mirror that wrote them."""

import re
import sys
from pathlib import Path

LOCKS = ("requirements.txt", "requirements-dev.txt", "chat/package-lock.json")
ADDRESS = re.compile(
    r"\w+://|\bfile:|--(?:extra-)?index-url|--find-links|--trusted-host|\"resolved\"|(?:^|[\s\"'@])[/~]/?\w"
)
PIN = re.compile(r"^[A-Za-z0-9][\w.\[\],-]*==\S+.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def addresses(name: str, text: str) -> list[str]:
    """One line for each line of a lock file that holds an address or a path."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{name}:{number}: an address or a path: {line.strip()}" for number, line in lines if ADDRESS.search(line)]


def unhashed(name: str, text: str) -> list[str]:
    """One line for each pin of a requirement file without a hash; one for a file without pins."""
    pins = [found[0] for found in PIN.finditer(text)]
    if not pins:
        return [f"{name}: pins nothing"]
    return [f"{name}: no hash for {pin.split()[0]}" for pin in pins if "--hash=sha256:" not in pin]


def problems(root: Path) -> list[str]:
    """Everything that is wrong with the lock files of a folder."""
    found = []
    for name in LOCKS:
        text = (root / name).read_text(encoding="utf-8")
        found += addresses(name, text)
        if name.endswith(".txt"):
            found += unhashed(name, text)
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems(Path())) or 0)
