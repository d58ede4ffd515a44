"""What else takes a request's time: asked of the index where that is in step with the mirror, else of the rows."""

import pytest

from bot.domain.events import RoomEvent
from bot.ports import keys
from bot.ports.documents import Documents
from bot.sync.own import Own
from bot.sync.request import Request, Requests
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, World, at, running, shifted

NINE = at(9)
EVE, DAN = "eve@contoso.example", "dan@contoso.example"


async def asked(world: World, requests: Requests, uid: str) -> Request:
    (row,) = [row for row in world.calendar.live_rows(OSLO).values() if row.ical_uid == uid]
    request, _ = await requests.of(keys.decide(OSLO, row.id))
    assert request is not None
    return request


async def two(apart_minutes: int) -> tuple[World, Requests, Request, str]:
    """A world with a request for nine and another one, the request for nine, and the other's iCalUId."""
    world = await running()
    held = world.calendar.outlook_book(OSLO, NINE, EVE)
    other = world.calendar.outlook_book(OSLO, shifted(NINE, minutes=apart_minutes), DAN)
    await world.hint(OSLO)
    await world.settle()
    requests = Requests(world.reading, world.index, world.clock)
    return world, requests, await asked(world, requests, held.uid), other.uid


@pytest.mark.parametrize("apart_minutes", [0, 30, -30])
@pytest.mark.parametrize("is_behind", [False, True])
async def test_who_overlaps_is_found_even_where_the_index_has_not_heard_of_it(
    apart_minutes: int, is_behind: bool
) -> None:
    world, requests, request, other = await two(apart_minutes)
    if is_behind:  # another process's round is not shown here yet
        world.index.drop(OSLO, (await asked(world, requests, other)).event_id)
        world.index.note_read(OSLO, START_AT.replace(year=2020))

    assert [row.ical_uid for row in await requests.others(request, Own())] == [other]


async def test_of_a_time_that_nobody_else_has_no_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _, requests, request, _ = await two(apart_minutes=600)

    async def whole(*_asked: object) -> list[RoomEvent]:
        raise AssertionError("all of the room's rows were read")

    monkeypatch.setattr(Documents, "sift", whole)
    assert await requests.others(request, Own()) == ()
