"""The program: how it stops, and what it says when it cannot start."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.ports import free_ports
from tests.unit.test_config import GOOD

ROOT = Path(__file__).parents[2]
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("FOYER_", "REDIS_"))}  # noqa: TID251 - the program under test is started with it
STARTS_WITHIN_S = 30.0


async def start(*words: str, **settings: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "app.py", *words, cwd=ROOT, env=BARE | settings, stdout=DEVNULL, stderr=PIPE
    )


async def said(process: Process) -> tuple[int, str]:
    _, text = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)
    return process.returncode or 0, text.decode()


@asynccontextmanager
async def running(data: Path, tenant: int = 0) -> AsyncIterator[tuple[Process, int]]:
    """The program with its sandbox, until it answers. `tenant` is the sandbox's port, any that is free if 0."""
    port, tenant = free_ports(1)[0], tenant or free_ports(1)[0]
    process = await start("--sandbox", "--port", str(port), "--sandbox-port", str(tenant), "--data", str(data))
    try:
        await _answers(port, process)
        yield process, port
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _answers(port: int, process: Process) -> None:
    url = f"http://127.0.0.1:{port}/healthz"
    async with asyncio.timeout(STARTS_WITHIN_S), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)  # noqa: TID251 - waits for another process, in real time
    raise AssertionError((await process.communicate())[1].decode())


async def test_useless_settings_are_listed_and_end_it_with_2() -> None:
    code, text = await said(await start(FOYER_APP_ID="x", FOYER_APP_SECRET="q8Q~canary"))

    assert code == 2
    lines = text.splitlines()
    assert lines[0] == "Foyer cannot start:"
    assert all(line.startswith("  FOYER_") for line in lines[1:])
    assert len(lines) > 5
    assert "canary" not in text


@pytest.mark.parametrize("port", ["0", "70000", "-1", "x", "٨٠"])
async def test_a_port_that_is_none_is_told_by_name(port: str) -> None:
    code, text = await said(await start("--sandbox", f"--port={port}"))

    assert code == 2
    assert "--port" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("role", ["web", "worker"])
async def test_a_role_that_shares_its_work_needs_redis(role: str) -> None:
    code, text = await said(await start("--role", role, **GOOD))

    assert code == 2
    _is_one_clear_line(text, "REDIS_URL")


async def test_a_role_on_the_sandbox_needs_the_word_for_redis() -> None:
    code, text = await said(await start("--sandbox", "--role", "web", REDIS_URL="redis://localhost:6379/0"))

    assert code == 2
    _is_one_clear_line(text, "--redis")


async def test_who_only_answers_cannot_reconcile() -> None:
    code, text = await said(await start("--role", "web", "--reconcile", **GOOD, REDIS_URL="redis://localhost:6379/0"))

    assert code == 2
    _is_one_clear_line(text, "--reconcile")


async def test_a_role_that_is_none_is_told_with_those_that_are() -> None:
    code, text = await said(await start("--role", "cook"))

    assert code == 2
    assert "'all', 'web', 'worker'" in text or "all, web, worker" in text


@pytest.mark.parametrize("words", [["doctr"], ["--sandbox", "frob", "x"]])
async def test_a_command_that_is_none_is_told_with_those_that_are(words: list[str]) -> None:
    code, text = await said(await start(*words))

    assert code == 2
    assert f"there is no command '{words[-2] if len(words) > 1 else words[0]}'" in text
    assert "doctor, dead-letters, backup, restore" in text


async def test_a_command_behind_options_is_told_where_it_goes() -> None:
    code, text = await said(await start("--sandbox", "--port", "4000", "doctor"))

    assert code == 2
    assert "a command comes first: app.py doctor" in text


async def test_an_option_that_is_none_is_told() -> None:
    code, text = await said(await start("--frob"))

    assert (code, "unrecognized arguments: --frob" in text) == (2, True)


async def test_settings_that_do_not_count_in_the_sandbox_are_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    code, text = await said(await start("--sandbox", "--data", str(in_the_way), FOYER_PORT="1", FOYER_APP_SECRET="cn"))

    assert code == 1
    told = text.splitlines()[0]
    assert told.startswith("These settings do not count in the sandbox: FOYER_APP_SECRET, FOYER_PORT (--port does")
    assert "cn" not in told.split()


async def test_a_redis_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"redis://:canary-7@127.0.0.1:{free_ports(1)[0]}/0"
    code, text = await said(await start(**GOOD, REDIS_URL=url))

    assert code == 1
    _is_one_clear_line(text, "the store in Redis")
    assert "canary" not in text


