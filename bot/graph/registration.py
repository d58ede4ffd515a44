"""The registration port over Microsoft Graph."""

from datetime import UTC, datetime

from bot.graph import wire
from bot.graph.client import BACKGROUND, GraphClient
from bot.graph.tenant_calls import own_application

_HINT = 3  # as many characters of a secret stay readable in the directory


class GraphRegistration:
    """Implements bot.ports.registration.Registration. `secret` tells which of several is in use; it is not sent."""

    def __init__(self, client: GraphClient, client_id: str, secret: str) -> None:
        self._client = client
        self._client_id = client_id
        self._hint = secret[:_HINT]

    async def secret_ends_at(self) -> datetime | None:
        application = await self._client.call(own_application(self._client_id), BACKGROUND)
        return ends_at(application.password_credentials or [], self._hint)


def ends_at(secrets: list[wire.Credential], hint: str) -> datetime | None:
    """The end of the secret that begins so; of several, the first that ends: it may be the one. Where no hint fits (old
    registrations have none), the same of those without a hint."""
    fitting = [one for one in secrets if one.hint == hint] or [one for one in secrets if not one.hint]
    ends = [_aware(one.end_date_time) for one in fitting if one.end_date_time is not None]
    return min(ends, default=None)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
