"""Puts the system together: the one place that names concrete classes, and the order of start and stop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.admin.figures import TenantFigures
from bot.admin.gauges import Board, Gauges
from bot.admin.letters import LetterDesk
from bot.admin.pulse import Pulse
from bot.admin.readiness import Readiness, TenantParts
from bot.admin.secret import SecretWatch
from bot.admin.status import StatusDesk
from bot.booking.desk import Desk
from bot.booking.drive import Driver
from bot.booking.managers import Managers
from bot.booking.reconcile import HoldingStore, Reconciler
from bot.booking.search import Finder
from bot.cards.reasons import comment
from bot.cards.texts import Catalogue
from bot.config import Settings, TenantSettings
from bot.domain.availability import Availability
from bot.edges import connector_of, door_of, graph_of, login_of
from bot.graph.auth import Tokens
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget
from bot.graph.directory import GraphDirectory
from bot.graph.registration import GraphRegistration
from bot.language.reader import Reader, load_reader
from bot.people.acquaintances import People
from bot.ports import keys
from bot.ports.calendar import Calendar, RemoteError
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.figures import Spread
from bot.ports.store import Store, StoreEngine
from bot.store.codec import JsonCodec
from bot.store.measured import COMMIT_BOUNDS_S, MeasuredStore
from bot.store.sqlite import SqliteEngine
from bot.sync.audit import Auditor
from bot.sync.compare import Comparer
from bot.sync.decide import Decider
from bot.sync.forget import Forgetter
from bot.sync.hints import Hint, Hints
from bot.sync.house import House
from bot.sync.round import Rounds
from bot.sync.subscriptions import Subscriber
from bot.sync.worker import Handler as JobHandler
from bot.sync.worker import NudgingStore, Worker
from bot.teams.adapter import ChannelAdapter
from bot.teams.claims import Claims, FrontDoor
from bot.teams.connector import Connector, pooled_session
from bot.teams.handler import Handler
from bot.teams.inbound import Inbound
from bot.teams.outbox import Outbox
from bot.teams.progress import Progress
from bot.teams.services import About, Services
from bot.web import parts as web_parts
from bot.web.app import build_app

log = logging.getLogger(__name__)

VERSION = "0.1.0"
NOTIFICATIONS = "/api/graph/notifications"
_READING_LEASE_S = 300.0
_WHILE_SOMEBODY_WAITS = Budget(total_s=1.5, tries=2)  # a press is answered within two seconds


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all tenants of the process share."""

    settings: Settings
    clock: Clock
    engine: StoreEngine
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
    tokens: Tokens
    secret: SecretWatch
    reconciler: Reconciler
    gauges: Gauges


@dataclass(frozen=True, kw_only=True)
class System:
    """The running whole. `workers` are for tests that drive them step by step."""

    app: web.Application
    tenants: Mapping[str, Tenant]
    engine: StoreEngine

    @property
    def workers(self) -> list[Worker]:
        return [worker for tenant in self.tenants.values() for worker in tenant.workers]


@dataclass(frozen=True)
class Watched:
    """What the whole process tells of itself."""

    readiness: Readiness
    board: Board


