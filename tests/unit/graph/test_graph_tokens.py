"""One tenant's tokens: one flight, ahead of the end, calm after a failure."""

import asyncio
import logging
import threading

import pytest

from bot.graph.auth import Tokens
from bot.graph.login import Grant
from bot.graph.verdicts import SignInRefused
from bot.ports.calendar import Busy, Denied, RemoteError
from tests.unit.graph.graph_server import StillClock


class ScriptedLogin:
    """Implements Login: numbered grants of an hour, or what the script says. Blocks while `gate` is closed."""

    tenant = "contoso.onmicrosoft.com"

    def __init__(self, *script: Exception) -> None:
        self.script = list(script)
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()
        self.lifetime_s = 3600.0
        self.claims: list[str] = []

    def grant(self, claims: str = "") -> Grant:
        self.asked += 1
        self.claims += [claims] if claims else []
        assert self.gate.wait(5)
        if self.script:
            raise self.script.pop(0)
        return Grant(f"token-{self.asked}", self.lifetime_s)


async def settle(tokens: Tokens) -> None:
    if tokens._flight is not None:
        await asyncio.wait([tokens._flight])


async def test_many_callers_share_one_flight() -> None:
    login = ScriptedLogin()
    tokens = Tokens(login, StillClock())

    got = await asyncio.gather(*(tokens.token() for _ in range(50)))

    assert set(got) == {"token-1"}
    assert login.asked == 1


async def test_a_held_token_is_used_until_it_nears_its_end() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    await tokens.token()

    clock.passed_s += 2999

    assert await tokens.token() == "token-1"
    assert login.asked == 1


async def test_ahead_of_the_end_one_is_fetched_while_the_old_one_serves() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    await tokens.token()
    clock.passed_s += 3001
    login.gate.clear()

    during = [await tokens.token() for _ in range(5)]
    login.gate.set()
    await settle(tokens)

    assert set(during) == {"token-1"}
    assert await tokens.token() == "token-2"
    assert login.asked == 2


async def test_a_token_of_a_day_is_renewed_within_the_hour_for_what_was_consented_to_meanwhile() -> None:
    login, clock = ScriptedLogin(), StillClock()
    login.lifetime_s = 86_400.0
    tokens = Tokens(login, clock)
    await tokens.token()
    clock.passed_s += 3601

    during = await tokens.token()
    await settle(tokens)

    assert (during, await tokens.token()) == ("token-1", "token-2")


async def test_at_its_very_end_a_token_serves_no_more() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    await tokens.token()

    clock.passed_s += 3545

    assert await tokens.token() == "token-2"


async def test_a_failed_refresh_ahead_of_the_end_disturbs_nobody() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    await tokens.token()
    login.script = [Busy("LoginBusy", 503)]
    clock.passed_s += 3001

    first = await tokens.token()
    await settle(tokens)
    again = await tokens.token()
    await settle(tokens)

    assert (first, again) == ("token-1", "token-1")
    assert login.asked == 2  # and rested
    clock.passed_s += 11
    await tokens.token()
    await settle(tokens)
    assert await tokens.token() == "token-3"


async def test_callers_of_a_failed_login_share_its_failure_and_the_rest_after_it() -> None:
    login, clock = ScriptedLogin(Denied("AADSTS7000215", 401)), StillClock()
    tokens = Tokens(login, clock)

    got = await asyncio.gather(*(tokens.token() for _ in range(9)), return_exceptions=True)
    with pytest.raises(Denied, match="AADSTS7000215"):
        await tokens.token()

    assert all(isinstance(one, Denied) for one in got)
    assert login.asked == 1
    clock.passed_s += 11
    assert await tokens.token() == "token-2"


async def test_a_refused_token_is_replaced_once_for_all_who_held_it() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    held = await tokens.token()
    clock.passed_s += 120

    got = await asyncio.gather(*(tokens.token(refused=held) for _ in range(5)))
    late = await tokens.token(refused=held)

    assert {*got, late} == {"token-2"}
    assert login.asked == 2


async def test_a_brand_new_token_that_is_refused_is_not_fetched_again() -> None:
    login = ScriptedLogin()
    tokens = Tokens(login, StillClock())
    held = await tokens.token()

    assert await tokens.token(refused=held) == held
    assert login.asked == 1


async def test_who_gives_up_does_not_end_the_flight_for_the_others() -> None:
    login = ScriptedLogin()
    login.gate.clear()
    tokens = Tokens(login, StillClock())
    impatient, patient = asyncio.create_task(tokens.token()), asyncio.create_task(tokens.token())
    while not login.asked:
        await StillClock().sleep(0)

    impatient.cancel()
    await asyncio.wait([impatient])
    login.gate.set()

    assert await patient == "token-1"
    assert login.asked == 1


