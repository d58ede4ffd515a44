"""In company: who may press what, what is shown to whom, and how old clients' presses are answered."""

from typing import Any

import pytest

from tests.conversation.connector_fake import Written
from tests.conversation.stage import JONAS, MIA, PRIYA, TENANT, Somebody, Stage, buttons, text_of, walk
from tests.conversation.test_booking import WORDS

GROUP: dict[str, Any] = {
    "id": "19:trio@thread.v2",
    "conversationType": "groupChat",
    "isGroup": True,
    "tenantId": TENANT,
}
CHANNEL: dict[str, Any] = {
    "id": "19:facilities@thread.tacv2;messageid=1",
    "conversationType": "channel",
    "isGroup": True,
    "tenantId": TENANT,
}
MENTION = {"type": "mention", "text": "<at>Foyer</at>", "mentioned": {"id": "28:foyer", "name": "Foyer"}}
SECRET = "Project Nightfall"
PRIVATE = "so that plans stay private"


async def say_in(stage: Stage, where: dict[str, Any], who: Somebody, text: str) -> Written:
    await stage.say(who, f"<at>Foyer</at> {text}", conversation=where, entities=[MENTION])
    return stage.teams.shown(where["id"])[-1]


async def press_on(
    stage: Stage, where: dict[str, Any], who: Somebody, message: Written, title: str, **fields: str
) -> Any:
    """As a client of today: an invoke, whose answer only the presser sees."""
    data = _data(message, title) | fields
    value = {"action": {"type": "Action.Execute", "verb": data["verb"], "data": data}}
    activity = stage.activity(who, type="invoke", name="adaptiveCard/action", value=value, conversation=where)
    status, body = await stage.post(activity | {"replyToId": message.activity_id})
    assert status == 200
    return body


async def submit_on(
    stage: Stage, where: dict[str, Any], who: Somebody, message: Written, data: dict[str, Any]
) -> Written:
    """As a client of old: a message with a value, which carries no card back. Gives the message as it stands then."""
    activity = stage.activity(who, type="message", value=data, conversation=where)
    status, _ = await stage.post(activity | {"replyToId": message.activity_id})
    assert status in (200, 202)
    return next(one for one in stage.teams.shown(where["id"]) if one.activity_id == message.activity_id)


def _data(message: Written, title: str) -> dict[str, Any]:
    found = next(one for one in buttons(message.card or {}) if one["title"].startswith(title))
    return dict(found["data"])


async def booked_in(stage: Stage, where: dict[str, Any]) -> Written:
    """Mia's booking, made in front of others, with a subject of her own."""
    found = await say_in(stage, where, MIA, WORDS)
    await press_on(stage, where, MIA, found, "Book", subject=SECRET)
    await stage.pass_time(30)
    return stage.teams.shown(where["id"])[-1]


async def test_a_subject_is_never_shown_in_company(stage: Stage) -> None:
    found = await say_in(stage, GROUP, MIA, WORDS)

    answer = await press_on(stage, GROUP, MIA, found, "Book", subject=SECRET)
    await stage.pass_time(30)
    booked = stage.teams.shown(GROUP["id"])[-1]
    changing = await press_on(stage, GROUP, MIA, booked, "Change")

    assert "Booked" in text_of(booked.card or {})
    assert (await stage.tenant.services.desk.mine(MIA.id))[0].subject == SECRET
    everything = [message.activity for message in (*stage.teams.sent, *stage.teams.updates)]
    assert SECRET not in str([answer, changing, everything])


