"""Each way in which a request can fail: what its caller sees, and what the tenant holds afterwards.

A row of the table: the fault, the call it befalls, what the caller sees, and what stands in the tenant then. The faults
are the sandbox's own kinds, each once. "done" is a value as if nothing had happened; else it is the error's name, which
is what the caller should do: Unclear (look before repeating), Busy (come back), Denied (an administrator), Missing,
Moved (read again), ResyncNeeded (start over).
"""

from collections.abc import Awaitable, Callable

import pytest

from bot.graph.client import Budget
from bot.ports.calendar import Answer, RemoteError
from tests.faults.tenant import BOOKING, MIA, OSLO, WINDOW, Tenant, rows

PATIENT = Budget(total_s=600, tries=4)


async def read(tenant: Tenant) -> str:
    """Reads the organizer's copy. The tenant holds it, asked or not."""
    made = await tenant.calendar.create(BOOKING)
    seen = await tenant.befallen("GET", "/events/", lambda: tenant.calendar_within(PATIENT).read(MIA, made.id))
    return f"{seen} | {await tenant.meetings(MIA)} meeting"


async def create(tenant: Tenant) -> str:
    """Creates. However it ends, and created again as Unclear asks: never two."""
    calendar = tenant.calendar_within(PATIENT)
    seen = await tenant.befallen("POST", "/events$", lambda: calendar.create(BOOKING))
    held = await tenant.meetings(MIA)
    await calendar.create(BOOKING)
    assert await tenant.meetings(MIA) == 1
    return f"{seen} | {held} meeting"


async def cancel(tenant: Tenant) -> str:
    """Cancels as the organizer: once, for each cancelling tells everybody."""
    made = await tenant.calendar.create(BOOKING)
    calendar = tenant.calendar_within(PATIENT)
    seen = await tenant.befallen("POST", "/cancel$", lambda: calendar.cancel(MIA, made.id, "Gone."))
    return f"{seen} | {await tenant.meetings(MIA)} meeting"


async def accept(tenant: Tenant) -> str:
    """Answers in the room's name: once, for each answer is a mail to the organizer."""
    await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    (waiting,) = rows((await tenant.feed(OSLO))[0])
    calendar = tenant.calendar_within(PATIENT)
    seen = await tenant.befallen("POST", "/accept$", lambda: calendar.answer(OSLO, waiting.id, Answer.ACCEPT, ""))
    return f"{seen} | {(await tenant.calendar.read_room_event(OSLO, waiting.id)).response}"


async def feed(tenant: Tenant) -> str:
    """Goes on by the link of the last round. The tenant holds what it held."""
    await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    _, link = await tenant.feed(OSLO)
    calendar = tenant.calendar_within(PATIENT)
    seen = await tenant.befallen("GET", "delta", lambda: calendar.changes(OSLO, WINDOW, link))
    return f"{seen} | {await tenant.meetings(OSLO)} meeting"


Call = Callable[[Tenant], Awaitable[str]]
TENTATIVE, ACCEPTED = "tentativelyAccepted", "accepted"

