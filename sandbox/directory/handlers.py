"""Directory requests about people: lists, one person, the manager, memberships, objects by id."""

import re
from dataclasses import replace

import msgspec
from aiohttp import web

from sandbox import odata, wire
from sandbox.directory import applications, rendering
from sandbox.directory.listing import Collection, answered, shown
from sandbox.directory.models import Group, User
from sandbox.errors import GraphError, bad_query, no_object, not_honoured
from sandbox.front import CALLER
from sandbox.login.permissions import Caller
from sandbox.odata import Entity
from sandbox.world import WORLD

CHECKED_GROUPS_MAX = 20
IDS_MAX = 1000
_SEARCHED = ("displayName", "mail", "userPrincipalName", "givenName", "surname")
_KNOWN = tuple(rendering.user(User(id="", name="", address="", zone="")))
_KNOWN_OF_GROUPS = tuple(rendering.group(Group(id="", name="")))
USERS = Collection(
    path="users",
    type_name=rendering.USER_TYPE,
    searched=_SEARCHED,
    known=_KNOWN,
    defaults=rendering.DEFAULT_KEYS,
    orders=("displayName", "userPrincipalName"),
)
GROUPS = Collection(
    path="groups",
    type_name=rendering.GROUP_TYPE,
    searched=("displayName", "description", "mail"),
    known=_KNOWN_OF_GROUPS,
)
RELATED = Collection(
    path="directoryObjects",
    type_name="microsoft.graph.directoryObject",
    searched=("displayName", "description", "mail", "userPrincipalName"),
    known=tuple(dict.fromkeys((*_KNOWN, *_KNOWN_OF_GROUPS))),
    is_relation=True,
)
_MAY_READ = {
    User: (
        "User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All",
    ),
    Group: (
        "GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All",
        "Directory.Read.All", "Directory.ReadWrite.All",
    ),
}  # fmt: skip
_EXPAND = re.compile(r"^manager(?:\((?P<options>[^()]*)\))?$", re.IGNORECASE)
_LEVELS_MAX = 1000


