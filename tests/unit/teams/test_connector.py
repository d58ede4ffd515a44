"""What leaves for Teams: where it goes, how fast, what is repeated, and what the caller is told when it fails."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.teams.connector import HttpConnector, Terms, pooled_session
from bot.teams.connector_answers import retry_after_s
from bot.teams.connector_errors import (
    ActivityGone,
    AddressRefused,
    ConnectorError,
    ConversationDead,
    CredentialsRefused,
    Forbidden,
    MaybeSent,
    Throttled,
    TooLarge,
    Unreachable,
)
from bot.teams.connector_pace import CONVERSATION_LIMITS, Pace
from bot.teams.credentials import NoCredentials
from bot.teams.references import ConversationReference, Recipient, ServiceUrls, in_personal_chat
from tests.conversation.connector_fake import CARD, Failure, FakeConnector, How
from tests.unit.teams.kit import TENANT, ManualClock

TERMS = Terms(service_urls=ServiceUrls(frozenset(), loopback=True), timeout_s=2.0)
MESSAGE: dict[str, Any] = {"type": "message", "text": "hello"}


class Tokens:
    """Hands out t1, t2, …: the next after each that was refused."""

    def __init__(self) -> None:
        self.number = 1

    async def token(self) -> str:
        return f"t{self.number}"

    def refused(self, token: str) -> None:
        assert token == f"t{self.number}"
        self.number += 1


class Scene:
    def __init__(self, teams: FakeConnector) -> None:
        self.teams = teams
        self.clock = ManualClock()
        self.session = pooled_session()
        self.to = ConversationReference(
            service_url=teams.service_url, conversation_id="a:ana/1", bot_id="28:b", actor_mri="29:ana", tenant=TENANT
        )
        self.connector = self.with_terms(TERMS)

    def with_terms(self, terms: Terms, credentials: Any = None) -> HttpConnector:
        rng = random.Random(1)  # noqa: S311 - jitter
        return HttpConnector(self.session, credentials or NoCredentials(), clock=self.clock, rng=rng, terms=terms)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with FakeConnector() as teams:
        scene = Scene(teams)
        async with scene.session:
            yield scene


async def test_a_message_arrives_addressed_and_its_id_comes_back(scene: Scene) -> None:
    to = replace(scene.to, conversation_id="19:c@thread.tacv2;messageid=17")

    sent = await scene.connector.send(to, {"text": "hello"}, reply_to="16")

    (written,) = scene.teams.sent
    assert (written.activity_id, written.conversation_id, written.reply_to) == (sent, to.conversation_id, "16")
    assert written.activity == {
        "type": "message",
        "text": "hello",
        "from": {"id": "28:b"},
        "recipient": {"id": "29:ana"},
        "conversation": {"id": to.conversation_id},
        "channelId": "msteams",
        "serviceUrl": to.service_url,
        "replyToId": "16",
    }
    assert written.authorization == ""


async def test_a_message_is_changed_in_place_and_deleted(scene: Scene) -> None:
    sent = await scene.connector.send(scene.to, MESSAGE)
    card = {"attachments": [{"contentType": CARD, "content": {"type": "AdaptiveCard", "body": []}}]}

    await scene.connector.update(scene.to, sent, card)
    assert scene.teams.last_card("a:ana/1") == {"type": "AdaptiveCard", "body": []}
    assert [shown.activity_id for shown in scene.teams.shown("a:ana/1")] == [sent]

    await scene.connector.delete(scene.to, sent)
    await scene.connector.delete(scene.to, sent)  # gone already is fine
    assert scene.teams.shown("a:ana/1") == []


async def test_text_and_card_in_one_come_back_without_an_id(scene: Scene) -> None:
    both = {"text": "hello", "attachments": [{"contentType": CARD, "content": {}}]}

    assert await scene.connector.send(scene.to, both) == ""


async def test_a_chat_with_a_person_is_opened_and_written_to(scene: Scene) -> None:
    ben = Recipient(service_url=scene.teams.service_url, tenant=TENANT, bot_id="28:b", member_id="29:ben")

    conversation = await scene.connector.create_conversation(ben)
    await scene.connector.send(in_personal_chat(ben, conversation), MESSAGE)

    (created,) = scene.teams.created
    assert created["members"] == [{"id": "29:ben"}]
    assert created["tenantId"] == created["channelData"]["tenant"]["id"] == TENANT
    assert [written.conversation_id for written in scene.teams.sent] == ["a:29:ben"]


async def test_fifty_messages_use_one_connection(scene: Scene) -> None:
    for n in range(50):
        await scene.connector.send(replace(scene.to, conversation_id=f"a:{n}"), MESSAGE)

    assert len(scene.teams.sent) == 50
    assert len(scene.teams.connections) == 1


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504])
async def test_what_passes_is_waited_for(scene: Scene, status: int) -> None:
    scene.teams.fail(Failure(status=status), Failure(status=status))

    await scene.connector.send(scene.to, MESSAGE)

    assert len(scene.teams.sent) == 1
    assert scene.teams.attempts == 3
    assert sum(scene.clock.slept) >= 0.75


async def test_waits_grow_and_differ(scene: Scene) -> None:
    scene.teams.fail(*[Failure(status=503)] * 3)

    await scene.connector.send(scene.to, MESSAGE)

    first, second, third = scene.clock.slept
    assert 0.25 <= first <= 0.5 <= second <= 1.0 <= third <= 2.0


async def test_retry_after_is_obeyed_and_holds_the_conversation_alone(scene: Scene) -> None:
    scene.teams.fail(Failure(status=429, headers={"Retry-After": "4.5"}))
    began = scene.clock.monotonic()

    await scene.connector.send(scene.to, MESSAGE)
    assert scene.clock.monotonic() - began >= 4.5

    scene.teams.fail(Failure(status=429, headers={"Retry-After": "60"}))
    with pytest.raises(Throttled) as throttled:
        await scene.connector.send(scene.to, MESSAGE)
    assert throttled.value.retry_after_s == 60
    attempts, slept = scene.teams.attempts, sum(scene.clock.slept)

    with pytest.raises(Throttled):  # without asking again
        await scene.connector.send(scene.to, MESSAGE)
    assert scene.teams.attempts == attempts

    await scene.connector.send(replace(scene.to, conversation_id="a:ben"), MESSAGE)
    assert sum(scene.clock.slept) == slept


FAILURES: list[tuple[Failure, type[ConnectorError], type[ConnectorError]]] = [
    # the failure, what a new message raises, what a change raises
    (Failure(status=400, code="BadSyntax"), Forbidden, Forbidden),
    (Failure(status=403, code="ConversationBlockedByUser"), ConversationDead, ConversationDead),
    (Failure(status=403, code="BotNotInConversationRoster"), ConversationDead, ConversationDead),
    (Failure(status=403, code="BotDisabledByAdmin"), ConversationDead, ConversationDead),
    (Failure(status=403, code="MessageWritesBlocked"), ConversationDead, ConversationDead),
    (Failure(status=403, body={"errorCode": 209, "message": "{}"}), ConversationDead, ConversationDead),
    (Failure(status=403, body={"error": {"subCode": "MessageWritesBlocked"}}), ConversationDead, ConversationDead),
    (Failure(status=403, body={"error": ["odd"]}), Forbidden, Forbidden),
    (Failure(status=403, code="SomethingElse"), Forbidden, Forbidden),
    (Failure(status=404, code="ConversationNotFound"), ConversationDead, ConversationDead),
    (Failure(status=404), ConversationDead, ActivityGone),
    (Failure(status=404, code="ActivityNotFoundInConversation"), ActivityGone, ActivityGone),
    (Failure(status=413, code="MessageSizeTooBig"), TooLarge, TooLarge),
    (Failure(status=302, headers={"Location": "http://evil.example/"}), Forbidden, Forbidden),
    (Failure(status=408), MaybeSent, Unreachable),
    (Failure(status=500), MaybeSent, Unreachable),
    (Failure(how=How.CUT), MaybeSent, Unreachable),
    (Failure(status=502), MaybeSent, Unreachable),
    (Failure(status=504), MaybeSent, Unreachable),
    (Failure(status=503), Unreachable, Unreachable),
    (Failure(status=412), Unreachable, Unreachable),
    (Failure(status=429), Throttled, Throttled),
    (Failure(status=401), CredentialsRefused, CredentialsRefused),
]


@pytest.mark.parametrize(("failure", "of_send", "of_update"), FAILURES)
async def test_each_failure_says_what_to_do(
    scene: Scene, failure: Failure, of_send: type[ConnectorError], of_update: type[ConnectorError]
) -> None:
    posted = await scene.connector.send(scene.to, MESSAGE)
    scene.teams.fail(*[failure] * 4)

    with pytest.raises(ConnectorError) as sending:
        await scene.connector.send(scene.to, MESSAGE)
    assert type(sending.value) is of_send

    scene.clock.forward(60)
    scene.teams.mend()
    scene.teams.fail(*[failure] * 8)  # aiohttp repeats a PUT once of its own accord when a kept connection is cut
    with pytest.raises(ConnectorError) as updating:
        await scene.connector.update(scene.to, posted, MESSAGE)
    assert type(updating.value) is of_update


async def test_a_lost_answer_is_not_repeated_for_a_new_message_but_is_for_a_change(scene: Scene) -> None:
    scene.teams.fail(Failure(how=How.CUT))
    with pytest.raises(MaybeSent):
        await scene.connector.send(scene.to, MESSAGE)
    (posted,) = scene.teams.sent

    scene.teams.fail(Failure(how=How.CUT))
    await scene.connector.update(scene.to, posted.activity_id, MESSAGE)

    assert len(scene.teams.sent) == 1
    assert len(scene.teams.updates) == 2


async def test_silence_ends_in_doubt(scene: Scene) -> None:
    scene.teams.fail(Failure(how=How.SILENCE))

    with pytest.raises(MaybeSent):
        await scene.with_terms(replace(TERMS, timeout_s=0.05)).send(scene.to, MESSAGE)


async def test_a_gateways_error_leaves_a_doubt_that_later_refusals_do_not_lift(scene: Scene) -> None:
    scene.teams.fail(Failure(status=502), *[Failure(status=503)] * 3)

    with pytest.raises(MaybeSent):
        await scene.connector.send(scene.to, MESSAGE)


async def test_nobody_listening_is_unreachable_not_doubt(scene: Scene) -> None:
    to = replace(scene.to, service_url="http://127.0.0.1:1/")

    with pytest.raises(Unreachable):
        await scene.connector.send(to, MESSAGE)
    assert len(scene.clock.slept) == TERMS.tries - 1


async def test_an_address_off_the_list_sees_neither_message_nor_token(scene: Scene) -> None:
    connector = scene.with_terms(Terms(), Tokens())
    recipient = Recipient(service_url=scene.teams.service_url, tenant=TENANT, bot_id="28:b", member_id="29:b")

    for call in (
        connector.send(scene.to, MESSAGE),
        connector.update(scene.to, "1", MESSAGE),
        connector.delete(scene.to, "1"),
        connector.create_conversation(recipient),
    ):
        with pytest.raises(AddressRefused):
            await call
    await connector.typing(scene.to)

    assert scene.teams.attempts == 0


async def test_a_refused_token_is_dropped_and_one_other_is_tried(scene: Scene) -> None:
    connector = scene.with_terms(TERMS, Tokens())
    scene.teams.fail(Failure(status=401))
    await connector.send(scene.to, MESSAGE)
    assert scene.teams.sent[0].authorization == "Bearer t2"

    scene.teams.fail(Failure(status=401), Failure(status=401))
    with pytest.raises(CredentialsRefused):
        await connector.send(scene.to, MESSAGE)
    assert scene.teams.attempts == 4


async def test_typing_is_shown_and_its_failure_is_nobodys_business(scene: Scene) -> None:
    await scene.connector.typing(scene.to)
    scene.teams.fail(Failure(status=500), Failure(status=429))
    await scene.connector.typing(scene.to)
    await scene.connector.typing(scene.to)

    assert len(scene.teams.typings) == 1
    assert scene.clock.slept == []


async def test_a_conversation_is_never_written_to_faster_than_teams_allows(scene: Scene) -> None:
    connector = scene.with_terms(replace(TERMS, longest_wait_s=40.0))
    moments: list[float] = []

    async def send() -> None:
        await connector.send(replace(scene.to, conversation_id=f"19:c;messageid={len(moments)}"), MESSAGE)
        moments.append(scene.clock.monotonic())

    for _ in range(70):
        await send()

    for count, window_s in CONVERSATION_LIMITS:
        crowded = [b for a, b in zip(moments, moments[count:], strict=False) if b - a < window_s]
        assert crowded == []


async def test_a_wait_that_is_too_long_is_handed_back(scene: Scene) -> None:
    connector = scene.with_terms(replace(TERMS, longest_wait_s=0.5))

    for _ in range(7):
        await connector.send(scene.to, MESSAGE)
    with pytest.raises(Throttled) as throttled:
        await connector.send(scene.to, MESSAGE)

    assert 0.5 < throttled.value.retry_after_s <= 1.1
    assert len(scene.teams.sent) == 7


def test_pace_forgets_those_it_has_not_heard_of_longest() -> None:
    pace = Pace(((1, 100.0),), most_keys=2)
    for key in ("a", "b", "c"):
        pace.book(key, 0.0)

    assert [pace.wait_s(key, 0.0) > 0 for key in ("a", "b", "c")] == [False, True, True]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("2", 2.0), ("0.5", 0.5), ("", 1.0), ("soon", 1.0), ("-5", 0.0), ("nan", 1.0), ("1e9", 3600.0), ("inf", 3600.0)],
)
def test_retry_after_is_read_with_fractions_and_within_reason(header: str, seconds: float) -> None:
    assert retry_after_s(header) == seconds


async def test_the_fake_tells_of_what_is_written_and_of_what_is_not(scene: Scene) -> None:
    async def later() -> None:
        await scene.connector.send(scene.to, MESSAGE)

    waiting = asyncio.create_task(scene.teams.wait_for(1, "a:ana/1"))
    await later()

    assert [written.text for written in await waiting] == ["hello"]
    with pytest.raises(TimeoutError):
        await scene.teams.wait_for(2, "a:ana/1", timeout_s=0.01)
