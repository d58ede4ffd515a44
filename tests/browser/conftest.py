"""A whole running Foyer with two chat windows in a headless browser, on free ports and in a folder of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.window import Window, open_window
from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSER = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")
STOP_S = 30


@dataclass(frozen=True, kw_only=True)
class System:
    """Where the parts of a running Foyer answer."""

    mia_url: str
    jonas_url: str
    sandbox_url: str
    data: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Where there is none the test is skipped, or in CI an error."""
    with sync_playwright() as playwright:
        program = _browser_program(playwright.chromium.executable_path)
        if program is None:
            _absent("no Chromium or Chrome on this machine (or run: .venv/bin/playwright install chromium)")
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def app() -> Path:
    """The program that serves the bot and its sandbox tenant; a test module may put another in its place."""
    return ROOT / "app.py"


@pytest.fixture(scope="module")
def system(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """What `make run` starts; running from the first test of a module to its last."""
    with running_system(app, tmp_path_factory.mktemp("foyer")) as running:
        yield running


@pytest.fixture
def mia(browser: Browser, system: System) -> Iterator[Window]:
    """The employee's window."""
    yield from _window(browser, system.mia_url)


@pytest.fixture
def jonas(browser: Browser, system: System) -> Iterator[Window]:
    """The window of her manager, who is the administrator too."""
    yield from _window(browser, system.jonas_url)


@contextmanager
def running_system(app: Path, data: Path) -> Iterator[System]:
    """Runs `python -m chat` on free ports until the block ends; a start that fails shows what it said."""
    bot, sandbox, employee, manager = free_ports(4)
    arguments = [
        *("--bot-port", str(bot), "--sandbox-port", str(sandbox), "--employee-port", str(employee)),
        *("--manager-port", str(manager), "--data", str(data), "--app", str(app)),
    ]
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "chat", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with supervisor:
        said = _until_welcome(supervisor)
        if supervisor.poll() is not None:
            pytest.fail(f"Foyer did not start:\n{said}", pytrace=False)
        try:
            yield System(
                mia_url=f"http://localhost:{employee}",
                jonas_url=f"http://localhost:{manager}",
                sandbox_url=f"http://127.0.0.1:{sandbox}",
                data=data,
            )
        finally:
            supervisor.send_signal(signal.SIGINT)
            rest, _ = supervisor.communicate(timeout=STOP_S)
            assert supervisor.returncode == 0, f"Foyer ended on its own:\n{rest}"


def _until_welcome(supervisor: "subprocess.Popen[str]") -> str:
    said = ""
    for line in supervisor.stdout or ():
        said += line
        if "Ctrl-C stops all" in line:
            return said
    supervisor.wait()
    return said


def _window(browser: Browser, url: str) -> Iterator[Window]:
    window = open_window(browser, url)
    yield window
    window.page.context.close()


def _browser_program(of_playwright: str) -> str | None:
    found = next((program for program in map(shutil.which, BROWSERS) if program), None)
    others = (Path(of_playwright), MAC_BROWSER)
    return found or next((str(program) for program in others if program.is_file()), None)


def _absent(reason: str) -> None:
    if os.environ.get("CI"):  # noqa: TID251 - whether a missing browser is a mistake is not a setting of the product
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