class GroupIds(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    group_ids: list[str]


class SecurityOnly(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    security_enabled_only: bool | None = False


class Ids(msgspec.Struct, forbid_unknown_fields=True):
    ids: list[str]
    types: list[str] = []


async def list_users(request: web.Request) -> web.Response:
    directory = request.app[WORLD].directory
    expand = request.query.get("$expand", "")
    levels, names = _expansion(request, expand, is_list=True) if expand else (0, ())

    def render(one: User) -> Entity:
        return directory.shape(one, rendering.user)

    def with_manager(shape: Entity) -> Entity:
        return _with_manager(request, directory.users[shape["id"]], levels, names)

    people = list(directory.users.values())
    return answered(request, people, render, replace(USERS, expands=True), expand=with_manager if expand else None)


async def count(request: web.Request) -> web.Response:
    raise not_honoured(f"GET {request.path} (ask for the list with $count=true)")


async def get_user(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search")
    user = named(request)
    shape = shown(rendering.user(user), query, USERS)
    if query.expand:
        levels, names = _expansion(request, query.expand)
        shape |= _with_manager(request, user, levels, names)
    return wire.answer({"@odata.context": wire.context(request, "users/$entity")} | shape)


async def get_manager(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand")
    manager = request.app[WORLD].directory.users.get(named(request).manager_id)
    if manager is None:
        raise no_object("manager")
    shape = {"@odata.type": "#microsoft.graph.user"} | shown(rendering.user(manager), query, USERS)
    return wire.answer({"@odata.context": wire.context(request, "directoryObjects/$entity")} | shape)


async def list_member_of(request: web.Request) -> web.Response:
    return _memberships(request, is_transitive=False)


async def list_transitive_member_of(request: web.Request) -> web.Response:
    return _memberships(request, is_transitive=True)


async def check_member_groups(request: web.Request) -> web.Response:
    """Which of the groups the person belongs to, directly or through others."""
    wanted = (await wire.body(request, GroupIds)).group_ids
    if len(wanted) > CHECKED_GROUPS_MAX:
        message = f"The number of objects specified in 'groupIds' is more than {CHECKED_GROUPS_MAX}."
        raise GraphError(400, "Request_BadRequest", message)
    directory = request.app[WORLD].directory
    found = {one.id for one in directory.groups_of(named(request).id, transitive=True)}
    return _strings(request, [one for one in wanted if one.lower() in found])


async def get_member_groups(request: web.Request) -> web.Response:
    is_security_only = (await wire.body(request, SecurityOnly)).security_enabled_only
    directory = request.app[WORLD].directory
    found = directory.groups_of(named(request).id, transitive=True)
    return _strings(request, [one.id for one in found if one.is_security or not is_security_only])


async def get_by_ids(request: web.Request) -> web.Response:
    """Ids that mean nothing are left out; `types` are names as in the metadata, nothing means all."""
    order = await wire.body(request, Ids)
    if len(order.ids) > IDS_MAX:
        raise GraphError(400, "Request_BadRequest", f"Too many ids: the service takes {IDS_MAX}.")
    world = request.app[WORLD]
    app = world.login.application
    found: list[Entity] = []
    wanted = {one.casefold().removeprefix("microsoft.graph.") for one in order.types} - {"directoryobject"}
    for one in order.ids:
        thing = world.directory.users.get(one.lower()) or world.directory.groups.get(one.lower())
        shape = None if thing is None else seen(request, thing)
        if one.lower() == app.id:
            shape = {"@odata.type": "#microsoft.graph.application"} | applications.application(app)
        elif one.lower() == applications.principal_id(app):
            shape = {"@odata.type": "#microsoft.graph.servicePrincipal"} | applications.principal(app)
        if shape is not None and (not wanted or shape["@odata.type"].rpartition(".")[2].casefold() in wanted):
            found.append(shape)
    return wire.answer({"@odata.context": wire.context(request, "directoryObjects"), "value": found})


async def list_organizations(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    shape = rendering.organization()
    chosen = odata.selected(shape, query.select, known=shape, type_name="microsoft.graph.organization")
    return wire.answer({"@odata.context": wire.context(request, "organization"), "value": [chosen]})


def named(request: web.Request) -> User:
    """The user of the path. Raises GraphError."""
    name = request.match_info["user"]
    user = request.app[WORLD].directory.user(name)
    if user is None:
        raise no_object(name)
    return user


def seen(request: web.Request, thing: User | Group, *, is_hidden: bool = False) -> Entity:
    """A user or group as one of several kinds of objects; what the caller may not read shows its id alone."""
    directory = request.app[WORLD].directory
    shape: Entity = {"@odata.type": f"#{rendering.typed(thing)}"}
    if isinstance(thing, User):
        whole = directory.shape(thing, rendering.user)
        shape |= whole if request.query.get("$select") else {name: whole[name] for name in rendering.DEFAULT_KEYS}
    else:
        shape |= directory.shape(thing, rendering.group)
    return rendering.limited(shape) if is_hidden or not _may_read(request.get(CALLER), thing) else shape


def _memberships(request: web.Request, *, is_transitive: bool) -> web.Response:
    directory = request.app[WORLD].directory
    found = list(directory.groups_of(named(request).id, transitive=is_transitive))
    if "cast" in request.match_info:
        return answered(request, found, lambda one: _without_type(seen(request, one)), GROUPS)
    return answered(request, found, lambda one: seen(request, one), RELATED)


def _without_type(shape: Entity) -> Entity:
    return {key: value for key, value in shape.items() if key != "@odata.type"}


def _may_read(caller: Caller | None, thing: User | Group) -> bool:
    if caller is None:
        return True
    return caller.may(*_MAY_READ[type(thing)]) or thing.id in caller.names


def _strings(request: web.Request, found: list[str]) -> web.Response:
    return wire.answer({"@odata.context": wire.context(request, "Collection(Edm.String)"), "value": found})


def _with_manager(request: web.Request, user: User, levels: int, names: tuple[str, ...]) -> Entity:
    """The manager, with the manager of the manager as far as was asked for; nothing where there is none."""
    manager = request.app[WORLD].directory.users.get(user.manager_id)
    if manager is None or levels < 1:
        return {}
    query = odata.Query(select=names)
    shape = {"@odata.type": "#microsoft.graph.user"} | shown(rendering.user(manager), query, USERS)
    return {"manager": shape | _with_manager(request, manager, levels - 1, names)}


def _expansion(request: web.Request, text: str, *, is_list: bool = False) -> tuple[int, tuple[str, ...]]:
    """How many managers up, and which of their properties. Raises GraphError."""
    match = _EXPAND.match(text.strip())
    if match is None:
        raise not_honoured(f"$expand={text}")
    pairs = [one.partition("=") for one in (match["options"] or "").split(";") if one.strip()]
    options = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if options.keys() - {"$levels", "$select"}:
        raise not_honoured(f"$expand={text}")
    levels = options.get("$levels", "1")
    if "$levels" in options and (is_list or request.headers.get("ConsistencyLevel", "").lower() != "eventual"):
        message = "$levels in $expand is supported for a single user with the 'ConsistencyLevel: eventual' header."
        raise GraphError(400, "Request_UnsupportedQuery", message)
    number = _LEVELS_MAX if levels == "max" else odata.whole_number(levels)
    if number is None or not 1 <= number <= _LEVELS_MAX:
        raise bad_query(f"Invalid value '{levels}' for $levels: a number from 1 to {_LEVELS_MAX}, or max.")
    select = tuple(one.strip() for one in options.get("$select", "").split(",") if one.strip())
    return number, select
