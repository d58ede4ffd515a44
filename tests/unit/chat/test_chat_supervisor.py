"""One run of the supervisor: refusals before anything starts, deaths, and an end that leaves nobody behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from chat.options import Options
from chat.supervisor import ROOT, Refused, Stop, Supervisor
from tests.ports import free_ports

SERVING = Path(__file__).with_name("serving_app.py")


@dataclass
class Run:
    """A supervisor without windows, on free ports, and what it said."""

    options: Options
    stop: Stop = field(default_factory=Stop)
    said: list[str] = field(default_factory=list)

    def supervisor(self) -> Supervisor:
        return Supervisor(options=self.options, environ={}, say=self._say, stop=self.stop)

    def _say(self, text: str) -> None:
        self.said.append(text)
        if "Ctrl-C stops all" in text:
            self.stop.ask()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    bot, sandbox = free_ports(2)
    return Run(Options(bot_port=bot, sandbox_port=sandbox, data=tmp_path, app=SERVING, chat=False))


def script(run: Run, text: str) -> Run:
    file = run.options.data / "app.py"
    file.write_text(text, encoding="utf-8")
    return replace(run, options=replace(run.options, app=file))


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return listed.stdout.strip().startswith("Z")


def grandchild(run: Run) -> int:
    return int((run.options.data / "grandchild").read_text(encoding="ascii"))


async def test_the_welcome_comes_once_all_answer_and_a_stop_leaves_nobody_behind(run: Run) -> None:
    await run.supervisor().run()

    assert run.said[0] == "Starting Foyer …"
    assert f"http://127.0.0.1:{run.options.bot_port}/api/messages" in run.said[-1]
    assert not lives(grandchild(run))


async def test_what_the_bot_says_of_settings_that_do_not_count_is_said_here_too(run: Run) -> None:
    note = "These settings do not count in the sandbox: FOYER_PORT"
    serving = f"import runpy\nprint({note!r})\nprint('more')\nrunpy.run_path({str(SERVING)!r}, run_name='__main__')\n"

    run = script(run, serving)
    await run.supervisor().run()

    assert f"  {note}" in run.said
    assert not any("more" in said for said in run.said)


async def test_the_log_of_the_run_before_is_kept_once(run: Run) -> None:
    log = run.options.data / "logs" / "bot.log"
    log.parent.mkdir()
    for run_before in ("the first run", "the second run"):
        log.write_text(run_before, encoding="ascii")
        again = replace(run, said=[], stop=Stop())
        await again.supervisor().run()

    assert "run" not in log.read_text(encoding="utf-8")
    assert log.with_suffix(".before.log").read_text(encoding="ascii") == "the second run"


async def test_a_missing_program_is_named_before_anything_starts(run: Run) -> None:
    run = replace(run, options=replace(run.options, app=Path("nowhere/app.py")))

    with pytest.raises(Refused, match=r"nowhere/app\.py is missing"):
        await run.supervisor().run()

    assert run.said == []


async def test_busy_ports_are_named_before_anything_starts(run: Run) -> None:
    with (
        socket.create_server(("127.0.0.1", run.options.sandbox_port)),
        pytest.raises(Refused, match=f"port {run.options.sandbox_port}, which the sandbox tenant needs"),
    ):
        await run.supervisor().run()

    assert run.said == []


async def test_a_part_that_ends_is_told_with_its_last_lines_and_ends_the_run(run: Run) -> None:
    run = script(run, "import sys\nprint('no such setting: FOYER_X')\nsys.exit(3)\n")

    with pytest.raises(Refused) as refused:
        await run.supervisor().run()

    assert "The bot ended by itself with exit code 3" in str(refused.value)
    assert "no such setting: FOYER_X" in str(refused.value)


async def test_a_stop_during_the_start_is_obeyed_at_once(run: Run) -> None:
    run = script(run, "import signal\nsignal.pause()\n")
    running = asyncio.ensure_future(run.supervisor().run())

    run.stop.ask()
    await running

    assert not any("Ctrl-C stops all" in text for text in run.said)


async def test_a_second_stop_ends_a_part_that_does_not_listen(run: Run) -> None:
    stubborn = (
        "import pathlib, signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "while True: signal.pause()\n"
    )
    run = script(run, stubborn)
    running = asyncio.ensure_future(run.supervisor().run())
    log = run.options.data / "logs" / "bot.log"
    while not (log.is_file() and "deaf" in log.read_text(encoding="ascii")):
        await asyncio.wait({running}, timeout=0.02)

    run.stop.ask()
    run.stop.ask()

    await asyncio.wait_for(running, timeout=5)


@pytest.fixture
def program(run: Run) -> Iterator["subprocess.Popen[str]"]:
    options = run.options
    arguments = ["--no-chat", "--bot-port", str(options.bot_port), "--sandbox-port", str(options.sandbox_port)]
    arguments += ["--data", str(options.data), "--app", str(options.app)]
    with subprocess.Popen(
        [sys.executable, "-m", "chat", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_with_exit_code_0_and_no_trace(
    number: signal.Signals, program: "subprocess.Popen[str]", run: Run
) -> None:
    assert program.stdout is not None
    assert any("Ctrl-C stops all" in line for line in program.stdout)

    program.send_signal(number)
    said, errors = program.communicate(timeout=20)

    assert program.returncode == 0
    assert said.strip().endswith("Stopped.")
    assert errors == ""
    assert not lives(grandchild(run))


def test_a_part_that_is_killed_ends_the_program_with_exit_code_1_and_no_trace(
    program: "subprocess.Popen[str]", run: Run
) -> None:
    assert program.stdout is not None
    assert any("Ctrl-C stops all" in line for line in program.stdout)

    os.killpg(os.getpgid(grandchild(run)), signal.SIGKILL)
    _, errors = program.communicate(timeout=20)

    assert program.returncode == 1
    assert "The bot was killed by signal 9" in errors
    assert "Traceback" not in errors
