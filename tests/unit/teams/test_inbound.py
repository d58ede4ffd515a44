"""What is understood of an activity, and that nothing but one designed error ever comes of a bad one."""

import json
import random
from typing import Any

import pytest

from bot.teams.inbound import ConversationType, Inbound, Kind, parse, tenant_of
from bot.teams.inbound_fields import Malformed
from tests.unit.teams.kit import APP_ID, OTHER_TENANT, SERVICE_URL, TENANT, activity, press

BOT = "28:" + APP_ID


def mention(text: str = "<at>Foyer</at>", mri: str = BOT) -> dict[str, Any]:
    return {"type": "mention", "text": text, "mentioned": {"id": mri, "name": "x"}}


def test_a_message_is_read_whole() -> None:
    inbound = parse(activity(replyToId="16"))

    assert inbound == Inbound(
        kind=Kind.MESSAGE,
        tenant=TENANT,
        conversation_id="a:ana",
        conversation_type=ConversationType.PERSONAL,
        activity_id="1700000000001",
        reply_to_id="16",
        actor_id="44444444-4444-4444-4444-44444444444a",
        actor_mri="29:ana",
        actor_name="Ana Silva",
        bot_id=BOT,
        service_url=SERVICE_URL,
        locale="en-GB",
        zone="Europe/Helsinki",
        text="a room for 6 tomorrow at 9",
        verb="",
        data={},
        name="",
        members=(),
        team_id="",
        channel_id="",
        raw={},
    )


def test_a_channel_message_keeps_its_thread_and_names_its_channel() -> None:
    raw = activity(
        conversation={"conversationType": "channel", "isGroup": True, "id": "19:c@thread.tacv2;messageid=17"},
        channelData={"tenant": {"id": TENANT}, "team": {"id": "19:t"}, "channel": {"id": "19:c@thread.tacv2"}},
    )

    reference = parse(raw).reference

    assert reference.conversation_id == "19:c@thread.tacv2;messageid=17"
    assert reference.channel_id == "19:c@thread.tacv2"
    assert json.loads(json.dumps(vars(reference)))["tenant"] == TENANT


@pytest.mark.parametrize(
    ("text", "entities", "said"),
    [
        ("<at>Foyer</at>&nbsp;help", [mention()], "help"),
        ("<at>Foyer</at>\u00a0 help \u00a0", [mention()], "help"),
        ("book <at>Foyer</at> a room <at>Foyer</at>", [mention()], "book   a room"),
        ("<at>Foyer</at> with <at>Ben</at>", [mention(), mention("<at>Ben</at>", "29:ben")], "with Ben"),
        ('<at id="0">Foyer</at> help', [mention('<at id="0">Foyer</at>')], "help"),
        ("foyer help", [mention()], "foyer help"),
        ("help", [{"type": "mention"}, 5, None], "help"),
        ("", [], ""),
        ("cut \ud83d off", [], "cut \ufffd off"),
        ("x" * 5_000, [], "x" * 4_000),
    ],
)
def test_the_bots_mention_and_the_edges_are_taken_off(text: str, entities: list[Any], said: str) -> None:
    assert parse(activity(text=text, entities=entities)).text == said


def test_a_pressed_button_is_the_same_event_whichever_way_it_came() -> None:
    data = {"verb": "foyer.book.1", "id": "x1", "minutes": "30"}
    executed = parse(press("foyer.book.1", data))
    submitted = parse(activity(value=data, text=None, replyToId="17"))

    assert (executed.kind, submitted.kind) == (Kind.ACTION, Kind.SUBMIT)
    for field in ("verb", "data", "actor_id", "conversation_id", "reply_to_id", "tenant", "zone"):
        assert getattr(executed, field) == getattr(submitted, field)


