"""The calendar port over Microsoft Graph."""

import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.events import RoomEvent
from bot.domain.slots import Slot
from bot.graph import calls, events, subscriptions, wire
from bot.graph.client import BACKGROUND, Budget, GraphClient
from bot.graph.line import TOO_LARGE
from bot.graph.pages import every_page
from bot.graph.sansio import Duplicate, Request
from bot.ports.calendar import Answer, Busy, Meeting, Missing, NewMeeting, Page, Rejected, ResyncNeeded, Subscription

T = TypeVar("T")

log = logging.getLogger(__name__)

_SKEWED_S = 30.0
_BEHIND_S = 5.0  # a copy of a mailbox that is behind, by most
# Items a page, where a page is more than any answer may be: bodies cannot be left out of a feed.
_SMALLER = (100, 20, 1)


class GraphCalendar:
    """Implements bot.ports.calendar.Calendar. `not_understood` counts events that were no more than a busy block to us,
    or nothing at all, since the start: it should stay 0. The budget is for each call, and for all pages of a listing
    together; a feed is read page by page, each with a budget of its own. Ends of subscriptions are told by our clock,
    whatever the service's says: a clock of ours that is days wrong neither ends them nor asks for too long ones."""

    def __init__(self, client: GraphClient, budget: Budget = BACKGROUND, *, page_size: int = 500) -> None:
        self._client = client
        self._budget = budget
        self._page_size = page_size
        self.not_understood = 0

    async def create(self, meeting: NewMeeting) -> Meeting:
        try:
            return await self._call(calls.create(meeting))
        except Duplicate as duplicate:
            # The id has made an event whose content differs by now: that event is the booking's.
            there = await self._made_before(meeting, duplicate.event_id)
            if there is None:
                raise
            return there

    async def find(self, organizer: str, transaction_id: str, slot: Slot) -> Meeting | None:
        days = await self._pages(lambda link: calls.organizer_days(organizer, slot, link))
        event_id = _made_by(transaction_id, days) or await self._moved_away(organizer, transaction_id)
        if not event_id:
            return None
        try:
            return await self.read(organizer, event_id)
        except Missing as fault:  # it was listed just now: one of the two answers came from a copy that is behind
            raise Busy(fault.code, fault.status, retry_after_s=_BEHIND_S) from fault

    async def read(self, organizer: str, event_id: str) -> Meeting:
        return await self._call(calls.read_meeting(organizer, event_id))

    async def move(self, organizer: str, event_id: str, slot: Slot, zone: str) -> Meeting:
        return await self._call(calls.move(organizer, event_id, slot, zone))

    async def instances(self, organizer: str, event_id: str, window: Slot) -> Sequence[Meeting]:
        pages = await self._pages(lambda link: calls.instances(organizer, event_id, window, link))
        return [events.meeting(event) for page in pages for event in page.events]

    async def drop(self, organizer: str, event_id: str) -> None:
        with contextlib.suppress(Missing):
            await self._call(calls.drop(organizer, event_id))

    async def invite(self, organizer: str, event_id: str, room: str, room_name: str) -> None:
        await self._call(calls.invite(organizer, event_id, room, room_name))

    async def rename(self, organizer: str, event_id: str, subject: str) -> None:
        await self._call(calls.rename(organizer, event_id, subject))

    async def cancel(self, organizer: str, event_id: str, comment: str) -> None:
        await self._call(calls.cancel(organizer, event_id, comment))

    async def read_room_event(self, room: str, event_id: str) -> RoomEvent:
        return await self._call(calls.read_room_event(room, event_id))

    async def answer(self, room: str, event_id: str, answer: Answer, comment: str) -> None:
        # Once: while it waits to be sent again its organizer may move the meeting, and it would be of another time.
        once = replace(self._budget, tries=1)
        await self._client.call(calls.answer(room, event_id, answer, comment), once)

    async def changes(self, room: str, window: Slot, link: str) -> Page:
        page = await self._page(room, window, link)
        if link and page.next_link == link:  # it would be read for ever
            raise ResyncNeeded("PageInACircle")
        told = self._told(page, room)
        return Page(
            changed=told.changed,
            removed=told.removed,
            thin=told.thin,
            next_link=page.next_link,
            delta_link=page.delta_link,
            odd=told.odd,
        )

    async def occurrences(self, room: str, master_id: str, window: Slot) -> Sequence[RoomEvent]:
        pages = await self._pages(lambda link: calls.occurrences(room, master_id, window, link))
        told = [self._told(page, room) for page in pages]
        return [row for page in told for row in (*page.changed, *page.thin)]

    async def view(self, room: str, window: Slot) -> Sequence[RoomEvent]:
        pages = await self._pages(lambda link: calls.view(room, window, link))
        told = [self._told(page, room) for page in pages]
        return [row for page in told for row in (*page.changed, *page.thin)]

    async def subscribe(self, room: str, *, url: str, client_state: str, expires_at: datetime) -> Subscription:
        made = await self._call(subscriptions.subscribe(room, url, client_state, self._theirs(expires_at)))
        return self._ours(made)

    async def renew(self, subscription_id: str, expires_at: datetime) -> Subscription:
        return self._ours(await self._call(subscriptions.renew(subscription_id, self._theirs(expires_at))))

    async def subscriptions(self) -> Sequence[Subscription]:
        pages = await every_page(self._client, self._budget, subscriptions.every, lambda page: page[1])
        return [self._ours(one) for items, _ in pages for one in items]

    async def unsubscribe(self, subscription_id: str) -> None:
        try:
            await self._call(subscriptions.unsubscribe(subscription_id))
        except Missing:
            return

    async def _page(self, room: str, window: Slot, link: str) -> wire.EventPage:
        """Of fewer items where their texts are too long to be had together."""
        for size in (self._page_size, *_SMALLER):
            try:
                return await self._call(calls.changes(room, window, link, size))
            except Busy as fault:
                if fault.code != TOO_LARGE:
                    raise
                too_large = fault
                log.warning("graph.page_too_large", extra={"items": size})
        raise too_large

    async def _call(self, request: Request[T]) -> T:
        return await self._client.call(request, self._budget)

    async def _pages(self, request: Callable[[str], Request[wire.EventPage]]) -> list[wire.EventPage]:
        return await every_page(self._client, self._budget, request, lambda page: page.next_link)

    async def _moved_away(self, organizer: str, transaction_id: str) -> str:
        try:
            return _made_by(transaction_id, [await self._call(calls.by_booking(organizer, transaction_id))])
        except Rejected:  # a service that cannot search by it has shown the days, and that is what the port promises
            return ""

    async def _made_before(self, meeting: NewMeeting, event_id: str) -> Meeting | None:
        if event_id:
            try:
                return await self.read(meeting.organizer, event_id)
            except Missing:
                pass
        return await self.find(meeting.organizer, meeting.transaction_id, meeting.slot)

    def _told(self, page: wire.EventPage, room: str) -> events.RoomPage:
        told = events.room_page(page, room)
        if told.not_understood:
            self.not_understood += told.not_understood
            log.warning("graph.events_not_understood", extra={"count": told.not_understood})
        return told

    def _ahead(self) -> timedelta:
        """By how much the service's clock is ahead of ours, where that is more than its answers need to travel."""
        skew_s = self._client.clock_skew_s or 0.0
        return timedelta(seconds=skew_s if abs(skew_s) > _SKEWED_S else 0.0)

    def _theirs(self, expires_at: datetime) -> datetime:
        return min(expires_at, self._client.clock.now() + subscriptions.LONGEST) + self._ahead()

    def _ours(self, subscription: Subscription) -> Subscription:
        return replace(subscription, expires_at=subscription.expires_at - self._ahead())


def _made_by(transaction_id: str, pages: Sequence[wire.EventPage]) -> str:
    """Of a series, its master: views show its occurrences."""
    found = (event for page in pages for event in page.events if event.transaction_id == transaction_id)
    return next((event.series_master_id or event.id for event in found), "")
