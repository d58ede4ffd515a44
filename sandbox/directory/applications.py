"""Applications and service principals: the tenant's own application, and Microsoft Graph's principal.

https://learn.microsoft.com/graph/api/resources/application, serviceprincipal and approleassignment
"""

from functools import cache
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from sandbox import odata, wire
from sandbox.directory.listing import Collection, answered, shown
from sandbox.errors import no_object
from sandbox.login.application import Application
from sandbox.login.controls import shown_certificate, shown_secret
from sandbox.login.permissions import TABLE, WATCHED
from sandbox.login.tenant import TENANT_DOMAIN, TENANT_ID
from sandbox.odata import Entity
from sandbox.world import WORLD

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_PRINCIPAL_ID = str(uuid5(NAMESPACE_URL, "principal:graph"))
_CREATED_AT = "2024-03-04T09:12:31Z"


async def list_applications(request: web.Request) -> web.Response:
    return answered(request, [request.app[WORLD].login.application], application, _APPLICATIONS)


async def get_application(request: web.Request) -> web.Response:
    """By id or, in parentheses, by appId. Credentials come without their values."""
    app = _named(request)
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    shape = shown(application(app), query, _APPLICATIONS)
    return wire.answer({"@odata.context": wire.context(request, "applications/$entity")} | shape)


async def list_passwords(request: web.Request) -> web.Response:
    app = _named(request)
    context = wire.context(request, f"applications('{app.id}')/passwordCredentials")
    return wire.answer({"@odata.context": context, "value": [shown_secret(one) for one in app.secrets]})


async def get_principal(request: web.Request) -> web.Response:
    """The application's own, or Graph's, whose roles it names."""
    wanted, app = request.match_info["app_id"], request.app[WORLD].login.application
    if wanted not in {app.app_id, GRAPH_APP_ID}:
        raise no_object(wanted)
    shape = principal(app) if wanted == app.app_id else graph_principal()
    query = odata.read_query(request.query)
    query.refuse("filter", "search", "expand", "orderby")
    chosen = odata.selected(shape, query.select, known=shape, type_name="microsoft.graph.servicePrincipal")
    return wire.answer({"@odata.context": wire.context(request, "servicePrincipals/$entity")} | chosen)


async def list_assignments(request: web.Request) -> web.Response:
    app = request.app[WORLD].login.application
    if request.match_info["app_id"] != app.app_id:
        raise no_object(request.match_info["app_id"])
    return answered(request, app.roles if app.is_consented else (), lambda role: _assignment(app, role), _ASSIGNMENTS)


def application(app: Application) -> Entity:
    access = [{"id": role_id(role), "type": "Role"} for role in app.roles]
    access += [{"id": role_id(f"scope {scope}"), "type": "Scope"} for scope in app.scopes]
    return {
        "id": app.id,
        "deletedDateTime": None,
        "appId": app.app_id,
        "appRoles": [],
        "createdDateTime": _created(app),
        "description": None,
        "disabledByMicrosoftStatus": None,
        "displayName": app.name,
        "identifierUris": [],
        "isFallbackPublicClient": app.is_public,
        "keyCredentials": [shown_certificate(one) for one in app.certificates],
        "notes": None,
        "passwordCredentials": [shown_secret(one) for one in app.secrets],
        "publisherDomain": TENANT_DOMAIN,
        "requiredResourceAccess": [{"resourceAppId": GRAPH_APP_ID, "resourceAccess": access}],
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "uniqueName": None,
    }


def principal(app: Application) -> Entity:
    return {
        "id": principal_id(app),
        "deletedDateTime": None,
        "accountEnabled": app.is_enabled,
        "alternativeNames": [],
        "appDisplayName": app.name,
        "appId": app.app_id,
        "appOwnerOrganizationId": TENANT_ID,
        "appRoleAssignmentRequired": False,
        "appRoles": [],
        "displayName": app.name,
        "keyCredentials": [],
        "notificationEmailAddresses": [],
        "passwordCredentials": [],
        "replyUrls": [],
        "servicePrincipalNames": [app.app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": [],
    }


@cache
def graph_principal() -> Entity:
    """Microsoft Graph in this tenant, with every application role that a call here asks for."""
    named = sorted({role for row in (*TABLE, *WATCHED) for role in row.roles})
    roles = [
        {
            "allowedMemberTypes": ["Application"],
            "description": f"Allows the app to use {role} without a signed-in user.",
            "displayName": role,
            "id": role_id(role),
            "isEnabled": True,
            "origin": "Application",
            "value": role,
        }
        for role in named
    ]
    return {
        "id": GRAPH_PRINCIPAL_ID,
        "deletedDateTime": None,
        "accountEnabled": True,
        "appDisplayName": "Microsoft Graph",
        "appId": GRAPH_APP_ID,
        "appRoleAssignmentRequired": False,
        "appRoles": roles,
        "displayName": "Microsoft Graph",
        "servicePrincipalNames": ["https://graph.microsoft.com", GRAPH_APP_ID],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
        "tags": [],
    }


def principal_id(app: Application) -> str:
    return str(uuid5(NAMESPACE_URL, f"principal:{app.app_id}"))


def role_id(name: str) -> str:
    """Of this tenant: the ids of the real service's permissions are others."""
    return str(uuid5(NAMESPACE_URL, f"role:{name}"))


def _assignment(app: Application, role: str) -> Entity:
    return {
        "id": str(uuid5(NAMESPACE_URL, f"assignment:{app.app_id}:{role}")),
        "deletedDateTime": None,
        "appRoleId": role_id(role),
        "createdDateTime": _created(app),
        "principalDisplayName": app.name,
        "principalId": principal_id(app),
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": GRAPH_PRINCIPAL_ID,
    }


def _created(app: Application) -> str:
    return wire.instant(app.created_at) if app.created_at else _CREATED_AT


def _named(request: web.Request) -> Application:
    app = request.app[WORLD].login.application
    wanted, own = request.match_info.get("app_id"), request.match_info.get("application", "")
    if wanted != app.app_id if wanted is not None else own.lower() != app.id:
        raise no_object(wanted or own)
    return app


_SHAPE = Application(id="", secrets=[])
_APPLICATIONS = Collection(
    path="applications",
    type_name="microsoft.graph.application",
    searched=("displayName",),
    known=tuple(application(_SHAPE)),
)
_ASSIGNMENTS = Collection(
    path="appRoleAssignments",
    type_name="microsoft.graph.appRoleAssignment",
    searched=(),
    known=tuple(_assignment(_SHAPE, "")),
)
