"""The ground that faults happen on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversation.stage import Stage
from tests.faults.tenant import Tenant, open_tenant


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    """Empty calendars, a clock that stands still, no faults yet."""
    async with open_tenant() as tenant:
        yield tenant


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The whole bot beside the tenant; Monday 23 November 2026, 09:00 in Amsterdam; empty calendars."""
    async with Stage(tmp_path / "data") as stage:
        yield stage
