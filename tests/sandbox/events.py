"""Bodies of events for tests, and the calls that most tests of calendars make."""

from typing import Any
from urllib.parse import quote

from tests.sandbox.tenant import OSLO, PORTO, TOM, Answer, Tenant
from tests.strangers import watching

AMSTERDAM = "W. Europe Standard Time"
OSLO_ASKED = [{"emailAddress": {"address": OSLO}, "type": "resource"}]
WEEKLY = {"type": "weekly", "daysOfWeek": ["tuesday"]}
THREE = {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3}


def moment(text: str, zone: str = AMSTERDAM) -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def event(**changes: Any) -> dict[str, Any]:
    return {
        "subject": "Planning",
        "start": moment("2026-11-24T10:00:00"),
        "end": moment("2026-11-24T11:00:00"),
        "attendees": [{"emailAddress": {"address": PORTO, "name": "Porto"}, "type": "resource"}],
    } | changes


def series(pattern: dict[str, Any], span: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return event(recurrence={"pattern": {"interval": 1} | pattern, "range": span}, **changes)


def starts(events: list[dict[str, Any]]) -> list[str]:
    return sorted(one["start"]["dateTime"][:16] for one in events)


def path_of(made: dict[str, Any], who: str = TOM) -> str:
    return f"/users/{who}/events/{quote(made['id'])}"


def forgive() -> None:
    """For answers that the service gives and its description lacks."""
    watching.take()


async def create(tenant: Tenant, body: dict[str, Any], who: str = TOM) -> dict[str, Any]:
    answer = await tenant.graph("POST", f"/users/{who}/events", body)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.body
    return made


async def instances(tenant: Tenant, mailbox: str, master_id: str, until: str = "2027-12-31") -> list[dict[str, Any]]:
    window = f"startDateTime=2026-01-01T00:00:00Z&endDateTime={until}T00:00:00Z&$top=500"
    answer = await tenant.graph("GET", f"/users/{mailbox}/events/{quote(master_id)}/instances?{window}")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["value"]
    return found


async def switch(tenant: Tenant, **values: Any) -> Answer:
    answer = await tenant.call("PATCH", "/sandbox/switches", values)
    assert answer.status == 200, answer.body
    return answer
