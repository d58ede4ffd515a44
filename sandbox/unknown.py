"""Decides what a path is that this tenant has no answer for: one of Graph's, or nobody's.

The segments are those of Graph's v1.0 metadata: https://graph.microsoft.com/v1.0/$metadata.
"""

import re

from sandbox.errors import GraphError, bad_request, not_honoured

_ROOTS = frozenset({
    "$batch", "$metadata", "admin", "agreementacceptances", "agreements", "appcatalogs", "applications",
    "applicationtemplates", "auditlogs", "authenticationmethodconfigurations", "authenticationmethodspolicy",
    "certificatebasedauthconfiguration", "chats", "communications", "compliance", "connections", "contacts",
    "contracts", "copilot", "datapolicyoperations", "deviceappmanagement", "devicemanagement", "devices", "directory",
    "directoryobjects", "directoryroles", "directoryroletemplates", "domaindnsrecords", "domains", "drive", "drives",
    "education", "employeeexperience", "external", "filteroperators", "functions", "grouplifecyclepolicies", "groups",
    "groupsettings", "groupsettingtemplates", "identity", "identitygovernance", "identityprotection",
    "identityproviders", "informationprotection", "invitations", "me", "oauth2permissiongrants", "organization",
    "permissiongrants", "places", "planner", "policies", "print", "privacy", "reports", "rolemanagement",
    "schemaextensions", "scopedrolememberships", "search", "security", "serviceprincipals", "shares", "sites",
    "solutions", "storage", "subscribedskus", "subscriptions", "teams", "teamstemplates", "teamwork",
    "tenantrelationships", "users",
})  # fmt: skip
_OF_A_USER = frozenset({
    "$count", "$ref", "activities", "agreementacceptances", "approleassignments", "assignlicense", "authentication",
    "calendar", "calendargroups", "calendars", "calendarview", "changepassword", "chats", "checkmembergroups",
    "checkmemberobjects", "cloudclipboard", "cloudpcs", "contactfolders", "contacts", "createdobjects",
    "datasecurityandgovernance", "devicemanagementtroubleshootingevents", "directreports", "drive", "drives",
    "employeeexperience", "events", "exportdeviceandappmanagementdata", "exportpersonaldata", "extensions",
    "findmeetingtimes", "followedsites", "getmailtips", "getmanagedappdiagnosticstatuses", "getmanagedapppolicies",
    "getmanageddeviceswithappfailures", "getmembergroups", "getmemberobjects", "inferenceclassification", "insights",
    "joinedteams", "licensedetails", "mailboxsettings", "mailfolders", "manageddevices", "manager", "memberof",
    "messages", "oauth2permissiongrants", "onenote", "onlinemeetings", "outlook", "owneddevices", "ownedobjects",
    "people", "permissiongrants", "photo", "photos", "planner", "presence", "registereddevices", "reminderview",
    "removealldevicesfrommanagement", "reprocesslicenseassignment", "restore", "retryserviceprovisioning",
    "revokesigninsessions", "scopedrolememberof", "sendmail", "serviceprovisioningerrors", "settings", "solutions",
    "sponsors", "teamwork", "todo", "transitivememberof", "transitivereports", "translateexchangeids",
    "validateproperties", "wipemanagedappregistrationsbydevicetag",
})  # fmt: skip
_OF_USERS = frozenset({"$count", "delta", "getbyids", "getavailableextensionproperties", "validateproperties"})
_OF_AN_EVENT = frozenset({
    "accept", "attachments", "calendar", "cancel", "decline", "dismissreminder", "extensions", "forward", "instances",
    "multivalueextendedproperties", "permanentdelete", "singlevalueextendedproperties", "snoozereminder",
    "tentativelyaccept",
})  # fmt: skip
_OF_A_CALENDAR = frozenset({
    "allowedcalendarsharingroles", "calendarpermissions", "calendarview", "events", "getschedule",
    "multivalueextendedproperties", "permanentdelete", "singlevalueextendedproperties",
})  # fmt: skip
_ELSEWHERE = re.compile(
    r"^(?:POST /(?:users|groups|applications|places|contacts)"
    r"|POST /users/[^/]+/(?:calendars|calendarGroups)"
    r"|(?:PATCH|DELETE) /(?:users|groups|applications|places|organization)/[^/]+"
    r"|(?:PATCH|DELETE) /me"
    r"|PATCH /(?:me|users/[^/]+)/(?:mailboxSettings|calendar|settings)"
    r"|(?:PUT|DELETE) .*/\$ref|PUT .*/photo/\$value|POST .*/(?:members|owners)/\$ref)$",
    re.IGNORECASE,
)


def refusal(method: str, path: str, allowed: set[str]) -> GraphError:
    """For a path that no handler took; `allowed` are the methods that the tenant has for it."""
    inner = path.removeprefix("/v1.0").rstrip("/")
    if allowed and _ELSEWHERE.match(f"{method} {inner}") is None:
        error = GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        error.headers["Allow"] = ", ".join(sorted(allowed))
        return error
    segment = "" if allowed else unknown_segment(inner)
    if segment:
        return bad_request(f"Resource not found for the segment '{segment}'.")
    return not_honoured(f"{method} {path}")


def unknown_segment(path: str) -> str:
    """The first segment that Graph does not have, as far as we know; '' for a path of Graph's."""
    parts = [part for part in path.split("/") if part]
    plain = [part.partition("(")[0].lower().removeprefix("microsoft.graph.") for part in parts]
    if not parts:
        return ""
    if plain[0] not in _ROOTS:
        return parts[0]
    if plain[0] == "me":
        return _unknown_of_a_user(parts[1:], plain[1:])
    if plain[0] != "users" or len(parts) < 2:
        return ""
    if "(" in parts[0]:
        return _unknown_of_a_user(parts[1:], plain[1:])
    return "" if plain[1] in _OF_USERS else _unknown_of_a_user(parts[2:], plain[2:])


def _unknown_of_a_user(parts: list[str], plain: list[str]) -> str:
    if not parts:
        return ""
    if plain[0] not in _OF_A_USER:
        return parts[0]
    if plain[0] == "events":
        return _unknown_of(_OF_AN_EVENT, parts, plain, at=2)
    if plain[0] == "calendar":
        if len(plain) > 1 and plain[1] == "events":
            return _unknown_of(_OF_AN_EVENT, parts, plain, at=3)
        return _unknown_of(_OF_A_CALENDAR, parts, plain, at=1)
    return ""


def _unknown_of(known: frozenset[str], parts: list[str], plain: list[str], *, at: int) -> str:
    return parts[at] if len(parts) > at and plain[at] not in known else ""
