"""Bookings that change, from the chat and from Outlook; and a service that keeps one waiting."""

from tests.conversation.stage import MIA, Stage, text_of
from tests.conversation.test_booking import WORDS, _booked


async def _only(stage: Stage) -> str:
    meetings = await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com")
    event_id: str = meetings["value"][0]["id"]
    return event_id


async def test_fewer_people_in_the_same_room_are_shown_at_once_and_ask_nobody(stage: Stage) -> None:
    await _booked(stage, WORDS)
    asked = await stage.control("GET", "/requests")
    form = (await stage.press(MIA, stage.teams.shown(MIA.chat)[0].card or {}, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="5")).card

    changed = (await stage.press(MIA, found, "Take this")).card

    assert "5 people" in text_of(changed)
    assert "Booked" in text_of(changed)
    await stage.pass_time(10)
    assert "5 people" in stage.shown(MIA)
    later = (await stage.control("GET", "/requests"))["value"][len(asked["value"]) :]
    assert not [one for one in later if one["method"] in ("POST", "PATCH") and "/events" in one["path"]]


async def test_people_and_subject_are_changed_by_the_words_and_the_card(stage: Stage) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "change my 3 pm tomorrow to 5 people")

    await stage.press(MIA, found, "Take this", subject="Launch party")
    await stage.pass_time(10)

    assert "5 people" in stage.shown(MIA)
    assert "Launch party" in stage.shown(MIA)
    meeting = await stage.graph("/users/mia@contoso.com/events")
    assert [one["subject"] for one in meeting["value"]] == ["Launch party"]
    assert [one["status"]["response"] for one in meeting["value"][0]["attendees"]] == ["accepted"]


async def test_a_booking_taken_to_another_room_in_outlook_goes_along(stage: Stage) -> None:
    await _booked(stage, WORDS)

    await stage.control("POST", "/outlook/move", {"id": await _only(stage), "room": "bergen@contoso.com"})
    await stage.pass_time(60)

    assert "Bergen" in stage.shown(MIA)
    assert "Booked" in stage.shown(MIA)
    assert [one.room for one in await stage.tenant.services.desk.mine(MIA.id)] == ["bergen@contoso.com"]


async def test_who_has_to_wait_long_is_told_so_and_hears_of_the_end(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    fault = {"status": 503, "method": "POST", "path": "/events$", "times": 1000}
    await stage.control("POST", "/faults/requests", fault)
    await stage.press(MIA, card, "Book")
    await stage.pass_time(100, step_s=10)
    assert "longer" not in stage.shown(MIA)
    assert "not taken" not in stage.shown(MIA)

    await stage.pass_time(40, step_s=10)
    assert "Microsoft 365 has not taken the request yet" in stage.shown(MIA)

    await stage.pass_time(1800, step_s=20)
    assert "That did not work" in stage.shown(MIA)
    assert "These rooms are free" in stage.shown(MIA)


async def test_a_room_that_was_named_and_does_not_suit_is_told_of(stage: Stage) -> None:
    small = await stage.say(MIA, "book Lisbon for 12 tomorrow from 3 to 4 pm")
    assert "Lisbon has 6 seats, too few for 12 people." in text_of(small)
    assert "Helsinki" in text_of(small)

    bare = await stage.say(MIA, "book Lisbon tomorrow from 3 to 4 pm with a projector")
    assert "Lisbon has no projector." in text_of(bare)

    asked = await stage.say(MIA, "is Lisbon free tomorrow at 3 pm for 12 people?")
    assert "Lisbon has 6 seats, too few for 12 people." in text_of(asked)

    series = await stage.say(MIA, "book Lisbon for 12 every tuesday from 3 to 4 pm until 15 december")
    assert "Lisbon has 6 seats, too few for 12 people." in text_of(series)


async def test_more_people_than_the_room_holds_is_told_before_others_are_offered(stage: Stage) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "change the number of people of my booking tomorrow to 12")
    assert "too few for 12 people" in text_of(found)
    assert "Helsinki" in text_of(found)
