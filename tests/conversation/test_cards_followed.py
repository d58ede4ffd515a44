"""Cards stay true: whatever is pressed twice, late or elsewhere, and whatever the channel does to a message."""

import asyncio
from typing import Any

import pytest

from bot.domain.bookings import Booking, State
from bot.ports import keys
from bot.ports.records import KeptCard
from bot.ports.store import Batch, Schedule
from tests.conversation.connector_fake import Failure, How
from tests.conversation.stage import JONAS, MIA, PRIYA, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked

LATER = "room for 2 on wednesday 10 to 11"


def shown(stage: Stage, chat: str = MIA.chat) -> list[str]:
    return [text_of(message.card or {}) for message in stage.teams.shown(chat)]


def cards(stage: Stage) -> list[dict[str, Any]]:
    return [message.card or {} for message in stage.teams.shown(MIA.chat)]


async def mine(stage: Stage) -> list[Booking]:
    found: list[Booking] = await stage.tenant.services.desk.mine(MIA.id)
    return found


async def owe(stage: Stage, card_id: str) -> None:
    """As a worker that died before it could say that the card was told."""
    now = stage.clock.now().timestamp()
    schedule = Schedule(keys.tell(card_id), now)
    await stage.tenant.services.documents.store.commit(Batch(schedules=(schedule,)))
    await stage.settle()


async def lost(stage: Stage) -> Booking:
    """A booking of Mia's that the room declined, with alternatives on its card."""
    await stage.control("PATCH", "/rooms/lisbon@contoso.com", {"allowConflicts": False})
    card = await stage.say(MIA, WORDS)
    await stage.control("POST", "/faults/notifications", {"action": "drop", "times": 1000})
    await stage.book_in_outlook("lisbon@contoso.com", "", "2026-11-24T15:00", minutes=60)
    await stage.press(MIA, card, "Book")
    booking = (await mine(stage))[0]
    await stage.pass_time(90, step_s=2)
    assert "Declined" in shown(stage)[-1]
    return booking


# One message, one booking ------------------------------------------------------------------------------------------


