"""Laws of expansion: against dateutil's own rules, over clock changes, and of the index behind views."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Content, Item, Person, When
from sandbox.calendar.recurrence import DAYS, PatternType, RangeType, Recurrence
from sandbox.zones import zone

BERLIN, NEW_YORK, KOLKATA, LORD_HOWE = (
    "W. Europe Standard Time", "Eastern Standard Time", "India Standard Time", "Lord Howe Standard Time",
)  # fmt: skip
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def item(when: When, recurrence: Recurrence | None = None, key: str = "k") -> Item:
    content = Content(when=when, recurrence=recurrence)
    tom = Person("tom@contoso.com", "Tom")
    return Item(key=key, mailbox=tom.address, uid=key, content=content, organizer=tom, is_organizer=True,
                created_at=CREATED, modified_at=CREATED)  # fmt: skip


def at(day: date, clock: time, zone_name: str, minutes: int) -> When:
    start = datetime.combine(day, clock, zone(zone_name))
    end = (start.replace(tzinfo=None) + timedelta(minutes=minutes)).replace(tzinfo=zone(zone_name))
    return When(start.astimezone(UTC), max(start.astimezone(UTC), end.astimezone(UTC)), zone_name, zone_name)


@st.composite
def patterns(draw: st.DrawFn) -> Recurrence:
    kind = draw(st.sampled_from(list(PatternType)))
    ends = draw(st.sampled_from(list(RangeType)))
    start_on = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    return Recurrence(
        type=kind,
        interval=draw(st.integers(1, 4)),
        days=tuple(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True))),
        first_day=draw(st.sampled_from(DAYS)),
        day_of_month=draw(st.integers(1, 31)),
        month=draw(st.integers(1, 12)),
        index=draw(st.sampled_from(list(NTH))),
        range_type=ends,
        start_on=start_on,
        end_on=start_on + timedelta(days=draw(st.integers(0, 1500))) if ends is RangeType.END_DATE else None,
        count=draw(st.integers(1, 30)) if ends is RangeType.NUMBERED else 0,
    )


def by_dateutil(series: Recurrence, until: date) -> list[date]:
    """The same pattern as the text of an RFC 5545 rule; the last day of short months by its own words."""
    parts = [f"INTERVAL={series.interval}", f"WKST={series.first_day[:2]}"]
    days = ",".join(day[:2] for day in series.days)
    kind = str(series.type)
    frequency = "MONTHLY" if "Monthly" in kind else "YEARLY" if "Yearly" in kind else kind
    if series.type is PatternType.WEEKLY:
        parts.append(f"BYDAY={days}")
    if "relative" in kind:
        parts.append(f"BYDAY={days};BYSETPOS={NTH[series.index]}")
    if "absolute" in kind:
        month_days = ",".join(map(str, [*range(28, series.day_of_month), series.day_of_month]))
        parts.append(f"BYMONTHDAY={month_days};BYSETPOS=-1")
    if "Yearly" in kind:
        parts.append(f"BYMONTH={series.month}")
    rule = rrule.rrulestr(
        f"FREQ={frequency};{';'.join(parts)}".upper(), dtstart=datetime.combine(series.start_on, time())
    )
    found = [moment.date() for moment in rule.between(datetime(2000, 1, 1), datetime.combine(until, time()), inc=True)]  # noqa: DTZ001  local days
    found = [day for day in found if series.end_on is None or day <= series.end_on]
    return found[: series.count] if series.range_type is RangeType.NUMBERED else found


@given(patterns(), st.sampled_from([BERLIN, NEW_YORK, KOLKATA, "UTC"]), st.times(time(4), time(22)))
@settings(max_examples=150, deadline=None)
def test_every_pattern_falls_on_the_days_of_its_rule_at_its_wall_clock_time(
    series: Recurrence, zone_name: str, clock: time
) -> None:
    until = series.start_on + timedelta(days=1200)
    expected = by_dateutil(series, until)
    clock = clock.replace(second=0, microsecond=0)
    first_on = next(iter(by_dateutil(series, date(2060, 1, 1))), None)
    if first_on is None:
        return
    made = item(at(first_on, clock, zone_name, 30), series)
    end_at = datetime.combine(until + timedelta(days=1), time(), zone(zone_name)).astimezone(UTC)

    starts = list(made.starts(end_at))

    local = [start.astimezone(zone(zone_name)) for start in starts]
    assert [one.date() for one in local] == expected
    assert {one.timetz().replace(tzinfo=None) for one in local} <= {clock}


@given(patterns(), st.integers(-40, 900), st.integers(0, 90), st.integers(0, 180))
@settings(max_examples=100, deadline=None)
def test_a_window_shows_what_overlaps_it_and_nothing_else(
    series: Recurrence, offset: int, length: int, minutes: int
) -> None:
    made = item(at(series.start_on, time(23, 30), BERLIN, 90), series)
    begin = made.when.start_at + timedelta(days=offset, minutes=minutes)
    end = begin + timedelta(days=length, hours=7)
    horizon = made.when.start_at + timedelta(days=1100)
    everything = list(made.instances(made.when.start_at - timedelta(days=1), horizon))

    found = list(made.instances(begin, end))

    assert [one.original_start_at for one in found] == [
        one.original_start_at for one in everything if one.when.overlaps(begin, end)
    ]
    assert all(made.occurrence(one.original_start_at) is not None for one in found if one.original_start_at)


DAILY = Recurrence(type=PatternType.DAILY, range_type=RangeType.NUMBERED, start_on=date(2027, 3, 26), count=5)


def clocks(made: Item, zone_name: str) -> list[tuple[str, str]]:
    found = made.instances(made.when.start_at, made.when.start_at + timedelta(days=9))
    home = zone(zone_name)
    return [(f"{one.when.start_at.astimezone(home):%d %H:%M}", f"{one.when.end_at:%H:%M}") for one in found]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (time(10), [("26 10:00", "09:30"), ("27 10:00", "09:30"), ("28 10:00", "08:30"), ("29 10:00", "08:30")]),
        (time(2, 30), [("26 02:30", "02:00"), ("27 02:30", "02:00"), ("28 03:30", "02:00"), ("29 02:30", "01:00")]),
    ],
    ids=["by day", "in the hour that is skipped"],
)
def test_spring_forward(clock: time, expected: list[tuple[str, str]]) -> None:
    made = item(at(date(2027, 3, 26), clock, BERLIN, 30), DAILY)

    assert clocks(made, BERLIN)[:4] == expected


def test_fall_back_takes_the_first_of_two_equal_times() -> None:
    series = Recurrence(type=PatternType.DAILY, range_type=RangeType.NUMBERED, start_on=date(2026, 10, 24), count=3)
    made = item(at(date(2026, 10, 24), time(2, 30), BERLIN, 15), series)

    found = [one.when.start_at for one in made.instances(made.when.start_at, made.when.start_at + timedelta(days=5))]

    assert [f"{one:%d %H:%M}" for one in found] == ["24 00:30", "25 00:30", "26 01:30"]


def test_a_series_that_begins_in_the_second_of_two_equal_times_keeps_its_start() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, after the clocks went back
    series = Recurrence(type=PatternType.DAILY, range_type=RangeType.NUMBERED, start_on=date(2026, 10, 25), count=2)
    made = item(When(second, second + timedelta(minutes=30), BERLIN, BERLIN), series)

    assert list(made.starts(second + timedelta(days=9))) == [second, datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_half_hour_clock_changes_keep_the_wall_clock() -> None:
    series = Recurrence(type=PatternType.DAILY, range_type=RangeType.NUMBERED, start_on=date(2027, 4, 2), count=4)
    made = item(at(date(2027, 4, 2), time(9), LORD_HOWE, 30), series)

    assert [clock for clock, _ in clocks(made, LORD_HOWE)] == ["02 09:00", "03 09:00", "04 09:00", "05 09:00"]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 200_000)), max_size=30), st.integers(-10, 420),
       st.integers(0, 80), st.data())  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_a_view_finds_what_a_look_at_every_item_finds(
    spans: list[tuple[int, int]], first: int, days: int, data: st.DataObject
) -> None:
    mailbox = Mailbox("tom@contoso.com", lambda *_: None)
    for number, (day, minutes) in enumerate(spans):
        start = CREATED + timedelta(days=day, hours=number)
        mailbox.add(item(When(start, start + timedelta(minutes=minutes)), key=f"k{number}"))
    keys = list(mailbox.items)
    for key in data.draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []:
        made = mailbox.items[key]
        if data.draw(st.booleans()):
            mailbox.remove(made)
            continue
        start = CREATED + timedelta(days=data.draw(st.integers(0, 400)))
        made.content = Content(when=When(start, start + timedelta(hours=1)))
        mailbox.touch(made, CREATED)
    window = (CREATED + timedelta(days=first), CREATED + timedelta(days=first + days, hours=3))

    found = mailbox.view(*window)

    assert {one.key for one in found} == {one.key for one in mailbox.items.values() if one.when.overlaps(*window)}
    assert all(one.when.start_at <= other.when.start_at for one, other in pairwise(found))
