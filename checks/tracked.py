"""The files that git keeps or would keep: what the other checks look at."""

import subprocess
from pathlib import Path


def tracked_files(root: Path) -> tuple[Path, ...]:
    """Files below the root that are tracked, or new and not ignored, in order; without those that were deleted."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - found as make finds it
        cwd=root,
        capture_output=True,
        check=True,
    )
    names = sorted(name for name in listed.stdout.decode().split("\0") if name)
    return tuple(Path(name) for name in names if (root / name).is_file())


def text_of(file: Path) -> str:
    """The text of a file; empty for one that is not text."""
    content = file.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")
