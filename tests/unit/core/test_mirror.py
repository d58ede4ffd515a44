"""The feed, the plan and what follows from them: the mirror equals the mailbox whatever the feed does."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.rooms import Control, Evidence
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.calendar import Answer, Busy, Denied, Missing, Page, Rejected, ResyncNeeded
from bot.ports.records import Decision, FeedState, Progress
from bot.sync import feed
from bot.sync.followup import follow_up, newly_accepted
from bot.sync.plan import Plan, Remote, plan
from tests.fakes import START_AT, FakeCalendar, Fault, ManualClock, Mode
from tests.unit.core.world import BERGEN, OSLO, World, at, running, shifted

NINE = at(9)
EVE = "eve@contoso.example"
ROW = RoomEvent(
    id="1", room=OSLO, ical_uid="u1", slot=NINE, response=Response.ACCEPTED, organizer_address=EVE, created_at=START_AT
)
PENDING = replace(ROW, response=Response.TENTATIVE)
NOW = START_AT.timestamp()


async def mirror(world: World, room: str = OSLO) -> dict[str, RoomEvent]:
    rows = await world.reading.scan(keys.events(room), RoomEvent)
    return {kept.value.id: kept.value for kept in rows}


async def is_equal(world: World, room: str = OSLO) -> bool:
    return await mirror(world, room) == world.calendar.live_rows(room)


async def noticed(world: World) -> None:
    await world.hint(OSLO)
    await world.settle()


async def test_pages_however_many_make_the_mirror_equal_the_mailbox() -> None:
    world = await running()
    world.calendar.page_size = 2
    world.calendar.rooms[OSLO].mode = Mode.AUTO
    helds = [world.calendar.outlook_book(OSLO, shifted(NINE, hours=hour), EVE) for hour in range(9)]
    await noticed(world)
    assert await is_equal(world)

    world.calendar.outlook_move(helds[0].id, shifted(NINE, days=3))
    world.calendar.outlook_cancel(helds[1].id)
    world.calendar.keeps_cancelled = False
    world.calendar.outlook_cancel(helds[2].id)
    world.calendar.outlook_move(helds[3].id, shifted(NINE, days=400))  # out of the window
    await noticed(world)

    rows = world.calendar.live_rows(OSLO)
    beyond = next(row.id for row in rows.values() if row.ical_uid == helds[3].uid)
    assert await mirror(world) == {event_id: row for event_id, row in rows.items() if event_id != beyond}


async def test_a_dead_link_starts_over_and_decides_nothing_anew() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world)
    await world.pass_time(60)
    answers, journal = list(world.calendar.answers), await world.decisions()

    world.calendar.generation += 1
    await noticed(world)

    assert await is_equal(world)
    assert (world.calendar.answers, await world.decisions()) == (answers, journal)


async def test_a_link_of_another_service_starts_over_too() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    world.calendar.faults.append(Fault(error=Rejected("ForeignLink", 400), method="changes"))

    await noticed(world)

    assert await is_equal(world)


async def test_an_empty_answer_from_the_start_changes_nothing_until_it_is_seen_twice() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, NINE, EVE)
    await noticed(world)
    await world.pass_time(40)
    before = await mirror(world)

    world.calendar.generation += 1
    world.calendar.empty = True
    await noticed(world)
    assert await mirror(world) == before != {}
    assert (await world.feed(OSLO)).doubted
    assert len(await world.claims(OSLO)) == 1

    await noticed(world)
    await world.pass_time(50)
    assert await mirror(world) == before, "a hint meanwhile is no second opinion"

    world.calendar.empty = False
    await world.pass_time(15)
    assert await mirror(world) == before
    assert not (await world.feed(OSLO)).doubted

    world.calendar.generation += 1
    world.calendar.empty = True
    await noticed(world)
    await world.pass_time(65)
    assert await mirror(world) == {}
    assert await world.claims(OSLO) == []


async def test_a_mailbox_that_may_not_be_read_is_set_aside_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = await running()
    box = world.calendar.rooms.pop(OSLO)
    await noticed(world)
    assert (await world.feed(OSLO)).trouble == "missing"

    world.calendar.outlook_book(BERGEN, NINE, EVE)
    await world.pass_time(700)
    assert await is_equal(world, BERGEN)
    assert (await world.feed(OSLO)).synced_at == START_AT

    world.calendar.rooms[OSLO] = box
    world.calendar.faults.append(Fault(error=Denied("ErrorAccessDenied", 403), method="changes"))
    await noticed(world)
    assert (await world.feed(OSLO)).trouble == "denied"

    await world.pass_time(400)
    said = [record.trouble for record in caplog.records if record.message == "room.unreadable"]  # type: ignore[attr-defined]  # ours
    assert said == ["missing", "denied"]
    assert (await world.feed(OSLO)).trouble == ""


async def test_the_window_rolls_daily_and_keeps_what_is_still_in_it() -> None:
    world = await running()
    world.calendar.outlook_book(OSLO, shifted(NINE, days=20), EVE)
    await noticed(world)
    before = (await world.feed(OSLO)).window

    world.clock.forward(86400 * 1.5)
    await noticed(world)

    after = (await world.feed(OSLO)).window
    assert before is not None
    assert after is not None
    assert after.start_at - before.start_at == timedelta(days=1)
    assert len(await world.claims(OSLO)) == 1
    assert len(world.calendar.answers) == 1


async def test_while_the_new_window_cannot_be_had_the_old_one_is_still_read() -> None:
    """The service is too busy for a whole read, all morning; changes are told all the same, and then it rolls."""
    world = await running()
    world.calendar.outlook_book(OSLO, shifted(NINE, days=20), EVE)
    await noticed(world)
    before = (await world.feed(OSLO)).window
    world.clock.forward(86400)
    world.calendar.outlook_book(OSLO, shifted(NINE, days=3), EVE)
    world.calendar.faults.append(Fault(error=Busy("x", 429, retry_after_s=60), method="changes"))

    await world.hint(OSLO)
    await world.run_one(keys.sync(OSLO))
    assert (await world.feed(OSLO)).window == before
    assert len(await mirror(world)) == 2

    await noticed(world)
    after = (await world.feed(OSLO)).window
    assert before is not None
    assert after is not None
    assert after.start_at - before.start_at == timedelta(days=1)
    assert len(await mirror(world)) == 2


def test_windows_roll_at_night_each_room_at_its_own_moment() -> None:
    window = feed.window_at(START_AT, timedelta(days=30))
    moments = {feed.rolls_at(window, f"r{number}@x.example", ZoneInfo("Europe/Oslo")) for number in range(50)}

    assert len(moments) > 40
    assert min(moments) >= START_AT.replace(day=24, hour=2)
    assert max(moments) < START_AT.replace(day=24, hour=5)


async def test_what_leaves_the_window_is_forgotten_with_its_claim() -> None:
    world = await running()
    booking = await world.book(at(10, days=0))
    world.calendar.outlook_book(OSLO, at(12, days=0), EVE)
    await noticed(world)
    await world.pass_time(40)
    reads = world.calendar.calls.count("read")

    world.clock.forward(86400 * 3)
    await noticed(world)
    await world.pass_time(30)

    assert await mirror(world) == {}
    assert world.calendar.calls.count("read") == reads, "a meeting that is over is no news"
    assert (await world.booking(booking.id)).state == "confirmed"


async def test_an_occurrence_that_was_deleted_in_silence_is_missed() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(4)], EVE)
    await noticed(world)
    await world.pass_time(40)
    box = world.calendar.rooms[OSLO]
    rows = [row for row in box.items.values() if row.master_id == master]
    del box.items[rows[1].id]  # without a word in the feed
    box.log.append(rows[2].id)  # its sibling is told

    await noticed(world)

    assert set(await mirror(world)) == {rows[0].id, rows[2].id, rows[3].id}
    assert len(await world.claims(OSLO)) == 3


async def test_a_series_whose_master_alone_is_told_as_removed_is_gone_if_it_is_gone() -> None:
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await noticed(world)
    box = world.calendar.rooms[OSLO]

    box.log.append(master)  # the master lies outside the window and was touched: told as removed, and stands
    await noticed(world)
    assert len(await mirror(world)) == 3

    box.items = {}
    del box.series[master]
    box.log.append(master)
    await noticed(world)
    assert await mirror(world) == {}
    assert await world.claims(OSLO) == []


async def test_a_series_that_lies_in_deleted_items_is_gone() -> None:
    """Immutable ids lead there, too."""
    world = await running()
    master = world.calendar.outlook_series(OSLO, [shifted(NINE, days=day) for day in range(3)], EVE)
    await noticed(world)
    box = world.calendar.rooms[OSLO]
    deleted = [row for row in box.items.values() if row.master_id == master]
    world.calendar.deleted_series[master] = deleted

    box.items = {}
    box.log.append(master)
    await noticed(world)

    assert await mirror(world) == {}
    assert await world.claims(OSLO) == []


async def test_a_meeting_that_goes_on_under_another_id_keeps_its_time() -> None:
    world = await running()
    world.calendar.outlook_series(OSLO, [NINE], EVE)
    await noticed(world)
    await world.pass_time(40)
    box = world.calendar.rooms[OSLO]
    (row,) = box.items.values()
    box.items["again"] = replace(row, id="again")
    box.log.append("again")
    await noticed(world)

    del box.items[row.id]
    box.log.append(row.id)
    await noticed(world)

    assert set(await mirror(world)) == {"again"}
    assert len(await world.claims(OSLO)) == 1


class Scripted(FakeCalendar):
    """Gives the pages that it was given, whatever is asked."""

    def __init__(self, pages: list[Page], truth: dict[str, RoomEvent]) -> None:
        super().__init__(ManualClock(), [OSLO])
        self.pages = {"": pages[0]} | {f"n{number}": page for number, page in enumerate(pages[1:], 1)}
        self.truth = truth
        self.looked_up: list[str] = []
        self.deleted: set[str] = set()

    async def changes(self, room: str, window: object, link: str) -> Page:
        return self.pages[link]

    async def read_room_event(self, room: str, event_id: str) -> RoomEvent:
        self.looked_up.append(event_id)
        if event_id not in self.truth or self.faults:
            raise Missing("ErrorItemNotFound", 404)
        return self.truth[event_id]

    async def occurrences(self, room: str, master_id: str, window: Slot) -> list[RoomEvent]:
        raise Missing("ErrorItemNotFound", 404)

    async def view(self, room: str, window: Slot) -> list[RoomEvent]:
        return [row for row in self.truth.values() if row.id not in self.deleted and row.slot.overlaps(window)]


async def read(calendar: FakeCalendar, state: FeedState | None = None) -> feed.Answer:
    return await feed.read(calendar, OSLO, state or FeedState(), now=START_AT, horizon=timedelta(days=30))


async def test_an_item_removed_and_then_told_again_is_looked_up() -> None:
    pages = [Page(changed=(), removed=("1",), next_link="n1"), Page(changed=(ROW,), delta_link="d")]
    calendar = Scripted(pages, {"1": ROW})

    answer = await read(calendar)

    assert plan({"1": PENDING}, answer.remote, doubted_before=False).upserts == (ROW,)
    assert calendar.looked_up == ["1"]


async def test_an_item_told_again_that_lies_in_deleted_items_is_gone() -> None:
    pages = [Page(changed=(ROW,), next_link="n1"), Page(changed=(), removed=("1",), delta_link="d")]
    calendar = Scripted(pages, {"1": ROW})
    calendar.deleted.add("1")

    answer = await read(calendar)

    assert plan({"1": PENDING}, answer.remote, doubted_before=True).drops == (PENDING,)


async def test_an_item_that_is_not_had_by_its_id_and_stands_in_the_calendar_stays() -> None:
    pages = [Page(changed=(), removed=("1",), next_link="n1"), Page(changed=(PENDING,), delta_link="d")]
    calendar = Scripted(pages, {"1": ROW})
    calendar.faults.append(Fault(error=Missing("ErrorItemNotFound", 404), method="read_room_event"))

    answer = await read(calendar)

    assert plan({"1": PENDING}, answer.remote, doubted_before=False).upserts == (ROW,)


async def test_a_series_that_is_not_had_by_its_id_and_stands_in_the_calendar_stays() -> None:
    first, second = (replace(ROW, id=name, kind=Kind.OCCURRENCE, master_id="m") for name in "ab")
    calendar = Scripted([Page(changed=(first,), delta_link="d")], {"a": first, "b": second})

    answer = await read(calendar)

    assert plan({"a": first, "b": second}, answer.remote, doubted_before=False).drops == ()


async def test_pages_that_never_end_are_given_up() -> None:
    loop = [Page(changed=(), next_link="n1"), Page(changed=(), next_link="n1")]
    with pytest.raises(Rejected, match="feedDoesNotEnd"):
        await read(Scripted(loop, {}))


async def test_a_service_that_is_dead_from_the_start_is_no_endless_loop() -> None:
    world = await running()
    world.calendar.faults += [Fault(error=ResyncNeeded("SyncStateNotFound", 410), method="changes")] * 2
    await world.hint(OSLO)

    assert await world.settle() < 5
    await world.pass_time(30)
    assert (await world.feed(OSLO)).synced_at is not None


# The plan -----------------------------------------------------------------------------------------------------------


def remote(*changed: RoomEvent, removed: tuple[str, ...] = (), full: bool = False, **series: list[RoomEvent]) -> Remote:
    return Remote(changed=changed, removed=removed, series=series, full=full)


def test_the_plan_writes_what_is_new_or_different_and_drops_what_is_gone() -> None:
    second, third = replace(ROW, id="2", ical_uid="u2"), replace(ROW, id="3", ical_uid="u3")

    made = plan(
        {"1": ROW, "2": second}, remote(replace(ROW, subject="x"), third, removed=("2", "9")), doubted_before=False
    )

    assert [row.id for row in made.upserts] == ["1", "3"]
    assert made.drops == (second,)
    assert (made.changed, made.still, made.doubtful) == (frozenset({"1"}), frozenset(), False)


def test_what_is_as_it_was_is_not_written() -> None:
    assert plan({"1": ROW}, remote(ROW), doubted_before=False) == Plan(upserts=(), drops=())


@pytest.mark.parametrize("removed", [(), ("9",)])
@pytest.mark.parametrize("doubted", [False, True])
def test_an_empty_answer_from_the_start_is_doubted_once(removed: tuple[str, ...], doubted: bool) -> None:
    made = plan({"1": ROW}, remote(removed=removed, full=True), doubted_before=doubted)

    assert (made.doubtful, made.drops) == ((False, (ROW,)) if doubted else (True, ()))


def test_an_empty_answer_is_no_doubt_where_there_was_nothing_or_where_it_is_but_a_change() -> None:
    assert not plan({}, remote(full=True), doubted_before=False).doubtful
    assert plan({"1": ROW}, remote(), doubted_before=False) == Plan(upserts=(), drops=())


def test_a_full_answer_drops_what_it_does_not_name() -> None:
    second = replace(ROW, id="2")

    assert plan({"1": ROW, "2": second}, remote(ROW, full=True), doubted_before=False).drops == (second,)


def test_a_series_is_the_set_of_its_occurrences() -> None:
    one, two, other = (replace(ROW, id=name, kind=Kind.OCCURRENCE, master_id="m") for name in "abc")
    known = {"a": one, "b": two, "c": replace(other, master_id="n")}

    assert plan(known, remote(m=[two]), doubted_before=False).drops == (one,)
    gone = Remote(changed=(), removed=(), series={"m": None})
    assert plan(known, gone, doubted_before=False).drops == (one, two)


def test_a_date_that_a_page_tells_and_its_series_does_not_have_is_gone() -> None:
    """The series was moved while its pages were read: what was another date's exception went with that."""
    was, now = (replace(ROW, id=name, kind=Kind.EXCEPTION, master_id="m") for name in "ab")

    made = plan({"a": was}, remote(was, m=[now]), doubted_before=False)
    fresh = plan({}, remote(was, m=[now]), doubted_before=False)

    assert (made.upserts, made.drops) == ((now,), (was,))
    assert fresh.upserts == (now,)


