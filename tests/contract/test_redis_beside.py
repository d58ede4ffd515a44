"""What an operator sees of a Redis beside the running service: what it is good for, what is owed, what was given up."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.commands.dead_letters import listed, replay
from bot.commands.findings import Finding, Level
from bot.commands.store_checks import store_findings
from bot.config import SANDBOX_TENANT, Settings
from bot.ports.store import MOST_ATTEMPTS, Batch, Schedule, StoreUnusable
from bot.store.redis import RedisEngine
from tests.ports import free_ports
from tests.redis_server import HOW_TO_GET, PROGRAM, RedisServer, running

CLOCK = SystemClock()


def settings_of(server: RedisServer, tmp_path: Path) -> Settings:
    settings = Settings.for_sandbox(port=3978, sandbox_port=8800, data=tmp_path, policy="")
    return replace(settings, redis_url=server.url())


async def look(settings: Settings) -> dict[str, Finding]:
    return {one.check: one for one in await store_findings(settings, CLOCK)}


async def give_up(server: RedisServer, *jobs: str) -> None:
    engine = await RedisEngine.open(server.url(), CLOCK)
    store, now = engine.of(SANDBOX_TENANT), CLOCK.now().timestamp()
    await store.commit(Batch(schedules=[Schedule(job, now - 9999) for job in jobs]))
    for n in range(MOST_ATTEMPTS + 1):
        await store.take(("tell/",), len(jobs), now=now - 9000 + n * 10, lease_s=1)
    await engine.close()


async def test_a_good_server_has_nothing_to_mend(redis_server: RedisServer, tmp_path: Path) -> None:
    redis_server.ask("FLUSHALL")

    found = await look(settings_of(redis_server, tmp_path))

    assert set(found) == {
        "store",
        "durability",
        "memory",
        "dead letters",
        "oldest dirty room",
        "notifications",
        "calendar items",
    }
    assert not any(finding.level for finding in found.values())


async def test_dead_letters_are_listed_and_done_again_while_the_service_runs(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.ask("FLUSHALL")
    settings = settings_of(redis_server, tmp_path)
    await give_up(redis_server, "tell/a", "tell/b")
    running_service = await RedisEngine.open(redis_server.url(), CLOCK)

    found = await look(settings)
    assert found["dead letters"].level is Level.WARN
    assert [line.split()[-1] for line in await listed(settings, CLOCK)] == ["tell/a", "tell/b"]

    assert await replay(settings, "tell/a", CLOCK) == 1
    leases = await running_service.of(SANDBOX_TENANT).take(("tell/",), 9, now=CLOCK.now().timestamp(), lease_s=60)
    assert [lease.key for lease in leases] == ["tell/a"]
    await running_service.close()


@pytest.mark.skipif(PROGRAM is None, reason=HOW_TO_GET)
async def test_a_forgetful_or_full_server_is_told_with_its_remedy(tmp_path: Path) -> None:
    settings = {"appendfsync": "everysec", "maxmemory-policy": "allkeys-lru", "maxmemory": "1mb"}
    with running(tmp_path / "r", settings) as server:
        found = await look(settings_of(server, tmp_path))
        accepting = await look(replace(settings_of(server, tmp_path), accept_loss=True))

    assert found["durability"].level is Level.FAIL
    assert "appendfsync always" in found["durability"].said
    assert "maxmemory-policy noeviction" in found["durability"].said
    assert accepting["durability"].level is Level.WARN
    assert found["memory"].level is Level.FAIL
    assert found["memory"].fix


async def test_a_server_that_is_away_is_told_as_that_and_its_address_is_not(tmp_path: Path) -> None:
    settings = Settings.for_sandbox(port=3978, sandbox_port=8800, data=tmp_path, policy="")
    settings = replace(settings, redis_url="redis://:canary@127.0.0.1:9/0")

    finding, *more = await store_findings(settings, CLOCK)

    assert finding.level is Level.FAIL
    assert {one.level for one in more} == {Level.SKIP}
    assert {"durability", "memory", "dead letters"} <= {one.check for one in more}
    assert "canary" not in finding.said + finding.fix
    assert finding.fix == "Check REDIS_URL, and that the server runs."
    with pytest.raises(StoreUnusable):
        await listed(settings, CLOCK)


@pytest.mark.skipif(PROGRAM is None, reason=HOW_TO_GET)
async def test_a_redis_that_refuses_the_password_or_the_user_is_told_as_that(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    settings = Settings.for_sandbox(port=3978, sandbox_port=8800, data=tmp_path, policy="")

    async def told(login: str) -> Finding:
        return (await look(replace(settings, redis_url=f"redis://{login}127.0.0.1:{port}/0")))["store"]

    with running(tmp_path / "redis", {"port": str(port)}) as server:
        server.ask("ACL", "SETUSER", "poor", "on", ">poor", "~*", "+@read")
        server.ask("ACL", "SETUSER", "default", "resetpass", ">right")
        wrong, stranger, none, poor = [await told(one) for one in (":canary@", "foyer:canary@", "", "poor:poor@")]

    for one in (wrong, stranger):
        assert one.said == "Redis answered and refused the user or the password"
        assert one.fix.startswith("Correct them in REDIS_URL")
        assert "canary" not in one.said + one.fix
    assert none.said == "Redis answered and wants a password"
    assert "does not let the user of REDIS_URL work" in poor.said
    assert "ACL SETUSER" in poor.fix
    assert {one.level for one in (wrong, stranger, none, poor)} == {Level.FAIL}
