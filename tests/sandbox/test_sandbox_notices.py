"""Which change notifications each step of a booking makes in the organizer's and in the room's mailbox."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.tenant import OSLO, PORTO, TOM, Answer, Subscriber, Tenant

Subscribe = Callable[..., Awaitable[Answer]]
Steps = list[tuple[str, list[str], list[str]]]


class Watch:
    """Tells what each mailbox was notified of since it was last asked."""

    def __init__(self, tenant: Tenant, subscriber: Subscriber) -> None:
        self._tenant = tenant
        self._subscriber = subscriber

    async def after(self, seconds: float) -> tuple[list[str], list[str]]:
        """The organizer's and the room's, in the order of their arrival."""
        await self._tenant.advance(seconds)
        heard = [(item["clientState"], item["changeType"]) for item in self._subscriber.items]
        self._subscriber.items.clear()
        organizers = [kind for whose, kind in heard if whose == "organizer"]
        return organizers, [kind for whose, kind in heard if whose == "room"]


@pytest.fixture
def watching(tenant: Tenant, subscribe: Subscribe, subscriber: Subscriber) -> Callable[[str], Awaitable[Watch]]:
    async def begin(room: str) -> Watch:
        await subscribe(TOM, clientState="organizer")
        await subscribe(room, clientState="room")
        return Watch(tenant, subscriber)

    return begin


async def delegated(tenant: Tenant, watch: Watch, last: str) -> Steps:
    """A request that waits, is answered, changed, moved, answered again, and comes to its end."""
    meeting = await tenant.book()
    steps = [("created", *await watch.after(3)), ("pending", *await watch.after(60))]
    await act(tenant, OSLO, "accept")
    steps.append(("accepted", *await watch.after(10)))
    await change(tenant, meeting, subject="Retro")
    steps.append(("retitled", *await watch.after(60)))
    await change(tenant, meeting, start="2026-11-24T15:00")
    steps += [("moved", *await watch.after(3)), ("pending", *await watch.after(60))]
    if last == "declined":
        await act(tenant, OSLO, "decline")
    else:
        await tenant.call("POST", "/sandbox/outlook/cancel", {"id": meeting["id"]})
    return [*steps, (last, *await watch.after(10))]


async def act(tenant: Tenant, room: str, verb: str) -> None:
    event = await tenant.one(room)
    await tenant.graph("POST", f"/users/{room}/events/{event['id']}/{verb}", {})


async def change(tenant: Tenant, meeting: dict[str, Any], **changes: Any) -> None:
    await tenant.call("POST", "/sandbox/outlook/move", {"id": meeting["id"]} | changes)


COMMON: Steps = [
    ("created", ["created"], ["created"]),
    ("pending", ["updated"], ["updated"]),
    ("accepted", ["updated"], ["updated"]),
    ("retitled", ["updated"], ["updated"]),
    ("moved", ["updated"], ["updated"]),
    ("pending", ["updated"], ["updated"]),
]


@pytest.mark.parametrize(
    ("last", "heard"), [("declined", (["updated"], ["deleted"])), ("cancelled", (["deleted"], ["updated"]))]
)
async def test_a_delegated_booking_step_by_step(
    tenant: Tenant, watching: Callable[[str], Awaitable[Watch]], last: str, heard: tuple[list[str], list[str]]
) -> None:
    steps = await delegated(tenant, await watching(OSLO), last)

    assert steps == [*COMMON, (last, *heard)]


async def test_a_room_that_removes_cancelled_meetings_tells_of_a_deletion(
    tenant: Tenant, watching: Callable[[str], Awaitable[Watch]]
) -> None:
    await tenant.configure(OSLO, removeCanceled=True)

    steps = await delegated(tenant, await watching(OSLO), "cancelled")

    assert steps[-1] == ("cancelled", ["deleted"], ["deleted"])


async def test_a_room_that_decides_itself_step_by_step(
    tenant: Tenant, watching: Callable[[str], Awaitable[Watch]]
) -> None:
    watch = await watching(PORTO)
    await tenant.book(room=PORTO)
    first = [await watch.after(3), await watch.after(60)]
    await tenant.book(room=PORTO)
    second = [await watch.after(3), await watch.after(60)]

    assert first == [(["created"], ["created"]), (["updated"], ["updated"])]
    assert second == [(["created"], ["created"]), (["updated"], ["deleted"])]


async def test_exchange_may_save_an_item_more_than_once(
    tenant: Tenant, watching: Callable[[str], Awaitable[Watch]]
) -> None:
    """Five bookings, so that both counts of "one or two" are seen."""
    await tenant.configure(PORTO, u_extraUpdates=True)
    watch = await watching(PORTO)
    created, accepted = [], []
    for hour in range(9, 14):
        await tenant.book(room=PORTO, start=f"2026-11-24T{hour:02d}:00")
        organizer, room = await watch.after(3)
        assert (organizer, room[0]) == (["created", "updated"], "created")
        created.append(room[1:])
        organizer, room = await watch.after(60)
        assert organizer == ["updated"]
        accepted.append(room)

    assert sorted({len(found) for found in created}) == [1, 2]
    assert sorted({len(found) for found in accepted}) == [1, 2]
    assert {kind for found in (*created, *accepted) for kind in found} == {"updated"}


async def test_every_change_that_is_told_is_in_the_feed(
    tenant: Tenant, watching: Callable[[str], Awaitable[Watch]]
) -> None:
    await tenant.configure(OSLO, u_extraUpdates=True)
    window = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-30T00:00:00Z"
    begun = (await tenant.graph("GET", f"/users/{OSLO}/calendarView/delta?{window}")).body["@odata.deltaLink"]

    await delegated(tenant, await watching(OSLO), "cancelled")

    (event,) = (await tenant.graph("GET", begun)).body["value"]
    assert (event["isCancelled"], event["subject"]) == (True, "Canceled: Retro")
