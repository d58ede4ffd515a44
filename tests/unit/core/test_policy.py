"""The rules at their limits, the engine's stages, and every kind of bad policy file."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.bookings import Reason
from bot.domain.rooms import Control, Room
from bot.domain.slots import Slot
from bot.policy.engine import judge
from bot.policy.loading import Policies, PolicyProblems, load
from bot.policy.rules import Ahead, Bookable, Free, Longest, NotOver, Shortest
from bot.policy.verdicts import Asking, Finding, Outcome, Rule, Taken
from tests.fakes import START_AT
from tests.unit.core.world import at, shifted

OSLO = Room(address="oslo@x.example", name="Oslo", building="Harbour House", zone="Europe/Oslo")
NINE = at(9)


def asking(*slots: Slot, room: Room = OSLO, now: datetime = START_AT) -> Asking:
    return Asking(room=room, slots=slots or (NINE,), now=now)


def code(rule: Rule, asked: Asking, *taken: Slot) -> str:
    found = rule.check(asked, tuple(Taken(slot=slot, holder="x") for slot in taken))
    return "" if found is None else found.reason.code


@pytest.mark.parametrize(
    ("rule", "minutes", "expected"),
    [
        (Longest(60), 60, ""),
        (Longest(60), 61, "too_long"),
        (Longest(0), 60 * 24 * 40, ""),
        (Shortest(15), 15, ""),
        (Shortest(15), 14, "too_short"),
        (Shortest(0), 1, ""),
    ],
)
def test_lengths_at_their_limits(rule: Rule, minutes: int, expected: str) -> None:
    assert code(rule, asking(Slot.lasting(NINE.start_at, minutes))) == expected


def test_half_a_minute_over_is_over() -> None:
    hour_and_a_half_minute = Slot(NINE.start_at, NINE.end_at + timedelta(seconds=30))

    assert code(Longest(60), asking(hour_and_a_half_minute)) == "too_long"
    assert code(Shortest(61), asking(hour_and_a_half_minute)) == "too_short"


def test_one_occurrence_too_long_is_enough() -> None:
    assert code(Longest(60), asking(NINE, Slot.lasting(NINE.start_at + timedelta(days=1), 90))) == "too_long"


@pytest.mark.parametrize(("seconds", "expected"), [(-1, ""), (0, "past"), (1, "past")])
def test_a_meeting_is_over_the_moment_it_ends(seconds: int, expected: str) -> None:
    assert code(NotOver(), asking(now=NINE.end_at + timedelta(seconds=seconds))) == expected


def test_a_series_is_over_when_all_of_it_is() -> None:
    assert code(NotOver(), asking(NINE, shifted(NINE, days=1), now=NINE.end_at)) == ""


def test_a_room_that_takes_no_bookings_takes_none() -> None:
    assert code(Bookable(), asking(room=replace(OSLO, bookable=False))) == "not_bookable"
    assert code(Bookable(), asking()) == ""


def local(*parts: int, zone: str) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("zone", "now", "days", "last_moment"),
    [
        ("Europe/Oslo", (2026, 11, 23, 23, 30), 0, (2026, 11, 24, 0, 0)),
        ("Europe/Oslo", (2026, 11, 23, 0, 0), 2, (2026, 11, 26, 0, 0)),
        ("Europe/Oslo", (2026, 3, 28, 12, 0), 1, (2026, 3, 30, 0, 0)),  # over the short night
        ("Europe/Oslo", (2026, 10, 24, 12, 0), 1, (2026, 10, 26, 0, 0)),  # over the long one
        ("Pacific/Auckland", (2026, 11, 24, 1, 0), 0, (2026, 11, 25, 0, 0)),  # still yesterday in UTC
        ("America/Los_Angeles", (2026, 11, 23, 22, 0), 0, (2026, 11, 24, 0, 0)),  # already tomorrow in UTC
        ("America/Santiago", (2026, 9, 5, 12, 0), 0, (2026, 9, 6, 0, 0)),  # midnight itself is skipped
    ],
)
def test_the_window_ends_at_midnight_in_the_rooms_own_zone(
    zone: str, now: tuple[int, ...], days: int, last_moment: tuple[int, ...]
) -> None:
    end_at = local(*last_moment, zone=zone).astimezone(UTC)
    room, now_at = replace(OSLO, zone=zone), local(*now, zone=zone).astimezone(UTC)
    last = Slot(end_at - timedelta(minutes=30), end_at)

    assert code(Ahead(days), asking(last, room=room, now=now_at)) == ""
    assert code(Ahead(days), asking(shifted(last, minutes=1), room=room, now=now_at)) == "too_far"


def test_a_room_without_a_zone_counts_days_in_utc() -> None:
    room = replace(OSLO, zone="")
    end_at = START_AT.replace(hour=0) + timedelta(days=1)

    assert code(Ahead(0), asking(Slot(START_AT, end_at), room=room)) == ""
    assert code(Ahead(0), asking(Slot(START_AT, end_at + timedelta(minutes=1)), room=room)) == "too_far"


@pytest.mark.parametrize(
    ("shift", "expected"), [(-60, ""), (-59, "conflict"), (0, "conflict"), (59, "conflict"), (60, "")]
)
def test_a_room_is_free_where_nobody_else_has_it(shift: int, expected: str) -> None:
    assert code(Free(), asking(), shifted(NINE, minutes=shift)) == expected


def test_the_earliest_clash_is_told() -> None:
    found = Free().check(
        asking(NINE, shifted(NINE, days=1)),
        tuple(Taken(slot=slot, holder="") for slot in (shifted(NINE, days=1), shifted(NINE, minutes=30))),
    )

    assert found is not None
    assert found.reason.params["from_at"] == shifted(NINE, minutes=30).start_at.isoformat()


@dataclass(frozen=True)
class Says:
    """A rule that says what it is told to."""

    outcome: Outcome | None
    name: str
    stage: int = 1

    def check(self, asking: Asking, taken: tuple[Taken, ...]) -> Finding | None:
        if self.outcome is None:
            raise KeyError(self.name)
        return Finding(outcome=self.outcome, reason=Reason(code=self.name, params={}))


DECLINE, HOLD = Outcome.DECLINE, Outcome.HOLD


@pytest.mark.parametrize(
    ("rules", "outcome", "codes"),
    [
        ((), Outcome.PASS, []),
        ((Says(DECLINE, "a"), Says(DECLINE, "b")), DECLINE, ["a", "b"]),
        ((Says(DECLINE, "a", 2), Says(DECLINE, "b", 1)), DECLINE, ["b"]),
        ((Says(HOLD, "a"), Says(DECLINE, "b", 2)), DECLINE, ["b"]),
        ((Says(HOLD, "a"), Says(HOLD, "b", 2)), HOLD, ["a", "b"]),
        ((Says(None, "a"),), HOLD, ["rule_failed"]),
        ((Says(None, "a"), Says(DECLINE, "b")), DECLINE, ["b"]),
        ((Says(DECLINE, "a"), Says(None, "b", 2)), DECLINE, ["a"]),
        ((Says(Outcome.PASS, "a"),), Outcome.PASS, ["a"]),
    ],
)
def test_all_reasons_of_the_first_stage_that_declines(
    rules: tuple[Rule, ...], outcome: Outcome, codes: list[str]
) -> None:
    verdict = judge(rules, asking(), (), policy="p1")

    assert (verdict.outcome, [reason.code for reason in verdict.reasons], verdict.policy) == (outcome, codes, "p1")


def test_the_built_in_policy_says_all_that_is_wrong_with_when_before_whether_it_is_free() -> None:
    policy = load("[tenant]\nlongest_minutes = 30\ndays_ahead = 0").of(OSLO)

    verdict = judge(policy.rules, asking(), (Taken(slot=NINE, holder=""),), policy="")

    assert [reason.code for reason in verdict.reasons] == ["too_long", "too_far"]


def test_the_most_specific_setting_wins_field_by_field() -> None:
    policies = load(
        """
        [tenant]
        control = "watched"
        longest_minutes = 480
        tell_manager = true
        [building."HARBOUR house"]
        longest_minutes = 240
        days_ahead = 90
        [room."Oslo@X.example"]
        control = "auto"
        """
    )

    policy = policies.of(OSLO)

    assert (policy.control, policy.longest_minutes, policy.days_ahead) == (Control.AUTO, 240, 90)
    assert (policy.tell_manager, policy.shortest_minutes) == (True, 0)
    assert policies.of(replace(OSLO, address="b@x.example", building="")).longest_minutes == 480
    assert policy.version == policies.version != load("").version


def test_without_a_file_the_built_in_policy_holds() -> None:
    policy = Policies().of(OSLO)

    assert (policy.control, policy.longest_minutes, policy.days_ahead, policy.version) == (
        Control.DELEGATED,
        1440,
        180,
        "built-in",
    )


BAD = [
    ("longest_minutes = ", ["not TOML"]),
    ("[tenants]\n[tenant]\nx = 1", ["[tenants] is not known", "[tenant] x: is not known: use one of control"]),
    ("[tenant]\ncontrol = 'auto '", ["[tenant] control: must be one of delegated, auto, watched"]),
    ("[tenant]\ncontrol = 1", ["[tenant] control: must be one of"]),
    ("[tenant]\ntell_manager = 1", ["[tenant] tell_manager: must be true or false"]),
    ("[tenant]\nlongest_minutes = true", ["[tenant] longest_minutes: must be a whole number from 0 to 44640"]),
    ("[tenant]\nlongest_minutes = 1.5", ["[tenant] longest_minutes: must be a whole number"]),
    ("[tenant]\nshortest_minutes = -1", ["[tenant] shortest_minutes: must be a whole number from 0 to 1440"]),
    ("[tenant]\ndays_ahead = 1081", ["[tenant] days_ahead: must be a whole number from 0 to 1080"]),
    ("[tenant]\nversion = 'x'", ["[tenant] version: is not known"]),
    ("tenant = 1", ["[tenant] must be a table of settings"]),
    ("room = 1", ["[room] needs a name"]),
    ("[room]\ncontrol = 'auto'", ['[room."control"] must be a table of settings']),
    ("[building.X]\nz = 1\n[room.Y]\nz = 1", ['[building."X"] z: is not known', '[room."Y"] z: is not known']),
    ("[room.'A@x']\n[room.'a@X']", ['[room."a@X"] is there twice']),
]


@pytest.mark.parametrize(("text", "places"), BAD)
def test_a_bad_file_is_told_with_all_its_problems_and_their_places(text: str, places: list[str]) -> None:
    with pytest.raises(PolicyProblems) as refused:
        load(text)

    assert len(refused.value.problems) == len(places)
    for problem, place in zip(refused.value.problems, places, strict=True):
        assert place in problem


@pytest.mark.parametrize("text", ["", "[tenant]", "[tenant]\nlongest_minutes = 0\ndays_ahead = 1080", "[room.'a b']"])
def test_a_file_within_its_limits_is_taken(text: str) -> None:
    assert len(load(text).version) == 12
