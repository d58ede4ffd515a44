"""What operators see of the running whole: readiness, figures, what was given up on."""

import math
from dataclasses import replace
from typing import Any

import pytest

from bot.ports.store import MOST_ATTEMPTS, Batch, Schedule
from tests.conversation.stage import JONAS, PRIYA, TENANT, Stage, text_of
from tests.unit.web.test_metrics import read

WELL = dict.fromkeys(("store", "reconcile", "sign-in", "rooms", "index", "catch-up"), True)


async def ready(stage: Stage) -> tuple[int, dict[str, bool]]:
    async with stage.http.get(f"http://127.0.0.1:{stage.port}/readyz") as answer:
        body: dict[str, Any] = await answer.json()
        return answer.status, {part["part"]: part["ok"] for part in body["parts"]}


async def test_it_is_ready_once_it_signed_in_and_knows_rooms(stage: Stage) -> None:
    assert await ready(stage) == (200, WELL)


async def test_a_store_that_takes_nothing_is_told(stage: Stage) -> None:
    await stage.system.engine.close()

    status, parts = await ready(stage)

    assert status == 503
    assert parts["store"] is False
    assert parts["sign-in"] is True


async def figures(stage: Stage) -> dict[tuple[str, str], float]:
    async with stage.http.get(f"http://127.0.0.1:{stage.port}/metrics") as answer:
        assert answer.status == 200
        return read(await answer.text())


async def test_figures_follow_what_happens(stage: Stage) -> None:
    of = f'tenant="{TENANT}"'
    before = await figures(stage)
    assert before["foyer_rooms_dirty", of] == 0
    assert before["foyer_bookings_open", f'{of},state="requested"'] == 0
    assert before["foyer_signed_in", of] == 1
    assert before["foyer_subscription_least_seconds_to_expiry", of] > 86400
    assert before["foyer_rooms_without_subscription", of] == 0
    assert math.isnan(before["foyer_mirror_divergences", of])
    assert before["foyer_foreign_overlaps", of] == 0

    await stage.control("POST", "/faults/requests", {"times": 10**6, "path": "/users/oslo@contoso.com/", "status": 503})
    await stage.book_in_outlook("mia@contoso.com", "oslo@contoso.com", "2026-11-23T15:00:00")
    await stage.pass_time(150, step_s=10)
    after = await figures(stage)

    assert after["foyer_rooms_dirty", of] == 1
    assert 100 < after["foyer_room_dirty_oldest_seconds", of] < 200
    busy = sum(n for (name, labels), n in after.items() if name == "foyer_graph_calls_total" and "busy" in labels)
    assert busy > 0


async def test_a_new_request_that_is_decided_is_counted(stage: Stage) -> None:
    of = f'tenant="{TENANT}"'
    await stage.book_in_outlook("mia@contoso.com", "oslo@contoso.com", "2026-11-23T15:00:00")
    await stage.pass_time(150, step_s=10)

    after = await figures(stage)

    assert after["foyer_decision_lag_seconds_count", of] == 1
    assert after["foyer_decision_lag_seconds_sum", of] <= 90
    assert 0 < after["foyer_secret_days_left", of] < 1000


async def test_rooms_that_cannot_be_read_or_subscribed_to_are_counted_by_why(stage: Stage) -> None:
    of = f'tenant="{TENANT}"'
    before = await figures(stage)
    assert before["foyer_rooms_unreadable", of] == 0
    assert before["foyer_rooms_untold", f'{of},why="address"'] == 0
    denied = {"times": 10**6, "path": "/users/oslo@contoso.com/", "status": 403, "code": "ErrorAccessDenied"}
    await stage.control("POST", "/faults/requests", denied)
    full = {"times": 10**6, "path": "/subscriptions", "status": 403, "code": "ExtensionError"}
    await stage.control(
        "POST", "/faults/requests", full | {"message": "Reason: Maximum number of subscriptions has been reached"}
    )
    await stage.restart()
    await stage.pass_time(150, step_s=10)

    after = await figures(stage)
    assert after["foyer_rooms_unreadable", of] == 1
    assert after["foyer_rooms_untold", f'{of},why="full"'] > 0
    assert after["foyer_declining_stopped", of] == 0


