"""What people say of a series as a whole: which one they mean, what it becomes, and what is told without one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.conversation.stage import JONAS, MIA, Stage, buttons, text_of

PLANNING = "book Lisbon every tuesday from 3 to 4 pm until 15 december"
STANDUP = "book Oslo every day from 9 to 9:15 am from 24 november until 27 november"


async def _booked(stage: Stage, words: str, subject: str) -> None:
    card = await stage.say(MIA, words)
    await stage.press(MIA, card, "Book", subject=subject)
    await stage.pass_time(45)


async def _starts(stage: Stage, subject: str) -> list[str]:
    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert {str(one.state) for one in mine} == {"confirmed"}
    return [f"{one.slot.start_at:%d %b %H:%M}" for one in mine if one.subject == subject]


def _titles(card: dict[str, Any]) -> list[str]:
    return [button["title"] for button in buttons(card)]


@pytest.mark.parametrize(
    "words",
    [
        "move the series to 2 pm",
        "verzet de reeks naar 14 uur",
        "move my series one hour earlier",
        "zet mijn reeks op 14:00",
    ],
)
async def test_the_only_series_goes_to_another_hour_by_its_name_alone(stage: Stage, words: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    await _booked(stage, "book Oslo tomorrow from 3 to 4 pm", "Single")
    found = await stage.say(MIA, words)
    assert "14:00–15:00" in text_of(found)

    take = next(button for button in buttons(found) if button["verb"].startswith("foyer.book."))
    await stage.push(MIA, found, take)
    await stage.pass_time(90)

    assert await _starts(stage, "Planning") == ["24 Nov 13:00", "01 Dec 13:00", "08 Dec 13:00", "15 Dec 13:00"]
    assert await _starts(stage, "Single") == ["24 Nov 14:00"]


async def test_a_series_goes_to_another_weekday_with_as_many_dates(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    found = await stage.say(MIA, "move the series to wednesday")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert await _starts(stage, "Planning") == ["25 Nov 14:00", "02 Dec 14:00", "09 Dec 14:00", "16 Dec 14:00"]


async def test_a_series_goes_whole_to_where_its_own_dates_are_in_the_way(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    found = await stage.say(MIA, "move the series to 8 december")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(240, step_s=5)

    assert await _starts(stage, "Planning") == ["08 Dec 14:00", "15 Dec 14:00", "22 Dec 14:00", "29 Dec 14:00"]


@pytest.mark.parametrize(
    ("words", "question", "button"),
    [
        ("cancel my series", "Shall I cancel this one?", "Cancel the series"),
        ("annuleer mijn reeks", "Zal ik deze annuleren?", "Reeks annuleren"),
        ("cancel the weekly planning series", "Shall I cancel this one?", "Cancel the series"),
    ],
)
async def test_the_only_series_is_cancelled_with_one_press_and_shows_its_dates(
    stage: Stage, words: str, question: str, button: str
) -> None:
    await _booked(stage, PLANNING, "Planning")
    await _booked(stage, "book Oslo tomorrow from 3 to 4 pm", "Single")
    card = await stage.say(MIA, words)
    assert question in text_of(card)
    assert all(day in text_of(card) for day in ("24", "1", "8", "15"))

    await stage.press(MIA, card, button)
    await stage.pass_time(60)

    assert await _starts(stage, "Planning") == []
    assert await _starts(stage, "Single") == ["24 Nov 14:00"]


async def test_of_several_series_one_is_chosen_and_becomes_what_was_said(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    await _booked(stage, STANDUP, "Standup")
    await _booked(stage, "book Bergen tomorrow from 3 to 4 pm", "Single")
    card = await stage.say(MIA, "move my series to 2 pm")
    assert "Which one shall I change?" in text_of(card)
    assert _titles(card) == ["Change this one", "Change this one", "My bookings"]

    planning = [button for button in buttons(card) if button["title"] == "Change this one"][1]
    found = (await stage.push(MIA, card, planning)).card
    assert "You are changing your series" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    assert await _starts(stage, "Planning") == ["24 Nov 13:00", "01 Dec 13:00", "08 Dec 13:00", "15 Dec 13:00"]
    assert (await _starts(stage, "Standup"))[0] == "24 Nov 08:00"


async def test_of_several_series_the_one_that_is_named_is_meant(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    await _booked(stage, STANDUP, "Standup")
    named = await stage.say(MIA, "cancel the weekly standup series")
    assert "Shall I cancel this one?" in text_of(named)
    assert "Oslo" in text_of(named)
    assert "Lisbon" not in text_of(named)

    which = await stage.say(MIA, "cancel my series")
    assert "Which one shall I cancel?" in text_of(which)
    there = await stage.say(MIA, "cancel my series in Lisbon")
    assert "Shall I cancel this one?" in text_of(there)
    listed = await stage.say(MIA, "my series")
    assert "Your series" in text_of(listed)
    assert "Standup" in text_of(listed)
    assert "Planning" in text_of(listed)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("change the series", "You have no coming series."),
        ("cancel my series", "You have no coming series."),
        ("annuleer mijn reeks", "U hebt geen reeks die nog komt."),
    ],
)
async def test_without_a_series_that_is_said(stage: Stage, words: str, told: str) -> None:
    await _booked(stage, "book Oslo tomorrow from 3 to 4 pm", "Single")
    assert told in text_of(await stage.say(MIA, words))


async def test_a_meeting_that_is_only_called_weekly_is_found_all_the_same(stage: Stage) -> None:
    await _booked(stage, "book Oslo tomorrow from 3 to 4 pm", "Single")
    assert "Oslo" in text_of(await stage.say(MIA, "cancel my weekly meeting"))


async def test_a_change_begins_at_the_hour_of_the_series_though_its_next_date_was_moved(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    found = await stage.say(MIA, "move my meeting on 24 november to 5 pm")
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(60)
    found = await stage.say(MIA, "extend the series by 30 minutes")
    assert "15:00–16:30" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(90)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert [f"{one.slot.start_at:%d %H:%M} {one.slot.minutes}" for one in mine] == [
        "24 16:00 90",
        "01 14:00 90",
        "08 14:00 90",
        "15 14:00 90",
    ]
    again = await stage.say(MIA, "change the series")
    assert "Every week, Tue 24 Nov – Tue 15 Dec, 15:00–16:30" in text_of(again)


async def test_a_monthly_series_of_the_31st_keeps_its_day_in_another_room(stage: Stage) -> None:
    await _booked(stage, "book Lisbon every month on the 31st from 3 to 4 pm until 30 april", "Planning")
    await stage.control("POST", "/clock", {"advance_s": 70 * 86400})  # past 31 January: the next is 28 February
    await stage.settle()
    await stage.pass_time(30)
    found = await stage.say(MIA, "move the series to Oslo")
    assert "Oslo" in text_of(found)
    await stage.press(MIA, found, "Take this")
    await stage.pass_time(120)

    mine = await stage.tenant.services.desk.mine(MIA.id)
    assert {one.room for one in mine} == {"oslo@contoso.com"}
    assert [f"{one.slot.start_at:%d %b}" for one in mine] == ["28 Feb", "31 Mar", "30 Apr"]
    meetings = (await stage.graph("/users/mia@contoso.com/events"))["value"]
    assert 31 in [one["recurrence"]["pattern"]["dayOfMonth"] for one in meetings]


@pytest.mark.parametrize(
    ("words", "times"),
    [
        ("book Lisbon every tuesday at 10 for 4 weeks", "free all 4 times"),
        ("boek Lisbon elke dinsdag om 10 uur, 4 weken lang", "alle 4 keer vrij"),
        ("book Lisbon every 3 mondays at 10 until 1 february", "free all 4 times"),
        ("book Lisbon every third tuesday at 10 until 1 february", "free all 4 times"),
    ],
)
async def test_how_often_and_how_long_a_series_goes_on_is_as_said(stage: Stage, words: str, times: str) -> None:
    assert times in text_of(await stage.say(replace(JONAS), words))


async def test_what_cannot_come_back_is_told_and_what_can_is_offered(stage: Stage) -> None:
    card = await stage.say(MIA, "book Lisbon every first monday of the month at 10")
    assert "A series cannot come back on “every first monday of the month” here." in text_of(card)
    assert "Book" not in _titles(card)
    assert "Every month" in str(card)


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ("change the number of people of my booking tomorrow to 5", 5),
        ("wijzig het aantal personen van mijn boeking morgen naar 5", 5),
        ("add 2 people to my booking tomorrow", 6),
        ("remove 2 people from my booking tomorrow", 2),
    ],
)
async def test_how_many_come_is_changed_by_words_and_the_time_stays(stage: Stage, words: str, people: int) -> None:
    await _booked(stage, "book Oslo for 4 tomorrow from 3 to 4 pm", "Single")
    found = await stage.say(MIA, words)
    take = next(button for button in buttons(found) if button["verb"].startswith("foyer.book."))
    await stage.push(MIA, found, take)
    await stage.pass_time(30)

    (mine,) = await stage.tenant.services.desk.mine(MIA.id)
    assert (mine.people, f"{mine.slot.start_at:%d %H:%M}") == (people, "24 14:00")


async def test_a_series_that_is_being_cancelled_is_shown_and_not_changed(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")
    card = await stage.say(MIA, "cancel my series")
    await stage.press(MIA, card, "Cancel the series")
    after = text_of(await stage.say(MIA, "move the series to 2 pm"))
    assert "Being cancelled" in after or "You have no coming series." in after
    assert "rooms that fit" not in after


@pytest.mark.parametrize(
    "words",
    ["cancel the series on 1 december", "annuleer de reeks op 1 december", "cancel my weekly meeting on 1 december"],
)
async def test_a_day_named_with_the_series_is_offered_to_cancel_before_all_of_it(stage: Stage, words: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    card = await stage.say(MIA, words)
    first, second = (button for button in buttons(card) if button["verb"].startswith("foyer.cancel."))
    assert (first["title"], second["title"]) in [
        ("Cancel this one", "Cancel the series"),
        ("Deze annuleren", "Reeks annuleren"),
    ]
    await stage.push(MIA, card, first)
    await stage.pass_time(60)

    assert await _starts(stage, "Planning") == ["24 Nov 14:00", "08 Dec 14:00", "15 Dec 14:00"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("cancel the series from 8 december", "All dates of a series are cancelled with it."),
        ("stop the series after 1 december", "All dates of a series are cancelled with it."),
        ("cancel the series until 2 december", "All dates of a series are cancelled with it."),
        ("annuleer de reeks vanaf 9 december", "Met een reeks worden al haar datums geannuleerd."),
        ("stop de reeks na 1 december", "Met een reeks worden al haar datums geannuleerd."),
    ],
)
async def test_that_all_of_a_series_goes_is_said_to_who_means_some_of_its_dates(
    stage: Stage, words: str, told: str
) -> None:
    await _booked(stage, PLANNING, "Planning")
    card = await stage.say(MIA, words)
    assert told in text_of(card)
    assert _titles(card)[1] in ("Cancel the series", "Reeks annuleren")
    dates = (await stage.push(MIA, card, buttons(card)[0])).card
    assert _titles(dates).count("Open") == 4 or _titles(dates).count("Openen") == 4
    assert told not in text_of(await stage.say(MIA, "cancel my series"))


@pytest.mark.parametrize("words", ["annuleer de reeks niet", "zeg mijn reeks niet af", "don't cancel the series"])
async def test_a_series_that_is_not_to_be_cancelled_is_not_offered_for_it(stage: Stage, words: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    card = await stage.say(MIA, words)
    assert not [button for button in buttons(card) if button["verb"].startswith("foyer.cancel.")]


@pytest.mark.parametrize("words", [f"move the series to {where}" for where in ("3 pm", "Lisbon", "tuesday")])
async def test_a_series_that_is_as_it_is_wanted_is_told_to_be_so(stage: Stage, words: str) -> None:
    told = "It is like that already: nothing would change."
    await _booked(stage, PLANNING, "Planning")
    assert told in text_of(await stage.say(MIA, words))
    assert told not in text_of(await stage.say(MIA, "change the series"))
    assert told not in text_of(await stage.say(MIA, "move the series to 2 pm"))


@pytest.mark.parametrize(
    ("words", "last"),
    [
        ("extend the series until january", "29 Dec 14:00"),
        ("verleng de reeks tot eind december", "29 Dec 14:00"),
        ("extend the series by 2 weeks", "29 Dec 14:00"),
        ("shorten the series by a week", "08 Dec 14:00"),
    ],
)
async def test_a_series_ends_when_the_words_say(stage: Stage, words: str, last: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    found = await stage.say(MIA, words)
    take = next(button for button in buttons(found) if button["verb"].startswith("foyer.book."))
    await stage.push(MIA, found, take)
    await stage.pass_time(90)

    assert (await _starts(stage, "Planning"))[-1] == last


async def test_of_a_change_that_is_not_understood_the_words_are_told(stage: Stage) -> None:
    await _booked(stage, PLANNING, "Planning")

    assert "until easter" in text_of(await stage.say(MIA, "extend the series until easter"))
    assert "10 times" in text_of(await stage.say(MIA, "extend the series to 10 times"))


@pytest.mark.parametrize(
    "words",
    ["cancel the series except 1 december", "annuleer de reeks behalve 1 december", "cancel everything but 1 december"],
)
async def test_what_is_to_stay_is_never_what_is_offered_to_go(stage: Stage, words: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    answer = await stage.say(MIA, words)

    assert not [button for button in buttons(answer) if "cancel" in button["verb"]]
    assert "1 december" in text_of(answer)


@pytest.mark.parametrize("words", ["skip 1 december", "skip the series on 1 december", "sla 1 december over"])
async def test_a_date_that_is_skipped_is_the_one_that_is_offered(stage: Stage, words: str) -> None:
    await _booked(stage, PLANNING, "Planning")
    asked = await stage.say(MIA, words)
    first = next(button for button in buttons(asked) if "cancel" in button["verb"])
    await stage.push(MIA, asked, first)
    await stage.pass_time(90)

    assert await _starts(stage, "Planning") == ["24 Nov 14:00", "08 Dec 14:00", "15 Dec 14:00"]


@pytest.mark.parametrize("words", ["cancel all my bookings", "annuleer alles", "delete my bookings"])
async def test_who_has_nothing_is_told_that_there_is_nothing(stage: Stage, words: str) -> None:
    answer = text_of(await stage.say(MIA, words))

    assert "no coming bookings" in answer or "geen komende boekingen" in answer


async def test_a_bare_yes_is_answered_with_where_to_press(stage: Stage) -> None:
    await _booked(stage, "book Oslo tomorrow from 3 to 4 pm", "Single")
    await stage.say(MIA, "cancel my 3 pm")

    assert "Press the button" in text_of(await stage.say(MIA, "yes"))
    assert "Druk op de knop" in text_of(await stage.say(MIA, "ja graag"))
    assert await _starts(stage, "Single") == ["24 Nov 14:00"]


async def test_a_city_of_a_clock_on_the_cards_is_a_place(stage: Stage) -> None:
    for words in (
        "a room in London tomorrow at 2 pm for an hour",
        "een ruimte in Londen morgen om 14 uur voor een uur",
    ):
        found = text_of(await stage.say(MIA, words))
        assert "Thames Yard" in found
        assert "Harbour House" not in found
    found = text_of(await stage.say(MIA, "rooms in Amsterdam"))
    assert "Harbour House" in found
    assert "no room called" not in found
