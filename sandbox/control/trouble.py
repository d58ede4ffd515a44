"""Controls that make requests fail and notifications go astray."""

import re
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from sandbox import wire
from sandbox.control.faults import NotificationFault, RequestFault, Storm
from sandbox.control.kinds import KINDS
from sandbox.errors import bad_request
from sandbox.world import WORLD

T = TypeVar("T")


async def add_request_fault(request: web.Request) -> web.Response:
    _add(request.app[WORLD].faults.add_request_fault, await wire.body(request, RequestFault))
    return wire.no_content()


async def add_notification_fault(request: web.Request) -> web.Response:
    _add(request.app[WORLD].faults.add_notification_fault, await wire.body(request, NotificationFault))
    return wire.no_content()


async def add_storm(request: web.Request) -> web.Response:
    _add(request.app[WORLD].faults.add_storm, await wire.body(request, Storm))
    return wire.no_content()


async def list_faults(request: web.Request) -> web.Response:
    """The rules that are left."""
    faults = request.app[WORLD].faults
    return wire.answer({"requests": faults.requests, "notifications": faults.notifications})


async def list_kinds(request: web.Request) -> web.Response:  # noqa: ARG001  a handler
    """What `kinds` may name."""
    value = [
        {"kind": name, "status": kind.act.status, "code": kind.act.inner_code or kind.act.code}
        for name, kind in KINDS.items()
    ]
    return wire.answer({"value": value})


async def list_history(request: web.Request) -> web.Response:
    """What was done to which request and notification, in order."""
    return wire.answer({"value": list(request.app[WORLD].faults.history)})


async def clear_faults(request: web.Request) -> web.Response:
    """The rules and the history; the dice begin anew."""
    request.app[WORLD].faults.clear()
    return wire.no_content()


def _add(add: Callable[[T], None], order: T) -> None:
    try:
        add(order)
    except (re.error, OverflowError, RecursionError) as problem:
        raise bad_request(f"Not a regular expression: {problem}.") from problem
    except ValueError as problem:
        raise bad_request(f"{problem}.") from problem
