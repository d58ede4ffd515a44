"""Puts the system together: the one place that names concrete classes, and the order of start and stop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from bot.admin.status import StatusDesk
from bot.booking.desk import Desk
from bot.booking.drive import Driver
from bot.booking.managers import Managers
from bot.booking.search import Finder
from bot.cards.reasons import comment
from bot.cards.texts import Catalogue
from bot.config import Settings, TenantSettings
from bot.domain.availability import Availability
from bot.edges import OpenStore, front_door, graph_client, http_connector, open_store
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget
from bot.graph.directory import GraphDirectory
from bot.language.reader import Reader, load_reader
from bot.people.acquaintances import People
from bot.ports import keys
from bot.ports.calendar import Calendar
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.store import Store
from bot.store.codec import JsonCodec
from bot.sync.audit import Auditor
from bot.sync.compare import Comparer
from bot.sync.decide import Decider
from bot.sync.follower import Follower
from bot.sync.forget import Forgetter
from bot.sync.hints import Hint, Hints
from bot.sync.house import House
from bot.sync.indexing import Indexing
from bot.sync.round import Rounds
from bot.sync.subscriptions import Subscriber
from bot.sync.worker import LEASE_S, LONGEST_S, NudgingStore, Terms, Worker
from bot.sync.worker import Handler as JobHandler
from bot.teams.adapter import ChannelAdapter
from bot.teams.claims import Claims, FrontDoor
from bot.teams.connector import Connector, pooled_session
from bot.teams.handler import Handler
from bot.teams.inbound import Inbound
from bot.teams.outbox import Outbox
from bot.teams.progress import Progress
from bot.teams.services import About, Services
from bot.web import parts as web_parts
from bot.web.app import build_app, build_probes

log = logging.getLogger(__name__)


class Role(StrEnum):
    """What a process does of the whole: answers people and Graph, works off what is owed, or both."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


@dataclass(frozen=True, kw_only=True)
class Leases:
    """In seconds: how long a job stays with a process that died; how long a handler may take, and one that reads a
    whole mailbox, which takes minutes while Graph throttles."""

    lease_s: float = LEASE_S
    quick_s: float = LONGEST_S
    reading_s: float = 600.0


VERSION = "0.1.0"
NOTIFICATIONS = "/api/graph/notifications"
_LEASES = Leases()
_WHILE_SOMEBODY_WAITS = Budget(total_s=1.5, tries=2)  # a press is answered within two seconds


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all tenants of the process share."""

    settings: Settings
    clock: Clock
    store: OpenStore
    leases: Leases
    session: aiohttp.ClientSession
    connector: Connector
    catalogue: Catalogue
    reader: Reader
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One tenant, put together and not yet started."""

    services: Services
    house: House
    comparer: Comparer
    auditor: Auditor
    forgetter: Forgetter
    hints: Hints
    workers: tuple[Worker, ...]
    follower: Follower | None = None


@dataclass(frozen=True, kw_only=True)
class System:
    """The running whole. `workers` are for tests that drive them step by step."""

    app: web.Application
    tenants: Mapping[str, Tenant]

    @property
    def workers(self) -> list[Worker]:
        return [worker for tenant in self.tenants.values() for worker in tenant.workers]


@contextlib.asynccontextmanager
async def open_system(
    settings: Settings, clock: Clock, *, role: Role = Role.ALL, leases: Leases = _LEASES, work: bool = True
) -> AsyncIterator[System]:
    """Opens store and sessions, loads the mirror, starts the workers of the role (unless `work` is False), and undoes
    all of it at the end. Raises StoreError for a store that cannot be opened, and OSError for a folder that cannot be
    written."""
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
        tenants = {item.tenant_id: _tenant(item, shared) for item in settings.tenants}
        for tenant in tenants.values():
            for loop in await _loops(tenant, role, work=work):
                stack.push_async_callback(_stopped, asyncio.create_task(loop, name="loop"))
        app = _surface(shared, tenants, role)
        log.info("system.open", extra={"tenants": len(tenants), "version": VERSION, "role": role, "store": store.name})
        yield System(app=app, tenants=tenants)


async def _loops(tenant: Tenant, role: Role, *, work: bool) -> list[Coroutine[Any, Any, None]]:
    """Loads the index; gives what runs from then on. Who only answers owes no standing jobs: it would have every room
    read again whenever one is started."""
    loops: list[Coroutine[Any, Any, None]] = []
    if tenant.follower is None:
        await tenant.house.load()
    else:
        await tenant.follower.open()
        loops.append(tenant.follower.run())
    if role is not Role.WEB:
        await _owe(tenant)
        if tenant.follower is not None:
            tenant.follower.on_start_over = partial(_owe, tenant)
        loops += [worker.run() for worker in tenant.workers if work]
    return loops


