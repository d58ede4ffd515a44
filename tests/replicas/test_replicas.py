"""What one process begins, another goes on with, and a third sees; and nobody misses the one that is killed."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversation.stage import text_of
from tests.redis_server import HOW_TO_GET, PROGRAM
from tests.replicas.fleet import Fleet, Replica

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=HOW_TO_GET)

MIA = "mia@contoso.com"
WISH = "book Oslo on 12 March 2027 from 3 to 4 pm"


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    with tempfile.TemporaryDirectory(prefix="foyer-") as folder:  # a socket's path must be short
        async with Fleet(Path(folder)) as fleet:
            yield fleet


async def ours(fleet: Fleet) -> list[dict[str, Any]]:
    return [one for one in await fleet.meetings(MIA) if str(one["start"]).startswith("2027-03-12")]


async def test_a_booking_made_at_one_is_driven_by_another_and_found_by_a_third(fleet: Fleet) -> None:
    worker = await fleet.start("worker")
    first, third = await asyncio.gather(fleet.start("web", public=True), fleet.start("web"))
    await asyncio.gather(*(fleet.ready(one) for one in (worker, first, third)))

    card = await fleet.say(first, WISH)
    await fleet.book(first, card)

    assert len(await fleet.until(lambda: ours(fleet))) == 1
    listed = await fleet.until(lambda: _listed(fleet, third))
    assert "Oslo" in listed
    async with fleet.http.post(f"http://127.0.0.1:{worker.port}/api/messages", json={}) as answer:
        assert answer.status == 404, "a worker answers nobody"


async def _listed(fleet: Fleet, replica: Any) -> str:
    text = text_of(await fleet.say(replica, "is Oslo free on 12 March 2027 from 3 to 4 pm?"))
    return text if "taken" in text.lower() or "not free" in text.lower() else ""


async def test_a_worker_that_is_killed_in_the_middle_is_followed_by_another_and_makes_one_meeting(
    fleet: Fleet,
) -> None:
    first = await fleet.start("worker")
    web = await fleet.start("web", public=True)
    await asyncio.gather(fleet.ready(first), fleet.ready(web))
    await fleet.control("POST", "/faults/requests", {"kinds": ["slow"], "method": "POST", "path": "/events$"})
    await fleet.book(web, await fleet.say(web, WISH))
    await fleet.until(lambda: _befallen(fleet))

    first.process.kill()
    second = await fleet.start("worker")

    assert await fleet.until(lambda: _told(fleet, "Booked"))
    assert second.process.returncode is None
    assert len(await ours(fleet)) == 1


async def test_a_redis_that_was_put_back_makes_no_meeting_twice(fleet: Fleet, tmp_path: Path) -> None:
    first, web = await fleet.start("worker"), await fleet.start("web", public=True)
    await asyncio.gather(fleet.ready(first), fleet.ready(web))
    await stop(first)
    await fleet.book(web, await fleet.say(web, WISH))
    files = fleet.redis.folder / "appendonlydir"
    shutil.copytree(files, tmp_path / "backup")
    second = await fleet.start("worker")
    assert await fleet.until(lambda: _told(fleet, "Booked"))
    (made,) = await ours(fleet)

    await asyncio.gather(stop(second), stop(web))
    fleet.redis.stop()
    shutil.rmtree(files)
    shutil.copytree(tmp_path / "backup", files)
    fleet.redis.start()
    fleet.teams.updates.clear()
    third, web = await fleet.start("worker", "--reconcile"), await fleet.start("web", public=True)
    await asyncio.gather(fleet.ready(third), fleet.ready(web))

    assert await fleet.until(lambda: _updated(fleet, "Booked"))  # it was driven and told anew
    (stands,) = await ours(fleet)
    assert stands["id"] == made["id"]


async def stop(replica: Replica) -> None:
    replica.process.terminate()
    await replica.process.wait()


async def _updated(fleet: Fleet, word: str) -> bool:
    return any(word in text_of(written.card or {}) for written in fleet.teams.updates)


async def _befallen(fleet: Fleet) -> Any:
    """Whether the creation is on its way: the tenant has it, and takes its time."""
    return (await fleet.control("GET", "/faults/history"))["value"]


async def _told(fleet: Fleet, word: str) -> bool:
    return any(word in text_of(written.card or {}) for written in fleet.teams.shown("a:1111"))