async def test_after_a_start_it_is_ready_once_every_room_was_read_or_the_time_for_that_is_over(stage: Stage) -> None:
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await stage.pass_time(5)
    await stage.restart()

    assert await ready(stage) == (503, WELL | {"catch-up": False})
    await stage.control("DELETE", "/faults")
    await stage.pass_time(120, step_s=10)
    assert await ready(stage) == (200, WELL)

    await stage.control("POST", "/faults/requests", fault)
    await stage.restart()
    assert (await ready(stage))[0] == 503
    await stage.pass_time(310, step_s=10)
    async with stage.http.get(f"http://127.0.0.1:{stage.port}/readyz") as answer:
        (told,) = [part["told"] for part in (await answer.json())["parts"] if "told" in part]
        assert answer.status == 200
        assert "Not read since the start: 1 of" in told


async def kill(stage: Stage, *jobs: str) -> None:
    """Uses up the attempts of these jobs, as a fault of ours would."""
    store, now = stage.tenant.services.documents.store, stage.clock.now().timestamp()
    await store.commit(Batch(schedules=tuple(Schedule(job, now) for job in jobs)))
    for n in range(MOST_ATTEMPTS + 1):
        await store.take(jobs, 9, now=now + n, lease_s=1)


async def test_what_was_given_up_on_is_listed_and_done_again_at_a_word(stage: Stage) -> None:
    await kill(stage, "sync/oslo@contoso.com", "tell/gone")

    shown = text_of(await stage.say(JONAS, "dead letters"))
    assert "Reading the calendar of Oslo" in shown
    assert "Bringing a card up to date" in shown

    shown = text_of(await stage.say(JONAS, "Replay 1"))
    assert "1 piece of work is being done again." in shown
    assert "Oslo" not in shown
    assert "1. Bringing a card up to date" in shown
    assert "not in the list any more" in text_of(await stage.say(JONAS, "replay 2"))

    card = await stage.say(JONAS, "status")
    pressed = await stage.press(JONAS, card, "Work given up on")
    again = await stage.press(JONAS, pressed.card, "Do all again")
    assert "Being done again" in text_of(again.card)
    assert "Nothing was given up on" not in text_of(again.card)
    await stage.settle()
    assert await stage.tenant.services.documents.store.dead_letters() == []


async def test_in_dutch_it_goes_by_dutch_words(stage: Stage) -> None:
    await kill(stage, "sync/oslo@contoso.com")
    jonas = replace(JONAS, locale="nl-NL")

    assert "De agenda van Oslo lezen" in text_of(await stage.say(jonas, "opgegeven werk"))
    assert "Wordt opnieuw gedaan" in text_of(await stage.say(jonas, "opnieuw alles"))


@pytest.mark.parametrize("words", ["opgegeven werk", "Dode brieven", "opnieuw 1"])
async def test_the_dutch_words_are_answered_in_dutch_by_themselves(stage: Stage, words: str) -> None:
    await kill(stage, "sync/oslo@contoso.com", "sync/porto@contoso.com")

    assert "De agenda van Porto lezen" in text_of(await stage.say(JONAS, words))
    assert "De agenda van Porto lezen" in text_of(await stage.say(JONAS, "dead letters"))


@pytest.mark.parametrize("words", ["dead letters", "replay all", "replay 1"])
async def test_only_administrators_see_it_or_have_it_done_again(stage: Stage, words: str) -> None:
    await kill(stage, "sync/oslo@contoso.com")

    assert "Only administrators" in text_of(await stage.say(PRIYA, words))
    assert len(await stage.tenant.services.documents.store.dead_letters()) == 1
