"""The edges of the process, as its settings name them: the store, Microsoft Graph, the channel, its front door."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.config import Settings, TenantSettings
from bot.graph import clouds
from bot.graph.auth import Tokens
from bot.graph.client import GraphClient
from bot.graph.login import AppLogin, Secret
from bot.ports.changes import ChangeFeed
from bot.ports.clock import Clock
from bot.ports.store import StoreEngine
from bot.store.redis import RedisEngine
from bot.store.sqlite import SqliteEngine
from bot.teams.claims import FrontDoor
from bot.teams.connector import HttpConnector, Terms
from bot.teams.credentials import ClientCredentials, Credentials, NoCredentials, Registration
from bot.teams.jwks import KeySet
from bot.teams.references import ServiceUrls
from bot.teams.verifier import Admission, DangerouslyUnauthenticatedOnLoopback, Verifier

_GRAPH_AT_ONCE = 64  # what two full workers ask; felt for below that where the service counts calls over all mailboxes


@dataclass(frozen=True, kw_only=True)
class OpenStore:
    """`name` is for administrators. `feed_of` a tenant, where other processes may write to the store, too."""

    engine: StoreEngine
    name: str
    feed_of: Callable[[str], ChangeFeed] | None = None


async def open_store(settings: Settings, clock: Clock) -> OpenStore:
    """Raises StoreError for a store that cannot be opened, and OSError for a folder that cannot be written."""
    if settings.redis_url:
        engine = await RedisEngine.open(settings.redis_url, clock, accept_loss=settings.accept_loss)
        return OpenStore(engine=engine, name="Redis", feed_of=engine.of)
    return OpenStore(engine=await asyncio.to_thread(_open_file, store_file(settings)), name="SQLite")


def store_file(settings: Settings) -> Path:
    """Where the store is, where it is a file."""
    return settings.data / "foyer.sqlite"


def _open_file(file: Path) -> StoreEngine:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return SqliteEngine.open(file)


def _cloud(settings: TenantSettings) -> clouds.Cloud:
    return clouds.custom(settings.login, settings.graph) if settings.graph else clouds.CLOUDS[settings.cloud]


def login_of(settings: TenantSettings) -> AppLogin:
    """The tenant's way to sign in to Microsoft 365; nobody is asked yet."""
    return AppLogin(
        tenant=settings.tenant_id,
        client_id=settings.client_id,
        credential=Secret(settings.client_secret),
        cloud=_cloud(settings),
    )


def graph_client(settings: TenantSettings, session: aiohttp.ClientSession, clock: Clock, tokens: Tokens) -> GraphClient:
    """One tenant's Graph, with its own count of calls in flight; nobody is called yet."""
    return GraphClient(
        session,
        cloud=_cloud(settings),
        tokens=tokens,
        clock=clock,
        chance=random.Random(),  # noqa: S311 - spreads retries, keeps no secret
        most_at_once=_GRAPH_AT_ONCE,
    )


def credentials_of(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Credentials:
    """The bot's own credentials for Teams; nobody is asked yet."""
    if settings.sandbox:
        return NoCredentials()
    registration = Registration(app_id=settings.app_id, secret=settings.app_secret)
    if settings.app_tenant:
        registration = Registration(app_id=settings.app_id, secret=settings.app_secret, tenant=settings.app_tenant)
    rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
    return ClientCredentials(session, clock, registration, rng=rng)


def http_connector(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> HttpConnector:
    """What sends to Teams. `session` is from `pooled_session`, for this alone."""
    rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
    terms = Terms(service_urls=ServiceUrls(loopback=settings.sandbox))
    return HttpConnector(session, credentials_of(settings, session, clock), clock=clock, rng=rng, terms=terms)


def front_door(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> FrontDoor:
    """Who may speak to us."""
    admission = Admission(app_id=settings.app_id, tenants=frozenset(item.tenant_id for item in settings.tenants))
    if settings.sandbox:
        return DangerouslyUnauthenticatedOnLoopback(admission)
    return Verifier(KeySet(session, clock), admission, clock)
