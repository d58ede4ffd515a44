"""Where a message may go: conversation references, and the service addresses that may be called with our token."""

import re
from dataclasses import dataclass

# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages, "service URL":
# public, GCC, GCC High and DoD.
TEAMS_HOSTS = frozenset(
    {
        "smba.trafficmanager.net",
        "smba.infra.gcc.teams.microsoft.com",
        "smba.infra.gov.teams.microsoft.us",
        "smba.infra.dod.teams.microsoft.us",
    }
)

_HTTPS = re.compile(r"https://([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::443)?(?:/[A-Za-z0-9._~-]+)*/?")
_LOOPBACK = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?")
_LONGEST_URL = 512


@dataclass(frozen=True, kw_only=True)
class ConversationReference:
    """What it takes to write to a conversation later; nothing but text, so that it stores as plain JSON.

    `conversation_id` is Teams' own and carries `;messageid=` in a channel thread. `channel_id` is the Teams channel
    ("19:...@thread.tacv2"), '' outside of teams. `actor_mri` is the person last heard there ("29:...", another one for
    each bot).
    """

    service_url: str
    conversation_id: str
    bot_id: str
    actor_mri: str
    tenant: str
    channel_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person to open a 1:1 chat with. `member_id` is their MRI or Entra object id."""

    service_url: str
    tenant: str
    bot_id: str
    member_id: str


@dataclass(frozen=True)
class ServiceUrls:
    """Which service addresses may be called with our token: https on a named host, without port, query or user part.

    A host of the form `*.example.com` stands for every host below example.com. `loopback` alone admits plain http, on
    this machine only, for the sandbox.
    """

    hosts: frozenset[str] = TEAMS_HOSTS
    loopback: bool = False

    def allow(self, url: str) -> bool:
        if len(url) > _LONGEST_URL or "/.." in url or "/./" in url:
            return False
        if self.loopback and _LOOPBACK.fullmatch(url):
            return True
        match = _HTTPS.fullmatch(url)
        return match is not None and self._knows(match[1])

    def _knows(self, host: str) -> bool:
        return host in self.hosts or any(host.endswith(known[1:]) for known in self.hosts if known.startswith("*."))


def in_personal_chat(recipient: Recipient, conversation_id: str) -> ConversationReference:
    """The reference of the 1:1 chat that `Connector.create_conversation` answered with."""
    return ConversationReference(
        service_url=recipient.service_url,
        conversation_id=conversation_id,
        bot_id=recipient.bot_id,
        actor_mri=recipient.member_id if recipient.member_id.startswith("29:") else "",
        tenant=recipient.tenant,
    )