async def test_it_stops_cleanly_and_a_second_one_cannot_have_its_port_or_its_data(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as (process, port):
        same_data = await start(**GOOD, FOYER_PORT=str(free_ports(1)[0]), FOYER_DATA=str(tmp_path / "data"))
        code, text = await said(same_data)
        assert code == 1
        _is_one_clear_line(text, "the store in")

        tenant = str(free_ports(1)[0])
        same_port = await start(
            "--sandbox", "--port", str(port), "--sandbox-port", tenant, "--data", str(tmp_path / "other")
        )
        code, text = await said(same_port)
        assert code == 1
        _is_one_clear_line(text, f"port {port}")

        process.send_signal(signal.SIGTERM)
        code, text = await said(process)

    assert code == 0
    assert "Traceback" not in text
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_killed_bot_leaves_no_sandbox_behind_and_no_second_one_has_its_state_meanwhile(tmp_path: Path) -> None:
    tenant = free_ports(1)[0]
    async with running(tmp_path, tenant) as (process, _):
        other = ("--port", str(free_ports(1)[0]), "--sandbox-port", str(free_ports(1)[0]))
        code, text = await said(await start("--sandbox", *other, "--data", str(tmp_path)))
        assert code == 1
        assert f"Another sandbox keeps its state in {tmp_path / 'sandbox'}: stop it" in text

        process.kill()
        await said(process)  # which ends when the sandbox has, for that writes to the same pipe

    async with running(tmp_path, tenant):
        pass


async def test_another_ones_tenant_is_not_taken_for_its_own(tmp_path: Path) -> None:
    tenant = free_ports(1)[0]
    async with running(tmp_path / "one", tenant):
        other = ("--port", str(free_ports(1)[0]), "--sandbox-port", str(tenant), "--data", str(tmp_path / "other"))
        code, text = await said(await start("--sandbox", *other))

    assert code == 1
    _is_one_clear_line(text, f"port {tenant} of the sandbox tenant")


async def test_it_does_not_go_on_without_its_tenant(tmp_path: Path) -> None:
    async with running(tmp_path) as (process, _):
        children = await asyncio.create_subprocess_exec("pgrep", "-P", str(process.pid), stdout=PIPE)
        os.kill(int((await children.communicate())[0]), signal.SIGKILL)
        code, text = await said(process)

    assert code == 1
    assert text.rstrip().endswith("Foyer stopped, for its sandbox tenant did: what that said stands above.")


async def test_data_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")

    words = ("--sandbox", "--port", str(free_ports(1)[0]), "--sandbox-port", str(free_ports(1)[0]))
    code, text = await said(await start(*words, "--data", str(in_the_way / "data")))

    assert code == 1
    _is_one_clear_line(text, "data")


def _is_one_clear_line(text: str, about: str) -> None:
    lines = text.splitlines()
    at = lines.index("Foyer cannot start:")
    assert about in lines[at + 1]
    assert "Traceback" not in text
    assert lines[at + 2 :] == []


async def test_doctor_says_what_is_wrong_with_settings_and_ends_with_2() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "app.py",
        "doctor",
        "--json",
        cwd=ROOT,
        env=BARE | {"FOYER_APP_ID": "x"},
        stdout=PIPE,
        stderr=PIPE,
    )
    text, _ = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)

    told = json.loads(text)
    assert (process.returncode, told["worst"]) == (2, "fail")
    assert any(one["said"].startswith("FOYER_APP_ID") and one["fix"] for one in told["findings"])
    assert told["findings"][-1]["level"] == "skip"


async def test_doctor_with_nothing_running_says_what_it_could_not_look_at_and_logs_nothing(tmp_path: Path) -> None:
    words = ("doctor", "--sandbox", f"--port={free_ports(1)[0]}", f"--sandbox-port={free_ports(1)[0]}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "app.py", *words, f"--data={tmp_path}"), cwd=ROOT, env=BARE, stdout=PIPE, stderr=PIPE
    )
    text, errors = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)

    assert errors == b""
    told = text.decode()
    assert "sign-in" in told
    assert all(f"skip  Contoso (sandbox): {check} " in told for check in ("rooms", "people", "subscriptions"))


async def test_doctor_and_dead_letters_work_beside_the_sandbox(tmp_path: Path) -> None:
    words = ("app.py", "dead-letters", "--sandbox", f"--data={tmp_path}", "--replay=all")
    async with running(tmp_path) as (_, port):
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, f"--port={port}", cwd=ROOT, env=BARE, stdout=PIPE, stderr=PIPE
        )
        _, text = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)

    assert process.returncode == 1
    assert "stop that one first" in text.decode()
    assert "“replay all”" in text.decode()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, f"--port={port}", cwd=ROOT, env=BARE, stdout=PIPE, stderr=PIPE
    )
    text, _ = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)
    assert (process.returncode, text.decode()) == (0, "There are no dead letters.\n")


async def test_a_backup_is_made_beside_the_service_and_a_restore_is_not(tmp_path: Path) -> None:
    async def command(*words: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "app.py",
            *words,
            "--sandbox",
            f"--data={tmp_path}",
            cwd=ROOT,
            env=BARE,
            stdout=PIPE,
            stderr=PIPE,
        )
        _, text = await asyncio.wait_for(process.communicate(), STARTS_WITHIN_S)
        return process.returncode, text.decode()

    backup = str(tmp_path / "backup")
    async with running(tmp_path):
        assert await command("backup", backup) == (0, "")
        code, text = await command("restore", backup, "--sandbox-runs")
        assert (code, "stop that one first" in text) == (1, True)
    assert await command("restore", backup) == (0, "")
    assert await command("restore", str(tmp_path / "none")) == (
        1,
        f"{tmp_path / 'none'} is not there: check the path\n",
    )
