"""Subscriptions that cannot be had, or whose answer was lost: the rooms are polled meanwhile, and it is known why."""

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.ports.records import Polling, Untold
from bot.sync.audit import AUDIT_EVERY_S, FIRST_AFTER_S, SURE_AFTER_S
from bot.sync.subscriptions import LIFE
from bot.web import notifications
from tests.conversation.stage import Stage, StageClock
from tests.faults.test_notifications import BERGEN, OSLO, POLLED_S, a_busy_morning, assert_mirrored

HOUR_S = 3600.0
EXPIRED: tuple[str, str, dict[str, Any]] = ("POST", "/subscriptions/expire", {})
LOST = {"kinds": ["gatewayTimeoutAfter"], "method": "POST", "path": "^/v1.0/subscriptions$", "times": 1}


async def rooms_told(stage: Stage) -> list[str]:
    """The rooms of the subscriptions that live, one for each."""
    living = (await stage.control("GET", "/subscriptions"))["value"]
    return sorted(one["resource"].split("/")[1] for one in living)


async def untold(stage: Stage) -> set[Untold]:
    return {kept.value.why for kept in await stage.tenant.services.documents.scan("polling/", Polling)}


async def test_an_address_that_does_not_answer_is_named_and_polled_past_and_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable(_: object) -> web.Response:
        return web.Response(status=502)

    with monkeypatch.context() as broken:
        broken.setattr(notifications, "_echo", unreachable)
        await stage.control(*EXPIRED)
        await stage.restart()
        assert await rooms_told(stage) == []
        assert await untold(stage) == {Untold.ADDRESS}

        await a_busy_morning(stage)
        await stage.pass_time(120, step_s=10)
        await assert_mirrored(stage, OSLO, BERGEN)
    said = [one.levelname for one in caplog.records if one.message == "subscription.refused"]
    assert said.count("ERROR") == 1, "for all rooms together"

    await stage.pass_time(HOUR_S, step_s=600)

    assert len(await rooms_told(stage)) == 13
    assert await untold(stage) == set()


@pytest.mark.parametrize("refuses_doubles", [False, True])
async def test_a_subscription_whose_answer_was_lost_leaves_one_for_each_room(
    stage: Stage, refuses_doubles: bool
) -> None:
    """The secret of the one that was made is known to nobody, so that it is of no use."""
    before = await rooms_told(stage)
    await stage.control("PATCH", "/notifications", {"unique": refuses_doubles})
    await stage.control(*EXPIRED)
    await stage.control("POST", "/faults/requests", LOST)

    await stage.restart()
    await stage.pass_time(FIRST_AFTER_S + 3 * SURE_AFTER_S, step_s=30)

    assert await rooms_told(stage) == before
    assert await untold(stage) == set()
    await stage.control("DELETE", "/faults")
    await a_busy_morning(stage)
    await assert_mirrored(stage, OSLO, BERGEN)


async def test_a_mailbox_that_has_as_many_as_it_may_is_polled_until_there_is_a_place(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The others' renewals go on, and do not make it news again."""
    await stage.control("PATCH", "/limits", {"mailbox_subscriptions": 1})
    await stage.control(*EXPIRED)
    await stage.control("POST", "/faults/requests", LOST)

    await stage.restart()
    await stage.pass_time(120, step_s=10)

    assert await untold(stage) == {Untold.FULL}
    await stage.pass_time(AUDIT_EVERY_S, step_s=300)
    assert await untold(stage) == set()
    assert len(await rooms_told(stage)) == 13
    told: list[Any] = [one.__dict__["why"] for one in caplog.records if one.message == "subscription.refused"]
    assert told
    errors = [one for one in caplog.records if (one.message, one.levelname) == ("subscription.refused", "ERROR")]
    assert len(errors) == 1


async def test_after_a_gap_without_notifications_the_poll_is_as_good_as_its_word(stage: Stage) -> None:
    fault = {"kinds": ["internalError"], "path": "/subscriptions", "times": 999}
    await stage.control("POST", "/faults/requests", fault)
    await stage.control(*EXPIRED)
    await stage.restart()

    await a_busy_morning(stage)
    await stage.pass_time(POLLED_S, step_s=10)

    await assert_mirrored(stage, OSLO, BERGEN)


@pytest.mark.parametrize("days", [-4, 5])
async def test_a_clock_that_is_days_wrong_lets_no_subscription_lapse(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Behind, it would ask for an end that is past; ahead, for one that is further off than is allowed."""
    await stage.control(*EXPIRED)
    monkeypatch.setattr(StageClock, "now", lambda clock: clock._clock.now() + timedelta(days=days))
    await stage.restart()
    await stage.pass_time(60, step_s=10)
    assert await untold(stage) == set()
    before = await living(stage)
    assert len(before) == 13

    await stage.pass_time(LIFE.total_seconds() * 1.2, step_s=HOUR_S * 2)

    assert before.keys() == (await living(stage)).keys(), "renewed in time, each of them"


async def living(stage: Stage) -> dict[str, str]:
    told = (await stage.control("GET", "/subscriptions"))["value"]
    return {one["id"]: one["expirationDateTime"] for one in told}
