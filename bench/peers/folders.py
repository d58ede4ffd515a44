"""Where measurements write."""

import tempfile
from pathlib import Path


def on_disk() -> "tempfile.TemporaryDirectory[str]":
    """A folder that goes with its `with`; not among the temporary ones, for those may lie in memory."""
    return tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-")
