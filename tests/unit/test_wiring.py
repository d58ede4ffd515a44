"""The system put together for two tenants."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.clock import SystemClock
from bot.config import SANDBOX_TENANT, Settings
from bot.tenant import NOTIFICATIONS
from bot.wiring import open_system
from tests.proofs.stores import Address
from tests.proofs.webhook import ROOMS, notification, subscribe


async def test_a_notification_for_one_tenant_is_no_forgery_to_the_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await subscribe(Address("sqlite", str(tmp_path / "foyer.sqlite")), SANDBOX_TENANT)
    settings = Settings.for_sandbox(port=1, sandbox_port=1, data=tmp_path, policy="")
    other = replace(settings.tenants[0], tenant_id="fabrikam")

    both = replace(settings, tenants=(*settings.tenants, other))
    async with open_system(both, SystemClock(), work=False) as system, TestClient(TestServer(system.app)) as http:
        good = await http.post(NOTIFICATIONS, json=notification(ROOMS[:1]))
        told_of_good = [record.message for record in caplog.records]
        bad = await http.post(NOTIFICATIONS, json=notification(["nobody's"]))

    assert (good.status, bad.status) == (202, 202)
    assert "notification.not_believed" not in told_of_good
    assert "notification.not_believed" in [record.message for record in caplog.records]
