"""A series and other rooms: what becomes of its dates that were moved, and of those that it never had."""

from dataclasses import replace

import pytest

from tests.conversation.stage import MIA, PRIYA, Stage, text_of
from tests.conversation.test_series import _meetings, _standing, newest

FOUR_TUESDAYS = "book Lisbon every tuesday from 3 to 4 pm until 15 december"
THREE_WEEKS = "book Lisbon every tuesday at 15:00 for an hour for 3 weeks"


async def _booked_without_a_date(stage: Stage, words: str = FOUR_TUESDAYS, day: str = "2026-12-01") -> None:
    """A series of Mia's in Lisbon; somebody else has the room on one of its days."""
    await _booked_beside(stage, f"{day}T15:00", words)


async def _booked_beside(stage: Stage, taken: str, words: str = FOUR_TUESDAYS) -> None:
    """A series of Mia's in Lisbon; somebody else has the room for an hour then."""
    await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", taken, minutes=60)
    await stage.pass_time(35)
    await stage.press(MIA, await stage.say(MIA, words), "Book", subject="Planning")
    await stage.pass_time(45)


async def test_a_date_that_was_taken_is_tried_again_in_another_room(stage: Stage) -> None:
    await _booked_without_a_date(stage)
    form = (await stage.press(MIA, newest(stage), "Change")).card
    stays = text_of(form)
    assert stays.index("Lisbon") < stays.index("3 times, without Tue 1 Dec")
    elsewhere = text_of(await stage.say(MIA, "move the series to thursday"))
    assert "3 times, without Thu 3 Dec" in elsewhere  # the room is free then, and is not asked for that date
    assert "not Thu 3 Dec" not in elsewhere
    by_name = text_of(await stage.say(MIA, "move the series to Helsinki"))
    assert by_name.index("Helsinki") < by_name.index("free all 4 times")
    assert "without" not in by_name
    found = (await stage.press(MIA, form, "Find rooms", people="12")).card
    assert "free all 4 times" in text_of(found)

    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert await _standing(stage) == [("helsinki", f"{day} 14:00") for day in ("24 Nov", "01 Dec", "08 Dec", "15 Dec")]
    assert "4 times" in stage.shown(MIA)
    assert "Cancelled" not in stage.shown(MIA)


@pytest.mark.parametrize("taken", ["24 Nov", "01 Dec", "08 Dec"])
async def test_whichever_date_was_taken_another_room_is_asked_for_it(stage: Stage, taken: str) -> None:
    day = {"24 Nov": "2026-11-24", "01 Dec": "2026-12-01", "08 Dec": "2026-12-08"}[taken]
    await _booked_without_a_date(stage, THREE_WEEKS, day)
    found = await stage.say(MIA, "move the series to Helsinki")
    assert "free all 3 times" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert await _standing(stage) == [("helsinki", f"{day} 14:00") for day in ("24 Nov", "01 Dec", "08 Dec")]


async def test_a_first_date_that_was_taken_is_asked_for_at_the_hour_that_the_series_has_by_now(stage: Stage) -> None:
    await _booked_without_a_date(stage, THREE_WEEKS, "2026-11-24")
    found = await stage.say(MIA, "move the series to wednesday 4:30 pm")
    assert "2 times, without Wed 25 Nov" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)
    assert await _standing(stage) == [("lisbon", f"{day} 15:30") for day in ("02 Dec", "09 Dec")]

    found = await stage.say(MIA, "move the series to Helsinki")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)
    assert await _standing(stage) == [("helsinki", f"{day} 15:30") for day in ("25 Nov", "02 Dec", "09 Dec")]


async def test_a_date_that_is_taken_in_the_other_room_too_is_told_as_that(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "helsinki@contoso.com", "2026-12-01T15:00", minutes=60)
    await _booked_without_a_date(stage)
    found = await stage.say(MIA, "move the series to Helsinki")
    assert "free 3 of 4 times, not Tue 1 Dec" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert len(await _standing(stage)) == 3
    assert "Tue 1 Dec, 15:00–16:00: The room was not free" in stage.shown(MIA)