async def test_in_ones_own_chat_the_subject_is_shown(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book", subject=SECRET)
    await stage.pass_time(30)

    assert SECRET in stage.shown(MIA)


@pytest.mark.parametrize("words", ["my bookings", "cancel my 3 pm", "move my 3 pm to 4 pm"])
@pytest.mark.parametrize("where", [GROUP, CHANNEL], ids=["group", "channel"])
async def test_somebodys_own_bookings_are_not_listed_in_company(
    stage: Stage, where: dict[str, Any], words: str
) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    await stage.pass_time(30)

    told = text_of((await say_in(stage, where, MIA, words)).card or {})

    assert PRIVATE in told
    assert "Lisbon" not in told


async def test_rooms_are_looked_for_in_a_group_chat_but_not_in_a_channel(stage: Stage) -> None:
    group, channel = await say_in(stage, GROUP, MIA, WORDS), await say_in(stage, CHANNEL, MIA, WORDS)
    free = await say_in(stage, CHANNEL, MIA, "is Oslo free at 2?")

    assert "Book" in {button["title"] for button in buttons(group.card or {})}
    for message in (channel, free):
        assert PRIVATE in text_of(message.card or {})
        assert "Book" not in {button["title"] for button in buttons(message.card or {})}


async def test_hello_in_a_channel_accuses_nobody_of_an_installation(stage: Stage) -> None:
    assert "added me" not in text_of((await say_in(stage, CHANNEL, PRIYA, "hello")).card or {})


async def test_a_channel_is_told_who_installed_the_bot(stage: Stage) -> None:
    await stage.post(stage.activity(JONAS, type="installationUpdate", action="add", conversation=CHANNEL))

    shown = stage.teams.shown(CHANNEL["id"])
    assert len(shown) == 1
    assert "Jonas Berg added me" in text_of(shown[0].card or {})


@pytest.mark.parametrize("title", ["Yes, cancel it", "Change"])
async def test_a_press_on_somebody_elses_booking_is_a_sentence_and_leaves_the_card(stage: Stage, title: str) -> None:
    booked = await booked_in(stage, GROUP)

    executed = await press_on(stage, GROUP, PRIYA, booked, title)
    still = await submit_on(stage, GROUP, PRIYA, booked, _data(booked, title))

    assert executed["type"] == "application/vnd.microsoft.activity.message"
    assert "Lisbon" not in str(executed)
    assert still == booked
    assert [one.state for one in await stage.tenant.services.desk.mine(MIA.id)] == ["confirmed"]


async def test_a_press_on_somebody_elses_search_is_a_sentence_and_leaves_the_card(stage: Stage) -> None:
    found = await say_in(stage, GROUP, MIA, WORDS)

    still = await submit_on(stage, GROUP, PRIYA, found, _data(found, "Book"))

    assert still == found
    assert "somebody else" in stage.teams.shown(GROUP["id"])[-1].text
    assert await stage.tenant.services.desk.mine(PRIYA.id) == []


@pytest.mark.parametrize("verb", ["foyer.book.7", "foyer.mine.1", "foyer.start.1", "foyer.status.1", ""])
async def test_no_old_clients_press_wipes_a_card_that_others_need(stage: Stage, verb: str) -> None:
    booked = await booked_in(stage, GROUP)

    still = await submit_on(stage, GROUP, PRIYA, booked, {"verb": verb, "id": "x"})

    assert still == booked


async def test_an_old_clients_own_press_changes_the_card_in_place(stage: Stage) -> None:
    found = await say_in(stage, GROUP, MIA, WORDS)

    now = await submit_on(stage, GROUP, MIA, found, _data(found, "Book"))

    assert "Reserving" in text_of(now.card or {})
    assert len(stage.teams.shown(GROUP["id"])) == 1


async def test_an_old_clients_press_on_a_deleted_message_is_answered_anew(stage: Stage) -> None:
    personal = {"id": MIA.chat, "conversationType": "personal", "tenantId": TENANT}
    await stage.say(MIA, WORDS)
    found = stage.teams.shown(MIA.chat)[-1]
    del stage.teams._shown[MIA.chat][found.activity_id]

    activity = stage.activity(MIA, type="message", value=_data(found, "Book"), conversation=personal)
    status, _ = await stage.post(activity | {"replyToId": found.activity_id})

    assert status in (200, 202)
    assert "Reserving" in stage.shown(MIA)


async def test_status_pages_are_for_administrators_whoever_shows_them(stage: Stage) -> None:
    status = await say_in(stage, CHANNEL, JONAS, "status")
    helped = await say_in(stage, CHANNEL, JONAS, "help")

    answer = await press_on(stage, CHANNEL, PRIYA, helped, "Status")

    assert "Contoso" in text_of(status.card or {})
    assert "Only administrators" in str(answer)
    assert "Contoso" not in str(answer)


@pytest.mark.parametrize("word", ["doctor", "import progress", "voortgang"])
async def test_words_of_the_server_show_the_status_and_only_doctor_is_called_a_command(stage: Stage, word: str) -> None:
    told = text_of((await say_in(stage, CHANNEL, JONAS, word)).card or {})

    assert "Contoso" in told
    assert ("app.py doctor" in told) == (word == "doctor")


async def test_who_is_not_understood_in_the_channel_is_told_what_to_say_there(stage: Stage) -> None:
    told = (await say_in(stage, CHANNEL, JONAS, "bananas")).card or {}

    assert [one["title"] for one in walk(told) if one.get("type") == "Action.Submit"] == [
        "status",
        "dead letters",
        "help",
    ]


@pytest.mark.parametrize(("where", "typings"), [(GROUP, 1), (CHANNEL, 0)], ids=["group", "channel"])
async def test_typing_is_shown_in_a_group_chat_but_not_in_a_channel(
    stage: Stage, where: dict[str, Any], typings: int
) -> None:
    message = await say_in(stage, where, JONAS, "status")

    assert "Contoso" in text_of(message.card or {})
    assert len(stage.teams.typings) == typings


async def test_a_name_gives_no_rights(stage: Stage) -> None:
    impostor = Somebody(PRIYA.id, JONAS.name)

    assert "Only administrators" in text_of((await say_in(stage, CHANNEL, impostor, "status")).card or {})


async def test_who_takes_the_bot_out_of_a_team_still_has_their_own_chat(stage: Stage) -> None:
    await stage.say(JONAS, "hi")

    await stage.post(stage.activity(JONAS, type="installationUpdate", action="remove", conversation=CHANNEL))

    known = await stage.tenant.services.people.known(JONAS.id)
    assert known.chat["conversation_id"] == JONAS.chat


async def test_every_card_in_company_keeps_the_way_to_help(stage: Stage) -> None:
    card = (await say_in(stage, CHANNEL, MIA, "my bookings")).card or {}

    assert {"foyer.help.1"} <= {str(node.get("verb")) for node in walk(card)}


async def test_a_channel_is_not_answered_in_what_somebody_wrote_by_themselves(stage: Stage) -> None:
    assert "ruimte" in text_of(await stage.say(PRIYA, "boek een ruimte voor 6 morgen van 3 tot 4"))

    shown = await say_in(stage, CHANNEL, PRIYA, "status")
    assert "Only administrators" in text_of(shown.card or {})
    shown = await say_in(stage, CHANNEL, PRIYA, "hallo, wat kun je doen?")
    assert "ruimte" in text_of(shown.card or {}).casefold()