async def test_a_booking_changed_to_another_room_keeps_its_card(stage: Stage) -> None:
    await _booked(stage, WORDS)
    form = (await stage.press(MIA, cards(stage)[0], "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="12")).card
    assert "Lisbon has 6 seats, too few for 12 people." in text_of(found)
    assert [button["verb"] for button in buttons(found)].count("foyer.book.1") >= 1

    await stage.press(MIA, found, "Book")
    await stage.pass_time(60)

    assert [one.room for one in await mine(stage)] == ["helsinki@contoso.com"]
    assert len(cards(stage)) == 1
    assert "Booked" in shown(stage)[0]
    assert "Helsinki" in shown(stage)[0]


@pytest.mark.parametrize("verb", ["foyer.cancel.1", "foyer.change.1"])
async def test_a_card_of_a_booking_that_was_replaced_leads_to_the_new_one(stage: Stage, verb: str) -> None:
    """It may be on a screen still that has not heard of the change: the message would show the old one for good."""
    await _booked(stage, WORDS)
    old = cards(stage)[0]
    action = next(button for button in buttons(old) if button["verb"] == verb)
    form = (await stage.press(MIA, old, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", people="12")).card
    await stage.press(MIA, found, "Book")
    await stage.pass_time(60)

    answered = (await stage.push(MIA, old, action)).card

    assert "Helsinki" in text_of(answered)
    assert [(one.room, one.state) for one in await mine(stage)] == [("helsinki@contoso.com", "confirmed")]


async def test_an_alternative_takes_the_lost_bookings_card_for_good(stage: Stage) -> None:
    old = await lost(stage)
    declined = cards(stage)[-1]

    await stage.press(MIA, declined, "Book")
    await owe(stage, keys.booking_card(old.id))
    await stage.pass_time(60)
    await owe(stage, keys.booking_card(old.id))

    assert len(cards(stage)) == 1
    assert "Booked" in shown(stage)[0]
    assert "Declined" not in shown(stage)[0]


async def test_alternatives_pressed_again_show_what_came_of_them(stage: Stage) -> None:
    old = await lost(stage)
    declined = cards(stage)[-1]
    await stage.press(MIA, declined, "Book")
    await owe(stage, keys.booking_card(old.id))

    again = await stage.press(MIA, declined, "Book")

    assert "Waiting for the room" in text_of(again.card)
    assert len(await mine(stage)) == 1


async def test_alternatives_pressed_on_an_older_showing_book_no_other_room(stage: Stage) -> None:
    old = await lost(stage)
    before = cards(stage)[-1]
    first = (await stage.say(PRIYA, WORDS), await stage.tenant.services.desk.mine(PRIYA.id))[0]
    await stage.press(PRIYA, first, "Book")  # the first of the alternatives is gone
    await owe(stage, keys.booking_card(old.id))
    assert cards(stage)[-1] != before

    answer = await stage.press(MIA, before, "Book")

    assert "out of date" in text_of(answer.card)
    assert await mine(stage) == []


async def test_a_move_by_words_shows_on_both_messages(stage: Stage) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "move my 3 pm to 4 pm")
    assert "Tue 24 Nov, 16:00–17:00" in text_of(found)

    await stage.press(MIA, found, "Book")
    await stage.pass_time(60)

    assert len(shown(stage)) == 2
    for text in shown(stage):
        assert "Booked" in text
        assert "16:00–17:00" in text


async def test_a_cancellation_from_a_list_shows_on_the_list_and_on_the_bookings_card(stage: Stage) -> None:
    await _booked(stage, WORDS)
    listed = await stage.say(MIA, "cancel my 3 pm")

    await stage.press(MIA, listed, "Cancel this one")
    await stage.pass_time(30)

    assert len(shown(stage)) == 2
    assert all("Cancelled" in text and "Being cancelled" not in text for text in shown(stage))


@pytest.mark.parametrize("waited_s", [3, 12, 60], ids=["at once", "soon", "later"])
async def test_a_cancellation_after_a_move_shows_on_every_message(stage: Stage, waited_s: float) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "move my 3 pm to 4 pm")
    await stage.press(MIA, found, "Book")
    await stage.pass_time(waited_s)
    listed = await stage.say(MIA, "cancel my 4 pm")

    await stage.press(MIA, listed, "Cancel this one")
    await stage.pass_time(60)

    assert len(shown(stage)) == 3
    assert all("Cancelled" in text and "Being cancelled" not in text for text in shown(stage)), shown(stage)


async def test_a_move_pressed_again_later_moves_nothing(stage: Stage) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "move my 3 pm to 4 pm")
    await stage.press(MIA, found, "Book")
    await stage.pass_time(60)
    event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]
    await stage.control("POST", "/outlook/move", {"id": event_id, "start": "2026-11-24T17:00", "minutes": 60})
    await stage.pass_time(40)

    await stage.press(MIA, found, "Book")
    await stage.pass_time(40)

    assert [one.slot.start_at.hour for one in await mine(stage)] == [16]


async def test_a_change_of_what_is_cancelled_meanwhile_is_a_booking_of_its_own(stage: Stage) -> None:
    await _booked(stage, WORDS)
    found = await stage.say(MIA, "move my 3 pm to 4 pm")
    await stage.tenant.services.desk.cancel((await mine(stage))[0].id, MIA.id)
    await stage.pass_time(20)

    await stage.press(MIA, found, "Book")
    await stage.pass_time(40)

    assert [(one.state, one.slot.start_at.hour, one.replaces) for one in await mine(stage)] == [("confirmed", 15, "")]


async def test_change_on_a_declined_bookings_old_card_shows_what_is(stage: Stage) -> None:
    await _booked(stage, WORDS)
    booked = cards(stage)[0]
    event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]
    await stage.control("POST", "/outlook/cancel", {"id": event_id})
    await stage.pass_time(20)

    answer = await stage.press(MIA, booked, "Change")

    assert "Cancelled" in text_of(answer.card)


