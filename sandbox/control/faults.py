"""Decides which requests fail and which notifications go astray: counted rules, applied in order, no chance in it."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec


class RequestFault(msgspec.Struct, forbid_unknown_fields=True):
    """The next `times` requests whose method and path match fail.

    `reset` cuts the connection before or after the effect; `status` fails it before, or with `after_effect` after;
    `delay_s` waits on the tenant's clock, and with `status` 0
    and no reset the request then goes through. `body` replaces Graph's error envelope.
    """

    times: int = 1
    method: str = ".*"
    path: str = ".*"
    status: int = 0
    code: str = "ServiceUnavailable"
    message: str = "A fault that was asked for."
    retry_after: str | None = None
    delay_s: float = 0.0
    reset: Literal["", "before", "after"] = ""
    after_effect: bool = False
    body: Any = None

    def matches(self, method: str, path: str) -> bool:
        return bool(re.fullmatch(self.method, method, re.IGNORECASE) and re.search(self.path, path))


class NotificationFault(msgspec.Struct, forbid_unknown_fields=True):
    """The next `times` notifications (of one mailbox, or of any) are dropped, duplicated or delayed."""

    action: Literal["drop", "duplicate", "delay"]
    times: int = 1
    delay_s: float = 30.0
    mailbox: str = ""


@dataclass(frozen=True)
class Effect:
    is_dropped: bool = False
    is_duplicated: bool = False
    delay_s: float = 0.0


@dataclass
class Faults:
    """Rules in the order in which they were given; a rule whose count is used up is gone."""

    requests: list[RequestFault] = field(default_factory=list)
    notifications: list[NotificationFault] = field(default_factory=list)

    def for_request(self, method: str, path: str) -> RequestFault | None:
        """Uses up one count of the first rule that matches."""
        for rule in self.requests:
            if rule.matches(method, path):
                rule.times -= 1
                self.requests = [one for one in self.requests if one.times > 0]
                return rule
        return None

    def notification_effect(self, mailbox: str) -> Effect:
        """Uses up one count of the first rule that matches."""
        for rule in self.notifications:
            if rule.mailbox in {"", mailbox}:
                rule.times -= 1
                self.notifications = [one for one in self.notifications if one.times > 0]
                return Effect(
                    is_dropped=rule.action == "drop",
                    is_duplicated=rule.action == "duplicate",
                    delay_s=rule.delay_s if rule.action == "delay" else 0.0,
                )
        return Effect()

    def clear(self) -> None:
        self.requests.clear()
        self.notifications.clear()