def test_an_execute_button_may_have_no_data() -> None:
    raw = press()
    del raw["value"]["action"]["data"]

    assert parse(raw).data == {}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "messageUpdate"}, Kind.OTHER),
        ({"channelData": {"tenant": {"id": TENANT}, "eventType": "editMessage"}}, Kind.OTHER),
        ({"type": "messageDelete"}, Kind.OTHER),
        ({"type": "messageReaction", "reactionsAdded": [{"type": "like"}]}, Kind.OTHER),
        ({"type": "typing"}, Kind.OTHER),
        ({"type": "somethingNew"}, Kind.OTHER),
        ({"from": {"id": "28:other", "aadObjectId": "b"}}, Kind.OTHER),
        ({"from": {"id": "29:x", "aadObjectId": "b", "role": "bot"}}, Kind.OTHER),
        ({"from": {"id": "29:guest"}}, Kind.OTHER),
        ({"from": None}, Kind.OTHER),
        ({"type": "invoke", "name": "task/fetch", "value": {}}, Kind.OTHER),
        ({"type": "installationUpdate", "action": "add"}, Kind.INSTALLED),
        ({"type": "installationUpdate", "action": "add-upgrade"}, Kind.INSTALLED),
        ({"type": "installationUpdate", "action": "remove"}, Kind.REMOVED),
        ({"type": "installationUpdate", "action": "remove-upgrade"}, Kind.OTHER),
        ({"type": "installationUpdate", "from": None, "text": None}, Kind.OTHER),
        ({"type": "conversationUpdate", "membersAdded": [{"id": "29:ben"}]}, Kind.MEMBERS_ADDED),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": BOT}]}, Kind.REMOVED),
        ({"type": "conversationUpdate", "membersRemoved": [{"id": "29:ben"}]}, Kind.OTHER),
        ({"type": "conversationUpdate"}, Kind.OTHER),
        ({"value": {"verb": "x"}, "text": "typed"}, Kind.MESSAGE),
        ({"value": {"verb": "x"}, "text": "  "}, Kind.SUBMIT),
    ],
)
def test_each_activity_has_one_kind(changes: dict[str, Any], kind: Kind) -> None:
    assert parse(activity(**changes)).kind is kind


def test_the_bot_is_told_when_it_was_added_itself() -> None:
    def added(mri: str) -> Inbound:
        return parse(activity(type="conversationUpdate", membersAdded=[{"id": mri}, {}]))

    assert added(BOT).bot_was_added
    assert not added("29:ben").bot_was_added
    assert added("29:ben").members == ("29:ben",)


@pytest.mark.parametrize(
    ("conversation", "kind"),
    [
        ({"id": "a"}, ConversationType.PERSONAL),
        ({"id": "a", "isGroup": True}, ConversationType.GROUP),
        ({"id": "a", "conversationType": "groupChat"}, ConversationType.GROUP),
        ({"id": "a", "conversationType": "channel"}, ConversationType.CHANNEL),
        ({"id": "a", "conversationType": "somethingNew"}, ConversationType.GROUP),
    ],
)
def test_what_is_not_known_to_be_personal_is_not_private(conversation: dict[str, Any], kind: ConversationType) -> None:
    assert parse(activity(conversation=conversation)).conversation_type is kind


@pytest.mark.parametrize(
    "zone", ["Europe/Nowhere", "Europe", "../../etc/passwd", "/etc/localtime", "x" * 200, 5, "", "Europe/Oslo\x00", []]
)
def test_a_zone_that_is_none_falls_back_to_the_clients(zone: object) -> None:
    assert parse(activity(localTimezone=zone)).zone == "Europe/Helsinki"
    assert parse(activity(localTimezone=zone, entities=[])).zone == ""


@pytest.mark.parametrize("locale", ["english please", "e", 5, "<b>", "en-GB\n", ""])
def test_a_locale_that_is_none_falls_back_to_the_clients(locale: object) -> None:
    assert parse(activity(locale=locale)).locale == "en-GB"


def test_two_tenants_that_differ_are_refused_and_case_does_not_count() -> None:
    with pytest.raises(Malformed, match=r"tenant\.conflicting"):
        parse(activity(channelData={"tenant": {"id": OTHER_TENANT}}))
    assert tenant_of(activity(channelData={"tenant": {"id": TENANT.upper()}})) == TENANT


