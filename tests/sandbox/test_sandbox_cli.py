"""The commands as they are typed: python -m sandbox, and python -m sandbox.outlook."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from sandbox.seed.size import Size
from sandbox.state.files import StateFile
from sandbox.world import World
from tests.sandbox.tenant import OSLO, PORTO, TOM, Tenant

ROOT = Path(__file__).parents[2]


async def ran(*command: str) -> tuple[int | None, str, list[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, refused = await process.communicate()
    return process.returncode, said.decode(), refused.decode().splitlines()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return str(door.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--rooms", "0"], "argument --rooms: a whole number from 1 to 10,000 is needed, not '0'"),
        (["--rooms", "many"], "argument --rooms: a whole number from 1 to 10,000 is needed, not 'many'"),
        (["--people", "3"], "argument --people: a whole number from 12 to 50,000 is needed, not '3'"),
        (["--port", "70000"], "argument --port: a whole number from 1 to 65,535 is needed, not '70000'"),
        (["--pace", "-1"], "argument --pace: a pace is a number that is not negative, not '-1'"),
        (["--pace", "nan"], "argument --pace: a pace is a number that is not negative, not 'nan'"),
        (["--clock", "sundial"], "argument --clock: invalid choice: 'sundial'"),
        (["--romms", "3"], "unrecognized arguments: --romms 3"),
    ],
)
async def test_a_value_that_can_not_be_is_one_line_that_says_what_can(arguments: list[str], why: str) -> None:
    code, said, (line,) = await ran("sandbox", *arguments)

    assert (code, said) == (2, "")
    assert line.startswith(f"python -m sandbox: {why}")


async def test_a_folder_keeps_a_tenant_of_one_size(tmp_path: Path) -> None:
    StateFile(tmp_path).write(World(meetings=False, size=Size(rooms=20, people=100)).saved(is_clean=True))

    code, _, (line,) = await ran("sandbox", "--data", str(tmp_path), "--rooms", "21", "--port", free_port())

    assert code == 1
    assert line == (
        f"The tenant in {tmp_path} has 20 rooms and 100 people: leave --rooms and --people away, "
        "or choose another folder with --data."
    )


async def test_outlook_lists_a_week_from_its_monday(tenant: Tenant) -> None:
    await tenant.book(start="2026-11-26T10:00", subject="This week")
    await tenant.book(start="2026-12-03T10:00", subject="Next week", room=PORTO)

    this = await ran("sandbox.outlook", "--url", tenant.root, "list", TOM, "--week", "2026-11-29")
    following = await ran("sandbox.outlook", "--url", tenant.root, "list", TOM, "--week", "2026-11-30")

    assert (this[0], following[0]) == (0, 0)
    assert "This week" in this[1]
    assert "Next week" not in this[1]
    assert "Next week" in following[1]
    assert "This week" not in following[1]


async def test_outlook_says_that_a_week_is_empty_and_that_a_date_is_none(tenant: Tenant) -> None:
    empty = await ran("sandbox.outlook", "--url", tenant.root, "list", OSLO, "--week", "2026-11-29")
    wrong = await ran("sandbox.outlook", "--url", tenant.root, "list", OSLO, "--week", "tomorrow")

    assert (empty[0], empty[1]) == (0, "Nothing there.\n")
    assert wrong[0] == 2
    assert "'tomorrow' is no date" in wrong[2][-1]
