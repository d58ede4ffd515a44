"""Calls on the tenant's directory beyond single people: groups, room lists, changes of users, the app itself; pure.

Reference: https://learn.microsoft.com/graph/api/resources/azure-ad-overview
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from bot.graph import wire
from bot.graph.sansio import Effect, Request, json_of, path_of
from bot.ports.calendar import Rejected

GROUPS_AT_ONCE = 20
_PERSON = "id,displayName,mail,userPrincipalName,preferredLanguage,accountEnabled"


def organization() -> Request[tuple[list[wire.Organization], str]]:
    """The tenant itself: one item. https://learn.microsoft.com/graph/api/organization-list"""
    return Request(
        name="organization.read",
        method="GET",
        path="/organization",
        query=(("$select", "id,displayName,preferredLanguage,countryLetterCode"),),
        read=partial(wire.read_items, kind=wire.Organization),
    )


def own_application(client_id: str) -> Request[wire.Application]:
    """The app's registration with the ends of its secrets and certificates; needs Application.Read.All.

    https://learn.microsoft.com/graph/api/application-get, by its alternate key
    """
    return Request(
        name="application.read",
        method="GET",
        path=f"/applications(appId='{path_of(client_id.replace(chr(39), chr(39) * 2))[1:]}')",
        query=(("$select", "id,displayName,passwordCredentials,keyCredentials"),),
        read=partial(msgspec.json.decode, type=wire.Application),
    )


def member_groups(person_id: str, groups: Sequence[str]) -> Request[list[str]]:
    """Which of the groups (at most 20 ids: Rejected for more) the person is in, however deep.

    https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups
    """
    if len(groups) > GROUPS_AT_ONCE:
        raise Rejected("TooManyGroups")
    return Request(
        name="user.member_groups",
        method="POST",
        path=path_of("users", person_id, "checkMemberGroups"),
        body=json_of({"groupIds": list(groups)}),
        effect=Effect.READ,
        read=wire.read_texts,
    )


def members(group_id: str, link: str) -> Request[tuple[list[wire.Member], str]]:
    """Everybody and everything in the group, however deep: `odata_type` tells people from devices and groups.

    https://learn.microsoft.com/graph/api/group-list-transitivemembers
    """
    return Request(
        name="group.members",
        method="GET",
        path=path_of("groups", group_id, "transitiveMembers"),
        query=(("$select", "id,displayName,mail,userPrincipalName"), ("$top", "999")),
        link=link,
        read=partial(wire.read_items, kind=wire.Member),
    )


def changed_users(link: str) -> Request[tuple[list[wire.ChangedUser], str, str]]:
    """A page of everybody, or with a link of who changed since; raises ResyncNeeded for a dead link.

    https://learn.microsoft.com/graph/api/user-delta: $select alone, and it says which changes count
    """
    return Request(
        name="users.delta",
        method="GET",
        path="/users/delta",
        query=(("$select", _PERSON),),
        link=link,
        is_feed=True,
        read=wire.read_changed_users,
    )


def room_lists(link: str) -> Request[tuple[list[wire.RoomList], str]]:
    """https://learn.microsoft.com/graph/api/place-list"""
    return Request(
        name="places.room_lists",
        method="GET",
        path="/places/microsoft.graph.roomList",
        query=(("$top", "100"),),
        link=link,
        read=partial(wire.read_items, kind=wire.RoomList),
    )


def rooms_of(list_address: str, link: str) -> Request[tuple[list[wire.Place], str]]:
    """The rooms of a list, which is addressed by its mail address. https://learn.microsoft.com/graph/api/place-list"""
    return Request(
        name="places.rooms_of_list",
        method="GET",
        path=path_of("places", list_address, "microsoft.graph.roomList", "rooms"),
        query=(("$top", "100"),),
        link=link,
        read=partial(wire.read_items, kind=wire.Place),
    )
