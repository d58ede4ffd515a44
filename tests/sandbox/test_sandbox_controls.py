"""Faults, the record of requests, the clock, the seeded organization, the page and the commands."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import build
from sandbox.clock import RealClock, VirtualClock
from sandbox.exchange.timing import Timing
from sandbox.world import World
from tests.sandbox.tenant import OSLO, PORTO, TOM, Tenant

HOUSE = [f"{name}@contoso.com" for name in
         ("oslo", "bergen", "helsinki", "lisbon", "porto", "reykjavik", "sint-pietersberg")]  # fmt: skip


async def fail(tenant: Tenant, **fault: object) -> None:
    assert (await tenant.call("POST", "/sandbox/faults/requests", fault)).status == 204


def new_event(subject: str = "Planning") -> dict[str, object]:
    return {
        "subject": subject,
        "start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-24T11:00:00", "timeZone": "UTC"},
    }


async def test_the_next_requests_that_match_fail_and_no_others(tenant: Tenant) -> None:
    await fail(tenant, times=2, path="calendarView", status=429, code="TooManyRequests", retry_after="2.128")

    statuses = [(await tenant.graph("GET", "/users")).status]
    for _ in range(3):
        answer = await tenant.graph(
            "GET", f"/users/{OSLO}/calendarView?startDateTime=2026-11-23&endDateTime=2026-11-24"
        )
        statuses.append(answer.status)
        if answer.status == 429:
            assert (answer.headers["Retry-After"], answer.code) == ("2.128", "TooManyRequests")

    assert statuses == [200, 429, 429, 200]


@pytest.mark.parametrize(("reset", "made"), [("before", 0), ("after", 1)])
async def test_a_connection_is_cut_before_or_after_the_effect(tenant: Tenant, reset: str, made: int) -> None:
    await tenant.token()
    await fail(tenant, method="POST", path="/events$", reset=reset)

    with pytest.raises(aiohttp.ClientError):
        await tenant.graph("POST", f"/users/{TOM}/events", new_event())

    assert len(await tenant.view(TOM)) == made


async def test_a_failure_after_the_effect_leaves_the_effect(tenant: Tenant) -> None:
    await fail(tenant, method="POST", path="/events$", status=503, after_effect=True)

    answer = await tenant.graph("POST", f"/users/{TOM}/events", new_event())

    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert len(await tenant.view(TOM)) == 1


async def test_a_delayed_request_waits_for_the_clock(tenant: Tenant) -> None:
    await tenant.token()
    await fail(tenant, path="/users$", delay_s=20)

    waiting = asyncio.create_task(tenant.graph("GET", "/users"))
    await tenant.view(TOM)
    assert not waiting.done()
    await tenant.advance(20)

    assert (await waiting).status == 200


async def test_reset_lets_a_delayed_request_go(tenant: Tenant) -> None:
    await tenant.token()
    await fail(tenant, path="/users$", delay_s=20)
    waiting = asyncio.create_task(tenant.graph("GET", "/users"))
    await tenant.view(TOM)

    await tenant.call("POST", "/sandbox/reset")

    assert (await asyncio.wait_for(waiting, 5)).status == 200


async def test_the_record_counts_calls_per_path(tenant: Tenant) -> None:
    await tenant.token()
    before = (await tenant.call("GET", "/sandbox/requests")).body["next"]
    await tenant.view(OSLO)
    await tenant.graph("GET", "/users/nobody")

    views = await tenant.call("GET", f"/sandbox/requests?path=calendarView$&since={before}")
    every = await tenant.call("GET", f"/sandbox/requests?since={before}")

    assert (views.body["count"], every.body["count"]) == (1, 2)
    assert [row["status"] for row in every.body["value"]] == [200, 404]


async def test_reset_brings_back_the_start(tenant: Tenant) -> None:
    await tenant.configure(OSLO, mode="None")
    await tenant.book(room=PORTO)
    await tenant.advance(60)

    await tenant.call("POST", "/sandbox/reset")

    assert await tenant.view(PORTO) == []
    assert (await tenant.call("GET", f"/sandbox/rooms/{OSLO}")).body["mode"] == "AutoAccept"


async def test_wrong_orders_say_what_is_wrong(tenant: Tenant) -> None:
    no_room = await tenant.call(
        "POST", "/sandbox/outlook/book", {"organizer": TOM, "room": MIA_HOME, "start": "2026-11-24T10:00"}
    )
    no_setting = await tenant.call("PATCH", f"/sandbox/rooms/{OSLO}", {"nonsense": 1})
    no_profile = await tenant.call("PATCH", f"/sandbox/rooms/{OSLO}", {"profile": "P9"})

    assert [one.status for one in (no_room, no_setting, no_profile)] == [404, 400, 400]
    assert "nonsense" in no_setting.body["error"]["message"]


MIA_HOME = "home-of-mia@contoso.com"


async def test_another_sites_page_cannot_use_the_controls(tenant: Tenant) -> None:
    answer = await tenant.call("POST", "/sandbox/reset", headers={"Origin": "https://evil.example"})

    assert answer.status == 403


async def test_equal_seeds_make_equal_tenants() -> None:
    first, second, other = World(seed=3), World(seed=3), World(seed=4)

    def told(world: World) -> list[tuple[str, str]]:
        mailbox = world.exchange.mailboxes[OSLO]
        return [(item.uid, item.content.subject) for item in mailbox.items.values()]

    assert told(first) == told(second) != told(other)


@pytest.mark.parametrize("seed", range(1, 6))
async def test_two_rooms_of_the_house_are_free_at_any_working_hour(seed: int) -> None:
    start_at = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    world = World(seed=seed, clock=VirtualClock(start_at))

    for day in range(8):
        for half_hour in range(18):
            local = start_at.astimezone(ZoneInfo("Europe/Amsterdam")) + timedelta(days=day, minutes=30 * half_hour)
            moment = local.astimezone(UTC)
            taken = [
                room for room in HOUSE if world.exchange.mailboxes[room].view(moment, moment + timedelta(minutes=30))
            ]
            assert len(taken) <= 5, (moment, taken)


async def test_the_seeded_week_has_the_meetings_that_testers_look_for() -> None:
    world = World()

    kinds = {
        (item.kind.value, item.content.sensitivity)
        for room in HOUSE
        for item in world.exchange.mailboxes[room].items.values()
    }
    guests = {
        one.person.address for item in world.exchange.mailboxes[TOM].items.values() for one in item.content.attendees
    }
    answers = {item.response.answer.value for room in HOUSE for item in world.exchange.mailboxes[room].items.values()}

    assert {("seriesMaster", "normal"), ("singleInstance", "private")} < kinds
    assert "lena.fischer@fabrikam.com" in guests
    assert answers == {"accepted"}


async def test_the_page_serves_a_day_and_shows_no_html_of_a_subject(tenant: Tenant) -> None:
    await tenant.book(start="2026-11-23T10:00", subject="<script>alert(1)</script>")
    await tenant.advance(60)

    page = await tenant.call("GET", "/")
    day = await tenant.call("GET", "/sandbox/day")
    known = await tenant.call("GET", f"/sandbox/day?known={day.body['version']}")
    script = await tenant.call("GET", "/static/rooms.js")

    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    rooms = {room["name"]: room["meetings"] for room in day.body["rooms"]}
    (shown,) = rooms["Oslo"]
    assert (shown["state"], shown["startMinute"], shown["endMinute"]) == ("pending", 600, 630)
    assert day.body["nowMinute"] == 9 * 60 + 1
    assert known.status == 204
    assert "innerHTML" not in script.body


async def test_the_page_keeps_private_subjects_to_itself(tenant: Tenant) -> None:
    await tenant.book(start="2026-11-23T10:00", subject="Salary", sensitivity="private")
    await tenant.advance(60)

    day = await tenant.call("GET", "/sandbox/day")

    assert [one["subject"] for room in day.body["rooms"] for one in room["meetings"]] == ["Private appointment"]


async def test_outlook_speaks_from_the_command_line(tenant: Tenant) -> None:
    command = [sys.executable, "-m", "sandbox.outlook", "--url", tenant.root]
    booking = ["book", "--as", TOM, "--room", OSLO, "--start", "2026-11-23T10:00", "--subject", "From a shell"]

    booked = await asyncio.to_thread(subprocess.run, [*command, *booking], capture_output=True, text=True, check=False)
    unknown = await asyncio.to_thread(
        subprocess.run, [*command, "cancel", "nonsense"], capture_output=True, text=True, check=False
    )

    assert booked.returncode == 0, booked.stderr
    assert "2026-11-23T09:00:00Z – 2026-11-23T09:30:00Z  From a shell" in booked.stdout
    assert (unknown.returncode, unknown.stderr) == (1, "The specified object was not found in the store.\n")


async def test_a_busy_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "--port", port]
        ended = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        f"Port {port} on 127.0.0.1 is taken: stop what uses it, or choose another with --port."
    ]


async def test_on_the_real_clock_a_room_answers_by_itself(serve: Callable[[web.Application], Awaitable[str]]) -> None:
    world = World(clock=RealClock(), timing=Timing(pace=0.001), meetings=False)
    root = await serve(build(world))
    start_at = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251  the real clock is what this is about
    async with aiohttp.ClientSession() as session:
        tenant = Tenant(root, session)
        await tenant.book(room=PORTO, start=start_at.isoformat(timespec="minutes"))
        window = f"?mailbox={PORTO}"
        async with asyncio.timeout(5):
            while True:
                found = (await tenant.call("GET", f"/sandbox/outlook/meetings{window}")).body["value"]
                if found and found[0]["response"] == "accepted":
                    break

    assert found[0]["showAs"] == "busy"
