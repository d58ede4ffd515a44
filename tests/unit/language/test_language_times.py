"""Days and hours depend on the person's zone, region and moment, and survive clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.language.request import Trouble, Wish
from tests.unit.language.language_reading import AMSTERDAM, NOW, Person, clock, read, wall

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"])
@pytest.mark.parametrize(("hour", "minute"), [(23, 59), (0, 1)])
def test_tomorrow_is_counted_in_the_persons_zone(zone: str, hour: int, minute: int) -> None:
    now = datetime(2026, 11, 18, hour, minute, tzinfo=ZoneInfo(zone))

    found = read("room tomorrow at 10", Person(now=now.astimezone(UTC), zone=ZoneInfo(zone)))

    assert found.day == date(2026, 11, 19)
    assert found.start_at == datetime(2026, 11, 19, 10, tzinfo=ZoneInfo(zone))
    assert found.start_at is not None
    assert found.start_at.tzinfo == ZoneInfo(zone)


@pytest.mark.parametrize(
    ("text", "now_hour", "expected"),
    [
        ("book at 2", 13, clock(2026, 11, 18, 14)),
        ("book at 2", 15, clock(2026, 11, 19, 14)),
        ("book at 8", 9, clock(2026, 11, 19, 8)),
        ("book at 7", 6, clock(2026, 11, 18, 7)),
        ("book at 6", 9, clock(2026, 11, 18, 18)),
        ("book at 12", 9, clock(2026, 11, 18, 12)),
        ("book at 8 today", 10, clock(2026, 11, 18, 20)),
        ("book at 03:00", 9, clock(2026, 11, 19, 3)),
        ("book at 8 pm", 9, clock(2026, 11, 18, 20)),
        ("book at 12 am", 9, clock(2026, 11, 19, 0)),
    ],
)
def test_a_bare_hour_is_the_next_one_of_a_working_day(text: str, now_hour: int, expected: datetime) -> None:
    found = read(text, Person(now=NOW.replace(hour=now_hour)))

    assert wall(found.start_at) == expected
    assert found.troubles == ()


@pytest.mark.parametrize(
    ("text", "start", "minutes"),
    [
        ("6 to 8 am", 6, 120),
        ("8 to 1 pm", 8, 300),
        ("5 to 7", 17, 120),
        ("5 to 8 tomorrow", 17, 180),
        ("6 to 9 tomorrow", 18, 180),
        ("9 to 6 tomorrow", 9, 540),
        ("3 pm to 4 tomorrow", 15, 60),
        ("22:00-02:00", 22, 240),
        ("3 pm to midnight", 15, 540),
        ("12 to 1 pm tomorrow", 12, 60),
    ],
)
def test_the_end_of_a_range_says_which_half_of_the_day_is_meant(text: str, start: int, minutes: int) -> None:
    found = read(text, Person(now=NOW.replace(hour=5)))

    assert found.start_at is not None
    assert (found.start_at.hour, found.minutes) == (start, minutes)


@pytest.mark.parametrize("text", ["from 4 to 3 pm", "4 to 3", "10 to 9", "16:00-15:00", "23:00 to 22:00"])
def test_an_end_before_the_start_is_told_and_the_start_kept(text: str) -> None:
    found = read(text)

    assert found.troubles == (Trouble.BACKWARDS,)
    assert found.start_at is not None
    assert found.minutes is None


@pytest.mark.parametrize(
    ("language", "expected", "troubled"),
    [
        ("en-US", date(2026, 12, 3), False),
        ("en-GB", date(2027, 3, 12), False),
        ("nl-NL", date(2027, 3, 12), False),
        ("en", date(2027, 3, 12), True),
        ("en-CA", date(2027, 3, 12), True),
        ("", date(2027, 3, 12), True),
        ("tlh", date(2027, 3, 12), True),
    ],
)
def test_the_region_decides_the_order_of_day_and_month(language: str, expected: date, troubled: bool) -> None:
    found = read("12/03 at 9", Person(language=language))

    assert found.day == expected
    assert (Trouble.AMBIGUOUS_DAY in found.troubles) is troubled


def test_a_doubtful_date_names_both_days() -> None:
    finding = read("12/03 at 9", Person(language="en")).finding(Trouble.AMBIGUOUS_DAY)

    assert finding is not None
    assert finding.days == (date(2027, 3, 12), date(2026, 12, 3))


@pytest.mark.parametrize("text", ["24/12 at 9", "12/24 at 9", "11/11 at 9", "2026-12-03 at 9"])
def test_a_date_with_one_meaning_is_never_doubtful(text: str) -> None:
    assert read(text, Person(language="en")).troubles == ()


def test_a_person_who_writes_another_language_keeps_the_dates_of_their_region() -> None:
    found = read("book a room on 12/03 at 9", Person(language="nl-NL"))

    assert found.language == "en"
    assert found.day == date(2027, 3, 12)
    assert found.troubles == ()


def test_a_weekday_named_today_is_today_until_its_time_has_passed() -> None:
    wednesday_noon = Person(now=NOW.replace(hour=12))

    assert read("wednesday at 3 pm", wednesday_noon).day == date(2026, 11, 18)
    assert read("wednesday at 9 am", wednesday_noon).day == date(2026, 11, 25)
    assert read("wednesday", wednesday_noon).day == date(2026, 11, 18)


def test_next_weekday_is_in_the_week_that_starts_on_monday() -> None:
    sunday = Person(now=datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM))

    assert read("next monday at 9", sunday).day == date(2026, 11, 23)
    assert read("next thursday at 9").day == date(2026, 11, 26)
    assert read("thursday at 9").day == date(2026, 11, 19)


def test_a_time_that_does_not_exist_moves_on_by_the_gap() -> None:
    person = Person(now=datetime(2026, 3, 28, 12, tzinfo=AMSTERDAM))

    found = read("room tomorrow at 02:30 for 30 minutes", person)

    assert wall(found.start_at) == clock(2026, 3, 29, 3, 30)
    assert found.minutes == 30


def test_of_a_doubled_time_the_first_is_meant_until_it_has_passed() -> None:
    before = Person(now=datetime(2026, 10, 25, 0, 0, tzinfo=UTC), zone=AMSTERDAM)
    between = Person(now=datetime(2026, 10, 25, 0, 45, tzinfo=UTC), zone=AMSTERDAM)

    first, second = read("room at 02:30", before).start_at, read("room at 02:30", between).start_at

    assert first is not None
    assert second is not None
    assert first.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_minutes_are_elapsed_minutes_across_a_clock_change() -> None:
    spring = read("tomorrow 01:00-04:00", Person(now=datetime(2026, 3, 28, 12, tzinfo=AMSTERDAM)))
    autumn = read("tomorrow 01:00-04:00", Person(now=datetime(2026, 10, 24, 12, tzinfo=AMSTERDAM)))

    assert (spring.minutes, autumn.minutes) == (120, 240)
    assert wall(spring.end_at) == clock(2026, 3, 29, 4)
    assert wall(autumn.end_at) == clock(2026, 10, 25, 4)


def test_a_range_inside_the_gap_keeps_its_length_on_the_wall() -> None:
    found = read("tomorrow 02:40-03:10", Person(now=datetime(2026, 3, 28, 12, tzinfo=AMSTERDAM)))

    assert found.minutes == 30
    assert [(finding.trouble, finding.said) for finding in found.findings] == [(Trouble.SKIPPED, "02:40")]


def test_half_an_hour_from_now_is_elapsed_time() -> None:
    now = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)  # 01:45 in Amsterdam, a quarter of an hour before the gap

    found = read("in half an hour", Person(now=now))

    assert wall(found.start_at) == clock(2026, 3, 29, 3, 15)


def test_a_past_time_is_told_and_the_request_filled_all_the_same() -> None:
    found = read("book Oslo yesterday from 3 to 4 for 5 people")

    assert found.troubles == (Trouble.PAST,)
    assert wall(found.start_at) == clock(2026, 11, 17, 15)
    assert (found.minutes, found.room, found.people) == (60, "oslo", 5)


def test_now_is_never_past() -> None:
    found = read("book a room now", Person(now=NOW.replace(second=59, microsecond=999_999)))

    assert found.start_at == NOW
    assert found.troubles == ()


@pytest.mark.parametrize("wish", [Wish.CANCEL, Wish.CHANGE])
def test_a_booking_that_runs_can_be_named_by_its_time(wish: Wish) -> None:
    verbs = {Wish.CANCEL: "cancel my 2 pm", Wish.CHANGE: "extend my 2 pm by 30 minutes"}

    found = read(verbs[wish])

    assert found.wish is wish
    assert found.start_at == NOW - timedelta(hours=1)
    assert found.troubles == ()


def test_a_target_that_has_passed_is_told() -> None:
    assert read("move my 4 pm to 2 pm today").troubles == (Trouble.PAST,)


def test_a_part_of_the_day_is_a_window_and_only_what_is_left_of_it() -> None:
    found = read("a room this afternoon", Person(now=NOW.replace(hour=14, minute=7)))

    assert wall(found.start_at) == clock(2026, 11, 18, 14, 15)
    assert wall(found.window_end_at) == clock(2026, 11, 18, 18)
    assert found.end_at is None


def test_a_part_of_the_day_that_is_over_is_past_or_tomorrows() -> None:
    assert read("a room this morning").troubles == (Trouble.PAST,)
    assert read("a room in the morning").day == date(2026, 11, 19)


def test_a_day_that_no_calendar_has_gives_no_time_at_all() -> None:
    found = read("book Oslo on 30 february at 10")

    assert found.troubles == (Trouble.NO_SUCH_DAY,)
    assert (found.day, found.start_at) == (None, None)


def test_a_leap_day_is_found_in_the_year_that_has_it() -> None:
    assert read("29 february at 10").day == date(2028, 2, 29)


@pytest.mark.parametrize("text", ["in 2000 weeks at 9", "2150-01-01 at 9", "9999-01-01", "in 900 months"])
def test_a_day_beyond_every_plan_is_too_far(text: str) -> None:
    found = read(text)

    assert found.troubles == (Trouble.TOO_FAR,)
    assert found.start_at is None


def test_the_zone_of_now_does_not_matter() -> None:
    here = read("tomorrow at 9", Person(now=NOW))
    there = read("tomorrow at 9", Person(now=NOW.astimezone(TOKYO)))

    assert here == there
    assert read("tomorrow at 9", Person(zone=NEW_YORK)).start_at != here.start_at


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        read("tomorrow at 9", Person(now=NOW.replace(tzinfo=None)))