async def test_a_series_with_an_untaken_date_changes_its_hour_in_its_room(stage: Stage) -> None:
    await _booked_without_a_date(stage)
    found = await stage.say(MIA, "move the series to 4:30 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert await _standing(stage) == [("lisbon", f"{day} 15:30") for day in ("24 Nov", "08 Dec", "15 Dec")]
    assert len(await _meetings(stage)) == 1


@pytest.mark.parametrize("way", ["card", "dates"])
async def test_for_a_date_without_a_room_others_are_a_press_away(stage: Stage, way: str) -> None:
    await _booked_without_a_date(stage, "book Lisbon for 4 every tuesday from 3 to 4 pm until 15 december")
    shown = newest(stage) if way == "card" else (await stage.press(MIA, newest(stage), "Dates")).card
    found = (await stage.press(MIA, shown, "Another room")).card
    assert "Tue 1 Dec, 15:00–16:00 · 4 people" in text_of(found)
    assert "Planning" in str(found)
    back = (await stage.press(MIA, found, "Whole series")).card
    assert "Booked 3 of 4 times" in text_of(back)

    found = (await stage.press(MIA, back, "Another room")).card
    await stage.press(MIA, found, "Book")
    await stage.pass_time(45)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [f"{one.slot.start_at:%d %b %H:%M}" for one in mine] == [
        "24 Nov 14:00",
        "01 Dec 14:00",
        "08 Dec 14:00",
        "15 Dec 14:00",
    ]
    (alone,) = [one for one in mine if not one.series]
    assert (alone.subject, alone.people, str(alone.state)) == ("Planning", 4, "confirmed")
    assert "Booked" in stage.shown(MIA)
    again = (await stage.press(MIA, await stage.say(MIA, "my series"), "Open")).card
    there = (await stage.press(MIA, again, "Another room")).card
    assert "Booked" in text_of(there)
    assert len(await stage.tenant.services.desk.mine(MIA.id)) == 4


async def test_a_date_that_has_a_room_by_itself_is_not_asked_for_again_with_its_series(stage: Stage) -> None:
    await _booked_without_a_date(stage)
    found = (await stage.press(MIA, newest(stage), "Another room")).card
    await stage.press(MIA, found, "Book")
    await stage.pass_time(45)

    moved = await stage.say(MIA, "move the series to Helsinki")
    assert "free all 3 times" in text_of(moved)
    await stage.press(MIA, moved, "Take this")
    await stage.pass_time(90)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [f"{one.slot.start_at:%d %b}" for one in mine] == ["24 Nov", "01 Dec", "08 Dec", "15 Dec"]


async def test_nobody_else_finds_a_room_for_a_date_of_it(stage: Stage) -> None:
    await _booked_without_a_date(stage)

    refused = await stage.press(PRIYA, newest(stage), "Another room")
    assert "Tue 1 Dec" not in str(refused.body)
    assert "Planning" not in str(refused.body)


async def test_a_date_that_another_time_would_cost_is_named_before_the_press(stage: Stage) -> None:
    await _booked_beside(stage, "2026-12-01T14:00")

    found = text_of(await stage.say(MIA, "move the series to 2 pm"))
    assert "With this one you give up 1 date that you have: Tue 1 Dec." in found
    assert "Once the new one stands, all of the old one is given up." in found
    dutch = text_of(await stage.say(replace(MIA, locale="nl-NL"), "verplaats de reeks naar 14 uur"))
    assert "Hiermee geeft u 1 datum op die u nu hebt: di 1 dec." in dutch

    elsewhere = await stage.say(MIA, "move the series to Helsinki")
    assert "give up" not in text_of(elsewhere)
    on_another_day = await stage.say(MIA, "move the series to wednesday")
    assert "give up" not in text_of(on_another_day)


async def test_a_series_on_another_weekday_costs_the_dates_that_it_has_in_their_order(stage: Stage) -> None:
    await _booked_beside(stage, "2026-12-02T15:00")

    found = text_of(await stage.say(MIA, "move the series to wednesday"))
    assert "free 3 of 4 times, not Wed 2 Dec" in found
    assert "you give up 1 date that you have: Tue 1 Dec." in found


async def test_head_and_list_of_a_series_count_the_same_dates(stage: Stage) -> None:
    await _booked_without_a_date(stage)
    assert "Booked 3 of 4 times" in stage.shown(MIA)
    assert "Booked 3 of 4 times" in text_of(await stage.say(MIA, "my series"))
    one = await stage.say(MIA, "cancel my series on 15 december")
    await stage.press(MIA, one, "Cancel this one")
    await stage.pass_time(90)
    assert "Booked 2 of 4 times, 1 cancelled" in text_of(await stage.say(MIA, "my series"))