def _nested(depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for _ in range(depth):
        data = {"a": data}
    return data


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": None}, "type.missing"),
        ({"type": 5}, "type.not_text"),
        ({"conversation": None}, "conversation.missing"),
        ({"conversation": "a"}, "conversation.not_an_object"),
        ({"conversation": {"id": ""}}, "id.missing"),
        ({"conversation": {"id": "x" * 600}}, "id.not_usable"),
        ({"conversation": {"id": "a\r\nb"}}, "id.not_usable"),
        ({"conversation": {"id": "\ud800"}}, "id.not_usable"),
        ({"from": "ana"}, "from.not_an_object"),
        ({"from": {"id": 5, "aadObjectId": "b"}}, "id.not_text"),
        ({"recipient": []}, "recipient.not_an_object"),
        ({"serviceUrl": None}, "serviceUrl.missing"),
        ({"text": {"a": 1}}, "text.not_text"),
        ({"entities": {}}, "entities.not_a_list"),
        ({"channelData": 5}, "channelData.not_an_object"),
        ({"value": [1], "text": None}, "value.not_an_object"),
        ({"value": _nested(9), "text": None}, "data.too_much"),
        ({"value": {str(n): n for n in range(600)}, "text": None}, "data.too_much"),
        ({"type": "invoke", "name": "adaptiveCard/action"}, "value.missing"),
        ({"type": "invoke", "name": "adaptiveCard/action", "value": {}}, "action.missing"),
        ({"type": "invoke", "name": "adaptiveCard/action", "value": {"action": 5}}, "action.not_an_object"),
        ({"type": "invoke", "name": "adaptiveCard/action", "value": {"action": {"verb": {}}}}, "verb.not_text"),
        ({"type": "conversationUpdate", "membersAdded": 5}, "membersAdded.not_a_list"),
    ],
)
def test_a_bad_shape_is_refused_by_name(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse(activity(**changes))

    assert refusal.value.code == code


def test_card_data_are_shortened_not_believed() -> None:
    inbound = parse(press(data={"id": "x" * 9_000, "n": 5, "flags": [True, None], "\ud800": "\ud800"}))

    assert inbound.data == {"id": "x" * 4_000, "n": 5, "flags": [True, None], "\ufffd": "\ufffd"}


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x",
    "\x00",
    "\ud800",
    [],
    [[]],
    {},
    {"id": 5},
    {"id": None},
    "x" * 700,
)


def _paths(raw: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    return [path, *(deeper for key, value in items for deeper in _paths(value, (*path, key)))]


@pytest.mark.parametrize("make", [activity, press, lambda: activity(value={"verb": "x"}, text=None)])
def test_no_odd_value_in_any_place_raises_anything_else(make: Any) -> None:
    outcomes: set[type] = set()
    for path in _paths(make())[1:]:
        for odd in ODD:
            raw = json.loads(json.dumps(make()))
            place = raw
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = odd
            try:
                outcomes.add(type(parse(raw)))
            except Malformed:
                outcomes.add(Malformed)

    assert outcomes == {Inbound, Malformed}


def test_no_mixture_of_odd_values_raises_anything_else() -> None:
    rng = random.Random(20261121)  # noqa: S311 - a seed, so that a failure can be seen again
    outcomes: set[type] = set()
    keys = [*activity(), "name", "value", "action", "membersAdded", "membersRemoved", "replyToId"]
    for _ in range(3_000):
        raw = {**activity(), **{key: rng.choice(ODD) for key in rng.sample(keys, 4)}}
        raw["type"] = rng.choice(["message", "invoke", "conversationUpdate", "installationUpdate"])
        try:
            outcomes.add(type(parse(raw)))
        except Malformed:
            outcomes.add(Malformed)

    assert outcomes == {Inbound, Malformed}
