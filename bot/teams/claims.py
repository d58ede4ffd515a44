"""What the front door answers: proven claims about who speaks for whom, or a refusal with a code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.teams.inbound import tenant_of
from bot.teams.inbound_fields import Malformed
from bot.teams.references import ServiceUrls

CHANNEL = "msteams"


@dataclass(frozen=True, kw_only=True)
class Claims:
    """An activity's proven origin. `proven` is False only where the sandbox's door let it in without a token."""

    app_id: str
    issuer: str
    service_url: str
    tenant: str
    proven: bool = True


@dataclass(frozen=True)
class Refused:
    """`status`: 401 the token is wrong, 403 it does not fit the activity, 503 no key could be had to judge it."""

    status: int
    code: str


class FrontDoor(Protocol):
    async def admit(self, authorization: str, raw: Mapping[str, Any], peer: str) -> Claims | Refused:
        """Decides on the Authorization header ('' if absent) and the decoded activity. `peer` is the address of the
        connection's other end, '' where a proxy stands between. Never raises for what a stranger sent."""


def misfit(raw: Mapping[str, Any], service_urls: ServiceUrls, tenants: frozenset[str]) -> Refused | None:
    """Why an activity may not come in whatever its token says: another channel, another tenant, a service address that
    must not see our token."""
    if raw.get("channelId") != CHANNEL:
        return Refused(403, "channel.unsupported")
    service_url = raw.get("serviceUrl")
    if not isinstance(service_url, str) or not service_url:
        return Refused(403, "service_url.missing")
    if not service_urls.allow(service_url):
        return Refused(403, "service_url.not_allowed")
    try:
        tenant = tenant_of(raw)
    except Malformed as malformed:
        return Refused(403, malformed.code)
    if not tenant:
        return Refused(403, "tenant.missing")
    return None if tenant in tenants else Refused(403, "tenant.foreign")