@contextlib.asynccontextmanager
async def open_system(
    settings: Settings, clock: Clock, *, work: bool = True, reconcile: bool = False
) -> AsyncIterator[System]:
    """Opens store and sessions, loads the mirror, starts the workers (unless `work` is False), and undoes all of it at
    the end. A store that was restored, or of which the operator says so with `reconcile`, is compared with the
    mailboxes before anything is decided or sent. Raises StoreError for a store that cannot be opened, and OSError for a
    folder that cannot be written."""
    if settings.sandbox and settings.host != "127.0.0.1":
        raise ValueError("the sandbox's open door is for 127.0.0.1 alone")
    async with contextlib.AsyncExitStack() as stack:
        engine = await asyncio.to_thread(_open_store, settings)
        stack.push_async_callback(engine.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        sends = await stack.enter_async_context(pooled_session())
        shared = Shared(
            settings=settings,
            clock=clock,
            engine=engine,
            session=session,
            connector=connector_of(settings, sends, clock),
            catalogue=await asyncio.to_thread(Catalogue.load),
            reader=await asyncio.to_thread(load_reader),
            started_at=clock.now(),
        )
        tenants = {item.tenant_id: _tenant(item, shared) for item in settings.tenants}
        if reconcile or await engine.is_restored():
            await asyncio.gather(*(tenant.reconciler.begin() for tenant in tenants.values()))
            await engine.made_own()
        for tenant in tenants.values():
            await tenant.house.open()
            await tenant.comparer.open()
            await tenant.auditor.open()
            await tenant.forgetter.open()
            await tenant.secret.open()
            for running in (*(worker.run() for worker in tenant.workers), _signed_in(tenant.tokens)) if work else ():
                _run(running, stack)
        pulse = Pulse(clock)
        if work:
            _run(pulse.run(), stack)
        readiness = Readiness(engine.healthy, [_parts_of(tenant) for tenant in tenants.values()])
        stack.push_async_callback(readiness.close)
        gauges = [tenant.gauges for tenant in tenants.values()]
        board = Board(version=VERSION, started_at=shared.started_at, pulse=pulse, tenants=gauges)
        app = build_app(_parts(shared, tenants, door_of(settings, session, clock), Watched(readiness, board)))
        log.info("system.open", extra={"tenants": len(tenants), "version": VERSION})
        yield System(app=app, tenants=tenants, engine=engine)


def store_file(settings: Settings) -> Path:
    """Where the store is, where it is a file."""
    return settings.data / "foyer.sqlite"


def _open_store(settings: Settings) -> StoreEngine:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SqliteEngine.open(store_file(settings))


def _run(running: Coroutine[Any, Any, None], stack: contextlib.AsyncExitStack) -> None:
    stack.push_async_callback(_stopped, asyncio.create_task(running, name="worker"))


async def _signed_in(tokens: Tokens) -> None:
    """At once, so that what is wrong with it is known before somebody asks for a room."""
    with contextlib.suppress(RemoteError):  # it is logged, and told by /readyz
        await tokens.token()


def _parts_of(tenant: Tenant) -> TenantParts:
    services = tenant.services

    async def reconciling() -> bool:
        return bool(await services.documents.store.read([keys.RECONCILE]))

    return TenantParts(
        tenant=services.tenant,
        signed_in=lambda: tenant.tokens.signed_in,
        index=services.index,
        reconciling=reconciling,
    )


async def _stopped(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _tenant(settings: TenantSettings, shared: Shared) -> Tenant:
    took = Spread(COMMIT_BOUNDS_S)
    store = NudgingStore(MeasuredStore(shared.engine.of(settings.tenant_id), shared.clock, took))
    typed: Store = store
    documents = Documents(typed, JsonCodec())
    index, policies, clock = Availability(), settings.policies, shared.clock
    tokens = Tokens(login_of(settings), clock)
    client = graph_of(settings, shared.session, clock, tokens)
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
        letters=LetterDesk(typed, index, clock),
        catalogue=shared.catalogue,
        reader=shared.reader,
        connector=shared.connector,
        clock=clock,
        admins=settings.admins,
        default_zone=settings.zone,
        new_id=lambda: secrets.token_hex(16),
        about=About(version=VERSION, store="SQLite", healthy=shared.engine.healthy, started_at=shared.started_at),
    )
    house = House(documents, directory, index, clock)
    managers = Managers(documents, directory, index, policies, clock)
    comparer = Comparer(documents, calendar, index, clock, settings.zone)
    decider = Decider(documents, calendar, index, policies, clock)
    decider.comment = lambda reasons: comment(reasons, shared.catalogue.audience("en", settings.zone, clock.now()))
    secret = SecretWatch(documents, GraphRegistration(client, settings.client_id, settings.client_secret), clock)
    auditor = Auditor(documents, calendar, index, clock, url=shared.settings.public_url + NOTIFICATIONS)
    forgetter = Forgetter(documents, clock)
    handlers = _handlers(services, calendar, house, shared, settings)
    reconciler = Reconciler(documents, index, clock)
    handlers |= {
        keys.RECONCILER: reconciler.look,
        keys.MANAGER: managers.tell,
        keys.DECIDE: decider.decide,
        keys.COMPARE: comparer.compare,
        keys.AUDIT: auditor.audit,
        keys.FORGET: forgetter.forget,
        keys.SECRET: secret.look,
    }
    workers = _workers(HoldingStore(typed), handlers, clock, settings.tenant_id)

    def nudge() -> None:
        for worker in workers:
            worker.nudge()

    store.nudge = nudge
    gauges = Gauges(
        tenant=settings.tenant_id,
        figures=TenantFigures(settings.tenant_id, documents, index, clock),
        graph_calls=client.calls,
        clock_skew_s=lambda: client.clock_skew_s,
        signed_in=lambda: tokens.signed_in,
        took_to_commit=took,
        took_to_decide=decider.lag.took,
    )
    return Tenant(
        services=services,
        house=house,
        comparer=comparer,
        auditor=auditor,
        forgetter=forgetter,
        hints=Hints(documents, clock),
        workers=workers,
        tokens=tokens,
        secret=secret,
        reconciler=reconciler,
        gauges=gauges,
    )


def _workers(store: Store, handlers: Mapping[str, JobHandler], clock: Clock, name: str) -> tuple[Worker, Worker]:
    """Reading a whole mailbox can take minutes while Graph throttles: it has a longer lease, and does not hold up the
    jobs that people wait for."""
    slow = {kind: handlers[kind] for kind in (keys.SYNC, keys.COMPARE, keys.REFRESH, keys.SWEEP, keys.FORGET)}
    quick = {kind: handler for kind, handler in handlers.items() if kind not in slow}
    return Worker(store, quick, clock, name), Worker(store, slow, clock, name, lease_s=_READING_LEASE_S)


def _handlers(
    services: Services, calendar: Calendar, house: House, shared: Shared, settings: TenantSettings
) -> dict[str, JobHandler]:
    documents, index, clock, policies = services.documents, services.index, services.clock, settings.policies
    subscriber = Subscriber(
        documents,
        calendar,
        clock,
        url=shared.settings.public_url + NOTIFICATIONS,
        new_secret=lambda: secrets.token_hex(24),
    )
    return {
        keys.SYNC: Rounds(documents, calendar, index, policies, clock, settings.zone).round,
        keys.DRIVE: Driver(documents, calendar, index, clock).drive,
        keys.TELL: Outbox(services, services.finder).tell,
        keys.PROGRESS: Progress(services).tell,
        keys.SUBSCRIBE: subscriber.keep,
        keys.REFRESH: house.refresh,
        keys.POLL: house.poll,
        keys.LOOK: house.look_again,
        keys.SWEEP: house.sweep,
    }


def _parts(shared: Shared, tenants: Mapping[str, Tenant], door: FrontDoor, watched: Watched) -> web_parts.Parts:
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
        readiness=watched.readiness.parts,
        figures=watched.board.families,
        metrics_token=shared.settings.metrics_token,
        new_id=lambda: secrets.token_hex(4),
    )
