"""Ends on another day, hours without a day, and hours that the clocks leave out."""

from datetime import date, time

import pytest

from bot.language.request import Trouble
from tests.unit.language.language_reading import clock, read, wall


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("room from monday 9 am to tuesday 10 am", clock(2026, 11, 24, 10)),
        ("room from monday 10 pm to tuesday 1 am", clock(2026, 11, 24, 1)),
        ("room friday at 9 pm until saturday 1 am", clock(2026, 11, 21, 1)),
        ("room next friday 9 am to monday 9 am", clock(2026, 11, 30, 9)),
        ("kamer van maandag 9 uur tot dinsdag 10 uur", clock(2026, 11, 24, 10)),
        ("room from friday 9 am to friday 11 am", clock(2026, 11, 20, 11)),
    ],
)
def test_an_end_on_another_day_is_understood(text: str, ends: object) -> None:
    found = read(text)
    assert (wall(found.end_at), found.troubles) == (ends, ())


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("room from 24 november 9 am to 23 november 10 am", Trouble.BACKWARDS),
        ("room from monday 9 am to 20 december 10 am", Trouble.TOO_LONG_TIME),
        ("room monday 9 am until tuesday", Trouble.LEFT_OUT),
        ("kamer morgen om 10 uur tot vrijdag", Trouble.LEFT_OUT),
    ],
)
def test_an_end_of_which_nothing_can_be_made_is_told(text: str, trouble: Trouble) -> None:
    assert read(text).troubles == (trouble,)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("31 february at 10", None), ("31 februari om 10 uur", None), ("1 january 2030 from 10 to 11:30", 90)],
)
def test_the_hour_of_a_day_that_cannot_be_is_kept(text: str, minutes: int | None) -> None:
    found = read(text)
    assert (found.day, found.start_at) == (None, None)
    assert (found.at, found.minutes) == (time(10), minutes)


@pytest.mark.parametrize(
    "text", ["28 march 2027 at 2:30 am", "28 maart 2027 van 01:30 tot 02:30", "28-03-2027 02:30-04:00"]
)
def test_an_hour_that_the_clocks_leave_out_is_told(text: str) -> None:
    found = read(text)
    told = found.finding(Trouble.SKIPPED)
    assert told is not None
    assert (told.said, told.days) == ("02:30", (date(2027, 3, 28),))


@pytest.mark.parametrize(
    "text", ["28 march 2027 at 3:30", "28 march 2027 from 1 am to 4 am", "31 october 2027 at 2:30 am"]
)
def test_other_hours_of_such_a_night_are_as_said(text: str) -> None:
    assert read(text).troubles == ()
