"""Who speaks, in which language and zone, for which tenant; and what a turn does when the channel does not take it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.people import Person
from bot.ports import keys
from bot.ports.records import Acquaintance
from bot.ports.store import Batch
from bot.teams.connector_errors import (
    ActivityGone,
    ConversationDead,
    Forbidden,
    MaybeSent,
    Throttled,
    TooLarge,
    Unreachable,
)
from bot.teams.inbound import parse
from bot.teams.turn import begin
from tests.unit.teams.kit import OTHER_TENANT, TENANT, activity, press
from tests.unit.teams_turns.house import PERSON, House

PERSONAL = {"id": "a:1", "conversationType": "personal", "tenantId": TENANT}


def said(**changes: Any) -> dict[str, Any]:
    return activity(text="help", conversation=PERSONAL, **changes)


@pytest.mark.parametrize(
    ("told", "known", "zone"),
    [
        ("Asia/Tokyo", "Europe/Oslo", "Asia/Tokyo"),
        ("", "Europe/Oslo", "Europe/Oslo"),
        ("", "", "Europe/Amsterdam"),
        ("Mars/Olympus", "", "Europe/Amsterdam"),
        ("", "Mars/Olympus", "Europe/Amsterdam"),
        ("", "Europe", "Europe/Amsterdam"),
    ],
)
async def test_the_zone_is_the_activitys_then_the_known_one_then_the_default(told: str, known: str, zone: str) -> None:
    house = House()
    before = Acquaintance(person=Person(id=PERSON, name="Mia", address="", zone=known))
    put = house.services.documents.put(keys.person(PERSON), before)
    await house.services.documents.store.commit(Batch(puts=(put,)))

    turn = await begin(house.services, parse(said(localTimezone=told, entities=[])))

    assert turn.here.zone.key == turn.audience.zone.key == zone


@pytest.mark.parametrize(
    ("locale", "language"), [("nl-NL", "nl"), ("en-US", "en"), ("fi-FI", "en"), ("", "en"), ("x" * 99, "en")]
)
async def test_the_language_is_the_activitys_where_there_are_texts_for_it(locale: str, language: str) -> None:
    house = House()

    turn = await begin(house.services, parse(said(locale=locale, entities=[])))

    assert turn.audience.language == language


async def test_an_installer_without_an_identity_is_greeted_in_their_language() -> None:
    house = House()
    nobody = {"id": "29:x", "name": "Mia"}

    await house.turn(said(type="installationUpdate", action="add", locale="nl-NL", **{"from": nobody}))

    assert house.channel.cards()[0]["lang"] == "nl"
    assert await house.services.documents.scan(keys.person(""), Acquaintance) == []


async def test_a_personal_chat_is_remembered_and_a_group_is_not() -> None:
    house = House()
    group = {"id": "19:g", "conversationType": "groupChat", "isGroup": True, "tenantId": TENANT}

    in_group = await begin(house.services, parse(said() | {"conversation": group}))
    alone = await begin(house.services, parse(said()))

    assert (in_group.speaker.chat, in_group.in_company) == ({}, True)
    assert (alone.speaker.chat["conversation_id"], alone.in_company) == ("a:1", False)


async def test_an_administrator_is_one_by_id_alone() -> None:
    house = House()
    services = replace(house.services, admins=frozenset({PERSON}))
    loud = said() | {"from": activity()["from"] | {"aadObjectId": PERSON.upper()}}
    other = said() | {"from": activity()["from"] | {"aadObjectId": "0" * 36}}

    assert (await begin(services, parse(loud))).is_admin
    assert not (await begin(services, parse(other))).is_admin


async def test_an_unknown_tenants_activity_is_left_alone() -> None:
    house = House(OTHER_TENANT)

    assert (await house.turn(said()))[0] == 200
    assert (await house.turn(press()))[0] == 501
    assert house.channel.sent == []
    assert house.channel.typed == 0


async def test_one_id_in_two_tenants_is_two_messages() -> None:
    house = House(TENANT, OTHER_TENANT)
    there = {"conversation": PERSONAL | {"tenantId": OTHER_TENANT}, "channelData": {"tenant": {"id": OTHER_TENANT}}}

    await house.turn(said())
    await house.turn(said() | there)

    assert len(house.channel.sent) == 2
    for services in house.tenants.values():
        assert len(await services.documents.scan(keys.person(""), Acquaintance)) == 1


@pytest.mark.parametrize("fault", [Unreachable("x", 503), Throttled("x", 429)])
async def test_what_could_not_be_answered_is_answered_when_it_comes_again(fault: Exception) -> None:
    house = House()
    house.channel.failing = [fault]
    with pytest.raises(type(fault)):
        await house.turn(said())

    await house.turn(said())
    await house.turn(said())

    assert len(house.channel.sent) == 1


@pytest.mark.parametrize("fault", [Forbidden("x", 403), ConversationDead("x", 403)])
async def test_what_no_repeat_would_cure_is_not_asked_for_again(fault: Exception) -> None:
    house = House()
    house.channel.failing = [fault]

    assert (await house.turn(said()))[0] == 200
    assert house.channel.sent == []


async def test_a_lost_answer_is_repeated_once() -> None:
    house = House()
    house.channel.failing = [MaybeSent()]

    await house.turn(said())

    assert len(house.channel.sent) == 1


async def test_a_lost_answer_is_not_repeated_twice() -> None:
    house = House()
    house.channel.failing = [MaybeSent(), MaybeSent()]

    with pytest.raises(MaybeSent):
        await house.turn(said())

    assert house.channel.sent == []


async def test_an_answer_that_is_too_large_comes_in_words() -> None:
    house = House()
    house.channel.failing = [TooLarge("x", 413)]

    await house.turn(said())

    assert "What you can say" in house.channel.sent[0]["text"]
    assert not house.channel.sent[0].get("attachments")


async def test_words_show_typing_and_presses_do_not() -> None:
    house = House()

    await house.turn(said())
    await house.turn(press("foyer.help.1", {}))

    assert house.channel.typed == 1


async def test_a_submit_on_a_deleted_message_gets_a_message() -> None:
    house = House()
    house.channel.failing = [ActivityGone("x", 404)]
    submit = said(value={"verb": "foyer.help.1"}, replyToId="m0") | {"text": ""}

    await house.turn(submit)

    assert house.channel.updated == []
    assert len(house.channel.sent) == 1


async def test_a_submit_changes_the_card_that_was_pressed() -> None:
    house = House()

    await house.turn(said(value={"verb": "foyer.help.1"}, replyToId="m0") | {"text": ""})

    assert [updated for updated, _ in house.channel.updated] == ["m0"]
    assert house.channel.sent == []


@pytest.mark.parametrize("kind", ["invoke", "event", "messageReaction", "typing", "endOfConversation", "nonsense"])
async def test_what_is_not_for_us_is_taken_and_left(kind: str) -> None:
    house = House()

    status, _ = await house.turn(said(type=kind, name="composeExtension/query"))

    assert status == (501 if kind == "invoke" else 200)
    assert house.channel.sent == []


async def test_the_two_announcements_of_one_installation_at_once_greet_once() -> None:
    house = House()
    added = said(type="conversationUpdate", membersAdded=[{"id": activity()["recipient"]["id"]}])
    installed = said(type="installationUpdate", action="add")

    await asyncio.gather(house.turn(added), house.turn(installed), house.turn(installed))

    assert len(house.channel.sent) == 1


async def test_when_somebody_else_joins_nobody_is_greeted() -> None:
    house = House()

    await house.turn(said(type="conversationUpdate", membersAdded=[{"id": "29:other"}]))

    assert house.channel.sent == []


async def test_a_press_is_served_for_the_person_who_pressed_at_the_time() -> None:
    house = House()
    await house.turn(activity(text="room for 2 tomorrow at 10", conversation=PERSONAL))
    book = next(one for one in _actions(house.channel.cards()[0]) if one["verb"] == "foyer.book.1")
    stranger = activity()["from"] | {"id": "29:other", "aadObjectId": "99999999-0000-4000-8000-000000000000"}

    _, theirs = await house.turn(press("foyer.book.1", book["data"], **{"from": stranger}))
    _, own = await house.turn(press("foyer.book.1", book["data"]))

    assert theirs["type"] == "application/vnd.microsoft.activity.message"
    assert own["type"] == "application/vnd.microsoft.card.adaptive"
    assert len(await house.services.desk.mine(PERSON)) == 1


@pytest.mark.parametrize("name", ["id", "version", "option", "subject"])
@pytest.mark.parametrize("value", [None, [], {}, True, -1, 2**40, "", "x" * 5000, 1.5])
async def test_no_forged_data_of_a_press_books_anything_else(name: str, value: Any) -> None:
    house = House()
    await house.turn(activity(text="room for 2 tomorrow at 10", conversation=PERSONAL))
    book = next(one for one in _actions(house.channel.cards()[0]) if one["verb"] == "foyer.book.1")

    status, _ = await house.turn(press("foyer.book.1", book["data"] | {name: value}))

    assert status == 200
    assert len(await house.services.desk.mine(PERSON)) == (1 if name == "subject" else 0)


def _actions(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for one in node for found in _actions(one)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("type") == "Action.Execute" else []
    return own + [found for one in node.values() for found in _actions(one)]


@pytest.mark.parametrize(("locale", "told"), [("en-US", "I was just started"), ("nl-NL", "Ik ben net gestart")])
async def test_before_the_index_is_loaded_words_and_presses_are_told_so_and_the_pressed_card_stays(
    locale: str, told: str
) -> None:
    house = House()
    house.starting = True

    await house.turn(said(locale=locale))
    assert told in str(house.channel.cards()[0])
    status, body = await house.turn(press("mine", locale=locale))

    assert (status, body["type"]) == (200, "application/vnd.microsoft.activity.message")
    assert body["value"].startswith(told)
