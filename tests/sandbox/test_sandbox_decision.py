"""The attendant's decision by itself: who may book, what is in policy, what the open questions' switches do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from sandbox.calendar.models import Content, Item, Person, ShowAs, When
from sandbox.calendar.recurrence import PatternType, RangeType, Recurrence
from sandbox.exchange.attendant import Outcome, decide
from sandbox.exchange.config import RoomConfig, changed
from sandbox.exchange.policy import Request, Violation

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MIA = Person("mia@contoso.com", "Mia")
TOM = Person("tom@contoso.com", "Tom")
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


def weekly(count: int, **changes: Any) -> Recurrence:
    start_on = TOMORROW.date()
    made = Recurrence(
        type=PatternType.WEEKLY, days=("tuesday",), range_type=RangeType.NUMBERED, start_on=start_on, count=count
    )
    return replace(made, **changes)


A, P, D = Outcome.ACCEPT, Outcome.PENDING, Outcome.DECLINE
# May book, may ask in policy, may ask out of policy; then, in policy: where asking out of policy means booking in
# policy, and where it does not; and out of policy.
TABLE = [
    (True, True, True, A, A, P),
    (True, True, False, A, A, D),
    (True, False, True, A, A, P),
    (True, False, False, A, A, D),
    (False, True, True, A, P, P),
    (False, True, False, P, P, D),
    (False, False, True, A, P, P),
    (False, False, False, D, D, D),
]


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "everybody"])
@pytest.mark.parametrize(("book", "ask_in", "ask_out", "implied", "plain", "out"), TABLE)
def test_every_row_of_the_table(
    book: bool, ask_in: bool, ask_out: bool, implied: Outcome, plain: Outcome, out: Outcome, is_listed: bool
) -> None:
    wells = wells_of(book, ask_in, ask_out, is_listed=is_listed)
    mine = request(item(TOMORROW))

    for implies, in_policy in ((True, implied), (False, plain)):
        settings = config(wells=wells, u_askOutImpliesBook=implies)
        assert decide(mine, settings, [], NOW).outcome is in_policy
        assert decide(mine, settings, TAKEN, NOW).outcome is out


def wells_of(book: bool, ask_in: bool, ask_out: bool, *, is_listed: bool) -> dict[str, Any]:
    """Somebody else is listed where nobody would be: a room that lets nobody in does nothing at all."""
    values: dict[str, Any] = {"allBook": False, "askIn": ["grace@contoso.com"]}
    for is_let, everybody, some in (
        (book, "allBook", "book"),
        (ask_in, "allAskIn", "askIn"),
        (ask_out, "allAskOut", "askOut"),
    ):
        if is_let:
            values |= {some: ["MIA@contoso.com", *values.get(some, [])]} if is_listed else {everybody: True}
    return values


def test_with_all_wells_shut_the_attendant_does_nothing() -> None:
    for blockers in ([], TAKEN):
        assert decide(request(item(TOMORROW)), config(wells=NOBODY), blockers, NOW).outcome is Outcome.SKIP


def test_who_lacks_permission_is_told_so() -> None:
    decision = decide(request(item(TOMORROW)), config(wells=NOBODY | {"book": ["tom@contoso.com"]}), [], NOW)

    assert (decision.outcome, decision.violations) == (Outcome.DECLINE, (Violation.PERMISSION,))


@pytest.mark.parametrize("listed", ["mia@contoso.com", "tom@contoso.com"], ids=["principal", "sender"])
def test_either_the_sender_or_the_principal_in_book_in_policy_is_enough(listed: str) -> None:
    sent_by_tom = request(item(TOMORROW), sender=TOM)

    assert decide(sent_by_tom, config(wells=NOBODY | {"book": [listed]}), [], NOW).outcome is Outcome.ACCEPT


@pytest.mark.parametrize(
    ("counts", "listed", "outcome"),
    [
        ("sender", "tom@contoso.com", Outcome.PENDING),
        ("sender", "mia@contoso.com", Outcome.DECLINE),
        ("organizer", "tom@contoso.com", Outcome.DECLINE),
        ("organizer", "mia@contoso.com", Outcome.PENDING),
        ("either", "tom@contoso.com", Outcome.PENDING),
        ("either", "mia@contoso.com", Outcome.PENDING),
    ],
)
def test_who_asks_when_a_delegate_books(counts: str, listed: str, outcome: Outcome) -> None:
    sent_by_tom = request(item(TOMORROW), sender=TOM)
    settings = config(wells=NOBODY | {"askIn": [listed]}, u_whoAsks=counts)

    assert decide(sent_by_tom, settings, [], NOW).outcome is outcome


def test_groups_in_wells_stand_for_their_members() -> None:
    people = {"designers@contoso.com": {"mia@contoso.com", "tom@contoso.com"}}
    wells = config(wells=NOBODY | {"book": ["Designers@contoso.com"]}).wells.expanded(lambda one: people.get(one, ()))

    assert wells.can_book({"mia@contoso.com"})
    assert wells.can_book({"designers@contoso.com"})
    assert not wells.can_book({"grace@contoso.com"})


def test_an_empty_group_does_not_shut_a_room() -> None:
    wells = config(wells=NOBODY | {"book": ["nobody@contoso.com"]}).wells.expanded(lambda _: ())

    assert not wells.is_shut()
    assert not wells.can_book({"mia@contoso.com"})


def test_a_dynamic_group_in_a_well_stops_the_attendant() -> None:
    assert decide(request(item(TOMORROW)), config(ddg=True), [], NOW).outcome is Outcome.SKIP


def test_a_reserved_room_is_nobodys() -> None:
    decision = decide(request(item(TOMORROW)), config(bookingType="Reserved", wells={"allAskOut": True}), [], NOW)

    assert (decision.outcome, decision.violations) == (Outcome.DECLINE, (Violation.RESERVED,))


DAILY_NIGHTS = Recurrence(
    type=PatternType.DAILY,
    range_type=RangeType.NUMBERED,
    start_on=date(2027, 3, 26),
    count=4,
    zone="W. Europe Standard Time",
)


@pytest.mark.parametrize(
    ("mine", "values", "violation"),
    [
        (item(TOMORROW, minutes=1440), {}, None),
        (item(TOMORROW, minutes=1441), {}, Violation.DURATION),
        (item(TOMORROW, minutes=1441), {"maxMin": 0}, None),
        (item(NOW + timedelta(days=180)), {}, None),
        (item(NOW + timedelta(days=181)), {}, Violation.WINDOW),
        (item(TOMORROW.replace(hour=16), minutes=60), {"workHoursOnly": True}, None),
        (item(TOMORROW.replace(hour=16), minutes=61), {"workHoursOnly": True}, Violation.WORK_HOURS),
        (item(TOMORROW.replace(hour=7, minute=59)), {"workHoursOnly": True}, Violation.WORK_HOURS),
        (item(datetime(2026, 11, 28, 10, tzinfo=UTC)), {"workHoursOnly": True}, Violation.WORK_HOURS),
        (item(TOMORROW, recurrence=weekly(3)), {"recurring": False}, Violation.RECURRING),
        (item(TOMORROW, recurrence=weekly(3)), {}, None),
        (item(TOMORROW, recurrence=weekly(40)), {}, Violation.HORIZON),
        (item(TOMORROW, recurrence=weekly(0, range_type=RangeType.NO_END)), {}, Violation.HORIZON),
        (item(NOW + timedelta(days=181), recurrence=weekly(2)), {"enforceHorizon": False}, Violation.WINDOW),
    ],
)
def test_one_broken_limit_is_enough(mine: Item, values: dict[str, Any], violation: Violation | None) -> None:
    decision = decide(request(mine), config(**values), [], NOW)

    assert decision.violations == ((violation,) if violation else ())
    assert decision.outcome is (Outcome.DECLINE if violation else Outcome.ACCEPT)


@pytest.mark.parametrize(
    ("start_at", "minutes", "is_inside"),
    [
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), 60, True),  # ends at midnight in Amsterdam
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), 60, False),  # begins today, ends tomorrow
        (datetime(2026, 11, 23, 23, 0, tzinfo=UTC), 30, False),  # still today in UTC
    ],
)
def test_a_window_of_no_days_is_today_in_the_rooms_zone(start_at: datetime, minutes: int, is_inside: bool) -> None:
    settings = config(windowDays=0, tz="W. Europe Standard Time")

    decision = decide(request(item(start_at, minutes=minutes)), settings, [], NOW)

    assert decision.violations == (() if is_inside else (Violation.WINDOW,))


def test_work_hours_have_a_zone_and_days_of_their_own() -> None:
    evening = item(datetime(2026, 11, 28, 20, 0, tzinfo=UTC))  # Saturday, 15:00 in New York
    away = {"workHoursOnly": True, "workTz": "Eastern Standard Time", "workDays": ["saturday"]}

    assert decide(request(evening), config(**away), [], NOW).outcome is Outcome.ACCEPT
    assert decide(request(evening), config(**away | {"workTz": ""}), [], NOW).violations == (Violation.WORK_HOURS,)


def test_work_hours_follow_daylight_saving_time() -> None:
    """A meeting at 15:30 UTC ends within the hours of Amsterdam in winter, and after them in summer."""
    winter, summer = (item(datetime(2027, month, 25, 15, 30, tzinfo=UTC), minutes=30) for month in (3, 5))
    settings = config(workHoursOnly=True, tz="W. Europe Standard Time", windowDays=1080)

    assert decide(request(winter), settings, [], NOW).violations == ()
    assert decide(request(summer), settings, [], NOW).violations == (Violation.WORK_HOURS,)


def test_duration_is_each_instances_own_in_absolute_minutes() -> None:
    """A night that is an hour longer by the clock change counts as that."""
    autumn = replace(DAILY_NIGHTS, start_on=date(2027, 10, 29))
    start_at, zone_name = datetime(2027, 10, 29, 20, 0, tzinfo=UTC), "W. Europe Standard Time"
    mine = item(start_at, minutes=600, recurrence=autumn)
    mine.content = replace(mine.content, when=replace(mine.when, start_zone=zone_name, end_zone=zone_name))

    lengths = {one.when.length for one in mine.instances(NOW, NOW + timedelta(days=1000))}
    assert lengths == {timedelta(hours=10), timedelta(hours=11)}
    assert decide(request(mine), config(maxMin=600, windowDays=1080), [], NOW).violations == (Violation.DURATION,)
    assert decide(request(mine), config(maxMin=660, windowDays=1080), [], NOW).violations == ()


def test_a_series_is_cut_where_the_horizon_is_not_enforced() -> None:
    mine = item(TOMORROW, recurrence=weekly(40))

    decision = decide(request(mine), config(enforceHorizon=False), [], NOW)

    assert (decision.outcome, decision.truncate_on) == (Outcome.ACCEPT, date(2027, 5, 22))


def test_what_lies_behind_the_cut_conflicts_with_nothing() -> None:
    mine = item(TOMORROW, recurrence=weekly(40))
    taken = [item(TOMORROW + timedelta(weeks=39), uid="theirs", show_as=ShowAs.BUSY)]

    assert decide(request(mine), config(enforceHorizon=False), taken, NOW).outcome is Outcome.ACCEPT
    assert decide(request(mine), config(windowDays=1080), taken, NOW).violations == (Violation.CONFLICT,)


@pytest.mark.parametrize("shown", list(ShowAs))
def test_only_what_shows_as_taken_conflicts(shown: ShowAs) -> None:
    other = [item(TOMORROW, uid="theirs", show_as=shown)]
    blocks = shown in {ShowAs.BUSY, ShowAs.OOF, ShowAs.ELSEWHERE}

    decision = decide(request(item(TOMORROW)), config(), other, NOW)

    assert decision.outcome is (Outcome.DECLINE if blocks else Outcome.ACCEPT)


def test_meetings_that_touch_do_not_conflict_and_a_meeting_not_with_itself() -> None:
    around = [item(TOMORROW - timedelta(hours=1), uid="a"), item(TOMORROW + timedelta(hours=1), uid="b")]

    assert decide(request(item(TOMORROW)), config(), [*around, item(TOMORROW)], NOW).outcome is Outcome.ACCEPT


def test_a_pending_request_blocks_only_where_the_switch_says_so() -> None:
    pending = [item(TOMORROW, uid="theirs", show_as=ShowAs.TENTATIVE)]

    open_ = decide(request(item(TOMORROW)), config(), pending, NOW)
    shut = decide(request(item(TOMORROW)), config(u_pendingBlocks=True), pending, NOW)

    assert (open_.outcome, shut.violations) == (Outcome.ACCEPT, (Violation.CONFLICT,))


@pytest.mark.parametrize(
    ("limits", "outcome", "declined"),
    [
        ({}, Outcome.DECLINE, 0),
        ({"conflictMax": 5}, Outcome.DECLINE, 0),
        ({"conflictPct": 50}, Outcome.DECLINE, 0),
        ({"conflictMax": 5, "conflictPct": 50}, Outcome.ACCEPT, 5),
        ({"conflictMax": 4, "conflictPct": 50}, Outcome.DECLINE, 0),
        ({"conflictMax": 6, "conflictPct": 40}, Outcome.DECLINE, 0),
        ({"conflictMax": 10, "conflictPct": 100}, Outcome.ACCEPT, 5),
        ({"allowConflicts": True}, Outcome.ACCEPT, 0),
    ],
)
def test_both_thresholds_have_to_hold(limits: dict[str, Any], outcome: Outcome, declined: int) -> None:
    """Five of ten clash."""
    mine = item(TOMORROW, recurrence=weekly(10))
    taken = [item(TOMORROW + timedelta(weeks=week), uid=f"{week}", show_as=ShowAs.BUSY) for week in range(5)]

    decision = decide(request(mine), config(**limits), taken, NOW)

    assert (decision.outcome, len(decision.declined_starts)) == (outcome, declined)


def test_thresholds_are_for_series_only() -> None:
    assert (
        decide(request(item(TOMORROW)), config(conflictMax=9, conflictPct=100), TAKEN, NOW).outcome is Outcome.DECLINE
    )


def test_a_conflict_says_whose_meeting_it_is() -> None:
    decision = decide(request(item(TOMORROW)), config(), TAKEN, NOW)

    assert [(one.organizer, one.when) for one in decision.occupants] == [("Mia", TAKEN[0].when)]


@pytest.mark.parametrize(
    ("mine", "changes", "values"),
    [
        (item(TOMORROW), {"is_external": True}, {}),
        (item(TOMORROW), {"organizer": Person(ROOM, "Oslo")}, {}),
        (item(TOMORROW), {}, {"delegateRule": True}),
        (item(NOW - timedelta(hours=2)), {}, {}),
        (item(TOMORROW), {}, {"mode": "AutoUpdate"}),
        (item(TOMORROW), {}, {"u_modifiedStops": True, "itemsModified": True}),
    ],
    ids=["external", "room as organizer", "delegate rule", "past", "attendant off", "modified items"],
)
def test_some_requests_are_never_decided(mine: Item, changes: dict[str, Any], values: dict[str, Any]) -> None:
    assert decide(request(mine, **changes), config(**values), [], NOW).outcome is Outcome.SKIP


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"external": True}, Outcome.PENDING),
        ({"external": True, "u_askInCoversExternal": False}, Outcome.DECLINE),
        ({"u_externalDeclined": True}, Outcome.DECLINE),
    ],
)
def test_what_becomes_of_people_from_elsewhere(values: dict[str, Any], outcome: Outcome) -> None:
    settings = config(wells=NOBODY | {"allAskIn": True}, **values)

    assert decide(request(item(TOMORROW), is_external=True), settings, [], NOW).outcome is outcome


@pytest.mark.parametrize(
    "values",
    [
        {"tz": "Middle-earth Standard Time"},
        {"workTz": "nowhere"},
        {"workStart": "8 am"},
        {"workDays": ["Someday"]},
        {"conflictPct": 101},
        {"windowDays": 1081},
        {"maxMin": -1},
        {"u_addOrganizerMode": "both"},
        {"nosuch": 1},
    ],
    ids=str,
)
def test_settings_that_mean_nothing_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        config(**values)
