"""Parses an activity as Teams sends it into the one event that the rest of the bot knows, or refuses it clearly.

Nothing here is believed that was not verified: who, where and which tenant come from the envelope that the channel
signed for (`bot.teams.verifier`), and card data stay a stranger's words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.teams.inbound_fields import (
    Malformed,
    bounded,
    mapping,
    mappings,
    optional_mapping,
    text,
    valid_locale,
    valid_zone,
)
from bot.teams.references import ConversationReference

LONGEST_TEXT = 4_000
LONGEST_ID = 512

_OBJECT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TAGS = re.compile(r"</?at(?:\s[^<>]{0,200})?>", re.IGNORECASE)


class Kind(StrEnum):
    MESSAGE = "message"
    ACTION = "action"  # Action.Execute: an invoke, whose answer carries the next card
    SUBMIT = "submit"  # Action.Submit: a message with a value; verb and data as in ACTION, but no card may be answered
    INSTALLED = "installed"
    REMOVED = "removed"
    MEMBERS_ADDED = "members_added"
    OTHER = "other"  # edits, reactions, bots, people without an identity, what is not known yet: answer 200, do nothing


class ConversationType(StrEnum):
    PERSONAL = "personal"
    GROUP = "groupChat"
    CHANNEL = "channel"


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """One activity. What is absent is '', except that MESSAGE, ACTION and SUBMIT always have an `actor_id`.

    `actor_id` is the Entra object id in lower case; `actor_mri` the channel's id of the same person. `text` is without
    the bot's mention and without mention tags, trimmed. `zone` is an IANA name that this machine knows. `members` are
    the MRIs that joined; the bot's own id is among them when it was added. `name` is the invoke's name.
    """

    kind: Kind
    tenant: str
    conversation_id: str
    conversation_type: ConversationType
    activity_id: str
    reply_to_id: str
    actor_id: str
    actor_mri: str
    actor_name: str
    bot_id: str
    service_url: str
    locale: str
    zone: str
    text: str
    verb: str
    data: Mapping[str, Any]
    name: str
    members: tuple[str, ...]
    team_id: str
    channel_id: str
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    __hash__ = None  # type: ignore[assignment]  # it holds mappings

    @property
    def bot_was_added(self) -> bool:
        return self.kind is Kind.INSTALLED or self.bot_id in self.members

    @property
    def reference(self) -> ConversationReference:
        return ConversationReference(
            service_url=self.service_url,
            conversation_id=self.conversation_id,
            bot_id=self.bot_id,
            actor_mri=self.actor_mri,
            tenant=self.tenant,
            channel_id=self.channel_id,
        )


def parse(raw: Mapping[str, Any]) -> Inbound:
    """Raises Malformed, and nothing else, for whatever JSON object is handed in."""
    sender = optional_mapping(raw, "from")
    recipient = optional_mapping(raw, "recipient")
    conversation = mapping(raw, "conversation")
    channel_data = optional_mapping(raw, "channelData")
    bot_id = text(recipient, "id", LONGEST_ID)
    kind = _kind_of(raw, sender, channel_data, bot_id)
    verb, data = _pressed(kind, raw)
    locale, zone = _locale_and_zone(raw)
    return Inbound(
        kind=kind,
        tenant=tenant_of(raw),
        conversation_id=text(conversation, "id", LONGEST_ID, required=True),
        conversation_type=_conversation_type(conversation),
        activity_id=text(raw, "id", LONGEST_ID),
        reply_to_id=text(raw, "replyToId", LONGEST_ID),
        actor_id=_object_id(sender),
        actor_mri=text(sender, "id", LONGEST_ID),
        actor_name=text(sender, "name", LONGEST_ID, cut=True),
        bot_id=bot_id,
        service_url=text(raw, "serviceUrl", LONGEST_ID, required=True),
        locale=locale,
        zone=zone,
        text=_said(raw, bot_id) if kind is Kind.MESSAGE else "",
        verb=verb,
        data=data,
        name=text(raw, "name", 128),
        members=_members(raw, "membersAdded") if kind is Kind.MEMBERS_ADDED else (),
        team_id=text(optional_mapping(channel_data, "team"), "id", LONGEST_ID),
        channel_id=text(optional_mapping(channel_data, "channel"), "id", LONGEST_ID),
        raw=raw,
    )


def tenant_of(raw: Mapping[str, Any]) -> str:
    """In lower case, '' where none is named. Raises Malformed when the two places that may name it differ."""
    declared = text(optional_mapping(optional_mapping(raw, "channelData"), "tenant"), "id", 64).lower()
    of_conversation = text(optional_mapping(raw, "conversation"), "tenantId", 64).lower()
    if declared and of_conversation and declared != of_conversation:
        raise Malformed("tenant.conflicting")
    return declared or of_conversation


def _kind_of(raw: Mapping[str, Any], sender: Mapping[str, Any], channel_data: Mapping[str, Any], bot_id: str) -> Kind:
    match text(raw, "type", 64, required=True):
        case "message" if _is_new(channel_data) and _is_person(sender):
            return Kind.SUBMIT if _is_submit(raw) else Kind.MESSAGE
        case "invoke" if raw.get("name") == "adaptiveCard/action" and _is_person(sender):
            return Kind.ACTION
        case "installationUpdate":
            return _installation(text(raw, "action", 64))
        case "conversationUpdate":
            return _membership(raw, bot_id)
        case _:
            return Kind.OTHER


def _installation(action: str) -> Kind:
    # `remove-upgrade` is the first half of an upgrade, `add-upgrade` the second: nobody has taken the bot away
    return {"add": Kind.INSTALLED, "add-upgrade": Kind.INSTALLED, "remove": Kind.REMOVED}.get(action, Kind.OTHER)


def _membership(raw: Mapping[str, Any], bot_id: str) -> Kind:
    if _members(raw, "membersAdded"):
        return Kind.MEMBERS_ADDED
    return Kind.REMOVED if bot_id and bot_id in _members(raw, "membersRemoved") else Kind.OTHER


def _members(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    ids = (text(member, "id", LONGEST_ID) for member in mappings(raw, key))
    return tuple(mri for mri in ids if mri)


def _is_new(channel_data: Mapping[str, Any]) -> bool:
    return text(channel_data, "eventType", 64) not in {"editMessage", "softDeleteMessage", "undeleteMessage"}


def _is_person(sender: Mapping[str, Any]) -> bool:
    is_bot = text(sender, "role", 64) in {"bot", "skill"} or text(sender, "id", LONGEST_ID).startswith("28:")
    return bool(_object_id(sender)) and not is_bot


def _is_submit(raw: Mapping[str, Any]) -> bool:
    said = raw.get("text")
    return raw.get("value") is not None and not (isinstance(said, str) and said.strip())


def _pressed(kind: Kind, raw: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if kind is Kind.SUBMIT:
        data = bounded(mapping(raw, "value"))
        return text(data, "verb", 128), data
    if kind is Kind.ACTION:
        action = mapping(mapping(raw, "value"), "action")
        return text(action, "verb", 128), bounded(optional_mapping(action, "data"))
    return "", {}


def _object_id(sender: Mapping[str, Any]) -> str:
    object_id = text(sender, "aadObjectId", 64)
    return object_id.lower() if _OBJECT_ID.fullmatch(object_id) else ""


def _conversation_type(conversation: Mapping[str, Any]) -> ConversationType:
    """A kind not known, or none named in a group, counts as a group: nothing private is said there."""
    named = text(conversation, "conversationType", 64)
    if named == ConversationType.PERSONAL or (not named and conversation.get("isGroup") is not True):
        return ConversationType.PERSONAL
    return ConversationType.CHANNEL if named == ConversationType.CHANNEL else ConversationType.GROUP


def _locale_and_zone(raw: Mapping[str, Any]) -> tuple[str, str]:
    client = next((entity for entity in mappings(raw, "entities") if entity.get("type") == "clientInfo"), {})
    locale = valid_locale(raw.get("locale")) or valid_locale(client.get("locale"))
    return locale, valid_zone(raw.get("localTimezone")) or valid_zone(client.get("timezone"))


def _said(raw: Mapping[str, Any], bot_id: str) -> str:
    said = text(raw, "text", LONGEST_TEXT, cut=True).replace("&nbsp;", " ")
    for entity in mappings(raw, "entities"):
        if entity.get("type") == "mention" and bot_id and optional_mapping(entity, "mentioned").get("id") == bot_id:
            mention = text(entity, "text", LONGEST_ID)
            said = said.replace(mention, " ") if mention else said
    return _TAGS.sub("", said).replace("\u00a0", " ").strip()
