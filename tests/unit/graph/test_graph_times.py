"""dateTimeTimeZone both ways."""

import json
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import pytest

from bot.domain.series import Frequency, Rhythm
from bot.graph.times import UnknownZone, ZonedTime, instant_of, query_time, repeated, zoned
from bot.graph.zones import _rows, iana_of, windows_of, zone_of


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # a star of ints cannot be told apart from tzinfo


def read(text: str, zone: str | None) -> ZonedTime:
    return msgspec.json.decode(json.dumps({"dateTime": text, "timeZone": zone}), type=ZonedTime)


def written(time: ZonedTime) -> tuple[str, str]:
    told = json.loads(msgspec.json.encode(time))
    return told["dateTime"], told["timeZone"]


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-24T10:00:00.0000000", "UTC", utc(2026, 11, 24, 10)),
        ("2026-11-24T10:00:00.1234567", None, utc(2026, 11, 24, 10, 0, 0, 123457)),
        ("2026-11-24T10:00:00", "", utc(2026, 11, 24, 10)),
        ("2026-11-24T10:00:00", "tzone://Microsoft/Utc", utc(2026, 11, 24, 10)),
        ("2026-11-24T10:00:00.0000000", "W. Europe Standard Time", utc(2026, 11, 24, 9)),
        ("2026-07-24T10:00:00.0000000", "w. europe standard time", utc(2026, 7, 24, 8)),
        ("2026-07-24T10:00:00.0000000", "America/New_York", utc(2026, 7, 24, 14)),
        ("2026-07-24T10:00:00+02:00", "UTC", utc(2026, 7, 24, 8)),
        ("2026-07-24T10:00:00Z", "Pacific Standard Time", utc(2026, 7, 24, 10)),
    ],
)
def test_a_zoned_time_is_one_instant(text: str, zone: str | None, instant: datetime) -> None:
    assert instant_of(read(text, zone)) == instant


@pytest.mark.parametrize(
    "zone", ["Customized Time Zone", "tzone://Microsoft/Custom", "../../etc/passwd", "Middle Earth"]
)
def test_an_unknown_zone_is_no_instant(zone: str) -> None:
    with pytest.raises(UnknownZone):
        instant_of(read("2026-11-24T10:00:00", zone))


def test_a_meeting_is_sent_in_the_persons_zone_by_its_windows_name() -> None:
    start, end = zoned(utc(2026, 7, 24, 8), utc(2026, 7, 24, 9), zone="Europe/Amsterdam")

    assert written(start) == ("2026-07-24T10:00:00", "W. Europe Standard Time")
    assert written(end) == ("2026-07-24T11:00:00", "W. Europe Standard Time")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Antarctica/Troll"])
def test_a_zone_without_a_windows_name_is_sent_in_utc(zone: str) -> None:
    (start,) = zoned(utc(2026, 7, 24, 8), zone=zone)

    assert written(start) == ("2026-07-24T08:00:00", "UTC")


def test_the_hour_that_comes_twice_is_sent_in_utc() -> None:
    start, end = zoned(utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 3), zone="Europe/Amsterdam")

    assert (start.time_zone, end.time_zone) == ("UTC", "UTC")
    assert instant_of(start) == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    "zone", ["Europe/Amsterdam", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
)
@pytest.mark.parametrize("month", range(1, 13))
def test_what_is_sent_reads_back_as_the_same_instant(zone: str, month: int) -> None:
    instant = utc(2026, month, 17, 13, 45)

    (sent,) = zoned(instant, zone=zone)

    assert instant_of(sent) == instant


@pytest.mark.parametrize("zone", [*sorted(available_timezones() - {"Antarctica/Troll", "Factory", "localtime"}), ""])
def test_a_series_is_written_in_a_windows_zone_whose_clocks_go_as_the_persons_own_do(zone: str) -> None:
    working_days = Rhythm(frequency=Frequency.WEEKLY, weekdays=(0, 1, 2, 3, 4), until_on=date(2027, 4, 13))
    own = ZoneInfo(zone or "UTC")
    slots = working_days.slots(date(2027, 2, 26), time(9), 60, own)

    start, end = repeated(slots, working_days, zone)

    windows = zone_of(iana_of(start.time_zone or ""))
    assert windows is not None
    assert working_days.slots(date(2027, 2, 26), time(9), 60, windows) == slots
    assert written(start) == ("2027-02-26T09:00:00", end.time_zone)
    assert written(end)[0] == "2027-02-26T10:00:00"


@pytest.mark.parametrize(
    ("zone", "windows"),
    [
        ("Europe/Amsterdam", "W. Europe Standard Time"),
        ("GB", "GMT Standard Time"),
        ("NZ", "New Zealand Standard Time"),
        ("US/Eastern", "Eastern Standard Time"),
        ("America/Scoresbysund", "Greenland Standard Time"),
        ("", "UTC"),
    ],
)
def test_a_series_keeps_the_zone_of_its_person_where_outlook_has_it(zone: str, windows: str) -> None:
    weekly = Rhythm(frequency=Frequency.WEEKLY, until_on=date(2027, 11, 9))

    start, _ = repeated(weekly.slots(date(2027, 3, 9), time(15), 60, ZoneInfo(zone or "UTC")), weekly, zone)

    assert start.time_zone == windows


def test_a_series_that_no_windows_zone_shows_is_not_written_at_all() -> None:
    weekly = Rhythm(frequency=Frequency.WEEKLY, until_on=date(2027, 4, 13))

    with pytest.raises(UnknownZone):  # two hours forward in March, as nowhere else
        repeated(weekly.slots(date(2027, 3, 9), time(15), 60, ZoneInfo("Antarctica/Troll")), weekly, "Antarctica/Troll")


def test_query_times_are_utc_with_a_z() -> None:
    assert query_time(utc(2026, 11, 24, 10, 0, 30)) == "2026-11-24T10:00:30Z"


def test_every_zone_of_the_table_is_one_that_this_machine_knows() -> None:
    names = [name for _, names in _rows() for name in names]

    assert len(_rows()) > 130
    assert set(names) <= available_timezones()
    assert len(names) == len(set(names))
    assert all(windows_of(names[0]) == windows for windows, names in _rows())


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("India Standard Time", "Asia/Kolkata"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("UTC", "UTC"),
        ("Europe/Oslo", "Europe/Oslo"),
        ("Customized Time Zone", ""),
        ("tzone://Microsoft/Custom", ""),
        ("", ""),
    ],
)
def test_mailbox_zones_become_iana_names(name: str, iana: str) -> None:
    assert iana_of(name) == iana


def test_a_path_is_no_zone() -> None:
    assert zone_of("../../etc/passwd") is None
