"""Controls of the directory: people come, change, leave and come back; groups get other members."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar.models import Person
from sandbox.directory import rendering
from sandbox.directory.groups import named as named_group
from sandbox.directory.models import Group, User
from sandbox.errors import bad_request, no_object
from sandbox.login.tenant import TENANT_DOMAIN
from sandbox.world import WORLD, World


class NewUser(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`mail` is made from the name where there is none. `manager` is an id or address."""

    display_name: str
    mail: str = ""
    job_title: str = ""
    department: str = ""
    office_location: str = ""
    preferred_language: str = "en-US"
    time_zone: str = "UTC"
    manager: str = ""


class UserChange(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What is left out stays. An empty `manager` means none; `mfaRequired` makes a refresh token of a sign-in without a
    second factor worthless."""

    display_name: str | None = None
    user_principal_name: str | None = None
    job_title: str | None = None
    department: str | None = None
    office_location: str | None = None
    mobile_phone: str | None = None
    preferred_language: str | None = None
    account_enabled: bool | None = None
    manager: str | None = None
    mfa_required: bool | None = None


class NewGroup(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    display_name: str
    description: str = ""
    mail: str = ""
    security_enabled: bool = True
    unified: bool = False
    hidden_membership: bool = False
    members: list[str] = []


class Members(msgspec.Struct, forbid_unknown_fields=True):
    """Ids or addresses of people, ids of groups."""

    add: list[str] = []
    remove: list[str] = []


async def create_user(request: web.Request) -> web.Response:
    """With a mailbox."""
    world = request.app[WORLD]
    order = await wire.body(request, NewUser)
    address = (order.mail or f"{'.'.join(order.display_name.lower().split())}@{TENANT_DOMAIN}").lower()
    if world.directory.user(address) is not None or address in world.exchange.mailboxes:
        raise bad_request(f"Somebody has the address '{address}' already.")
    user = User(
        id=str(uuid5(NAMESPACE_URL, f"user:{address}:{world.directory.journal.number}")),
        name=order.display_name,
        address=address,
        zone=wire.checked_zone(order.time_zone),
        job_title=order.job_title,
        department=order.department,
        office=order.office_location,
        language=order.preferred_language,
        manager_id=_manager_id(world, order.manager),
    )
    world.exchange.open_mailbox(Person(user.address, user.name))
    world.directory.create_user(user)
    return wire.answer(rendering.user(user), status=201)


async def patch_user(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    user = _user(request)
    change = await wire.body(request, UserChange)
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    values: dict[str, Any] = {}
    names: list[str] = []
    for name, field in rendering.USER_FIELDS.items():
        value = given.get(_snake(name))
        if value is not None:
            values[field] = value
            names += [name, *rendering.FOLLOWING.get(name, ())]
    if change.manager is not None:
        values["manager_id"] = _manager_id(world, change.manager)
        names.append("manager")
    if change.mfa_required is not None:
        user = world.directory.settle(user, needs_second_factor=change.mfa_required)
    changed = world.directory.change_user(user, names, **values)
    if "name" in values:
        world.exchange.names[changed.address] = changed.name
    return wire.answer(rendering.user(changed))


async def delete_user(request: web.Request) -> web.Response:
    """`?permanent=true` is for good; else the account can be restored. The mailbox stays where it is, out of reach."""
    directory = request.app[WORLD].directory
    name = request.match_info["user"]
    user = directory.user(name) or directory.deleted.get(name.lower())
    if user is None:
        raise no_object(name)
    directory.delete_user(user, for_good=request.query.get("permanent", "").lower() == "true")
    return wire.no_content()


async def restore_user(request: web.Request) -> web.Response:
    user = request.app[WORLD].directory.restore_user(request.match_info["user"].lower())
    if user is None:
        raise no_object(request.match_info["user"])
    return wire.answer(rendering.user(user))


async def create_group(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    order = await wire.body(request, NewGroup)
    group = Group(
        id=str(uuid5(NAMESPACE_URL, f"group:{order.display_name}:{world.directory.journal.number}")),
        name=order.display_name,
        description=order.description,
        address=order.mail.lower(),
        members=tuple(_member_id(world, one) for one in order.members),
        is_security=order.security_enabled,
        is_unified=order.unified,
        has_hidden_members=order.hidden_membership,
    )
    world.directory.create_group(group)
    return wire.answer(rendering.group(group), status=201)


async def delete_group(request: web.Request) -> web.Response:
    request.app[WORLD].directory.delete_group(named_group(request))
    return wire.no_content()


async def change_members(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    group = named_group(request)
    order = await wire.body(request, Members)
    gone = {_member_id(world, one) for one in order.remove}
    wanted = [*(one for one in group.members if one not in gone), *(_member_id(world, one) for one in order.add)]
    changed = world.directory.set_members(group, wanted)
    return wire.answer(rendering.group(changed) | {"members": list(changed.members)})


async def invalidate(request: web.Request) -> web.Response:
    """Ends every token of users/delta and groups/delta."""
    request.app[WORLD].directory.generation += 1
    return wire.no_content()


def _user(request: web.Request) -> User:
    user = request.app[WORLD].directory.user(request.match_info["user"])
    if user is None:
        raise no_object(request.match_info["user"])
    return user


def _manager_id(world: World, name: str) -> str:
    if not name:
        return ""
    manager = world.directory.user(name)
    if manager is None:
        raise no_object(name)
    return manager.id


def _member_id(world: World, name: str) -> str:
    user = world.directory.user(name)
    if user is not None:
        return user.id
    if name.lower() in world.directory.groups:
        return name.lower()
    raise no_object(name)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
