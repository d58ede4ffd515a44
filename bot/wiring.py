"""Puts the system together: the one place that names concrete classes, and the order of start and stop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from bot.admin.catchup import CatchUp, Since, since_polls, since_start
from bot.admin.gauges import Board
from bot.admin.pulse import Pulse
from bot.admin.readiness import Readiness, TenantParts
from bot.cards.texts import Catalogue
from bot.config import Settings
from bot.edges import front_door, http_connector, open_store
from bot.graph.auth import Tokens
from bot.language.reader import load_reader
from bot.ports import keys
from bot.ports.calendar import RemoteError
from bot.ports.clock import Clock
from bot.ports.store import StoreEngine
from bot.sync.hints import Hint
from bot.sync.worker import Worker
from bot.teams.adapter import ChannelAdapter
from bot.teams.claims import Claims, FrontDoor
from bot.teams.connector import pooled_session
from bot.teams.handler import Handler
from bot.teams.inbound import Inbound
from bot.tenant import VERSION, Leases, Shared, Tenant, put_together
from bot.web import parts as web_parts
from bot.web.app import build_app, build_probes

log = logging.getLogger(__name__)

Loop = Callable[[], Coroutine[Any, Any, None]]


class Role(StrEnum):
    """What a process does of the whole: answers people and Graph, works off what is owed, or both."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


_LEASES = Leases()


@dataclass(frozen=True, kw_only=True)
class System:
    """The running whole. `workers` are for tests that drive them step by step."""

    app: web.Application
    tenants: Mapping[str, Tenant]
    engine: StoreEngine

    @property
    def workers(self) -> list[Worker]:
        return [worker for tenant in self.tenants.values() for worker in tenant.workers]