async def _owe(tenant: Tenant) -> None:
    """The standing jobs, and what is under way."""
    await tenant.house.owe()
    await tenant.comparer.open()
    await tenant.auditor.open()
    await tenant.forgetter.open()


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _tenant(settings: TenantSettings, shared: Shared) -> Tenant:
    store = NudgingStore(shared.store.engine.of(settings.tenant_id))
    typed: Store = store
    documents = Documents(typed, JsonCodec())
    index, policies, clock = Availability(), settings.policies, shared.clock
    client = graph_client(settings, shared.session, shared.clock)
    calendar: Calendar = GraphCalendar(client)
    directory = GraphDirectory(client)
    finder = Finder(index, policies)
    services = Services(
        tenant=settings.tenant_id,
        tenant_name=settings.name,
        documents=documents,
        index=index,
        people=People(documents, GraphDirectory(client, _WHILE_SOMEBODY_WAITS)),
        finder=finder,
        desk=Desk(documents, index, policies, clock),
        status=StatusDesk(documents, index, policies, clock),
        catalogue=shared.catalogue,
        reader=shared.reader,
        connector=shared.connector,
        clock=clock,
        admins=settings.admins,
        default_zone=settings.zone,
        new_id=lambda: secrets.token_hex(16),
        about=_about(shared),
    )
    house = House(documents, directory, index, clock)
    managers = Managers(documents, directory, index, policies, clock)
    comparer = Comparer(documents, calendar, index, clock, settings.zone)
    handlers = _handlers(services, calendar, house, shared, settings)
    auditor = Auditor(documents, calendar, index, clock, url=shared.settings.public_url + NOTIFICATIONS)
    forgetter = Forgetter(documents, clock)
    handlers |= {
        keys.MANAGER: managers.tell,
        keys.COMPARE: comparer.compare,
        keys.AUDIT: auditor.audit,
        keys.FORGET: forgetter.forget,
    }
    workers = _workers(typed, handlers, shared, settings.tenant_id)

    def nudge() -> None:
        for worker in workers:
            worker.nudge()

    store.nudge = nudge
    follower = _follower(shared, settings.tenant_id, Indexing(documents, index, clock))
    if follower is not None:
        store.wrote = follower.wrote
    return Tenant(
        services=services,
        house=house,
        comparer=comparer,
        auditor=auditor,
        forgetter=forgetter,
        hints=Hints(documents, clock),
        workers=workers,
        follower=follower,
    )


def _about(shared: Shared) -> About:
    store = shared.store
    return About(version=VERSION, store=store.name, healthy=store.engine.healthy, started_at=shared.started_at)


def _follower(shared: Shared, tenant: str, indexing: Indexing) -> Follower | None:
    """None where nobody else writes."""
    feed_of = shared.store.feed_of
    return Follower(feed_of(tenant), indexing, shared.clock) if feed_of else None


def _workers(store: Store, handlers: Mapping[str, JobHandler], shared: Shared, name: str) -> tuple[Worker, Worker]:
    """Reading a whole mailbox may take longer, and does not hold up the jobs that people wait for."""
    clock, leases = shared.clock, shared.leases
    slow = {kind: handlers[kind] for kind in (keys.SYNC, keys.COMPARE, keys.REFRESH, keys.SWEEP, keys.FORGET)}
    quick = {kind: handler for kind, handler in handlers.items() if kind not in slow}
    return (
        Worker(store, quick, clock, name, terms=Terms(leases.lease_s, leases.quick_s)),
        Worker(store, slow, clock, name, terms=Terms(leases.lease_s, leases.reading_s)),
    )


def _handlers(
    services: Services, calendar: Calendar, house: House, shared: Shared, settings: TenantSettings
) -> dict[str, JobHandler]:
    documents, index, clock, policies = services.documents, services.index, services.clock, settings.policies
    decider = Decider(documents, calendar, index, policies, clock)
    decider.comment = lambda reasons: comment(reasons, shared.catalogue.audience("en", settings.zone, clock.now()))
    subscriber = Subscriber(
        documents,
        calendar,
        clock,
        url=shared.settings.public_url + NOTIFICATIONS,
        new_secret=lambda: secrets.token_hex(24),
    )
    return {
        keys.SYNC: Rounds(documents, calendar, index, policies, clock, settings.zone).round,
        keys.DECIDE: decider.decide,
        keys.DRIVE: Driver(documents, calendar, index, clock).drive,
        keys.TELL: Outbox(services, services.finder).tell,
        keys.PROGRESS: Progress(services).tell,
        keys.SUBSCRIBE: subscriber.keep,
        keys.REFRESH: house.refresh,
        keys.POLL: house.poll,
        keys.LOOK: house.look_again,
        keys.SWEEP: house.sweep,
    }


def _surface(shared: Shared, tenants: Mapping[str, Tenant], role: Role) -> web.Application:
    async def problems() -> list[str]:
        found = [] if await shared.store.engine.healthy() else ["store.down"]
        found += ["rooms.none" for tenant in tenants.values() if not tenant.services.index.rooms]
        found += ["index.behind" for tenant in tenants.values() if tenant.follower and tenant.follower.behind]
        return found

    if role is Role.WORKER:
        return build_probes(problems, _short_id)
    door = front_door(shared.settings, shared.session, shared.clock)
    return build_app(_parts(shared, tenants, door, problems))


def _short_id() -> str:
    return secrets.token_hex(4)


def _parts(
    shared: Shared, tenants: Mapping[str, Tenant], door: FrontDoor, problems: Callable[[], Awaitable[list[str]]]
) -> web_parts.Parts:
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
        await asyncio.gather(*takes)

    return web_parts.Parts(
        front_door=door,
        on_activity=on_activity,
        mark_dirty=mark_dirty,
        problems=problems,
        new_id=_short_id,
    )
