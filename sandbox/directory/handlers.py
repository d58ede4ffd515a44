"""Directory requests: users, managers, mailbox settings, the organization."""

from aiohttp import web

from sandbox import odata, wire
from sandbox.directory import rendering
from sandbox.directory.models import User
from sandbox.errors import bad_request, no_mailbox, no_object
from sandbox.odata import Entity
from sandbox.world import WORLD

PAGE = 100
LARGEST_PAGE = 999
USER_TYPE = "microsoft.graph.user"
_SETTINGS = ("timeZone", "userPurpose", "workingHours", "language", "dateFormat", "timeFormat")


async def list_users(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("search", "expand")
    found = [rendering.user(one) for one in request.app[WORLD].directory.users.values()]
    found = odata.ordered(odata.filtered(found, query.filter), query.orderby, allowed=("displayName", "mail"))
    page = odata.paged(found, query, size=PAGE, largest=LARGEST_PAGE)
    page = odata.Page([_shown(one, query) for one in page.items], page.next_skip, page.total)
    return wire.answer(wire.collection(request, page, query, "users"))


async def get_user(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand")
    shape = _shown(rendering.user(_user(request)), query)
    return wire.answer({"@odata.context": wire.context(request, "users/$entity")} | shape)


async def get_manager(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand")
    manager = request.app[WORLD].directory.users.get(_user(request).manager_id)
    if manager is None:
        raise no_object("manager")
    shape = {"@odata.type": "#microsoft.graph.user"} | _shown(rendering.user(manager), query)
    return wire.answer({"@odata.context": wire.context(request, "directoryObjects/$entity")} | shape)


async def get_settings(request: web.Request) -> web.Response:
    user = _mailbox_user(request)
    context = {"@odata.context": wire.context(request, f"users('{user.id}')/mailboxSettings")}
    return wire.answer(context | rendering.mailbox_settings(user))


async def get_setting(request: web.Request) -> web.Response:
    user = _mailbox_user(request)
    name = next((one for one in _SETTINGS if one.lower() == request.match_info["setting"].lower()), None)
    if name is None:
        raise bad_request(f"Resource not found for the segment '{request.match_info['setting']}'.")
    value = rendering.mailbox_settings(user)[name]
    context: Entity = {"@odata.context": wire.context(request, f"users('{user.id}')/mailboxSettings/{name}")}
    return wire.answer(context | (value if isinstance(value, dict) else {"value": value}))


async def list_organizations(request: web.Request) -> web.Response:
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    shape = rendering.organization()
    chosen = odata.selected(shape, query.select, known=shape, type_name="microsoft.graph.organization")
    return wire.answer({"@odata.context": wire.context(request, "organization"), "value": [chosen]})


def _user(request: web.Request) -> User:
    name = request.match_info["user"]
    user = request.app[WORLD].directory.user(name)
    if user is None:
        raise no_object(name)
    return user


def _mailbox_user(request: web.Request) -> User:
    user = _user(request)
    if user.address not in request.app[WORLD].exchange.mailboxes:
        raise no_mailbox()
    return user


def _shown(shape: Entity, query: odata.Query) -> Entity:
    names = query.select or rendering.DEFAULT_KEYS
    chosen = odata.selected(shape, names, known=shape, type_name=USER_TYPE)
    if query.select and "id" not in {name.lower() for name in query.select}:
        chosen.pop("id", None)
    return chosen