TABLE: list[tuple[str, Call, str]] = [
    # The token
    ("tokenExpired", read, "done | 1 meeting"),
    ("tokenExpired", create, "done | 1 meeting"),
    ("tokenExpired", cancel, "done | 0 meeting"),
    ("tokenRevoked", read, "done | 1 meeting"),
    ("tokenRevoked", accept, "done | accepted"),
    # No permission
    ("accessDenied", read, "Denied | 1 meeting"),
    ("accessPolicy", create, "Denied | 0 meeting"),
    ("accessPolicy", accept, "Denied | tentativelyAccepted"),
    ("accessPolicy", feed, "Denied | 1 meeting"),
    # Gone, or changed by somebody else
    ("notFound", read, "Missing | 1 meeting"),
    ("notFound", cancel, "Missing | 1 meeting"),
    ("mailboxGone", create, "Missing | 0 meeting"),
    ("mailboxGone", feed, "Missing | 1 meeting"),
    ("conflict", cancel, "Moved | 1 meeting"),
    ("conflict", accept, "Moved | tentativelyAccepted"),
    ("preconditionFailed", read, "Moved | 1 meeting"),
    ("preconditionFailed", accept, "Moved | tentativelyAccepted"),
    # A dead delta link, in every spelling
    ("syncStateNotFound", feed, "ResyncNeeded | 1 meeting"),
    ("syncStateNotFoundLower", feed, "ResyncNeeded | 1 meeting"),
    ("syncStateNotFoundUpper", feed, "ResyncNeeded | 1 meeting"),
    ("syncStateNotFoundInside", feed, "ResyncNeeded | 1 meeting"),
    ("resyncRequired", feed, "ResyncNeeded | 1 meeting"),
    ("resyncRequiredInside", feed, "ResyncNeeded | 1 meeting"),
    ("syncStateInvalid", feed, "ResyncNeeded | 1 meeting"),
    ("syncStateInvalidGone", feed, "ResyncNeeded | 1 meeting"),
    # Throttled: nothing happened, so that everything may be sent again
    ("throttled", read, "done | 1 meeting"),
    ("throttled", create, "done | 1 meeting"),
    ("throttled", cancel, "done | 0 meeting"),
    ("throttled", accept, "Busy | tentativelyAccepted"),  # it may be moved meanwhile: whoever asks again looks first
    ("throttledSilently", feed, "done | 1 meeting"),
    ("throttledSilently", cancel, "done | 0 meeting"),
    ("throttledUntil", create, "done | 1 meeting"),
    ("throttledUntil", accept, "Busy | tentativelyAccepted"),
    ("throttledMailbox", feed, "done | 1 meeting"),
    ("throttledMailbox", cancel, "done | 0 meeting"),
    # Out of order: who knows whether it happened
    ("internalError", read, "done | 1 meeting"),
    ("internalError", create, "done | 1 meeting"),
    ("internalError", cancel, "Unclear | 1 meeting"),
    ("internalError", accept, "Unclear | tentativelyAccepted"),
    ("badGateway", read, "done | 1 meeting"),
    ("badGateway", create, "done | 1 meeting"),
    ("badGateway", cancel, "Unclear | 1 meeting"),
    ("unavailable", read, "done | 1 meeting"),
    ("unavailable", cancel, "done | 0 meeting"),
    ("unavailableSilently", feed, "done | 1 meeting"),
    ("unavailableSilently", accept, "Unclear | tentativelyAccepted"),
    ("unavailableAfter", create, "done | 1 meeting"),
    ("unavailableAfter", cancel, "Unclear | 0 meeting"),
    ("gatewayTimeout", cancel, "Unclear | 1 meeting"),
    ("gatewayTimeoutAfter", create, "done | 1 meeting"),
    ("gatewayTimeoutAfter", cancel, "Unclear | 0 meeting"),
    ("gatewayTimeoutAfter", accept, "Unclear | accepted"),
    # The connection
    ("resetBefore", read, "done | 1 meeting"),
    ("resetBefore", create, "done | 1 meeting"),
    ("resetBefore", cancel, "Unclear | 1 meeting"),
    ("resetAfter", create, "done | 1 meeting"),
    ("resetAfter", cancel, "Unclear | 0 meeting"),
    ("resetAfter", accept, "Unclear | accepted"),
    ("cut", read, "done | 1 meeting"),
    ("cut", feed, "done | 1 meeting"),
    ("cut", create, "done | 1 meeting"),
]


@pytest.mark.parametrize(
    ("kind", "call", "expected"), TABLE, ids=[f"{kind}-{call.__name__}" for kind, call, _ in TABLE]
)
async def test_a_fault_is_seen_for_what_it_is(tenant: Tenant, kind: str, call: Call, expected: str) -> None:
    tenant.fault = kind

    assert await call(tenant) == expected


async def test_the_table_holds_every_kind_of_fault_but_delays(tenant: Tenant) -> None:
    known = {one["kind"] for one in (await tenant.look("faults/kinds"))["value"]}

    assert known - {kind for kind, _, _ in TABLE} == {"slow"}


async def test_a_pause_that_is_told_is_kept_to_its_fraction(tenant: Tenant) -> None:
    await tenant.control("faults/requests", method="GET", path="delta", status=429, retry_after="2.128", times=2)

    await tenant.feed(OSLO)

    assert tenant.clock.passed_s == pytest.approx(4.256)


async def test_a_date_to_come_back_at_is_kept(tenant: Tenant) -> None:
    back_at = "Mon, 23 Nov 2026 08:00:20 GMT"
    await tenant.control("faults/requests", method="GET", path="delta", status=429, retry_after=back_at)

    await tenant.feed(OSLO)

    assert tenant.clock.passed_s == pytest.approx(20)


async def test_a_fault_that_stays_ends_within_the_tries(tenant: Tenant) -> None:
    await tenant.control("faults/requests", method="POST", path="/events$", kinds=["internalError"], times=99)

    with pytest.raises(RemoteError) as raised:
        await tenant.calendar_within(Budget(600, 3)).create(BOOKING)

    assert type(raised.value).__name__ == "Unclear"
    assert await tenant.sent("POST", "/events$") == 3


async def test_a_write_in_doubt_is_sent_once(tenant: Tenant) -> None:
    made = await tenant.calendar.create(BOOKING)
    await tenant.control("faults/requests", path="/cancel$", reset="after", times=9)

    with pytest.raises(RemoteError):
        await tenant.calendar.cancel(MIA, made.id, "Gone.")

    assert await tenant.sent("POST", "/cancel$") == 1


async def test_an_answer_that_takes_longer_than_the_caller_can_wait_is_in_doubt(tenant: Tenant) -> None:
    await tenant.calendar.find(MIA, "warm", BOOKING.slot)  # the token is there
    await tenant.control("faults/requests", method="POST", path="/events$", delay_s=30)
    hurried = tenant.calendar_within(Budget(total_s=0.1, tries=1))

    with pytest.raises(RemoteError) as raised:
        await hurried.create(BOOKING)
    await tenant.advance(31)  # the tenant gets to it all the same
    await tenant.calendar.create(BOOKING)

    assert type(raised.value).__name__ == "Unclear"
    assert await tenant.meetings(MIA) == 1
