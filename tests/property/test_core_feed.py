"""A feed's pages in any order, with any repeats, make one and the same mirror."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.slots import Slot
from bot.ports.calendar import Missing, Page
from bot.ports.records import FeedState
from bot.sync import feed
from bot.sync.plan import plan
from tests.fakes import START_AT, FakeCalendar, ManualClock
from tests.unit.core.world import OSLO, at, shifted

IDS = "abcdef"
NINE = at(9)
MASTER = "m"


def row(event_id: str, version: int) -> RoomEvent:
    return RoomEvent(id=event_id, room=OSLO, ical_uid=f"u{event_id}", slot=NINE, subject=str(version))


def occurrence(number: int) -> RoomEvent:
    return replace(row(f"o{number}", 0), kind=Kind.OCCURRENCE, master_id=MASTER, slot=shifted(NINE, days=number))


class Mailbox(FakeCalendar):
    """Gives pages as they were scripted; knows what is true."""

    def __init__(self, pages: Sequence[Page], truth: dict[str, RoomEvent]) -> None:
        super().__init__(ManualClock(), [OSLO])
        links = ["", *(f"n{number}" for number in range(1, len(pages)))]
        following = [*links[1:], ""]
        self.pages = {
            link: replace(page, next_link=onward, delta_link="" if onward else "done")
            for link, page, onward in zip(links, pages, following, strict=True)
        }
        self.truth = truth

    async def changes(self, room: str, window: Slot, link: str) -> Page:
        return self.pages[link]

    async def read_room_event(self, room: str, event_id: str) -> RoomEvent:
        if event_id not in self.truth:
            raise Missing("ErrorItemNotFound", 404)
        return self.truth[event_id]

    async def view(self, room: str, window: Slot) -> Sequence[RoomEvent]:
        return [one for one in self.truth.values() if one.slot.overlaps(window)]

    async def occurrences(self, room: str, master_id: str, window: Slot) -> Sequence[RoomEvent]:
        return [one for one in self.truth.values() if one.master_id == master_id]


@st.composite
def stories(draw: st.DrawFn) -> tuple[dict[str, RoomEvent], dict[str, RoomEvent], list[Page]]:
    """What was known, what is true now, and pages whose news of each item hold its last word at least once."""
    known = {event_id: row(event_id, 0) for event_id in draw(st.sets(st.sampled_from(IDS)))}
    known |= {one.id: one for one in map(occurrence, draw(st.sets(st.sampled_from(range(4)))))}
    touched = draw(st.sets(st.sampled_from(IDS), min_size=1))
    truth = {event_id: one for event_id, one in known.items() if event_id not in touched}
    news: list[Page] = []
    for event_id in sorted(touched):
        last = draw(st.sampled_from([None, 1, 2]))
        if last is not None:
            truth[event_id] = row(event_id, last)
        told = [last, *draw(st.lists(st.sampled_from([None, 1, 2]), max_size=2))]
        news += [_told(event_id, version) for version in told]
    if draw(st.booleans()):
        standing = {one.id: one for one in map(occurrence, draw(st.sets(st.sampled_from(range(4)))))}
        truth = {event_id: one for event_id, one in truth.items() if not one.master_id} | standing
        thin = tuple(replace(one, ical_uid="", subject="") for one in standing.values())
        news.append(Page(changed=(replace(row(MASTER, 0), kind=Kind.MASTER),), thin=thin))
    shuffled = draw(st.permutations(news + draw(st.lists(st.sampled_from(news), max_size=4))))
    return known, truth, list(shuffled)


def _told(event_id: str, version: int | None) -> Page:
    if version is None:
        return Page(changed=(), removed=(event_id,))
    return Page(changed=(row(event_id, version),))


@settings(max_examples=250, deadline=None)
@given(story=stories(), link=st.sampled_from(["link"]))
def test_pages_in_any_order_with_any_repeats_make_the_mirror_true(
    story: tuple[dict[str, RoomEvent], dict[str, RoomEvent], list[Page]], link: str
) -> None:
    known, truth, pages = story
    mailbox = Mailbox(pages, truth)
    mailbox.pages[link] = mailbox.pages[""]
    state = FeedState(link=link, window=feed.window_at(START_AT, timedelta(days=30)))

    answer = asyncio.run(feed.read(mailbox, OSLO, state, now=START_AT, horizon=timedelta(days=30)))
    made = plan(known, answer.remote, doubted_before=False)

    dropped = {one.id for one in made.drops}
    after = {event_id: one for event_id, one in known.items() if event_id not in dropped}
    after |= {one.id: one for one in made.upserts}
    assert after == truth
    assert all(known.get(one.id) != one for one in made.upserts), "nothing is written twice"
    assert Response.ACCEPTED not in {one.response for one in made.upserts}
