"""O365, as its users have it: an Account, its schedule, its default calendar, its Event objects."""

import time
from typing import Any

from O365 import Account, MSGraphProtocol  # type: ignore[import-untyped]
from O365.utils.token import BaseTokenBackend  # type: ignore[import-untyped]

from bench.peers.target import EVENTS, Target


class _StaticToken(BaseTokenBackend):  # type: ignore[misc]
    """A token that is there already."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = {"secret": token, "expires_on": str(int(time.time()) + 3600)}

    @property
    def has_data(self) -> bool:
        return True

    def load_token(self) -> bool:
        return True

    def get_access_token(self, *, username: str | None = None) -> dict[str, str]:  # noqa: ARG002  (the library's)
        return self._token


class O365:
    """Delivers O365's Event objects. Blocks: it runs in threads, each with an account of its own, for neither
    accounts nor their sessions are made to be shared."""

    def __init__(self) -> None:
        self._schedules: dict[tuple[str, str, int], Any] = {}
        self._calendars: dict[tuple[str, str, int], Any] = {}

    def fetch(self, target: Target, lane: int) -> Any:
        key = target.root, target.mailbox(lane), lane
        if key not in self._schedules:
            self._schedules[key] = _account(target).schedule(resource=f"users/{target.mailbox(lane)}")
        schedule = self._schedules[key]
        if target.kind == "event":
            if key not in self._calendars:
                self._calendars[key] = schedule.get_default_calendar()
            return [self._calendars[key].get_event(target.event_id)]
        query = schedule.new_query().select(*target.select.split(",")) if target.kind == "select" else None
        found = schedule.get_events(limit=EVENTS, query=query, start_recurring=target.starts, end_recurring=target.ends)
        return list(found)

    def ids(self, fetched: Any) -> list[str]:
        return [event.object_id for event in fetched]

    async def close(self) -> None:
        self._schedules.clear()


def _account(target: Target) -> Any:
    protocol = MSGraphProtocol(timezone="UTC")
    protocol.service_url = f"{target.root}/v1.0/"
    return Account(
        ("client", "secret"),
        protocol=protocol,
        auth_flow_type="credentials",
        tenant_id="tenant",
        token_backend=_StaticToken(target.token),
        requests_delay=0,  # it rests 200 ms before each request unless told otherwise
        default_headers={"Prefer": 'IdType="ImmutableId"'},
    )
