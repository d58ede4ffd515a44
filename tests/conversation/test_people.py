"""Managers, administrators and newcomers."""

from dataclasses import replace

import pytest

from tests.conversation.stage import JONAS, MIA, PRIYA, Stage, text_of
from tests.conversation.test_booking import WORDS, _booked


async def test_the_manager_is_told_of_a_confirmed_booking(stage: Stage) -> None:
    await stage.say(JONAS, "hi")

    await _booked(stage, WORDS)

    told = stage.shown(JONAS)
    assert "Mia Lindqvist" in told
    assert "15:00" in told
    assert "Meeting" not in told


async def test_the_managers_card_follows_a_cancellation(stage: Stage) -> None:
    await stage.say(JONAS, "hi")
    await _booked(stage, WORDS)
    messages = len(stage.teams.shown(JONAS.chat))

    await stage.press(MIA, stage.teams.shown(MIA.chat)[-1].card or {}, "Yes, cancel it")
    await stage.pass_time(20)

    assert "ancel" in stage.shown(JONAS)
    assert len(stage.teams.shown(JONAS.chat)) == messages


async def test_a_manager_without_the_bot_is_said_once(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await _booked(stage, WORDS)
    await _booked(stage, "room for 2 on wednesday 10 to 11")

    assert [record.message for record in caplog.records].count("manager.not_reachable") == 1
    assert len(await stage.tenant.services.desk.mine(MIA.id)) == 2


async def test_status_shows_every_room_to_an_administrator(stage: Stage) -> None:
    shown = text_of(await stage.say(JONAS, "status"))

    for said in ("Contoso", "SQLite", "Oslo", "Porto", "Exchange decides", "Foyer decides", "notifications until"):
        assert said in shown


async def test_status_is_for_administrators_alone(stage: Stage) -> None:
    assert "Only administrators" in text_of(await stage.say(PRIYA, "status"))


async def test_a_newcomer_is_welcomed_once(stage: Stage) -> None:
    for _ in range(2):
        await stage.post(stage.activity(MIA, type="installationUpdate", action="add"))
        added = stage.activity(MIA, type="conversationUpdate", membersAdded=[{"id": "28:foyer"}])
        await stage.post(added)

    assert len(stage.teams.shown(MIA.chat)) == 1
    assert "Welcome" in stage.shown(MIA)


async def test_who_comes_back_is_welcomed_again(stage: Stage) -> None:
    for action in ("add", "remove", "add"):
        await stage.post(stage.activity(MIA, type="installationUpdate", action=action))

    assert len(stage.teams.shown(MIA.chat)) == 2


async def test_help_is_help(stage: Stage) -> None:
    assert "my bookings" in text_of(await stage.say(MIA, "HELP"))


async def test_in_a_channel_the_bot_answers_to_its_name(stage: Stage) -> None:
    channel = {"id": "19:facilities@thread.tacv2;messageid=1", "conversationType": "channel", "isGroup": True}
    mention = {"type": "mention", "text": "<at>Foyer</at>", "mentioned": {"id": "28:foyer", "name": "Foyer"}}

    card = await stage.say(JONAS, "<at>Foyer</at> status", conversation=channel, entities=[mention])

    assert "Contoso" in text_of(card)


async def test_who_writes_dutch_is_answered_in_dutch_whatever_the_client_says(stage: Stage) -> None:
    card = await stage.say(MIA, "boek een ruimte voor 6 morgen van 15 tot 16 uur", locale="en-US")
    assert "passende ruimten" in text_of(card)

    await stage.press(MIA, card, "Boek")
    await stage.pass_time(30)
    assert "Geboekt" in stage.shown(MIA)

    assert "rooms that fit" in text_of(await stage.say(MIA, "book a room for 4 tomorrow at 10", locale="en-US"))


async def test_a_card_speaks_as_its_reader_does_by_now_and_never_goes_back(stage: Stage) -> None:
    """Mia's card was made in English, Jonas's too; then both write Dutch, and the booking is cancelled."""
    await stage.say(JONAS, "hi")
    await _booked(stage, WORDS)
    assert "Organizer" in stage.shown(JONAS)
    own = stage.teams.shown(MIA.chat)[-1].card or {}
    for who in (MIA, JONAS):
        await stage.say(who, "mijn boekingen")

    pressed = (await stage.press(MIA, own, "Yes, cancel it")).card
    await stage.pass_time(30)

    after = text_of(stage.teams.shown(MIA.chat)[0].card or {})
    assert "Being cancelled" not in text_of(pressed)
    assert "Geannuleerd" in after
    assert "Cancelled" not in after
    told = [text_of(message.card or {}) for message in stage.teams.shown(JONAS.chat)]
    assert any("Geannuleerd" in text and "Organisator" in text for text in told)
    assert not any("Organizer" in text for text in told)


async def test_the_managers_card_is_in_the_managers_language(stage: Stage) -> None:
    await stage.say(replace(JONAS, locale="nl-NL"), "hallo")
    await _booked(stage, WORDS)

    assert "Booked" in stage.shown(MIA)
    assert "Geboekt" in stage.shown(JONAS)
    assert "Booked" not in stage.shown(JONAS)


async def test_who_comes_along_by_name_gets_a_seat_and_that_nobody_invites_them_is_told(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "book a room on friday from 3 to 4 pm with Tom and Priya"))
    assert "Fri 27 Nov, 15:00–16:00 · 3 people" in card
    assert "invite nobody else. Add Tom and Priya to the meeting in Outlook" in card

    dutch = text_of(await stage.say(MIA, "boek een kamer vrijdag om 15 uur met Jan van den Berg"))
    assert "2 personen" in dutch
    assert "nodig verder niemand uit. Voeg Jan van den Berg daarna in Outlook toe" in dutch


async def test_thanks_are_answered_with_a_word(stage: Stage) -> None:
    assert text_of(await stage.say(MIA, "thanks!")) == "You are welcome."
    assert text_of(await stage.say(MIA, "dank je wel")) == "Graag gedaan."


async def test_where_somebody_else_is_is_not_told(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "which room is Tom in?"))

    assert "your own bookings only" in card
    assert "Tue 24 Nov" not in card


async def test_a_figure_that_was_not_understood_is_told(stage: Stage) -> None:
    card = text_of(await stage.say(MIA, "book a room tomorrow at 3 20 developers"))

    assert "I made nothing of “20 developers”" in card


async def test_back_in_ones_own_language_dates_and_hours_are_those_of_ones_country(stage: Stage) -> None:
    assert "15:00–16:00" in text_of(await stage.say(MIA, "room tomorrow at 15:00"))
    assert "di 24 nov" in text_of(await stage.say(MIA, "kamer morgen om 15:00"))
    assert "Tomorrow, Tue 24 Nov, 15:00–16:00" in text_of(await stage.say(MIA, "room tomorrow at 15:00"))
