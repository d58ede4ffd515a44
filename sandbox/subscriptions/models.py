"""Subscriptions: which exist, what they are told, how long they live.

https://learn.microsoft.com/graph/api/resources/subscription; the 10,070 minutes are what the service enforces.
"""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from sandbox.calendar import ids, rendering
from sandbox.calendar.mailboxes import Change, ChangeType, Mailbox
from sandbox.clock import Clock
from sandbox.directory.journal import Change as DirectoryChange
from sandbox.directory.models import Directory
from sandbox.errors import GraphError, bad_request, no_subscription, subscription_too_long
from sandbox.limits.access import AccessPolicy
from sandbox.login.models import CLIENT_ID, TENANT_ID
from sandbox.odata import Entity
from sandbox.subscriptions.manner import Manner
from sandbox.subscriptions.watched import LONGEST_DIRECTORY_MIN, LONGEST_MIN, Watched, names, told, watched
from sandbox.wire import instant

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST_MIN = 45
CLIENT_STATE_LENGTH = 128
FORMS = {
    "path": "Users/{user}/Events/{event}",
    "quoted": "Users('{user}')/Events('{event}')",
    "lower": "users/{user}/events/{event}",
}


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """To a mailbox's events, or to the objects of the directory that `watched` names."""

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
    app_id: str = CLIENT_ID
    watched: str = ""


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One item for one endpoint."""

    subscription: Subscription
    url: str
    item: Entity

    @property
    def kind(self) -> str:
        """What it tells: a type of change, or a lifecycle event."""
        return str(self.item.get("changeType") or self.item.get("lifecycleEvent") or "")


class Subscriptions:
    """`publish` takes every notification that came of a change; it decides when and how it travels. `manner` tells how
    they are worded."""

    def __init__(
        self, *, clock: Clock, rng: random.Random, directory: Directory, manner: "Callable[[], Manner]" = Manner
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._directory = directory
        self._manner = manner
        self._all: dict[str, Subscription] = {}
        self.publish: Callable[[Notification], None] | None = None

    def live(self) -> list[Subscription]:
        now = self._clock.now()
        return [one for one in self._all.values() if one.expires_at > now]

    def get(self, subscription_id: str, app_id: str) -> Subscription:
        """Raises GraphError where the application has none of this id, or it has lapsed."""
        found = self._all.get(subscription_id)
        if found is None or found.expires_at <= self._clock.now() or found.app_id != app_id:
            raise no_subscription()
        return found

    def target(self, resource: str, user_id: str = "") -> Watched:
        """What a resource path means to who is signed in. Raises GraphError: 501 for other resources."""
        return watched(self._directory, resource, user_id)

    def check_room(self, wanted: Subscription, allowed: int) -> None:
        """Raises GraphError where the mailbox has `allowed` already, or where the same is subscribed to and that is not
        to be."""
        same = [one for one in self.live() if (one.mailbox, one.watched) == (wanted.mailbox, wanted.watched)]
        if wanted.mailbox and len(same) >= allowed:
            raise refused_subscription(403, "Forbidden", "Maximum number of subscriptions has been reached")
        if not self._manner().unique:
            return
        for one in same:
            if one.app_id == wanted.app_id and set(one.change_types) == set(wanted.change_types):
                reason = f"Subscription Id {one.id} already exists for the requested combination"
                raise refused_subscription(409, "Conflict", reason)

    def expiry(self, asked_at: datetime, longest_min: int) -> datetime:
        """Raises GraphError where it is too far or past; too near is moved to 45 minutes."""
        now = self._clock.now()
        if asked_at > now + timedelta(minutes=longest_min, seconds=30):
            raise subscription_too_long(longest_min)
        if asked_at <= now:
            raise bad_request("Subscription expiration must be in the future.", code="InvalidRequest")
        return max(asked_at, now + timedelta(minutes=SHORTEST_MIN))

    def new_id(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def put(self, subscription: Subscription) -> Subscription:
        self._all[subscription.id] = subscription
        return subscription

    def renew(self, old: Subscription, *, expires_at: datetime | None, url: str) -> Subscription:
        longest_min = LONGEST_DIRECTORY_MIN if old.watched else LONGEST_MIN
        moved = self.expiry(expires_at, longest_min) if expires_at else old.expires_at
        return self.put(replace(old, expires_at=moved, notification_url=url or old.notification_url))

    def delete(self, subscription: Subscription) -> None:
        self._all.pop(subscription.id, None)

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
                self.publish(Notification(subscription=one, url=one.notification_url, item=self.item(one, change)))

    def hear_directory(self, change: DirectoryChange, number: int) -> None:
        """Somebody or something in the directory changed. What can be restored counts as updated."""
        is_gone = change.id in self._directory.purged
        for one in self.live():
            if self.publish is not None and one.watched in names(change):
                item = _head(one) | told(change, number, is_gone=is_gone)
                if item["changeType"] in one.change_types:
                    self.publish(Notification(subscription=one, url=one.notification_url, item=item))

    def item(self, one: Subscription, change: Change) -> Entity:
        """What the subscriber is told, spelled as the manner has it."""
        form = self._manner().resource_form
        return _item(one, change, self._rng.choice(list(FORMS)) if form == "mixed" else form)

    def lifecycle(self, subscription: Subscription, event: str) -> None:
        """Tells the lifecycle endpoint, where there is one."""
        if self.publish is not None and subscription.lifecycle_url:
            item = _head(subscription) | {"lifecycleEvent": event}
            self.publish(Notification(subscription=subscription, url=subscription.lifecycle_url, item=item))


def refused_subscription(status: int, reason_status: str, reason: str) -> GraphError:
    """As the service passes on what the mailbox's own said."""
    message = f"Operation: Create; Exception: [Status Code: {reason_status}; Reason: {reason}]"
    return GraphError(status, "ExtensionError", message)


def check_access(access: AccessPolicy, mailbox: str) -> None:
    """Raises GraphError where the application is kept out of the mailbox."""
    try:
        access.check(mailbox)
    except GraphError as refused:
        raise refused_subscription(403, "Forbidden", refused.message) from refused


def rendered(one: Subscription) -> Entity:
    return {
        "id": one.id,
        "resource": one.resource,
        "applicationId": one.app_id,
        "changeType": ",".join(one.change_types),
        "clientState": one.client_state or None,
        "notificationUrl": one.notification_url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": one.lifecycle_url or None,
        "expirationDateTime": instant(one.expires_at),
        "creatorId": one.app_id,
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


def _head(one: Subscription) -> Entity:
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": instant(one.expires_at),
        "clientState": one.client_state or None,
        "tenantId": TENANT_ID,
    }


def _item(one: Subscription, change: Change, resource_form: str) -> Entity:
    event_id = ids.event_id(change.item, immutable=one.immutable)
    resource = FORMS[resource_form].format(user=one.user_id, event=event_id)
    return _head(one) | {
        "changeType": change.type,
        "resource": resource,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": rendering.etag(change.item),
            "id": event_id,
        },
    }