# The same thing twice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("same_id", [True, False], ids=["sent again", "pressed again"])
@pytest.mark.parametrize("title", ["Book", "Find rooms", "Yes, cancel it", "Open"])
async def test_a_press_that_comes_twice_has_one_effect_and_one_card(stage: Stage, title: str, same_id: bool) -> None:
    await _booked(stage, WORDS)
    card = await stage.say(MIA, LATER if title in ("Book", "Find rooms") else "my bookings")
    action = next(one for one in buttons(card) if one["title"].startswith(title))
    fields = {"on": "2026-11-25", "at": "10:00", "minutes": "60", "people": "2"} if title == "Find rooms" else {}
    value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": {**action["data"], **fields}}}
    message = stage.teams.shown(MIA.chat)[-1]
    press = stage.activity(MIA, type="invoke", name="adaptiveCard/action", value=value)
    press |= {"replyToId": message.activity_id}

    first = await stage.post(press)
    second = await stage.post(press if same_id else press | {"id": "in-other"})
    await stage.pass_time(60)

    assert first == second
    assert first[0] == 200
    expected = {"Book": 2, "Find rooms": 1, "Yes, cancel it": 0, "Open": 1}
    assert len(await mine(stage)) == expected[title]


async def test_two_presses_at_the_same_moment_book_once_and_tell_the_same(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)

    answers = await asyncio.gather(*(stage.press(MIA, card, "Book") for _ in range(4)))

    booked = await mine(stage)
    assert [one.room for one in booked] == ["lisbon@contoso.com"]
    assert [text_of(answer.card).splitlines()[0] for answer in answers] == [
        text_of(answers[0].card).splitlines()[0]
    ] * len(answers)
    assert "Reserving" in text_of(answers[0].card)


async def test_an_edit_that_crosses_a_booking_does_not_forget_it(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)

    presses = (stage.press(MIA, card, "Book"), stage.press(MIA, card, "Find rooms", at="10:00"))
    for answer in await asyncio.gather(*presses):
        if "Book" in {button["title"] for button in buttons(answer.card)}:
            await stage.press(MIA, answer.card, "Book")

    assert len(await mine(stage)) == 1


async def test_a_message_delivered_twice_is_answered_once(stage: Stage) -> None:
    words = stage.activity(MIA, type="message", text="help")

    await asyncio.gather(stage.post(words), stage.post(words))
    await stage.post(words)

    assert len(stage.teams.shown(MIA.chat)) == 1


async def test_a_message_that_could_not_be_answered_is_heard_when_it_comes_again(stage: Stage) -> None:
    words = stage.activity(MIA, type="message", text="help")
    stage.teams.fail(*[Failure(status=503)] * 5)
    status, _ = await stage.post(words)
    assert status == 503

    status, _ = await stage.post(words)

    assert status == 200
    assert len(stage.teams.shown(MIA.chat)) == 1


async def test_messages_without_an_id_are_each_answered(stage: Stage) -> None:
    for _ in range(2):
        await stage.say(MIA, "help", id="")

    assert len(stage.teams.shown(MIA.chat)) == 2


async def test_a_lost_answer_is_posted_once_more_at_most(stage: Stage) -> None:
    words = stage.activity(MIA, type="message", text="help")
    typing, cut = Failure(status=404), Failure(how=How.CUT)
    stage.teams.fail(typing, *[cut] * 9)

    await stage.post(words)

    assert len(stage.teams.shown(MIA.chat)) == 2


async def test_two_turns_of_one_person_at_once_are_both_answered(stage: Stage) -> None:
    zones = [{"localTimezone": "Europe/Oslo"}, {"localTimezone": "Asia/Tokyo"}, {"locale": "nl-NL"}]

    await asyncio.gather(*(stage.say(MIA, "help", **changes) for changes in zones))

    assert len(stage.teams.shown(MIA.chat)) == 3


