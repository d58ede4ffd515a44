"""Makes the virtual environment and installs what the requirement files pin, with one plain line when it cannot.

Runs before anything is installed, on whatever Python the machine has: standard library alone, and syntax that an old
Python still reads, so that it can say that it is too old.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
STAMP = ".installed"
LOG = "install.log"
UNPACKS = "Installing collected"  # the last thing that pip says before it is done
PACKAGES = "lib/python*/site-packages/*.dist-info"
LOOKS_S = 2.0
EVERY = 10  # packages that are worth a line
OFFLINE = re.compile(
    r"NewConnectionError|ConnectTimeout|Max retries|NameResolution|ProxyError|No matching distribution"
)


class Refused(Exception):
    """The environment cannot be made; the message says what to do."""


def main(arguments: "Sequence[str]") -> int:
    """Arguments: the folder of the environment, then the requirement files; the last one is installed."""
    if sys.version_info[:2] < OLDEST:
        return run_with_newer(arguments)
    folder, requirements = Path(arguments[0]), [Path(name) for name in arguments[1:]]
    try:
        install(folder, requirements, fill)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The next make goes on from here.\n")
        return 1
    return 0


def run_with_newer(arguments: "Sequence[str]") -> int:
    """Hands over to a newer Python where the machine has one beside python3."""
    program = newer_python(shutil.which)
    if program is not None:
        os.execv(program, [program, __file__, *arguments])  # noqa: S606 - a Python of the person's own search path
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.stderr.write(
        f"Foyer needs Python 3.11 or newer, and {sys.executable} is {found}: "
        "install a newer one, or name it: make PYTHON=/path/to/python3.12\n"
    )
    return 1


def newer_python(which: "Callable[[str], str | None]") -> "str | None":
    """The newest Python that the search path knows under a versioned name."""
    return next((program for program in map(which, NEWER) if program), None)


def install(folder: Path, requirements: "Sequence[Path]", fill: "Callable[[Path, Path], None]") -> None:
    """Does nothing when the folder already holds exactly these requirements."""
    stamp, wanted = folder / STAMP, fingerprint(requirements)
    usable = works(folder)
    if not usable:
        make_folder(folder)
    if not (usable and stamp.is_file() and stamp.read_text() == wanted):
        fill(folder, requirements[-1])
    stamp.write_text(wanted)


def fingerprint(requirements: "Sequence[Path]") -> str:
    """Changes when a requirement file or the Python changes."""
    digest = hashlib.sha256(sys.version.encode())
    for file in requirements:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def works(folder: Path) -> bool:
    """Whether the folder has a Python of our version that runs, and a pip."""
    question = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        asked = subprocess.run(  # noqa: S603 - the environment's own Python
            [str(python_of(folder)), "-c", question], stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return asked.returncode == 0


def make_folder(folder: Path) -> None:
    """Makes an empty environment, in place of whatever lies there."""
    say(f"Making {folder} ...")
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian leaves it out; venv notices only half way through
        import venv  # noqa: F401, PLC0415
    except ImportError:
        raise Refused(
            "This Python cannot make virtual environments: on Debian or Ubuntu run "
            "`sudo apt-get install python3-venv`, then make again"
        ) from None
    made = subprocess.run(  # noqa: S603 - the Python that runs this
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode != 0:
        said = made.stdout.decode("utf-8", "replace").split("\n")
        raise Refused(f"{folder} could not be made: {' '.join(line.strip() for line in said if line.strip())}")


def fill(folder: Path, requirements: Path) -> None:
    """Installs what the file pins, checking every hash; prints how far it is."""
    total, log = pins(requirements.read_text()), folder / LOG
    say(f"Installing {total} packages into {folder} (once; some minutes on a slow line) ...")
    command = [str(python_of(folder)), "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar", "off", "--retries", "2", "-r", str(requirements)]
    said, over = [], threading.Event()
    teller = threading.Thread(target=tell_unpacked, args=(folder, total, over.wait), daemon=True)
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - our own pip
    with pip:
        for raw in pip.stdout or ():
            said.append(raw.decode("utf-8", "replace"))
            show(said, total)
            if said[-1].startswith(UNPACKS):
                teller.start()
    over.set()
    if teller.ident:
        teller.join()
    log.write_text("".join(said))
    if sys.stdout.isatty():
        say("")
    if pip.returncode != 0:
        raise Refused(why(said, log))


def pins(text: str) -> int:
    """How many packages a requirement file names."""
    return len(re.findall(r"^[A-Za-z0-9][^ ]*==", text, re.MULTILINE))


def show(said: "Sequence[str]", total: int) -> None:
    """Tells how far pip is: one moving line on a terminal, every tenth package elsewhere."""
    line = said[-1]
    found = re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line)
    if found:
        seen = sum(1 for one in said if one.startswith(("Collecting ", "Requirement already ")))
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\033[K  {min(seen, total)}/{total} {found.group(1)}")
            sys.stdout.flush()
        elif seen % EVERY == 0:
            say(f"  {min(seen, total)}/{total} {found.group(1)}")
    elif line.startswith(UNPACKS):
        say(
            ("\r\033[K" if sys.stdout.isatty() else "")
            + "  all here, unpacking them (some minutes on a busy machine) ..."
        )


def tell_unpacked(folder: Path, total: int, over: "Callable[[float], bool]") -> None:
    """Pip is silent while it unpacks: what lies there already tells how far it is. `over` waits some seconds and says
    whether it is done."""
    told = 0
    while not over(LOOKS_S):
        seen = min(sum(1 for _ in folder.glob(PACKAGES)), total)
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\033[K  {seen}/{total} unpacked")
            sys.stdout.flush()
        elif seen >= told + EVERY:
            told = seen
            say(f"  {seen}/{total} unpacked")


def why(said: "Sequence[str]", log: Path) -> str:
    """One line out of all that pip wrote."""
    text = "".join(said)
    if "do not match the hashes" in text.lower():
        return f"A downloaded package is not the one that was pinned, so nothing was installed. Details: {log}"
    if OFFLINE.search(text):
        return (
            "The packages could not be downloaded: is there a network, or does pip need a proxy or a mirror? "
            f"Details: {log}"
        )
    errors = [line.strip() for line in said if line.startswith("ERROR")]
    return f"The packages could not be installed ({errors[0] if errors else 'pip failed'}). Details: {log}"


def python_of(folder: Path) -> Path:
    """The environment's Python."""
    return folder / "bin" / "python"


def say(text: str) -> None:
    """Prints at once, into a pipe too."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
