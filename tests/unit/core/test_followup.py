"""What a changed or dropped row brings with it: jobs, claims and evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.rooms import Control
from bot.ports import keys
from bot.ports.store import Claim, Release, Schedule
from bot.sync.followup import Followup, follow_up
from bot.sync.plan import Plan
from tests.fakes import START_AT
from tests.unit.core.world import OSLO, at, shifted

NINE = at(9)
EVE = "eve@contoso.example"
ROW = RoomEvent(
    id="1", room=OSLO, ical_uid="u1", slot=NINE, response=Response.ACCEPTED, organizer_address=EVE, created_at=START_AT
)
PENDING = replace(ROW, response=Response.TENTATIVE)
NOW = START_AT.timestamp()


# What follows -------------------------------------------------------------------------------------------------------

Expect = tuple[list[Schedule], list[Claim], list[Release]]
CLAIM = Claim(OSLO, *NINE.whole_seconds, "event:u1")
FREED = Release("event:u1", OSLO)


def decide(after_s: float) -> Schedule:
    at_s = NOW + after_s
    return Schedule(keys.decide(OSLO, "1"), at_s, f"{at_s:.3f}".encode())


DRIVE = Schedule(keys.drive("b1"), NOW)
UPSERTS: list[tuple[RoomEvent, Control, dict[str, str], Expect]] = [
    (ROW, Control.DELEGATED, {}, ([], [CLAIM], [FREED])),
    (ROW, Control.AUTO, {}, ([], [CLAIM], [FREED])),
    (ROW, Control.DELEGATED, {"u1": "b1"}, ([DRIVE], [], [])),
    (PENDING, Control.DELEGATED, {}, ([decide(10)], [], [])),
    (replace(PENDING, created_at=START_AT - timedelta(minutes=2)), Control.DELEGATED, {}, ([decide(0)], [], [])),
    (PENDING, Control.DELEGATED, {"u1": "b1"}, ([DRIVE, decide(10)], [], [])),
    (PENDING, Control.AUTO, {}, ([], [], [FREED])),
    (PENDING, Control.WATCHED, {}, ([], [], [FREED])),
    (replace(PENDING, response=Response.NOT_RESPONDED), Control.DELEGATED, {}, ([decide(60)], [], [])),
    (replace(PENDING, slot=shifted(NINE, days=-3)), Control.DELEGATED, {}, ([], [], [FREED])),
    (replace(ROW, is_cancelled=True), Control.DELEGATED, {}, ([], [], [FREED])),
    (replace(ROW, response=Response.DECLINED), Control.DELEGATED, {}, ([], [], [FREED])),
    (replace(ROW, kind=Kind.MASTER), Control.DELEGATED, {}, ([], [], [FREED])),
    (replace(ROW, response=Response.ORGANIZER, is_organizer=True), Control.DELEGATED, {}, ([], [CLAIM], [FREED])),
    (
        replace(ROW, ical_uid=""),
        Control.DELEGATED,
        {},
        ([], [replace(CLAIM, holder="event:1")], [Release("event:1", OSLO)]),
    ),
]


def parts(followup: Followup) -> Expect:
    return list(followup.schedules), list(followup.claims.values()), list(followup.releases)


@pytest.mark.parametrize(("row", "control", "bookings", "expected"), UPSERTS)
def test_what_a_new_or_changed_row_brings_with_it(
    row: RoomEvent, control: Control, bookings: dict[str, str], expected: Expect
) -> None:
    made = Plan(upserts=(row,), drops=())

    assert parts(follow_up(made, control=control, bookings=bookings, decisions={}, now=START_AT)) == expected


@pytest.mark.parametrize(
    ("row", "bookings", "still", "expected"),
    [
        (ROW, {}, frozenset(), ([], [], [FREED])),
        (ROW, {}, frozenset({"u1"}), ([], [], [])),
        (ROW, {"u1": "b1"}, frozenset(), ([DRIVE], [], [])),
        (replace(ROW, slot=shifted(NINE, days=-3)), {"u1": "b1"}, frozenset(), ([], [], [])),
    ],
)
def test_what_a_row_that_went_brings_with_it(
    row: RoomEvent, bookings: dict[str, str], still: frozenset[str], expected: Expect
) -> None:
    made = Plan(upserts=(), drops=(row,), still=still)

    assert parts(follow_up(made, control=Control.DELEGATED, bookings=bookings, decisions={}, now=START_AT)) == expected


def test_a_changed_request_is_with_the_attendant_anew_and_a_series_is_one_job() -> None:
    old = replace(PENDING, response=Response.NOT_RESPONDED, created_at=START_AT - timedelta(days=3))
    rows = [replace(old, id=f"o{at_}", kind=Kind.OCCURRENCE, master_id="1", ical_uid=f"x{at_}") for at_ in range(9)]

    fresh = Plan(upserts=tuple(rows), drops=())
    changed = replace(fresh, changed=frozenset(row.id for row in rows))

    def owed(made: Plan) -> list[Schedule]:
        return list(follow_up(made, control=Control.DELEGATED, bookings={}, decisions={}, now=START_AT).schedules)

    assert owed(changed) == [decide(60)]
    assert owed(fresh) == [decide(60 - 3 * 86400)]
