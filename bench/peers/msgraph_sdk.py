"""Microsoft's SDK, as its users have it: GraphServiceClient, its own middleware, its typed events."""

from typing import Any

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import CalendarViewRequestBuilder
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.events.item.event_item_request_builder import EventItemRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient

from bench.peers.target import EVENTS, Target


class _StaticToken(AccessTokenProvider):
    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(
        self,
        uri: str,  # noqa: ARG002  (the SDK's)
        additional_authentication_context: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


class MsgraphSdk:
    """Delivers msgraph's Event objects."""

    def __init__(self) -> None:
        self._clients: dict[str, GraphServiceClient] = {}

    async def fetch(self, target: Target, lane: int) -> Any:
        user = self._client(target).users.by_user_id(target.mailbox(lane))
        if target.kind == "event":
            one = user.events.by_event_id(target.event_id)
            only = EventItemRequestBuilder.EventItemRequestBuilderGetQueryParameters(select=target.select.split(","))
            return [await one.get(_configured(only))]
        if target.kind == "select":
            some = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
                start_date_time=target.starts, end_date_time=target.ends, select=target.select.split(","), top=EVENTS
            )
            found: Any = await user.calendar_view.get(_configured(some))
            return found.value
        window = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
            start_date_time=target.starts, end_date_time=target.ends
        )
        feed: Any = await user.calendar_view.delta.get(_configured(window))
        return feed.value

    def ids(self, fetched: Any) -> list[str]:
        return [event.id for event in fetched]

    async def close(self) -> None:
        """The SDK's client has no end of its own."""

    def _client(self, target: Target) -> GraphServiceClient:
        client = self._clients.get(target.root)
        if client is None:
            adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(_StaticToken(target.token)))
            adapter.base_url = f"{target.root}/v1.0"
            client = self._clients[target.root] = GraphServiceClient(request_adapter=adapter)
        return client


def _configured(query: Any) -> Any:
    configuration: Any = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')
    configuration.headers.add("Prefer", 'outlook.timezone="UTC"')
    configuration.headers.add("Prefer", f"odata.maxpagesize={EVENTS}")
    return configuration
