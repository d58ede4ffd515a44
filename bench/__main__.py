"""Runs the measurements named, or all: python -m bench [NAME …] [OPTION …]; each prints its own table.

Options, from the first word with a dash on, go to each of them: `--quick` shows that everything runs; with a name
before it, `--help` tells what that one measures and which options it has.
"""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

ALL = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main(words: list[str]) -> int:
    dashed = [place for place, word in enumerate(words) if word.startswith("-")]
    names, options = (words[: dashed[0]], words[dashed[0] :]) if dashed else (words, [])
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(ALL)}.", file=sys.stderr)
        return 2
    if not names and {"-h", "--help"} & set(options):
        print(f"{__doc__}\nMeasurements:")
        for name in ALL:
            told = import_module(f"bench.{name}").__doc__ or ""
            print(f"  {name:10} {told.splitlines()[0]}")
        return 0
    for name in names or ALL:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}", *options], check=False).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
