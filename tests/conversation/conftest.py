"""The stage that conversations are played on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversation.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Monday 23 November 2026, 09:00 in Amsterdam; empty calendars."""
    async with Stage(tmp_path / "data") as stage:
        yield stage
