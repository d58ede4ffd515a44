"""A date of a series that was moved by itself: told wherever the series is, meant by its own time, and what a change of
the whole makes of it."""

import pytest

from tests.conversation.stage import MIA, Stage, buttons, text_of
from tests.conversation.test_dates_elsewhere import a_series
from tests.conversation.test_two_devices import mine, takers

MOVED = "Moved by itself: Tue 1 Dec, 17:00–18:00"
GOES = "Dates that you moved by themselves go to the time of the series, too: Tue 1 Dec."
KEPT = "Dates that you moved by themselves (Tue 1 Dec) keep their own time in Lisbon only, not in another room."


async def a_moved_date(stage: Stage) -> None:
    await a_series(stage)
    card = await stage.say(MIA, "move my meeting on 1 december to 5 pm")
    await stage.push(MIA, card, takers(card)[0])
    await stage.pass_time(60)


async def test_a_moved_date_is_told_wherever_its_series_is(stage: Stage) -> None:
    await a_moved_date(stage)

    for words in ("my bookings", "my series", "cancel the series"):
        card = text_of(await stage.say(MIA, words))
        assert "15:00–16:00 · 3 times" in card
        assert MOVED in card
    assert "Moved" not in text_of(await stage.say(MIA, "my bookings on 1 december"))


@pytest.mark.parametrize("words", ["cancel my 5 pm", "annuleer mijn boeking van 17:00", "cancel my booking at 17:00"])
async def test_by_its_own_time_the_moved_date_alone_is_cancelled(stage: Stage, words: str) -> None:
    await a_moved_date(stage)

    card = await stage.say(MIA, words)
    (cancel,) = [button for button in buttons(card) if button["verb"].startswith("foyer.cancel.")]
    await stage.push(MIA, card, cancel)
    await stage.pass_time(60)

    assert "1 dec, 17:00–18:00" in text_of(card).casefold()
    assert await mine(stage) == [("24 Nov 14:00", "lisbon"), ("08 Dec 14:00", "lisbon")]


async def test_by_its_own_time_the_moved_date_alone_is_changed(stage: Stage) -> None:
    await a_moved_date(stage)

    card = await stage.say(MIA, "move my 5 pm to 4 pm")
    await stage.push(MIA, card, takers(card)[0])
    await stage.pass_time(60)

    assert "You are changing your booking of Tue 1 Dec, 17:00–18:00" in text_of(card)
    assert [when for when, _ in await mine(stage)] == ["24 Nov 14:00", "01 Dec 15:00", "08 Dec 14:00"]


async def test_by_the_time_of_the_series_all_of_it_is_meant(stage: Stage) -> None:
    await a_moved_date(stage)

    card = await stage.say(MIA, "cancel my 3 pm")

    assert next(button["title"] for button in buttons(card)) == "Cancel the series"


@pytest.mark.parametrize(
    ("words", "told", "starts"),
    [
        ("move the series to 2 pm", GOES, ["24 Nov 13:00", "01 Dec 13:00", "08 Dec 13:00"]),
        ("move the series to wednesday", GOES, ["25 Nov 14:00", "02 Dec 14:00", "09 Dec 14:00"]),
        ("move the series to Bergen", GOES, ["24 Nov 14:00", "01 Dec 14:00", "08 Dec 14:00"]),
        ("make the series 30 minutes longer", KEPT, ["24 Nov 14:00", "01 Dec 16:00", "08 Dec 14:00"]),
    ],
)
async def test_what_a_change_of_the_series_makes_of_a_moved_date_is_told_before(
    stage: Stage, words: str, told: str, starts: list[str]
) -> None:
    await a_moved_date(stage)

    card = await stage.say(MIA, words)
    await stage.push(MIA, card, takers(card)[0])
    await stage.pass_time(180)

    assert told in text_of(card)
    assert [when for when, _ in await mine(stage)] == starts
