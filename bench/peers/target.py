"""What a client is to read, and where."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["full", "select", "event"]

EVENTS = 50


@dataclass(frozen=True, kw_only=True)
class Target:
    """`full` is a page with everything that Graph tells of events, `select` one of the properties in `select`, `event`
    one event. `mailboxes` take turns: sixteen readers read sixteen mailboxes. Times as in a query string. `ids` are the
    events that a client must deliver."""

    kind: Kind
    root: str
    token: str
    mailboxes: tuple[str, ...]
    starts: str
    ends: str
    event_id: str
    select: str
    ids: tuple[str, ...]

    def mailbox(self, lane: int) -> str:
        return self.mailboxes[lane % len(self.mailboxes)]

    def url(self, lane: int) -> str:
        """For clients that take one."""
        user = f"{self.root}/v1.0/users/{self.mailbox(lane)}"
        window = f"startDateTime={self.starts}&endDateTime={self.ends}"
        if self.kind == "event":
            return f"{user}/events/{self.event_id}?$select={self.select}"
        if self.kind == "select":
            return f"{user}/calendarView?{window}&$select={self.select}&$top={EVENTS}"
        return f"{user}/calendarView/delta?{window}"

    @property
    def headers(self) -> dict[str, str]:
        """For clients that have none of their own."""
        prefer = f'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize={EVENTS}'
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Prefer": prefer}