def test_a_meeting_that_became_a_series_is_its_occurrences() -> None:
    first, second = (replace(ROW, id=name, kind=Kind.OCCURRENCE, master_id="1") for name in "ab")

    made = plan({"1": ROW}, Remote(changed=(), removed=(), series={"1": [first, second]}), doubted_before=False)

    assert (made.upserts, made.drops) == ((first, second), (ROW,))


def test_a_request_sent_again_under_a_new_id_goes_on() -> None:
    again = replace(ROW, id="2")

    assert plan({"1": ROW}, remote(again, removed=("1",)), doubted_before=False).still == {"u1"}
    assert plan({"1": ROW, "2": again}, remote(removed=("1",)), doubted_before=False).still == {"u1"}


@pytest.mark.parametrize(
    ("row", "decided", "evidence"),
    [
        (PENDING, False, Evidence.DELEGATED),
        (ROW, False, Evidence.AUTO),
        (ROW, True, None),
        (replace(ROW, created_at=START_AT - timedelta(minutes=11)), False, None),
        (replace(PENDING, response=Response.NOT_RESPONDED), False, None),
        (
            replace(PENDING, response=Response.NOT_RESPONDED, created_at=START_AT - timedelta(minutes=4)),
            False,
            Evidence.SILENT,
        ),
    ],
)
def test_what_a_row_tells_of_the_rooms_policy(row: RoomEvent, decided: bool, evidence: Evidence | None) -> None:
    decision = Decision(
        room=row.room,
        event_id="1",
        ical_uid=row.ical_uid,
        fingerprint=row.fingerprint,
        answer=Answer.ACCEPT,
        reasons=(),
        policy="",
        decided_at=START_AT,
        progress=Progress.ANSWERED,
    )

    seen = follow_up(
        Plan(upserts=(row,), drops=()),
        control=Control.DELEGATED,
        bookings={},
        decisions={"1": decision} if decided else {},
        now=START_AT,
        accepted=newly_accepted([row], {}, looked_at=START_AT, now=START_AT),
    ).observation

    assert (seen.evidence if seen else None) is evidence


def test_an_acceptance_is_news_where_it_came_since_the_room_was_looked_at() -> None:
    """A series does not tell when it was made, and what a reading from nothing finds may be of any time."""
    date = replace(ROW, id="d", kind=Kind.OCCURRENCE, master_id="m", created_at=None)

    def news(known: dict[str, RoomEvent], minutes_ago: int | None) -> list[str]:
        looked_at = None if minutes_ago is None else START_AT - timedelta(minutes=minutes_ago)
        return [row.id for row in newly_accepted([ROW, date], known, looked_at=looked_at, now=START_AT)]

    assert news({}, 5) == ["1", "d"]
    assert news({"d": replace(date, response=Response.TENTATIVE), "1": PENDING}, 5) == ["1", "d"]
    assert news({"d": replace(date, subject="another"), "1": replace(ROW, subject="another")}, 5) == []
    assert news({}, 11) == ["1"]
    assert news({}, None) == []
