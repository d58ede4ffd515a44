"""The bot's token: fetched once for all, renewed ahead of its end beside the sends, and what a refusal means."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.teams.connector_errors import CredentialsRefused, Unreachable
from bot.teams.credentials import ClientCredentials, NoCredentials, Registration
from tests.unit.teams.kit import APP_ID, TENANT, ManualClock


class Login:
    """A login endpoint: answers with a numbered token, or as it is told."""

    def __init__(self) -> None:
        self.forms: list[dict[str, Any]] = []
        self.answer: tuple[int, Any] | None = None
        self.url = ""

    async def token(self, request: web.Request) -> web.Response:
        self.forms.append({"tenant": request.match_info["tenant"], **await request.post()})
        status, body = self.answer or (200, {"access_token": f"t{len(self.forms)}", "expires_in": 3600})
        return web.json_response(body, status=status)


class Scene:
    def __init__(self, login: Login, session: aiohttp.ClientSession) -> None:
        self.login = login
        self.clock = ManualClock()
        registration = Registration(app_id=APP_ID, secret="s3", tenant=TENANT, login=login.url)
        rng = random.Random(1)  # noqa: S311 - jitter
        self.credentials = ClientCredentials(session, self.clock, registration, rng=rng)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    login = Login()
    app = web.Application()
    app.add_routes([web.post("/{tenant}/oauth2/v2.0/token", login.token)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    login.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        scene = Scene(login, session)
        yield scene
        await scene.credentials.close()
    await runner.cleanup()


async def test_a_hundred_senders_share_one_fetch(scene: Scene) -> None:
    tokens = await asyncio.gather(*(scene.credentials.token() for _ in range(100)))

    assert set(tokens) == {"t1"}
    assert scene.login.forms == [
        {
            "tenant": TENANT,
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": "s3",
            "scope": "https://api.botframework.com/.default",
        }
    ]


async def test_a_token_is_renewed_before_its_end_without_anybody_waiting(scene: Scene) -> None:
    await scene.credentials.token()
    scene.clock.forward(3600 - 299)

    assert await scene.credentials.token() == "t1"
    assert scene.credentials._fetch is not None
    await scene.credentials._fetch

    assert await scene.credentials.token() == "t2"
    assert len(scene.login.forms) == 2


async def test_an_outage_while_the_token_is_good_harms_nobody(scene: Scene) -> None:
    await scene.credentials.token()
    scene.login.answer = (503, {})
    scene.clock.forward(3600 - 299)
    for _ in range(10):
        assert await scene.credentials.token() == "t1"
        assert scene.credentials._fetch is not None
        await asyncio.wait([scene.credentials._fetch])

    assert len(scene.login.forms) == 2  # and the endpoint is not asked by each of them

    scene.clock.forward(300)
    with pytest.raises(Unreachable):
        await scene.credentials.token()


async def test_a_refused_token_is_replaced_and_an_older_one_is_not_counted(scene: Scene) -> None:
    first = await scene.credentials.token()

    scene.credentials.refused(first)
    assert await scene.credentials.token() == "t2"

    scene.credentials.refused(first)
    assert await scene.credentials.token() == "t2"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((401, {"error": "invalid_client"}), CredentialsRefused),
        ((400, {"error": "unauthorized_client"}), CredentialsRefused),
        ((400, {"error": "temporarily_unavailable"}), Unreachable),
        ((500, {"error": "x"}), Unreachable),
        ((429, {}), Unreachable),
        ((200, {}), Unreachable),
        ((200, {"access_token": "", "expires_in": 3600}), Unreachable),
        ((200, {"access_token": "t", "expires_in": "soon"}), Unreachable),
        ((200, [1]), Unreachable),
    ],
)
async def test_no_token_says_whether_an_operator_must_act(
    scene: Scene, answer: tuple[int, Any], error: type[Exception]
) -> None:
    scene.login.answer = answer

    with pytest.raises(error):
        await scene.credentials.token()


async def test_a_login_that_is_away_is_unreachable(scene: Scene) -> None:
    registration = Registration(app_id=APP_ID, secret="s3", login="http://127.0.0.1:1")
    rng = random.Random(1)  # noqa: S311 - jitter

    with pytest.raises(Unreachable):
        await ClientCredentials(scene.credentials._session, scene.clock, registration, rng=rng).token()


async def test_the_sandbox_sends_no_token_and_a_secret_is_never_shown() -> None:
    assert await NoCredentials().token() == ""
    assert "s3cret" not in repr(Registration(app_id=APP_ID, secret="s3cret"))
    with pytest.raises(ValueError, match="secret"):
        Registration(app_id=APP_ID, secret="")
