"""A batch of a read, a creation and a cancellation: what each of them comes to when a fault befalls one, or the batch.

A row of the table: the fault, whose path it befalls, what the callers of the three see, and how many meetings stand
afterwards: one that was there to be read, one to be created, one to be cancelled.
"""

from dataclasses import replace
from typing import Any

import pytest

from bot.graph import calls
from bot.graph.client import Budget
from bot.graph.sansio import Request
from bot.ports.calendar import RemoteError
from tests.faults.tenant import BOOKING, MIA, Tenant

TOM, JONAS = "tom@contoso.com", "jonas@contoso.com"
ALL = ("done", "done", "done")

TABLE = [
    # One item alone
    ("throttled", "/cancel$", ALL, (1, 1, 0)),
    ("throttledSilently", "/events$", ALL, (1, 1, 0)),
    ("unavailable", "/cancel$", ALL, (1, 1, 0)),
    ("internalError", "/cancel$", ("done", "done", "Unclear"), (1, 1, 1)),
    ("internalError", "/events$", ALL, (1, 1, 0)),
    ("gatewayTimeoutAfter", "/cancel$", ("done", "done", "Unclear"), (1, 1, 0)),
    ("gatewayTimeoutAfter", "/events$", ALL, (1, 1, 0)),
    ("accessPolicy", "/cancel$", ("done", "done", "Denied"), (1, 1, 1)),
    ("notFound", "/cancel$", ("done", "done", "Missing"), (1, 1, 1)),
    ("conflict", "/cancel$", ("done", "done", "Moved"), (1, 1, 1)),
    ("tokenRevoked", "/cancel$", ALL, (1, 1, 0)),
    # The whole batch
    ("tokenExpired", "/.batch$", ALL, (1, 1, 0)),
    ("throttled", "/.batch$", ALL, (1, 1, 0)),
    ("unavailable", "/.batch$", ALL, (1, 1, 0)),
    ("internalError", "/.batch$", ("done", "done", "Unclear"), (1, 1, 1)),
    ("badGateway", "/.batch$", ("done", "done", "Unclear"), (1, 1, 1)),
    ("gatewayTimeoutAfter", "/.batch$", ("done", "done", "Unclear"), (1, 1, 0)),
    ("resetBefore", "/.batch$", ("done", "done", "Unclear"), (1, 1, 1)),
    ("resetAfter", "/.batch$", ("done", "done", "Unclear"), (1, 1, 0)),
    ("cut", "/.batch$", ("done", "done", "Unclear"), (1, 1, 0)),
]


def three(there: str, doomed: str) -> list[Request[Any]]:
    return [
        calls.read_meeting(TOM, there),
        calls.create(replace(BOOKING, transaction_id="2", room="lisbon@contoso.com")),
        calls.cancel(JONAS, doomed, "Gone."),
    ]


@pytest.mark.parametrize(
    ("kind", "path", "seen", "stand"), TABLE, ids=[f"{kind}-{path.strip('/.$')}" for kind, path, _, _ in TABLE]
)
async def test_a_fault_in_a_batch_is_whose_it_is(
    tenant: Tenant, kind: str, path: str, seen: tuple[str, ...], stand: tuple[int, ...]
) -> None:
    there = await tenant.calendar.create(replace(BOOKING, organizer=TOM, transaction_id="1"))
    doomed = await tenant.calendar.create(replace(BOOKING, organizer=JONAS, room="bergen@contoso.com"))
    await tenant.control("faults/requests", kinds=[kind], method="POST", path=path)

    outcomes = await tenant.client.call_many(three(there.id, doomed.id), Budget(total_s=600, tries=4))

    assert (await tenant.look("faults"))["requests"] == []
    assert tuple(type(one).__name__ if isinstance(one, RemoteError) else "done" for one in outcomes) == seen
    assert [await tenant.meetings(mailbox) for mailbox in (TOM, MIA, JONAS)] == list(stand)


async def test_a_fault_in_a_batch_sends_nothing_again_but_what_it_befell(tenant: Tenant) -> None:
    made = [await tenant.calendar.create(replace(BOOKING, organizer=who)) for who in (TOM, MIA, JONAS)]
    await tenant.control("faults/requests", kinds=["throttled"], method="GET", path=JONAS)
    before = await tenant.sent("GET", "/events/")

    await tenant.client.call_many(
        [calls.read_meeting(who, one.id) for who, one in zip((TOM, MIA, JONAS), made, strict=True)],
        Budget(total_s=600, tries=4),
    )

    assert await tenant.sent("GET", "/events/") - before == 4
