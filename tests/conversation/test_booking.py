"""A person books a room by chatting: from the words to the room's answer, over every wire there is."""

from tests.conversation.stage import MIA, PRIYA, Stage, buttons, having, text_of

WORDS = "book a room for 6 tomorrow from 3 to 4 pm"


async def test_a_room_is_booked_by_chatting(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    assert [button["title"] for button in buttons(card)].count("Book") == 5

    waiting = (await stage.press(MIA, card, "Book", subject="Planning")).card
    assert "Booked" not in text_of(waiting)
    await stage.pass_time(8)
    assert "Booked" not in stage.shown(MIA)
    await stage.pass_time(20)

    assert "Booked" in stage.shown(MIA)
    assert "15:00–16:00" in stage.shown(MIA)
    assert len(stage.teams.shown(MIA.chat)) == 1


async def test_typing_is_shown_before_the_answer(stage: Stage) -> None:
    await stage.say(MIA, WORDS)

    assert len(stage.teams.typings) == 1


async def test_the_event_is_made_as_the_wire_wants_it(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book", subject="Planning")
    await stage.pass_time(30)

    requests = await stage.control("GET", "/requests")
    creates = [one for one in requests["value"] if one["method"] == "POST" and one["path"].endswith("/events")]
    assert len(creates) == 1
    booking = (await stage.tenant.services.desk.mine(MIA.id))[0]
    assert booking.state == "confirmed"
    mine = await stage.graph(f"/users/mia@contoso.com/events/{booking.event_id}")
    assert mine["transactionId"] == booking.id
    assert mine["subject"] == "Planning"
    room = mine["attendees"][0]
    assert (room["type"], room["emailAddress"]["address"]) == ("resource", "lisbon@contoso.com")
    assert room["status"]["response"] == "accepted"


async def test_the_request_on_the_card_can_be_edited(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)

    edited = (await stage.press(MIA, card, "Find rooms", on="2026-11-25", at="10:30", minutes="90", people="12")).card

    assert "Wed 25 Nov, 10:30–12:00" in text_of(edited)
    assert "Lisbon" not in text_of(edited)
    assert "Helsinki" in text_of(edited)


async def test_what_is_missing_is_asked_for_in_one_card(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room")

    fields = {node["id"] for node in having(card, lambda node: str(node.get("type", "")).startswith("Input."))}
    assert {"on", "at", "minutes", "people", "building"} <= fields
    assert not [button for button in buttons(card) if button["title"] == "Book"]
    found = (await stage.press(MIA, card, "Find rooms", on="2026-11-24", at="09:00", minutes="30", people="3")).card
    assert [button for button in buttons(found) if button["title"] == "Book"]


async def test_a_room_now(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room now for 30 minutes")
    await stage.press(MIA, card, "Book")
    await stage.pass_time(30)

    assert "Booked" in stage.shown(MIA)
    assert "09:00–09:30" in stage.shown(MIA)


async def test_a_certain_room_is_asked_after(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-23T14:00", minutes=60)
    await stage.pass_time(30)

    taken = text_of(await stage.say(MIA, "is Oslo free at 2?"))
    free = text_of(await stage.say(MIA, "is Oslo free at 4?"))

    assert "Taken" in taken
    assert "15:00" in taken
    assert "Free" in free


async def test_bookings_are_listed_and_cancelled_from_the_list(stage: Stage) -> None:
    await _booked(stage, WORDS)
    await _booked(stage, "room for 2 on wednesday 10 to 11")

    listed = await stage.say(MIA, "my bookings")
    assert "Tue 24 Nov, 15:00" in text_of(listed)
    assert "Wed 25 Nov, 10:00" in text_of(listed)
    await stage.press(MIA, listed, "Yes, cancel it")
    await stage.pass_time(10)

    left = text_of(await stage.say(MIA, "my bookings"))
    assert "Tue 24 Nov" not in left
    assert "Wed 25 Nov" in left


async def test_cancelling_by_words_asks_once_and_frees_the_room(stage: Stage) -> None:
    await _booked(stage, WORDS)

    card = await stage.say(MIA, "cancel my 3 pm")
    assert "15:00" in text_of(card)
    await stage.press(MIA, card, "Cancel")
    await stage.pass_time(15)

    booked = stage.teams.shown(MIA.chat)[0]
    assert "Cancelled" in text_of(booked.card or {})
    assert "Lisbon" in text_of(await stage.say(PRIYA, WORDS))
    meetings = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"]
    assert meetings == []


async def test_a_booking_is_moved_within_its_room(stage: Stage) -> None:
    await _booked(stage, WORDS)
    booked = stage.teams.shown(MIA.chat)[0].card or {}

    form = (await stage.press(MIA, booked, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", at="16:00")).card
    assert "Lisbon" in text_of(found)
    await stage.press(MIA, found, "Book")
    await stage.pass_time(40)

    bookings = await stage.tenant.services.desk.mine(MIA.id)
    assert [(one.state, one.slot.start_at.hour) for one in bookings] == [("confirmed", 15)]
    meetings = (await stage.control("GET", "/outlook/meetings?mailbox=lisbon@contoso.com"))["value"]
    assert [meeting["start"][:16] for meeting in meetings] == ["2026-11-24T15:00"]


async def test_yesterdays_bookings_are_there_after_a_restart(stage: Stage) -> None:
    await _booked(stage, WORDS)

    await stage.restart()

    assert "15:00" in text_of(await stage.say(MIA, "my bookings"))
    assert "Lisbon" not in text_of(await stage.say(PRIYA, WORDS))


async def test_dutch_is_spoken_to_the_dutch(stage: Stage) -> None:
    card = await stage.say(MIA, "boek een ruimte voor 6 morgen van 15 tot 16 uur", locale="nl-NL")

    assert "15:00" in text_of(card)
    assert "Boek" in {button["title"] for button in buttons(card)}


async def _booked(stage: Stage, words: str) -> None:
    card = await stage.say(MIA, words)
    await stage.press(MIA, card, "Book")
    await stage.pass_time(30)


async def test_a_room_that_was_named_and_is_taken_is_told_of_beside_the_others(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "lisbon@contoso.com", "2026-11-24T15:00", minutes=60)
    await stage.pass_time(35)
    card = await stage.say(MIA, "book Lisbon on 24 november from 3 to 4 pm")
    assert "Lisbon is taken" in text_of(card)
    assert "rooms that fit" in text_of(card)
