"""Subscriptions: which exist, what they are told, how long they live.

https://learn.microsoft.com/graph/api/resources/subscription; the 10,070 minutes are what the service enforces.
"""

import random
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from sandbox.calendar import ids, rendering
from sandbox.calendar.mailboxes import Change, ChangeType, Mailbox
from sandbox.clock import Clock
from sandbox.directory.models import Directory, User
from sandbox.errors import bad_request, no_subscription, no_user, not_honoured, subscription_too_long
from sandbox.login.models import CLIENT_ID, TENANT_ID
from sandbox.odata import Entity
from sandbox.wire import instant

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_MIN = 10_070
SHORTEST_MIN = 45
CLIENT_STATE_LENGTH = 128
_RESOURCE = re.compile(r"^/?users(?:/([^/?']+)|\('([^']+)'\))/events$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: str
    resource: str
    user_id: str
    mailbox: str
    change_types: tuple[ChangeType, ...]
    notification_url: str
    lifecycle_url: str
    client_state: str
    expires_at: datetime
    immutable: bool


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One item for one endpoint."""

    subscription: Subscription
    url: str
    item: Entity


class Subscriptions:
    """`publish` takes every notification that came of a change; it decides when and how it travels."""

    def __init__(self, *, clock: Clock, rng: random.Random, directory: Directory) -> None:
        self._clock = clock
        self._rng = rng
        self._directory = directory
        self._all: dict[str, Subscription] = {}
        self.publish: Callable[[Notification], None] | None = None

    def live(self) -> list[Subscription]:
        now = self._clock.now()
        return [one for one in self._all.values() if one.expires_at > now]

    def get(self, subscription_id: str) -> Subscription:
        """Raises GraphError where it does not exist or has lapsed."""
        found = self._all.get(subscription_id)
        if found is None or found.expires_at <= self._clock.now():
            raise no_subscription()
        return found

    def target(self, resource: str) -> User:
        """Whose events a resource path means. Raises GraphError: 501 for other resources."""
        match = _RESOURCE.match(resource)
        if match is None:
            raise not_honoured(f"subscriptions to '{resource}' (only users/{{id}}/events)")
        name = match[1] or match[2]
        user = self._directory.user(name)
        if user is None:
            raise no_user(name)
        return user

    def expiry(self, asked_at: datetime) -> datetime:
        """Raises GraphError where it is too far or past; too near is moved to 45 minutes."""
        now = self._clock.now()
        if asked_at > now + timedelta(minutes=LONGEST_MIN, seconds=30):
            raise subscription_too_long(LONGEST_MIN)
        if asked_at <= now:
            raise bad_request("Subscription expiration must be in the future.", code="InvalidRequest")
        return max(asked_at, now + timedelta(minutes=SHORTEST_MIN))

    def new_id(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def put(self, subscription: Subscription) -> Subscription:
        self._all[subscription.id] = subscription
        return subscription

    def renew(self, subscription_id: str, *, expires_at: datetime | None, url: str) -> Subscription:
        old = self.get(subscription_id)
        moved = self.expiry(expires_at) if expires_at else old.expires_at
        return self.put(replace(old, expires_at=moved, notification_url=url or old.notification_url))

    def delete(self, subscription_id: str) -> None:
        self.get(subscription_id)
        del self._all[subscription_id]

    def expire(self, subscription_id: str | None = None) -> list[Subscription]:
        """Lets one or all lapse now, silently."""
        lapsed = [one for one in self.live() if subscription_id in {None, one.id}]
        for one in lapsed:
            del self._all[one.id]
        return lapsed

    def take_up(self, subscriptions: list[Subscription]) -> None:
        """Those of another run; what lapsed meanwhile is gone."""
        now = self._clock.now()
        self._all |= {one.id: one for one in subscriptions if one.expires_at > now}

    def hear(self, mailbox: Mailbox, change: Change) -> None:
        """A calendar changed: one notification for each subscription that wants it."""
        if self.publish is None:
            return
        for one in self.live():
            if one.mailbox == mailbox.address and change.type in one.change_types:
                self.publish(Notification(subscription=one, url=one.notification_url, item=_item(one, change)))

    def lifecycle(self, subscription: Subscription, event: str) -> None:
        """Tells the lifecycle endpoint, where there is one."""
        if self.publish is not None and subscription.lifecycle_url:
            item = {
                "subscriptionId": subscription.id,
                "subscriptionExpirationDateTime": instant(subscription.expires_at),
                "tenantId": TENANT_ID,
                "clientState": subscription.client_state or None,
                "lifecycleEvent": event,
            }
            self.publish(Notification(subscription=subscription, url=subscription.lifecycle_url, item=item))


def rendered(one: Subscription) -> Entity:
    return {
        "id": one.id,
        "resource": one.resource,
        "applicationId": CLIENT_ID,
        "changeType": ",".join(one.change_types),
        "clientState": one.client_state or None,
        "notificationUrl": one.notification_url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": one.lifecycle_url or None,
        "expirationDateTime": instant(one.expires_at),
        "creatorId": CLIENT_ID,
        "includeResourceData": None,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }


def check_url(url: str, name: str) -> None:
    """https anywhere, http on this machine only. Raises GraphError."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_loopback(parts.hostname or ""):
        return
    raise bad_request(f"Invalid '{name}' attribute specified. It must be an https URL.", code="InvalidRequest")


def change_types(text: str) -> tuple[ChangeType, ...]:
    """Raises GraphError."""
    try:
        return tuple(ChangeType(part.strip().lower()) for part in text.split(","))
    except ValueError as problem:
        raise bad_request(f"Invalid 'changeType' attribute '{text}' specified.", code="InvalidRequest") from problem


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _item(one: Subscription, change: Change) -> Entity:
    event_id = ids.event_id(change.item, immutable=one.immutable)
    resource = f"Users/{one.user_id}/Events/{event_id}"
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": instant(one.expires_at),
        "clientState": one.client_state or None,
        "changeType": change.type,
        "resource": resource,
        "tenantId": TENANT_ID,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": rendering.etag(change.item),
            "id": event_id,
        },
    }
