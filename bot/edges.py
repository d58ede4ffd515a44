"""The edges to Microsoft 365 as the settings name them: sign-in, Graph, Teams' connector and the front door."""

import random

import aiohttp

from bot.config import Settings, TenantSettings
from bot.graph import clouds
from bot.graph.auth import Tokens
from bot.graph.client import GraphClient
from bot.graph.login import AppLogin, Secret
from bot.ports.clock import Clock
from bot.teams.claims import FrontDoor
from bot.teams.connector import HttpConnector, Terms
from bot.teams.credentials import ClientCredentials, Credentials, NoCredentials, Registration
from bot.teams.jwks import KeySet
from bot.teams.references import ServiceUrls
from bot.teams.verifier import Admission, DangerouslyUnauthenticatedOnLoopback, Verifier

_GRAPH_AT_ONCE = 64  # what two full workers ask; felt for below that where the service counts calls over all mailboxes


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


def graph_of(settings: TenantSettings, session: aiohttp.ClientSession, clock: Clock, tokens: Tokens) -> GraphClient:
    """The tenant's Microsoft Graph; nobody is called yet."""
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


def connector_of(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> HttpConnector:
    """What sends to Teams. `session` is from `pooled_session`, for this alone."""
    rng = random.Random()  # noqa: S311 - spreads retries, keeps no secret
    terms = Terms(service_urls=ServiceUrls(loopback=settings.sandbox))
    return HttpConnector(session, credentials_of(settings, session, clock), clock=clock, rng=rng, terms=terms)


def door_of(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> FrontDoor:
    """Who lets Teams' requests in: everybody on this machine for the sandbox, else whoever shows a token of Teams."""
    admission = Admission(app_id=settings.app_id, tenants=frozenset(item.tenant_id for item in settings.tenants))
    if settings.sandbox:
        return DangerouslyUnauthenticatedOnLoopback(admission)
    return Verifier(KeySet(session, clock), admission, clock)