async def test_a_refusal_is_logged_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    tokens = Tokens(ScriptedLogin(SignInRefused("AADSTS7000222", 401)), StillClock())

    with caplog.at_level(logging.ERROR, logger="bot.graph"), pytest.raises(Denied):
        await tokens.token()

    told = vars(caplog.records[-1])
    assert (told["code"], told["tenant"]) == ("AADSTS7000222", "contoso.onmicrosoft.com")
    assert "expired" in told["what_to_do"]
    assert told["problem"] == "sign-in.secret-expired"


async def test_a_token_without_the_claims_is_replaced_however_young_and_once_for_all() -> None:
    login = ScriptedLogin()
    tokens = Tokens(login, StillClock())
    held = await tokens.token()

    got = await asyncio.gather(*(tokens.token(refused=held, claims='{"a":1}') for _ in range(5)))
    late = await tokens.token(refused=held, claims='{"a":1}')

    assert {*got, late} == {"token-2"}
    assert login.claims == ['{"a":1}']


async def test_claims_are_asked_for_though_another_flight_is_under_way() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    held = await tokens.token()
    clock.passed_s += 3545
    login.gate.clear()
    plain = asyncio.create_task(tokens.token())
    while login.asked < 2:
        await clock.sleep(0)
    claimed = asyncio.create_task(tokens.token(refused="token-2", claims='{"a":1}'))
    await clock.sleep(0)
    login.gate.set()

    assert held == "token-1"
    assert (await plain, await claimed) == ("token-2", "token-3")


async def test_claims_that_nobody_grants_are_not_asked_for_again_and_again() -> None:
    login = ScriptedLogin()
    tokens = Tokens(login, StillClock())
    held = await tokens.token()
    login.script = [Denied("AADSTS50076", 400)]

    for _ in range(3):
        with pytest.raises(Denied):
            await tokens.token(refused=held, claims='{"a":1}')

    assert login.asked == 2


@pytest.mark.parametrize("life_s", [0.0, -5.0, 30.0])
async def test_a_token_of_no_life_is_not_asked_for_at_every_call(life_s: float) -> None:
    login, clock = ScriptedLogin(), StillClock()
    login.lifetime_s = life_s
    tokens = Tokens(login, clock)

    for _ in range(5):
        await tokens.token()
        await settle(tokens)
        clock.passed_s += 10

    assert login.asked == 1
    clock.passed_s += 11
    assert await tokens.token() == "token-2"


async def test_a_login_that_breaks_is_busy_and_rested_after(caplog: pytest.LogCaptureFixture) -> None:
    login, clock = ScriptedLogin(LookupError("a mistake")), StillClock()
    tokens = Tokens(login, clock)

    for _ in range(3):
        with pytest.raises(Busy, match="LoginBroke"):
            await tokens.token()

    assert login.asked == 1
    assert "a mistake" in caplog.text  # with its traceback: it is ours
    clock.passed_s += 11
    assert await tokens.token() == "token-2"


async def test_a_flight_that_hangs_is_given_up_and_another_may_start() -> None:
    login, clock = ScriptedLogin(), StillClock()
    login.gate.clear()
    tokens = Tokens(login, clock, longest_s=0.05)

    got = await asyncio.gather(*(tokens.token() for _ in range(3)), return_exceptions=True)
    clock.passed_s += 11
    again = asyncio.create_task(Tokens.token(tokens))
    while login.asked < 2:
        await clock.sleep(0)
    login.gate.set()

    assert [str(one) for one in got] == ["0 LoginTimeout"] * 3
    assert (await again).startswith("token-")


def told(tokens: Tokens) -> bool | None:
    return tokens.signed_in


def trouble(tokens: Tokens) -> RemoteError | None:
    return tokens.trouble


async def test_whether_it_is_signed_in_is_told_of_the_last_login() -> None:
    login, clock = ScriptedLogin(), StillClock()
    tokens = Tokens(login, clock)
    assert told(tokens) is None

    await tokens.token()
    assert told(tokens) is True

    clock.passed_s += 3001
    login.script = [SignInRefused("AADSTS7000222")]
    await tokens.token()
    await settle(tokens)
    assert told(tokens) is True  # the old token still serves
    assert isinstance(trouble(tokens), SignInRefused)

    clock.passed_s += 600
    login.script = [SignInRefused("AADSTS7000222")]
    with pytest.raises(SignInRefused):
        await tokens.token()
    assert told(tokens) is False

    clock.passed_s += 60
    await tokens.token()
    assert told(tokens) is True
    assert trouble(tokens) is None
