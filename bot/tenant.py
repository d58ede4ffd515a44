"""One tenant, put together: its store, its calendar, its use cases and who works off which job."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp

from bot.admin.figures import TenantFigures
from bot.admin.gauges import Gauges
from bot.admin.letters import LetterDesk
from bot.admin.secret import SecretWatch
from bot.admin.status import StatusDesk
from bot.booking.completer import Completer
from bot.booking.desk import Desk
from bot.booking.drive import Driver
from bot.booking.managers import Managers
from bot.booking.reconcile import HoldingStore, Reconciler
from bot.booking.search import Finder
from bot.booking.series_desk import SeriesDesk
from bot.cards.reasons import comment
from bot.cards.texts import Catalogue
from bot.config import Settings, TenantSettings
from bot.domain.availability import Availability
from bot.edges import OpenStore, graph_client, login_of
from bot.graph.auth import Tokens
from bot.graph.calendar import GraphCalendar
from bot.graph.client import Budget
from bot.graph.directory import GraphDirectory
from bot.graph.registration import GraphRegistration
from bot.language.reader import Reader
from bot.people.acquaintances import People
from bot.ports import keys
from bot.ports.calendar import Calendar
from bot.ports.clock import Clock
from bot.ports.documents import Documents
from bot.ports.figures import Spread, Tally
from bot.ports.store import Schedule, Store
from bot.store.codec import JsonCodec
from bot.store.measured import COMMIT_BOUNDS_S, MeasuredStore
from bot.sync.audit import Auditor
from bot.sync.compare import Comparer
from bot.sync.decide import Decider
from bot.sync.follower import Follower
from bot.sync.forget import Forgetter
from bot.sync.hints import Hints
from bot.sync.house import House
from bot.sync.indexing import Indexing
from bot.sync.opening import Opening
from bot.sync.round import Rounds
from bot.sync.subscriptions import Subscriber
from bot.sync.worker import LEASE_S, LONGEST_S, NudgingStore, Terms, Worker
from bot.sync.worker import Handler as JobHandler
from bot.teams.connector import Connector
from bot.teams.outbox import Outbox
from bot.teams.progress import Progress
from bot.teams.services import About, Services

VERSION = "0.1.0"
NOTIFICATIONS = "/api/graph/notifications"
_WHILE_SOMEBODY_WAITS = Budget(total_s=1.5, tries=2)  # a press is answered within two seconds


@dataclass(frozen=True, kw_only=True)
class Leases:
    """In seconds: how long a job stays with a process that died; how long a handler may take, and one that reads a
    whole mailbox, which takes minutes while Graph throttles."""

    lease_s: float = LEASE_S
    quick_s: float = LONGEST_S
    reading_s: float = 600.0


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
    told: Tally = field(default_factory=Tally)  # items of notifications, by whether they were believed


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """One tenant, put together and not yet started."""

    services: Services
    house: House
    comparer: Comparer
    auditor: Auditor
    forgetter: Forgetter
    completer: Completer
    hints: Hints
    workers: tuple[Worker, ...]
    tokens: Tokens
    secret: SecretWatch
    reconciler: Reconciler
    gauges: Gauges
    indexing: Indexing
    opening: Opening
    follower: Follower | None = None


def put_together(settings: TenantSettings, shared: Shared) -> Tenant:
    """Without I/O; nothing runs yet."""
    took = Spread(COMMIT_BOUNDS_S)
    store = NudgingStore(MeasuredStore(shared.store.engine.of(settings.tenant_id), shared.clock, took))
    typed: Store = store
    documents = Documents(typed, JsonCodec())
    index, policies, clock = Availability(), settings.policies, shared.clock
    tokens = Tokens(login_of(settings), clock)
    client = graph_client(settings, shared.session, clock, tokens)
    calendar: Calendar = GraphCalendar(client)
    directory = GraphDirectory(client)
    finder = Finder(index, policies)
    indexing = Indexing(documents, index, clock)
    opening = Opening(indexing.loaded, clock)
    services = Services(
        tenant=settings.tenant_id,
        tenant_name=settings.name,
        documents=documents,
        index=index,
        people=People(documents, GraphDirectory(client, _WHILE_SOMEBODY_WAITS)),
        finder=finder,
        desk=(desk := Desk(documents, index, policies, clock)),
        series=SeriesDesk(documents, desk),
        status=StatusDesk(documents, index, policies, clock),
        letters=LetterDesk(typed, index, clock),
        catalogue=shared.catalogue,
        reader=shared.reader,
        connector=shared.connector,
        clock=clock,
        admins=settings.admins,
        default_zone=settings.zone,
        new_id=lambda: secrets.token_hex(16),
        about=_about(shared),
        opened=opening.is_over,
    )
    house = House(documents, directory, index, clock)
    managers = Managers(documents, directory, index, policies, clock)
    comparer = Comparer(documents, calendar, index, clock, settings.zone)
    decider = Decider(documents, calendar, index, policies, clock)
    decider.comment = lambda reasons: comment(reasons, shared.catalogue.audience("en", settings.zone, clock.now()))
    auditor = Auditor(documents, calendar, index, clock, url=shared.settings.public_url + NOTIFICATIONS)
    forgetter = Forgetter(documents, clock)
    completer = Completer(documents, clock)
    secret = SecretWatch(documents, GraphRegistration(client, settings.client_id, settings.client_secret), clock)
    reconciler = Reconciler(documents, index, clock)
    handlers = _handlers(services, calendar, house, shared, settings)
    handlers |= {
        keys.RECONCILER: reconciler.look,
        keys.MANAGER: managers.tell,
        keys.DECIDE: decider.decide,
        keys.SECRET: secret.look,
        keys.COMPARE: comparer.compare,
        keys.AUDIT: auditor.audit,
        keys.FORGET: forgetter.forget,
        keys.COMPLETE: completer.complete,
    }
    workers = _workers(HoldingStore(typed), handlers, shared, settings.tenant_id)

    def nudge(owed: Iterable[Schedule]) -> None:
        for worker in workers:
            worker.nudge(owed)

    store.nudge = nudge
    follower = _follower(shared, settings.tenant_id, indexing)
    if follower is not None:
        store.wrote = follower.wrote
    gauges = Gauges(
        tenant=settings.tenant_id,
        figures=TenantFigures(settings.tenant_id, documents, index, clock),
        graph_calls=client.calls,
        clock_skew_s=lambda: client.clock_skew_s,
        signed_in=lambda: tokens.signed_in,
        index_lag_s=lambda: None if follower is None else follower.lag_s,
        took_to_commit=took,
        took_to_decide=decider.lag.took,
    )
    return Tenant(
        services=services,
        house=house,
        comparer=comparer,
        auditor=auditor,
        forgetter=forgetter,
        completer=completer,
        hints=Hints(documents, clock),
        workers=workers,
        tokens=tokens,
        secret=secret,
        reconciler=reconciler,
        gauges=gauges,
        indexing=indexing,
        opening=opening,
        follower=follower,
    )


def _about(shared: Shared) -> About:
    store = shared.store
    return About(version=VERSION, store=store.name, healthy=store.engine.healthy, started_at=shared.started_at)


def _follower(shared: Shared, tenant: str, indexing: Indexing) -> Follower | None:
    """None where nobody else writes."""
    feed_of = shared.store.feed_of
    return Follower(feed_of(tenant), indexing, shared.clock) if feed_of else None


_SHOWN = frozenset({keys.TELL, keys.MANAGER, keys.PROGRESS})


def _workers(store: Store, handlers: Mapping[str, JobHandler], shared: Shared, name: str) -> tuple[Worker, Worker]:
    """Reading a whole mailbox may take longer, and does not hold up the jobs that people wait for."""
    clock, leases = shared.clock, shared.leases
    slow = {kind: handlers[kind] for kind in (keys.SYNC, keys.COMPARE, keys.REFRESH, keys.SWEEP, keys.FORGET)}
    quick = {kind: handler for kind, handler in handlers.items() if kind not in slow}
    return (
        Worker(store, quick, clock, name, terms=Terms(leases.lease_s, leases.quick_s, _SHOWN)),
        Worker(store, slow, clock, name, terms=Terms(leases.lease_s, leases.reading_s)),
    )


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
    outbox = Outbox(services, services.finder)
    return {
        keys.SYNC: Rounds(documents, calendar, index, policies, clock, settings.zone).round,
        keys.DRIVE: Driver(documents, calendar, index, clock).drive,
        keys.TELL: outbox.tell,
        keys.REPAINT: outbox.repaint,
        keys.PROGRESS: Progress(services).tell,
        keys.SUBSCRIBE: subscriber.keep,
        keys.REFRESH: house.refresh,
        keys.POLL: house.poll,
        keys.LOOK: house.look_again,
        keys.SWEEP: house.sweep,
    }
