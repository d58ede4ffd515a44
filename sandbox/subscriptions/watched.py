"""What a subscription watches: the events of one mailbox, or people and groups of the directory.

https://learn.microsoft.com/graph/api/resources/subscription
"""

import re
from dataclasses import dataclass

from sandbox.directory.journal import Change, Kind
from sandbox.directory.models import Directory, User
from sandbox.errors import bad_request, no_object, no_user, not_honoured
from sandbox.login.models import TENANT_ID
from sandbox.odata import Entity

LONGEST_MIN = 10_070
LONGEST_DIRECTORY_MIN = 41_760
_EVENTS = re.compile(r"^/?(?:me|users(?:/([^/?']+)|\('([^']+)'\)))/events/?$", re.IGNORECASE)
_OBJECTS = re.compile(r"^/?(users|groups)(?:/([^/?']+)|\('([^']+)'\))?/?$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """`owner` has the events; of the directory `objects` names a collection or one object, by its id."""

    owner: User | None = None
    objects: str = ""

    @property
    def path(self) -> str:
        """In one spelling, whatever was asked for."""
        return f"users/{self.owner.id}/events" if self.owner else self.objects

    @property
    def longest_min(self) -> int:
        return LONGEST_DIRECTORY_MIN if self.objects else LONGEST_MIN


def watched(directory: Directory, resource: str, user_id: str) -> Watched:
    """`user_id` is who is signed in, or ''. Raises GraphError: 501 for other resources."""
    if "://" in resource:
        raise bad_request("The 'resource' attribute must be a path without a host.", code="InvalidRequest")
    if match := _EVENTS.match(resource):
        return Watched(owner=_owner(directory, match[1] or match[2] or user_id))
    match = _OBJECTS.match(resource)
    if match is None:
        raise not_honoured(f"subscriptions to '{resource}' (only users/{{id}}/events, users and groups)")
    collection, name = match[1].lower(), match[2] or match[3] or ""
    return Watched(objects=f"{collection}/{_object_id(directory, collection, name)}" if name else collection)


def told(change: Change, number: int, *, is_gone: bool) -> Entity:
    """The part of a notification that is about the change; `number` is the change's own."""
    collection, type_ = ("Users", "User") if change.kind is Kind.USER else ("Groups", "Group")
    resource = f"{collection}/{change.id}"
    data: Entity = {
        "@odata.type": f"#Microsoft.Graph.{type_}",
        "@odata.id": resource,
        "id": change.id,
        "organizationId": TENANT_ID,
        "sequenceNumber": number,
    }
    if change.added or change.removed:
        gone = [{"id": one, "@removed": "deleted"} for one in change.removed]
        data["members@delta"] = [{"id": one} for one in change.added] + gone
    return {"changeType": "deleted" if is_gone else "updated", "resource": resource, "resourceData": data}


def names(change: Change) -> set[str]:
    """The resources that it is a change of, as `Watched.objects` has them."""
    return {f"{change.kind}s", f"{change.kind}s/{change.id}"}


def _owner(directory: Directory, name: str) -> User:
    user = directory.user(name) if name else None
    if user is None:
        raise no_user(name or "me")
    return user


def _object_id(directory: Directory, collection: str, name: str) -> str:
    if collection == "users":
        user = directory.user(name)
        found = user.id if user else ""
    else:
        found = name.lower() if name.lower() in directory.groups else ""
    if not found:
        raise no_object(name)
    return found