# What the channel does to messages ---------------------------------------------------------------------------------


async def test_a_deleted_card_is_posted_anew_once(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    del stage.teams._shown[MIA.chat][stage.teams.shown(MIA.chat)[0].activity_id]
    await stage.pass_time(30)

    assert len(shown(stage)) == 1
    assert "Booked" in shown(stage)[0]


async def test_a_card_that_is_too_large_is_told_in_words(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book", subject="Planning")
    await stage.pass_time(1)
    stage.teams.fail(Failure(status=413, code="MessageSizeTooBig"))
    await stage.pass_time(30)

    in_words = [update for update in stage.teams.updates if update.card is None]
    assert len(in_words) == 1
    assert "Lisbon" in in_words[0].text
    assert "Booked" in shown(stage)[0]


async def test_a_throttled_card_is_told_when_it_may_be(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    await stage.pass_time(1)
    stage.teams.fail(*[Failure(status=429, headers={"Retry-After": "20"})] * 2)
    await stage.pass_time(90)

    assert "Booked" in shown(stage)[0]


async def test_a_channel_that_is_away_is_asked_at_growing_distances(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    stage.teams.fail(*[Failure(status=503)] * 10_000)
    before = stage.teams.attempts
    await stage.pass_time(600, step_s=5)
    in_ten_minutes = (stage.teams.attempts - before) / 4  # each turn tries four times

    stage.teams.mend()
    await stage.pass_time(400, step_s=5)

    assert in_ten_minutes < 30
    assert "Booked" in shown(stage)[0]


async def test_a_managers_first_card_whose_answer_is_lost_is_posted_twice_at_most(stage: Stage) -> None:
    await stage.say(JONAS, "hi")
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    before = len(stage.teams.shown(JONAS.chat))
    while len(stage.teams.shown(JONAS.chat)) == before:
        stage.teams.mend()
        stage.teams.fail(*[Failure(how=How.CUT)] * 50)
        await stage.pass_time(1)
    await stage.pass_time(60, step_s=5)

    assert len(stage.teams.shown(JONAS.chat)) - before <= 2


async def test_a_manager_who_blocked_the_bot_is_left_alone_until_they_come_back(stage: Stage) -> None:
    await stage.say(JONAS, "hi")
    people = stage.tenant.services.people
    stage.teams.dead[JONAS.chat] = "ConversationBlockedByUser"
    await _booked(stage, WORDS)
    assert (await people.known(JONAS.id)).chat == {}

    attempts = stage.teams.attempts
    await stage.pass_time(60, step_s=5)
    assert stage.teams.attempts == attempts
    del stage.teams.dead[JONAS.chat]
    await stage.say(JONAS, "hi")
    await _booked(stage, LATER)

    assert "Mia Lindqvist" in stage.shown(JONAS)


async def test_an_organizer_who_blocked_the_bot_is_unreachable_and_keeps_the_booking(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    stage.teams.dead[MIA.chat] = "BotNotInConversationRoster"
    await stage.pass_time(40)

    assert (await stage.tenant.services.people.known(MIA.id)).chat == {}
    assert [one.state for one in await mine(stage)] == [State.CONFIRMED]
    assert await stage.tenant.services.documents.store.dead_letters() == []


async def test_words_from_a_dead_conversation_are_no_fault_of_ours(stage: Stage) -> None:
    stage.teams.dead[MIA.chat] = "BotDisabledByAdmin"

    status, _ = await stage.post(stage.activity(MIA, type="message", text="help"))

    assert status == 200
    assert (await stage.tenant.services.people.known(MIA.id)).chat == {}


async def test_who_comes_back_finds_true_cards(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    await stage.post(stage.activity(MIA, type="installationUpdate", action="remove"))
    stage.teams.dead[MIA.chat] = "BotNotInConversationRoster"
    await stage.pass_time(40)
    assert "Booked" not in shown(stage)[0]

    del stage.teams.dead[MIA.chat]
    await stage.post(stage.activity(MIA, type="installationUpdate", action="add"))
    await stage.settle()

    assert "Booked" in shown(stage)[0]


async def test_a_greeting_that_did_not_get_through_is_left_to_the_next_announcement(stage: Stage) -> None:
    stage.teams.fail(Failure(status=400))
    added = stage.activity(MIA, type="conversationUpdate", membersAdded=[{"id": "28:foyer"}])
    first, _ = await stage.post(stage.activity(MIA, type="installationUpdate", action="add"))
    second, _ = await stage.post(added)

    assert (first, second) == (200, 200)
    assert len(stage.teams.shown(MIA.chat)) == 1


async def test_a_card_of_an_unknown_booking_is_nobodys_burden(stage: Stage) -> None:
    documents = stage.tenant.services.documents
    await owe(stage, "nothing.booking")
    orphan = KeptCard(kind="booking", booking_id="nothing", chat={})  # type: ignore[arg-type]  # as it is stored
    await documents.store.commit(Batch(puts=(documents.put(keys.card("nothing.booking"), orphan),)))
    await owe(stage, "nothing.booking")

    assert await documents.store.next_due() > stage.clock.now().timestamp()
    assert await documents.store.dead_letters() == []


# Nobody's fault ----------------------------------------------------------------------------------------------------


async def test_a_person_without_a_mailbox_is_told_so_and_books_nothing(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    missing = {"times": 1, "path": "/v1.0/users/1111", "status": 404, "code": "Request_ResourceNotFound"}
    await stage.control("POST", "/faults/requests", missing)

    answer = await stage.press(MIA, card, "Book")

    assert "no mailbox" in text_of(answer.card)
    assert await mine(stage) == []


@pytest.mark.parametrize("value", [None, {}, {"action": {}}, {"action": {"verb": "foyer.book.1"}}, [], "x"])
async def test_a_press_without_its_data_is_no_fault_of_ours(stage: Stage, value: Any) -> None:
    activity = stage.activity(MIA, type="invoke", name="adaptiveCard/action", value=value)

    status, _ = await stage.post(activity)

    assert status in (200, 400)


async def test_a_verb_of_the_future_leads_on(stage: Stage) -> None:
    value = {"action": {"type": "Action.Execute", "verb": "foyer.book.9", "data": {"id": "x"}}}

    _, body = await stage.post(stage.activity(MIA, type="invoke", name="adaptiveCard/action", value=value))

    assert "Start again" in str(body)
    assert buttons(body["value"])


@pytest.mark.parametrize(
    "message",
    [
        {"text": ""},
        {"text": "   "},
        {"text": "\u200b"},
        {"text": "<at>Foyer</at>"},
        {"text": "", "attachments": [{"contentType": "image/png", "contentUrl": "https://a.example/b"}]},
        {"text": "a" * 20_000},
        {"text": "book " * 4_000},
        {"text": "\x00\x1b[31m"},
    ],
    ids=["empty", "blank", "invisible", "mention", "picture", "long", "many", "control"],
)
async def test_a_message_that_says_nothing_gets_a_way_forward(stage: Stage, message: dict[str, Any]) -> None:
    assert buttons(await stage.say(MIA, **message)) or "try one of these" in stage.shown(MIA)


@pytest.mark.parametrize(
    "fields",
    [
        {"on": "0001-01-01", "at": "00:00"},
        {"on": "9999-12-31", "at": "23:59", "minutes": "20160"},
        {"on": "2999-12-31", "at": "23:59", "minutes": "20160"},
        {"on": "yesterday"},
        {"at": "25:00"},
        {"minutes": "-5"},
        {"people": "1e9"},
        {"people": "9" * 200},
        {"building": "x" * 200, "features": ",,,;"},
    ],
    ids=str,
)
async def test_no_field_of_a_card_breaks_a_turn(stage: Stage, fields: dict[str, str]) -> None:
    card = await stage.say(MIA, WORDS)

    answer = await stage.press(MIA, card, "Find rooms", **fields)

    assert buttons(answer.card)


async def test_a_store_that_is_down_is_told_to_strangers_too(stage: Stage) -> None:
    stage.system.engine._writer.refuse()  # type: ignore[attr-defined]

    card = await stage.say(PRIYA, "boek een ruimte voor 6 morgen om 15 uur", locale="nl-NL")

    assert "niets opzoeken" in text_of(card)


async def test_a_card_of_another_time_cancels_nothing(stage: Stage) -> None:
    await _booked(stage, WORDS)
    old = await stage.say(MIA, "cancel my 3 pm")
    await _moved_to_four(stage)

    answer = await stage.press(MIA, old, "Cancel")
    await stage.pass_time(20)

    assert "16:00" in text_of(answer.card)
    assert [one.state for one in await stage.tenant.services.desk.mine(MIA.id)] == ["confirmed"]


async def test_every_card_that_shows_a_booking_follows_it(stage: Stage) -> None:
    await _booked(stage, WORDS)
    listed = await stage.say(MIA, "my bookings")
    await stage.press(MIA, listed, "Open")
    await _moved_to_four(stage)

    await stage.press(MIA, stage.teams.shown(MIA.chat)[0].card or {}, "Yes, cancel it")
    await stage.pass_time(20)

    told = [text_of(message.card or {}) for message in stage.teams.shown(MIA.chat)]
    assert not [text for text in told if "Booked" in text]


async def _moved_to_four(stage: Stage) -> None:
    found = await stage.say(MIA, "move my 3 pm to 4 pm")
    taken = next(button["title"] for button in buttons(found) if "foyer.book" in button["verb"])
    await stage.press(MIA, found, taken)
    await stage.pass_time(40)


async def test_who_cancels_the_new_room_is_shown_that_the_old_one_stands(stage: Stage) -> None:
    await _booked(stage, "book Oslo tomorrow at 10 for an hour")
    form = (await stage.press(MIA, stage.teams.shown(MIA.chat)[0].card or {}, "Change")).card
    found = (await stage.press(MIA, form, "Find rooms", building="Harbour House", people="2")).card
    other = next(button for button in buttons(found) if button["title"] == "Take this" and "Oslo" not in str(button))
    await stage.push(MIA, found, other)
    await stage.pass_time(5)
    replacing = next(one for one in await mine(stage) if one.replaces)
    await stage.tenant.services.desk.cancel(replacing.id, MIA.id)
    await stage.pass_time(30)

    assert [(one.room, one.state) for one in await mine(stage)] == [("oslo@contoso.com", State.CONFIRMED)]
    assert [text for text in shown(stage) if "Booked" in text and "Oslo" in text]


async def test_the_manager_hears_when_a_booked_room_is_waited_for_again(stage: Stage) -> None:
    await stage.say(JONAS, "hi")
    await _booked(stage, WORDS)
    event_id = (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"][0]["id"]
    await stage.control("POST", "/faults/requests", {"times": 1000, "path": "/accept", "status": 503})

    await stage.control("POST", "/outlook/move", {"id": event_id, "start": "2026-11-24T17:00", "minutes": 60})
    await stage.pass_time(40)

    assert "Booked" not in stage.shown(MIA)
    assert "Booked" not in stage.shown(JONAS)


async def test_a_card_is_not_told_while_the_answer_to_a_press_is_on_its_way(stage: Stage) -> None:
    """The answer would be shown over it, and stay. The card may be owed from before the press."""
    await _booked(stage, WORDS)
    booking, before = (await mine(stage))[0], len(stage.teams.updates)
    await stage.press(MIA, cards(stage)[0], "Yes, cancel it")

    await owe(stage, keys.booking_card(booking.id))
    assert len(stage.teams.updates) == before
    await stage.pass_time(4, step_s=1)

    assert len(stage.teams.updates) > before
    assert "Cancelled" in shown(stage)[-1]
