"""Everything at once: bookings, cancellations and feeds while the tenant fails at random, and one meeting each at the
end. A storm is told by its seed: equal seeds fail alike."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.slots import Slot
from bot.graph import calls
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget
from bot.ports.calendar import Busy, Meeting, NewMeeting, Page, Rejected, RemoteError, ResyncNeeded, Unclear
from tests.faults.tenant import BOOKING, MIA, OSLO, SLOT, WINDOW, Tenant, rows

BOOKINGS = 12
# Kinds that a caller cannot outlast by repeating: somebody must act, or the item is another by now.
OUTLASTED = [
    "tokenExpired", "tokenRevoked", "throttled", "throttledSilently", "throttledUntil", "throttledMailbox",
    "internalError", "badGateway", "unavailable", "unavailableSilently", "unavailableAfter", "gatewayTimeout",
    "gatewayTimeoutAfter", "cut", "resetBefore", "resetAfter",
]  # fmt: skip
DEAD_LINKS = ["syncStateNotFound", "syncStateNotFoundInside", "resyncRequired", "syncStateInvalid"]


def booking(number: int) -> NewMeeting:
    slot = Slot.lasting(SLOT.start_at + timedelta(hours=2 * number), 60)
    return replace(BOOKING, transaction_id=f"booking-{number}", slot=slot, subject=f"Meeting {number}")


async def stubborn(calendar: GraphCalendar, wanted: NewMeeting) -> Meeting:
    """As the booking saga does: the same id again, however often."""
    for _ in range(50):
        try:
            return await calendar.create(wanted)
        except (Busy, Unclear):
            continue
    raise AssertionError("a storm of fifty creations")


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
async def test_every_booking_ends_as_one_meeting(tenant: Tenant, seed: int) -> None:
    await tenant.control("faults/storm", rate=0.4, seed=seed, kinds=OUTLASTED)
    calendar = tenant.calendar_within(Budget(total_s=600, tries=4))

    made = await asyncio.gather(*(stubborn(calendar, booking(number)) for number in range(BOOKINGS)))
    storm = len((await tenant.look("faults/history"))["value"])
    await tenant.control("faults", via="DELETE")
    found = [await tenant.calendar.find(MIA, one.transaction_id, one.slot) for one in map(booking, range(BOOKINGS))]

    assert storm >= BOOKINGS / 4
    assert await tenant.meetings(MIA) == BOOKINGS
    assert [one and one.id for one in found] == [one.id for one in made]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_booking_of_a_batch_ends_as_one_meeting(tenant: Tenant, seed: int) -> None:
    """The storm befalls whole batches and single items alike."""
    await tenant.control("faults/storm", rate=0.3, seed=seed, kinds=OUTLASTED)
    open_ones = {number: calls.create(booking(number)) for number in range(BOOKINGS)}
    made: dict[int, Meeting] = {}

    for _ in range(50):
        outcomes = await tenant.client.call_many(list(open_ones.values()), Budget(total_s=600, tries=4))
        for number, outcome in zip(list(open_ones), outcomes, strict=True):
            if isinstance(outcome, Meeting):
                made[number] = outcome
                del open_ones[number]
            else:
                assert isinstance(outcome, Busy | Unclear)
        if not open_ones:
            break

    assert len((await tenant.look("faults/history"))["value"]) >= 3
    assert len({meeting.id for meeting in made.values()}) == BOOKINGS
    assert await tenant.meetings(MIA) == BOOKINGS


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_feed_that_is_read_in_a_storm_tells_what_the_mailbox_holds(tenant: Tenant, seed: int) -> None:
    for number in range(BOOKINGS):
        await tenant.calendar.create(booking(number))
    await tenant.advance(120)
    await tenant.control("faults/storm", rate=0.4, seed=seed, kinds=OUTLASTED + DEAD_LINKS)
    calendar = GraphCalendar(tenant.client, Budget(total_s=600, tries=4), page_size=3)

    pages = await whole_feed(calendar)
    await tenant.control("faults", via="DELETE")
    calm = list((await tenant.feed(OSLO))[0])

    assert {(row.id, row.slot, row.response) for row in rows(pages)} == {
        (row.id, row.slot, row.response) for row in rows(calm)
    }
    assert len(rows(calm)) == BOOKINGS


async def whole_feed(calendar: GraphCalendar) -> list[Page]:
    """From the beginning wherever a link is dead."""
    pages: list[Page] = []
    for _ in range(200):
        try:
            pages.append(await calendar.changes(OSLO, WINDOW, pages[-1].next_link if pages else ""))
        except (ResyncNeeded, Rejected):
            pages.clear()
        except RemoteError:
            continue
        if pages and pages[-1].delta_link:
            return pages
    raise AssertionError("a storm of two hundred pages")
