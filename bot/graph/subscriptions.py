"""Subscriptions to change notifications: the calls, and what they answer.

https://learn.microsoft.com/graph/api/resources/subscription
"""

from datetime import UTC, datetime, timedelta

import msgspec

from bot.graph import wire
from bot.graph.sansio import Effect, Request, json_of, path_of, read_nothing
from bot.graph.times import query_time
from bot.ports.calendar import Subscription

# Documented as 10,080 minutes; the service refuses more than 10,070.
LONGEST = timedelta(minutes=10_060)


def subscribe(room: str, url: str, client_state: str, expires_at: datetime) -> Request[Subscription]:
    """Lifecycle notifications go to the same address: it cannot be added to a subscription later."""
    return Request(
        name="subscription.create",
        method="POST",
        path="/subscriptions",
        body=json_of(
            {
                "changeType": "created,updated,deleted",
                "notificationUrl": url,
                "lifecycleNotificationUrl": url,
                "resource": f"users/{room}/events",
                "expirationDateTime": query_time(expires_at),
                "clientState": client_state,
            }
        ),
        effect=Effect.ONCE,  # a second one would double every notification
        read=_subscription,
    )


def renew(subscription_id: str, expires_at: datetime) -> Request[Subscription]:
    return Request(
        name="subscription.renew",
        method="PATCH",
        path=path_of("subscriptions", subscription_id),
        body=json_of({"expirationDateTime": query_time(expires_at)}),
        effect=Effect.REPEATABLE,
        read=_subscription,
    )


def reauthorize(subscription_id: str) -> Request[None]:
    """Answers the lifecycle notification `reauthorizationRequired`; the end stays where it is.

    https://learn.microsoft.com/graph/api/subscription-reauthorize
    """
    return Request(
        name="subscription.reauthorize",
        method="POST",
        path=path_of("subscriptions", subscription_id, "reauthorize"),
        effect=Effect.REPEATABLE,
        read=read_nothing,
        statuses=(204,),
    )


def every(link: str) -> Request[tuple[list[Subscription], str]]:
    return Request(
        name="subscription.list",
        method="GET",
        path="/subscriptions",
        link=link,
        read=_all,
    )


def unsubscribe(subscription_id: str) -> Request[None]:
    return Request(
        name="subscription.delete",
        method="DELETE",
        path=path_of("subscriptions", subscription_id),
        effect=Effect.REPEATABLE,
        read=read_nothing,
        statuses=(204,),
    )


def _subscription(body: bytes) -> Subscription:
    return _told(msgspec.json.decode(body, type=wire.Subscribed))


def _all(body: bytes) -> tuple[list[Subscription], str]:
    items, link = wire.read_items(body, wire.Subscribed)
    return [_told(item) for item in items], link


def _told(item: wire.Subscribed) -> Subscription:
    expires_at = datetime.fromisoformat(item.expiration_date_time)
    return Subscription(
        id=item.id,
        resource=item.resource,
        expires_at=expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC),
        notification_url=item.notification_url or "",
    )
