"""Signing keys over time: age, outage, rotation, and a stranger who asks for keys that do not exist."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.teams.jwks import KeySet, KeysUnavailable
from tests.unit.teams.kit import KeysHost, ManualClock, public_jwk

HOUR_S = 3600.0


class Scene:
    def __init__(self, host: KeysHost, session: aiohttp.ClientSession) -> None:
        self.host = host
        self.clock = ManualClock()
        self.keys = KeySet(session, self.clock, metadata_url=host.url + "/metadata")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with KeysHost() as host, aiohttp.ClientSession() as session:
        scene = Scene(host, session)
        yield scene
        await scene.keys.close()


async def test_fifty_first_comers_cause_one_fetch(scene: Scene) -> None:
    found = await asyncio.gather(*(scene.keys.find("k1") for _ in range(50)))

    assert all(key is not None and key.id == "k1" for key in found)
    assert scene.host.asked == 1


async def test_an_unknown_key_id_is_looked_up_once_in_five_minutes(scene: Scene) -> None:
    await scene.keys.warm()

    for n in range(100):
        assert await scene.keys.find(f"invented-{n}") is None
    assert scene.host.asked == 2

    scene.clock.forward(300)
    assert await scene.keys.find("invented") is None
    assert scene.host.asked == 3


async def test_a_rotated_key_is_found_at_the_first_look_by_all_who_wait(scene: Scene) -> None:
    await scene.keys.warm()
    scene.host.keys = [public_jwk("k2", "second")]

    found = await asyncio.gather(*(scene.keys.find("k2") for _ in range(20)))

    assert all(key is not None for key in found)
    assert scene.host.asked == 2


async def test_keys_a_day_old_serve_while_others_are_fetched_beside(scene: Scene) -> None:
    await scene.keys.warm()
    scene.clock.forward(25 * HOUR_S)

    assert await scene.keys.find("k1") is not None
    assert scene.host.asked == 1  # the answer did not wait for it

    assert scene.keys._fetch is not None
    await scene.keys._fetch
    assert scene.host.asked == 2
    scene.clock.forward(23 * HOUR_S)
    await scene.keys.find("k1")
    assert scene.host.asked == 2


async def test_an_outage_of_the_keys_host_is_survived_for_three_days_and_no_longer(scene: Scene) -> None:
    await scene.keys.warm()
    scene.host.down = True

    scene.clock.forward(71 * HOUR_S)
    assert await scene.keys.find("k1") is not None

    scene.clock.forward(2 * HOUR_S)
    with pytest.raises(KeysUnavailable):
        await scene.keys.find("k1")

    scene.host.down = False
    scene.clock.forward(11)
    assert await scene.keys.find("k1") is not None


async def test_readiness_tells_whether_a_token_could_be_verified(scene: Scene) -> None:
    seen = [scene.keys.usable]

    await scene.keys.warm()
    seen.append(scene.keys.usable)
    scene.clock.forward(73 * HOUR_S)
    seen.append(scene.keys.usable)

    assert seen == [False, True, False]


async def test_a_failing_host_is_not_asked_by_each_request(scene: Scene) -> None:
    scene.keys = KeySet(scene.keys._session, scene.clock, metadata_url=scene.host.url + "/nothing")

    for _ in range(5):
        with pytest.raises(KeysUnavailable):
            await scene.keys.find("k1")

    assert scene.host.asked == 0


async def test_keys_are_not_fetched_from_a_host_that_did_not_name_them(scene: Scene) -> None:
    async with KeysHost() as stranger:
        scene.host.keys_url = stranger.url + "/keys"

        with pytest.raises(KeysUnavailable):
            await scene.keys.warm()

    assert stranger.asked == 0


async def test_unusable_entries_are_passed_over(scene: Scene) -> None:
    odd: list[dict[str, object]] = [
        {"kty": "RSA", "kid": "n missing", "e": "AQAB"},
        {"kty": "RSA", "kid": "n a number", "n": 5, "e": "AQAB"},
        {"kty": "EC", "kid": "ec"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "tiny", "n": "AQAB", "e": "AQAB"},
        public_jwk("odd endorsements", endorsements="msteams"),
    ]
    scene.host.keys = [*odd, public_jwk("k1")]

    assert await scene.keys.find("k1") is not None
    for entry in odd:
        assert await scene.keys.find(str(entry.get("kid"))) is None
