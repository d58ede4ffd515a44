"""Group requests: lists, one group, its members and theirs.

https://learn.microsoft.com/graph/api/group-list, group-list-members, group-list-transitivemembers
"""

from dataclasses import replace

from aiohttp import web

from sandbox import odata, wire
from sandbox.directory import rendering
from sandbox.directory.handlers import GROUPS, RELATED, USERS, seen
from sandbox.directory.listing import answered, shown
from sandbox.directory.models import Group, User
from sandbox.errors import no_object
from sandbox.front import CALLER
from sandbox.odata import Entity
from sandbox.world import WORLD


async def list_groups(request: web.Request) -> web.Response:
    directory = request.app[WORLD].directory

    def render(one: Group) -> Entity:
        return directory.shape(one, rendering.group)

    return answered(request, list(directory.groups.values()), render, GROUPS)


async def get_group(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand")
    shape = shown(rendering.group(named(request)), query, GROUPS)
    return wire.answer({"@odata.context": wire.context(request, "groups/$entity")} | shape)


async def list_members(request: web.Request) -> web.Response:
    return _members(request, is_transitive=False)


async def list_transitive_members(request: web.Request) -> web.Response:
    return _members(request, is_transitive=True)


def named(request: web.Request) -> Group:
    """The group of the path. Raises GraphError."""
    name = request.match_info["group"]
    group = request.app[WORLD].directory.groups.get(name.lower())
    if group is None:
        raise no_object(name)
    return group


def _members(request: web.Request, *, is_transitive: bool) -> web.Response:
    """The members of a hidden group show their ids alone, unless the caller may see hidden ones."""
    group = named(request)
    found = list(request.app[WORLD].directory.members(group, transitive=is_transitive))
    caller = request.get(CALLER)
    is_hidden = group.has_hidden_members and not (caller is not None and caller.may("Member.Read.Hidden"))
    if "cast" not in request.match_info:
        return answered(request, found, lambda one: seen(request, one, is_hidden=is_hidden), RELATED)
    people = [one for one in found if isinstance(one, User)]
    return answered(
        request, people, lambda one: _plain(seen(request, one, is_hidden=is_hidden)), replace(USERS, is_relation=True)
    )


def _plain(shape: Entity) -> Entity:
    """A cast names the type already."""
    return {key: value for key, value in shape.items() if key != "@odata.type"}
