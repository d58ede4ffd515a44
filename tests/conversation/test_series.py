"""Series by chatting: found, booked whole or without what is taken, seen date by date, changed and given up."""

from dataclasses import replace
from typing import Any

import pytest

from tests.conversation.stage import JONAS, MIA, PRIYA, Stage, buttons, text_of

WORDS = "book a room for 6 every tuesday from 3 to 4 pm until 15 december"  # four times: 24 Nov to 15 Dec


async def _booked(stage: Stage, words: str = WORDS) -> None:
    card = await stage.say(MIA, words)
    await stage.press(MIA, card, "Book", subject="Planning")
    await stage.pass_time(40)


async def _meetings(stage: Stage) -> list[dict[str, Any]]:
    found = await stage.graph("/users/mia@contoso.com/events")
    meetings: list[dict[str, Any]] = found["value"]
    return meetings


def newest(stage: Stage) -> dict[str, Any]:
    return stage.teams.shown(MIA.chat)[-1].card or {}


async def test_a_series_is_found_booked_and_confirmed_as_one(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    assert "Every week, Tue 24 Nov – Tue 15 Dec, 15:00–16:00" in text_of(card)
    assert "free all 4 times" in text_of(card)

    waiting = (await stage.press(MIA, card, "Book", subject="Planning")).card
    assert "Booked" not in text_of(waiting)
    await stage.pass_time(40)

    assert "Booked" in stage.shown(MIA)
    assert "4 times" in stage.shown(MIA)
    assert len(stage.teams.shown(MIA.chat)) == 1
    (meeting,) = await _meetings(stage)
    assert meeting["type"] == "seriesMaster"
    assert meeting["recurrence"]["range"]["endDate"] == "2026-12-15"
    assert [one["status"]["response"] for one in meeting["attendees"]] == ["accepted"]


async def test_the_free_ones_are_booked_and_the_taken_one_is_told(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", "2026-12-01T15:00", minutes=60)
    await stage.pass_time(35)
    card = await stage.say(MIA, "book Lisbon every tuesday from 3 to 4 pm until 15 december")
    assert "free 3 of 4 times, not Tue 1 Dec" in text_of(card)

    await stage.press(MIA, card, "Book 3 times")
    await stage.pass_time(45)

    assert "Booked 3 of 4 times" in stage.shown(MIA)
    assert "Tue 1 Dec, 15:00–16:00: The room was not free" in stage.shown(MIA)
    view = await stage.graph(
        "/users/lisbon@contoso.com/calendarView?startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
    )
    mine = [one for one in view["value"] if one["organizer"]["emailAddress"]["address"] == "mia@contoso.com"]
    mine = [one for one in mine if not one["isCancelled"]]
    assert [one["start"]["dateTime"][:10] for one in mine] == ["2026-11-24", "2026-12-08", "2026-12-15"]
    assert {one["responseStatus"]["response"] for one in mine} == {"accepted"}


@pytest.mark.parametrize("zone", ["NZ", "CET"])
async def test_no_date_is_lost_where_the_clocks_change_in_a_zone_that_outlook_calls_otherwise(
    stage: Stage, zone: str
) -> None:
    mia = replace(MIA, zone=zone)

    card = await stage.say(mia, "book Lisbon every weekday from 9 to 10 am from 22 march until 9 april")
    await stage.press(mia, card, "Book", subject="Planning")
    await stage.pass_time(50)

    assert "15 times" in stage.shown(MIA)
    assert "of 15 times" not in stage.shown(MIA)
    (meeting,) = await _meetings(stage)
    assert meeting["recurrence"]["range"]["recurrenceTimeZone"] != "UTC"


async def test_a_series_that_no_zone_of_outlook_shows_is_refused_and_holds_nothing(stage: Stage) -> None:
    mia = replace(MIA, zone="Antarctica/Troll")

    card = await stage.say(mia, "book Lisbon every tuesday from 3 to 4 pm from 9 march until 13 april")
    await stage.press(mia, card, "Book", subject="Planning")
    await stage.pass_time(50)

    assert "Outlook knows no time zone whose clocks fit this series" in stage.shown(MIA)
    assert await _meetings(stage) == []


async def test_without_an_end_one_is_chosen_and_said(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room for 6 every tuesday from 3 to 4 pm")

    assert "You did not say until when" in text_of(card)
    assert "free all 13 times" in text_of(card)


async def test_the_form_makes_a_series_of_a_single_meeting_and_ends_it_elsewhere(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room for 6 tomorrow from 3 to 4 pm")
    weekly = (await stage.press(MIA, card, "Find rooms", repeat="weekly/1/")).card
    assert "free all 13 times" in text_of(weekly)

    shorter = (await stage.press(MIA, weekly, "Find rooms", until="2026-12-08")).card
    assert "free all 3 times" in text_of(shorter)

    single = (await stage.press(MIA, shorter, "Find rooms", repeat="")).card
    assert "times" not in text_of(single)


async def test_a_series_that_never_ends_is_asked_to_end(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room for 6 every day from 3 to 4 pm until 1 december 2027")
    assert "at most 200 meetings" in text_of(card)


async def test_one_date_is_opened_and_given_up_alone(stage: Stage) -> None:
    await stage.say(JONAS, "hi")  # her manager
    await _booked(stage)
    dates = (await stage.press(MIA, newest(stage), "Dates")).card
    assert text_of(dates).count("Booked") == 4
    second = [one for one in buttons(dates) if one["title"] == "Open"][1]
    one = (await stage.push(MIA, dates, second)).card
    assert "Tue 1 Dec" in text_of(one)

    await stage.press(MIA, one, "Yes, cancel it")
    await stage.pass_time(40)

    whole = (await stage.press(MIA, one, "Whole series")).card
    assert "Booked, 1 cancelled" in text_of(whole)
    assert "Tue 1 Dec, 15:00–16:00: Cancelled" in text_of(whole)

    assert "Booked, 1 cancelled" in stage.shown(JONAS)
    assert "15:00–16:00 · 3 times?" in text_of(whole)
    await stage.press(MIA, whole, "Yes, cancel it")
    await stage.pass_time(60)
    for told in (stage.shown(MIA), stage.shown(JONAS)):
        assert "Cancelled" in told
        assert "Tue 24 Nov – Tue 15 Dec, 15:00–16:00 · 3 times" in told
        assert "4 times" not in told


async def test_one_date_moves_alone_by_words(stage: Stage) -> None:
    await _booked(stage)
    found = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(60)

    view = await stage.graph(
        "/users/mia@contoso.com/calendarView?startDateTime=2026-11-24T00:00:00Z&endDateTime=2026-12-31T00:00:00Z"
    )
    assert sorted(one["start"]["dateTime"][8:13] for one in view["value"]) == ["01T16", "08T14", "15T14", "24T14"]
    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert {str(one.state) for one in mine} == {"confirmed"}


async def test_all_of_it_moves_to_another_hour(stage: Stage) -> None:
    await _booked(stage)
    form = (await stage.press(MIA, newest(stage), "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", at="16:30")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert "Booked" in stage.shown(MIA)
    assert "16:30–17:30" in stage.shown(MIA)
    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [str(one.state) for one in mine] == ["confirmed"] * 4
    assert {one.slot.start_at.strftime("%H:%M") for one in mine} == {"15:30"}


async def test_another_hour_leaves_every_date_on_its_day(stage: Stage) -> None:
    await _booked(stage, "book Lisbon every month on the 31st from 3 to 4 pm until 30 april")
    await stage.control("POST", "/clock", {"advance_s": 70 * 86400})  # past 31 January: the next is of a short month
    await stage.settle()
    await stage.pass_time(30)
    form = (await stage.press(MIA, newest(stage), "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", at="16:30")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [one.slot.start_at.strftime("%d %b %H:%M") for one in mine] == [
        "28 Feb 15:30",
        "31 Mar 14:30",
        "30 Apr 14:30",
    ]


async def test_more_people_leave_every_date_at_its_hour(stage: Stage) -> None:
    await _booked(stage)
    found = await stage.say(MIA, "move my meeting on 24 november to 5 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(60)
    whole = (await stage.press(MIA, newest(stage), "Whole series")).card
    form = (await stage.press(MIA, whole, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="4")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [one.slot.start_at.strftime("%H:%M") for one in mine] == ["16:00", "14:00", "14:00", "14:00"]
    assert {one.people for one in mine} == {4}


async def test_words_change_a_series_that_has_begun_from_its_next_date_on(stage: Stage) -> None:
    await _booked(stage)
    await stage.control("POST", "/clock", {"advance_s": 3 * 86400})  # past 24 November
    await stage.settle()
    await stage.pass_time(30)
    found = await stage.say(MIA, "move my weekly meeting to 4:30 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [one.slot.start_at.strftime("%d %H:%M") for one in mine] == ["01 15:30", "08 15:30", "15 15:30"]


async def test_all_of_it_moves_to_another_room(stage: Stage) -> None:
    await _booked(stage)
    form = (await stage.press(MIA, newest(stage), "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="12")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    rooms = {one.room for one in await stage.tenant.services.desk.mine(MIA.id)}
    assert rooms == {"helsinki@contoso.com"}
    assert len(stage.teams.shown(MIA.chat)) == 1
    assert "Booked" in stage.shown(MIA)
    assert [one["isCancelled"] for one in await _meetings(stage)] == [False]


async def test_the_series_is_one_line_of_the_list_and_cancelled_with_one_press(stage: Stage) -> None:
    await _booked(stage)
    listed = await stage.say(MIA, "my bookings")
    assert text_of(listed).count("Lisbon") == 2  # the row, and the question behind its button
    assert "Every week" in text_of(listed)

    await stage.press(MIA, listed, "Yes, cancel it")
    await stage.pass_time(30)

    assert await _meetings(stage) == []
    assert await stage.tenant.services.desk.mine(MIA.id) == []
    assert "Cancelled" in text_of(stage.teams.shown(MIA.chat)[0].card or {})


async def test_a_date_that_has_begun_goes_on_when_its_series_is_cancelled_and_the_card_says_so(stage: Stage) -> None:
    await _booked(stage, "book Lisbon every day from 9 to 10 until friday")  # it is 9 o'clock
    await stage.press(MIA, newest(stage), "Yes, cancel it")
    await stage.pass_time(120)

    assert "Cancelled" in stage.shown(MIA)
    assert "Mon 23 Nov, 09:00–10:00 has begun and stays yours. The dates after it are cancelled." in stage.shown(MIA)
    assert "You no longer have this room" not in stage.shown(MIA)
    listed = text_of(await stage.say(MIA, "my bookings"))
    assert "Booked" in listed
    assert "Cancelled" not in listed
    assert "Every day" not in listed


async def test_cancelled_in_outlook_it_ends_and_says_so(stage: Stage) -> None:
    await _booked(stage)
    (meeting,) = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][:1]

    await stage.control("POST", "/outlook/cancel", {"id": (await _meetings(stage))[0]["id"] or meeting["id"]})
    await stage.pass_time(40)

    assert "Cancelled" in stage.shown(MIA)
    assert "Outlook" in stage.shown(MIA)


async def test_nobody_else_opens_or_cancels_it(stage: Stage) -> None:
    await _booked(stage)
    card = newest(stage)

    refused = await stage.press(PRIYA, card, "Dates")
    await stage.press(PRIYA, card, "Yes, cancel it")
    await stage.pass_time(10)

    assert "Dates of the series" not in str(refused.body)
    assert len(await stage.tenant.services.desk.mine(MIA.id)) == 4


async def test_a_restart_in_the_middle_loses_nothing(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    await stage.restart()
    await stage.pass_time(45)

    assert "Booked" in stage.shown(MIA)
    assert len(await _meetings(stage)) == 1


async def _cancel_and_move_one(stage: Stage) -> None:
    """Of 24 Nov, 1, 8 and 15 Dec in Lisbon the third is given up, and the second is at 5 pm."""
    await _booked(stage)
    found = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(60)
    listed = await stage.say(MIA, "my bookings")
    whole = (await stage.press(MIA, listed, "Open")).card
    dates = (await stage.press(MIA, whole, "Dates")).card
    third = [one for one in buttons(dates) if one["title"] == "Open"][2]
    await stage.press(MIA, (await stage.push(MIA, dates, third)).card, "Yes, cancel it")
    await stage.pass_time(60)


async def _standing(stage: Stage) -> list[tuple[str, str]]:
    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert {str(one.state) for one in mine} == {"confirmed"}
    assert len({one.series for one in mine}) == 1
    return [
        (one.room.split("@")[0], f"{one.slot.start_at:%d %b %H:%M}") for one in sorted(mine, key=lambda one: one.slot)
    ]


async def test_a_change_of_the_whole_leaves_single_dates_as_they_were_made(stage: Stage) -> None:
    await _cancel_and_move_one(stage)
    listed = await stage.say(MIA, "my bookings")
    assert "Tue 24 Nov – Tue 15 Dec, 15:00–16:00 · 3 times" in text_of(listed)
    whole = (await stage.press(MIA, listed, "Open")).card
    assert "Booked, 1 cancelled" in text_of(whole)
    assert "Tue 1 Dec, 17:00–18:00: Booked" in text_of(whole)
    found = (await stage.press(MIA, whole, "Change")).card
    assert text_of(found).index("Lisbon") < text_of(found).index("free all 3 times")

    await stage.press(MIA, found, "Take this", subject="Renamed")
    await stage.pass_time(90)

    assert await _standing(stage) == [
        ("lisbon", "24 Nov 14:00"),
        ("lisbon", "01 Dec 16:00"),
        ("lisbon", "15 Dec 14:00"),
    ]
    assert len(await _meetings(stage)) == 1


async def test_a_date_that_was_given_up_stays_so_in_another_room_and_at_another_hour(stage: Stage) -> None:
    await _cancel_and_move_one(stage)
    whole = (await stage.press(MIA, await stage.say(MIA, "my bookings"), "Open")).card
    form = (await stage.press(MIA, whole, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", at="16:30")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)
    at_half = [f"{day} 15:30" for day in ("24 Nov", "01 Dec", "15 Dec")]
    assert await _standing(stage) == [("lisbon", when) for when in at_half]

    whole = (await stage.press(MIA, await stage.say(MIA, "my bookings"), "Open")).card
    form = (await stage.press(MIA, whole, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="12")).card
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(120)
    assert await _standing(stage) == [("helsinki", when) for when in at_half]
    assert "Booked, 1 cancelled" in stage.shown(MIA)
    assert "Tue 8 Dec, 16:30–17:30: Cancelled" in stage.shown(MIA)


async def test_a_longer_series_is_not_offered_in_the_room_that_has_its_first_dates(stage: Stage) -> None:
    await _booked(stage)
    form = (await stage.press(MIA, newest(stage), "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", until="2026-12-29")).card

    assert "run into the series' own in Lisbon" in text_of(found)
    assert "not Tue 24 Nov" not in text_of(found)


async def test_a_series_is_told_by_the_dates_that_it_has(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", "2026-11-24T15:00", minutes=60)
    await stage.pass_time(35)
    card = await stage.say(MIA, "book Lisbon every tuesday from 3 to 4 pm until 21 december")
    assert "Tue 24 Nov – Tue 15 Dec, 15:00–16:00" in text_of(card)

    await stage.press(MIA, card, "Book 3 times")
    await stage.pass_time(45)

    assert "Tue 1 Dec – Tue 15 Dec, 15:00–16:00 · 3 times" in stage.shown(MIA)
    moved = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
    await stage.press(MIA, moved, "Take this")
    await stage.pass_time(60)
    listed = await stage.say(MIA, "my bookings")
    assert "Tue 1 Dec – Tue 15 Dec, 15:00–16:00 · 3 times" in text_of(listed)


async def test_a_room_that_was_named_and_is_taken_too_often_is_told_of(stage: Stage) -> None:
    for day in ("2026-11-24", "2026-12-01", "2026-12-08"):
        await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", f"{day}T15:00", minutes=60)
    await stage.pass_time(35)
    card = await stage.say(MIA, "book Lisbon every tuesday from 3 to 4 pm until 15 december")
    assert "Lisbon is free 1 of 4 times." in text_of(card)
    assert "5 rooms that fit" in text_of(card)