@contextlib.asynccontextmanager
async def open_system(
    settings: Settings, clock: Clock, *, role: Role = Role.ALL, leases: Leases = _LEASES, work: bool = True
) -> AsyncIterator[System]:
    """Opens store and sessions, and undoes all of it at the end. The surface serves at once: the index is loaded beside
    it, and what needs that waits, the workers of the role first of all. Unless `work` is False: then the index is
    loaded before, and nothing works. A store that was restored, or of which the settings say so, is compared with the
    mailboxes before anything is decided or sent. Raises StoreError for a store that cannot be opened, and OSError for a
    folder that cannot be written."""
    if settings.sandbox and settings.host != "127.0.0.1":
        raise ValueError("the sandbox's open door is for 127.0.0.1 alone")
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(settings, clock)
        stack.push_async_callback(store.engine.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        sends = await stack.enter_async_context(pooled_session())
        shared = Shared(
            settings=settings,
            clock=clock,
            store=store,
            leases=leases,
            session=session,
            connector=http_connector(settings, sends, clock),
            catalogue=await asyncio.to_thread(Catalogue.load),
            reader=await asyncio.to_thread(load_reader),
            started_at=clock.now(),
        )
        tenants = {item.tenant_id: put_together(item, shared) for item in settings.tenants}
        if settings.reconcile or await store.engine.is_restored():
            await asyncio.gather(*(tenant.reconciler.begin() for tenant in tenants.values()))
            await store.engine.made_own()
        pulse = Pulse(clock, None if role is Role.WEB else partial(_owe_anew, tenants.values()))
        if work:
            _run(pulse.run(), stack)
        for tenant in tenants.values():
            opening = tenant.opening.run(*_steps(tenant, role))
            if not work:
                await opening
            else:
                _run(_signed_in(tenant.tokens), stack)
                _run(opening, stack)
            for loop in _loops(tenant, role, work=work):
                _run(_once_open(tenant, loop), stack)
        parts = [_parts_of(tenant, role, shared.started_at) for tenant in tenants.values()]
        readiness = Readiness(store.engine.healthy, parts)
        stack.push_async_callback(readiness.close)
        gauges = [tenant.gauges for tenant in tenants.values()]
        board = Board(
            version=VERSION, started_at=shared.started_at, pulse=pulse, notifications=shared.told, tenants=gauges
        )
        watch = web_parts.Watch(
            role=role, readiness=readiness.parts, figures=board.families, metrics_token=settings.metrics_token
        )
        app = _surface(shared, tenants, role, watch)
        log.info("system.open", extra={"tenants": len(tenants), "version": VERSION, "role": role, "store": store.name})
        yield System(app=app, tenants=tenants, engine=store.engine)


async def _signed_in(tokens: Tokens) -> None:
    """At once, so that what is wrong with it is known before somebody asks for a room."""
    with contextlib.suppress(RemoteError):  # it is logged, and told by /readyz
        await tokens.token()


def _parts_of(tenant: Tenant, role: Role, started_at: datetime) -> TenantParts:
    services, follower = tenant.services, tenant.follower

    def since() -> Since:
        return since_polls(started_at, len(services.index.rooms)) if role is Role.WEB else since_start(started_at)

    async def reconciling() -> bool:
        return bool(await services.documents.store.read([keys.RECONCILE]))

    return TenantParts(
        tenant=services.tenant,
        signed_in=lambda: tenant.tokens.signed_in,
        index=services.index,
        loading=lambda: tenant.opening.told,
        reconciling=reconciling,
        behind=lambda: follower is not None and follower.behind,
        catch_up=CatchUp(services.documents, services.index, services.clock, since),
    )


def _steps(tenant: Tenant, role: Role) -> list[Loop]:
    """Before anything else: the index, and what is owed. Who only answers owes no standing jobs: it would have every
    room read again whenever one is started."""
    load = tenant.indexing.load if tenant.follower is None else tenant.follower.open
    return [load] if role is Role.WEB else [load, partial(_owe, tenant)]


def _loops(tenant: Tenant, role: Role, *, work: bool) -> list[Loop]:
    """What runs from then on."""
    follower = tenant.follower
    if follower is not None and role is not Role.WEB:
        follower.on_start_over = partial(_owe, tenant)
    follows = [] if follower is None else [follower.run]
    return [*follows, *(worker.run for worker in tenant.workers if work and role is not Role.WEB)]


async def _once_open(tenant: Tenant, loop: Loop) -> None:
    await tenant.opening.over()
    await loop()


def _run(loop: Coroutine[Any, Any, None], stack: contextlib.AsyncExitStack) -> None:
    stack.push_async_callback(_stopped, asyncio.create_task(loop, name="loop"))


async def _owe(tenant: Tenant) -> None:
    """The standing jobs, and what is under way."""
    await tenant.house.owe()
    await tenant.comparer.open()
    await tenant.auditor.open()
    await tenant.forgetter.open()
    await tenant.completer.open()
    await tenant.secret.open()
    await tenant.reconciler.open()


async def _owe_anew(tenants: Iterable[Tenant]) -> None:
    """One that is still being opened owes it all by itself."""
    await asyncio.gather(*(_owe(tenant) for tenant in tenants if not tenant.opening.told))


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _surface(shared: Shared, tenants: Mapping[str, Tenant], role: Role, watch: web_parts.Watch) -> web.Application:
    if role is Role.WORKER:
        return build_probes(watch, _short_id)
    door = front_door(shared.settings, shared.session, shared.clock)
    return build_app(_parts(shared, tenants, door, watch))


def _short_id() -> str:
    return secrets.token_hex(4)


def _parts(shared: Shared, tenants: Mapping[str, Tenant], door: FrontDoor, watch: web_parts.Watch) -> web_parts.Parts:
    adapter = ChannelAdapter(shared.connector)
    handler = Handler(lambda tenant: tenants[tenant].services if tenant in tenants else None)

    async def on_activity(inbound: Inbound, claims: Claims) -> tuple[int, Any | None]:
        return await adapter.process(inbound.raw, claims, lambda context: handler.on_turn(context, inbound))

    async def mark_dirty(hints: list[web_parts.Hint]) -> None:
        """Every tenant looks for its own: a subscription id of one means nothing to another."""
        items = [
            Hint(subscription_id=hint.subscription_id, client_state=hint.client_state, lifecycle=hint.lifecycle_event)
            for hint in hints
        ]
        takes: list[Awaitable[int]] = [tenant.hints.take(items) for tenant in tenants.values()]
        believed = sum(await asyncio.gather(*takes))
        shared.told.add("believed", times=believed)
        shared.told.add("not_believed", times=len(items) - believed)
        if believed < len(items):
            log.warning("notification.not_believed", extra={"items": len(items) - believed})

    return web_parts.Parts(
        front_door=door,
        on_activity=on_activity,
        mark_dirty=mark_dirty,
        watch=watch,
        new_id=_short_id,
    )
