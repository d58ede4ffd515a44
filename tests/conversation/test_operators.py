"""What operators see of the running whole: readiness, figures, what was given up on."""

from typing import Any

from tests.conversation.stage import Stage


async def ready(stage: Stage) -> tuple[int, dict[str, bool]]:
    async with stage.http.get(f"http://127.0.0.1:{stage.port}/readyz") as answer:
        body: dict[str, Any] = await answer.json()
        return answer.status, {part["part"]: part["ok"] for part in body["parts"]}


async def test_it_is_ready_once_it_signed_in_and_knows_rooms(stage: Stage) -> None:
    assert await ready(stage) == (200, {"store": True, "reconcile": True, "sign-in": True, "rooms": True})


async def test_a_store_that_takes_nothing_is_told(stage: Stage) -> None:
    await stage.system.engine.close()

    status, parts = await ready(stage)

    assert status == 503
    assert parts["store"] is False
    assert parts["sign-in"] is True
