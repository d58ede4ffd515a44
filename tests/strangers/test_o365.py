"""O365, a library that many use and Microsoft did not write, reads and changes calendars of the sandbox tenant.

It blocks: it runs in a thread beside the tenant.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from O365 import Account, MSGraphProtocol  # type: ignore[import-untyped]
from O365.utils.token import BaseTokenBackend  # type: ignore[import-untyped]

from tests.sandbox.tenant import PORTO, TENANT, TOM, Tenant

START = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("UTC"))
LENGTH = timedelta(minutes=45)


class _Token(BaseTokenBackend):  # type: ignore[misc]
    """The tenant's own, which is there already."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = {"secret": token, "expires_on": "4102444800"}

    @property
    def has_data(self) -> bool:
        return True

    def load_token(self) -> bool:
        return True

    def get_access_token(self, *, username: str | None = None) -> dict[str, str]:
        return self._token


@pytest.fixture
async def account(tenant: Tenant) -> Any:
    protocol = MSGraphProtocol(timezone="UTC")
    protocol.service_url = f"{tenant.root}/v1.0/"
    return Account(
        ("foyer", "foyer"),
        protocol=protocol,
        auth_flow_type="credentials",
        tenant_id=TENANT,
        token_backend=_Token(await tenant.token()),
        requests_delay=0,
    )


@pytest.fixture
def calendar_of(account: Any) -> Iterator[Any]:
    yield lambda address: account.schedule(resource=f"users/{address}").get_default_calendar()
    if account.con.session is not None:
        account.con.session.close()


async def test_a_booked_room_and_its_answer_are_read(tenant: Tenant, calendar_of: Any) -> None:
    event_id = await _booked(tenant)

    answers, found = await asyncio.to_thread(_read, calendar_of, event_id)

    assert answers == {PORTO: "accepted"}
    assert found == [("Loom repair", START, START + LENGTH)]


async def test_a_meeting_that_was_moved_and_one_that_went_are_seen(tenant: Tenant, calendar_of: Any) -> None:
    event_id = await _booked(tenant)

    await asyncio.to_thread(_move, calendar_of, event_id)
    await tenant.advance(60)
    _, moved = await asyncio.to_thread(_read, calendar_of, event_id)
    await asyncio.to_thread(lambda: calendar_of(TOM).get_event(event_id).delete())

    assert [start for _, start, _ in moved] == [START + timedelta(hours=2)]
    assert await tenant.view(TOM) == []


async def _booked(tenant: Tenant) -> str:
    """The organizer's copy. (What O365 posts for a new event has a word where the description has a boolean.)"""
    end = START + LENGTH
    made = await tenant.book(
        room=PORTO, subject="Loom repair", start=f"{START:%Y-%m-%dT%H:%M}", end=f"{end:%Y-%m-%dT%H:%M}", zone="UTC"
    )
    await tenant.advance(60)
    return str(made["id"])


def _read(calendar_of: Any, event_id: str) -> tuple[dict[str, str], list[tuple[str, datetime, datetime]]]:
    """What the room answered, by the organizer's copy; and what stands in the organizer's days."""
    calendar = calendar_of(TOM)
    event = calendar.get_event(event_id)
    answers = {one.address: one.response_status.status.value for one in event.attendees}
    days = {"start_recurring": START - timedelta(days=1), "end_recurring": START + timedelta(days=1)}
    return answers, [(one.subject, one.start, one.end) for one in calendar.get_events(include_recurring=True, **days)]


def _move(calendar_of: Any, event_id: str) -> None:
    event = calendar_of(TOM).get_event(event_id)
    event.start, event.end = START + timedelta(hours=2), START + timedelta(hours=2) + LENGTH
    assert event.save()
