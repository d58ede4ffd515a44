"""The attendant's decision by itself: who may book, what is in policy, what the open questions' switches do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.calendar.models import Content, Item, Person, ShowAs, When
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.exchange.attendant import Outcome, Request, Violation, decide
from sandbox.exchange.config import RoomConfig, changed

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MIA = Person("mia@contoso.com", "Mia")
ROOM = "oslo@contoso.com"
NOBODY = {"allBook": False}


def item(start_at: datetime, *, minutes: int = 60, uid: str = "mine", **changes: Any) -> Item:
    when = When(start_at, start_at + timedelta(minutes=minutes))
    return Item(
        key=uid,
        mailbox=ROOM,
        uid=uid,
        content=Content(when=when, recurrence=changes.pop("recurrence", None)),
        organizer=MIA,
        is_organizer=False,
        created_at=NOW,
        modified_at=NOW,
        **changes,
    )


def request(mine: Item, **changes: Any) -> Request:
    occurrences = tuple(mine.instances(NOW, NOW + timedelta(days=1000)))
    made = Request(
        uid=mine.uid, room=ROOM, organizer=MIA, content=mine.content, is_external=False, occurrences=occurrences
    )
    return replace(made, **changes)


def config(**values: Any) -> RoomConfig:
    return changed(RoomConfig(tz="UTC"), values)


TOMORROW = NOW + timedelta(days=1, hours=2)
TAKEN = [item(TOMORROW, uid="theirs", show_as=ShowAs.BUSY)]


@pytest.mark.parametrize(
    ("wells", "in_policy", "out_of_policy"),
    [
        ({}, Outcome.ACCEPT, Outcome.DECLINE),
        (NOBODY | {"book": ["mia@contoso.com"]}, Outcome.ACCEPT, Outcome.DECLINE),
        (NOBODY | {"allAskIn": True}, Outcome.PENDING, Outcome.DECLINE),
        (NOBODY | {"askIn": ["mia@contoso.com"]}, Outcome.PENDING, Outcome.DECLINE),
        (NOBODY | {"askIn": ["tom@contoso.com"]}, Outcome.DECLINE, Outcome.DECLINE),
        (NOBODY | {"allAskOut": True}, Outcome.ACCEPT, Outcome.PENDING),
        ({"allAskOut": True}, Outcome.ACCEPT, Outcome.PENDING),
        (NOBODY, Outcome.SKIP, Outcome.SKIP),
    ],
)
def test_who_may_book_and_who_may_ask(wells: dict[str, Any], in_policy: Outcome, out_of_policy: Outcome) -> None:
    mine = request(item(TOMORROW))

    free = decide(mine, config(wells=wells), [], NOW)
    taken = decide(mine, config(wells=wells), TAKEN, NOW)

    assert (free.outcome, taken.outcome) == (in_policy, out_of_policy)


def test_asking_out_of_policy_may_be_read_either_way() -> None:
    wells = NOBODY | {"allAskIn": True, "allAskOut": True}

    books = decide(request(item(TOMORROW)), config(wells=wells), [], NOW)
    asks = decide(request(item(TOMORROW)), config(wells=wells, u_askOutImpliesBook=False), [], NOW)

    assert (books.outcome, asks.outcome) == (Outcome.ACCEPT, Outcome.PENDING)


def weekly(count: int, **changes: Any) -> Recurrence:
    start_on = TOMORROW.date()
    made = Recurrence(
        type=PatternType.WEEKLY, days=("tuesday",), range_type=RangeType.NUMBERED, start_on=start_on, count=count
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("mine", "values", "violation"),
    [
        (item(TOMORROW, minutes=1441), {}, Violation.DURATION),
        (item(TOMORROW, minutes=1441), {"maxMin": 0}, None),
        (item(NOW + timedelta(days=180)), {}, None),
        (item(NOW + timedelta(days=181)), {}, Violation.WINDOW),
        (item(TOMORROW.replace(hour=16), minutes=60), {"workHoursOnly": True}, None),
        (item(TOMORROW.replace(hour=16), minutes=61), {"workHoursOnly": True}, Violation.WORK_HOURS),
        (item(datetime(2026, 11, 28, 10, tzinfo=UTC)), {"workHoursOnly": True}, Violation.WORK_HOURS),
        (item(TOMORROW, recurrence=weekly(3)), {"recurring": False}, Violation.RECURRING),
        (item(TOMORROW, recurrence=weekly(3)), {}, None),
        (item(TOMORROW, recurrence=weekly(40)), {}, Violation.HORIZON),
    ],
)
def test_one_broken_limit_is_enough(mine: Item, values: dict[str, Any], violation: Violation | None) -> None:
    decision = decide(request(mine), config(**values), [], NOW)

    assert decision.violations == ((violation,) if violation else ())
    assert decision.outcome is (Outcome.DECLINE if violation else Outcome.ACCEPT)


def test_a_series_is_cut_where_the_horizon_is_not_enforced() -> None:
    mine = item(TOMORROW, recurrence=weekly(40))

    decision = decide(request(mine), config(enforceHorizon=False), [], NOW)

    assert (decision.outcome, decision.truncate_on) == (Outcome.ACCEPT, date(2027, 5, 22))


def test_a_pending_request_blocks_only_where_the_switch_says_so() -> None:
    pending = [item(TOMORROW, uid="theirs", show_as=ShowAs.TENTATIVE)]

    open_ = decide(request(item(TOMORROW)), config(), pending, NOW)
    shut = decide(request(item(TOMORROW)), config(u_pendingBlocks=True), pending, NOW)

    assert (open_.outcome, shut.violations) == (Outcome.ACCEPT, (Violation.CONFLICT,))


@pytest.mark.parametrize(
    ("limits", "outcome", "declined"),
    [
        ({}, Outcome.DECLINE, 0),
        ({"conflictMax": 1}, Outcome.DECLINE, 0),
        ({"conflictPct": 50}, Outcome.DECLINE, 0),
        ({"conflictMax": 1, "conflictPct": 50}, Outcome.ACCEPT, 1),
        ({"allowConflicts": True}, Outcome.ACCEPT, 0),
    ],
)
def test_both_thresholds_have_to_hold(limits: dict[str, Any], outcome: Outcome, declined: int) -> None:
    mine = item(TOMORROW, recurrence=weekly(3))

    decision = decide(request(mine), config(**limits), TAKEN, NOW)

    assert (decision.outcome, len(decision.declined_starts)) == (outcome, declined)


@pytest.mark.parametrize(
    ("mine", "changes", "values"),
    [
        (item(TOMORROW), {"is_external": True}, {}),
        (item(TOMORROW), {"organizer": Person(ROOM, "Oslo")}, {}),
        (item(TOMORROW), {}, {"delegateRule": True}),
        (item(NOW - timedelta(hours=2)), {}, {}),
    ],
    ids=["external", "room as organizer", "delegate rule", "past"],
)
def test_some_requests_are_never_decided(mine: Item, changes: dict[str, Any], values: dict[str, Any]) -> None:
    assert decide(request(mine, **changes), config(**values), [], NOW).outcome is Outcome.SKIP
