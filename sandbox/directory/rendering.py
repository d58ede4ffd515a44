"""Writes users, groups, mailbox settings and the organization as Graph does.

https://learn.microsoft.com/graph/api/resources/user, group, mailboxsettings, organization.
"""

from typing import Any

from sandbox.directory.models import Group, User
from sandbox.login.tenant import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from sandbox.odata import Entity

USER_TYPE = "microsoft.graph.user"
GROUP_TYPE = "microsoft.graph.group"
DEFAULT_KEYS = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
CREATED_AT = "2024-03-04T09:12:31Z"
LOCALES = {"en-US": "English (United States)", "nl-NL": "Dutch (Netherlands)", "en-GB": "English (United Kingdom)"}
# Graph's name of a user's property -> ours, of those that the directory lets change.
USER_FIELDS = {
    "displayName": "name",
    "userPrincipalName": "principal_name",
    "jobTitle": "job_title",
    "department": "department",
    "officeLocation": "office",
    "mobilePhone": "mobile",
    "preferredLanguage": "language",
    "accountEnabled": "is_enabled",
}
# What follows from a property changes with it.
FOLLOWING = {"displayName": ("givenName", "surname")}


def user(one: User) -> Entity:
    """Every property that can be asked for; a plain answer carries only DEFAULT_KEYS."""
    return {
        "businessPhones": [],
        "displayName": one.name,
        "givenName": one.given_name if one.purpose == "user" else None,
        "jobTitle": one.job_title or None,
        "mail": one.address,
        "mobilePhone": one.mobile or None,
        "officeLocation": one.office or None,
        "preferredLanguage": one.language if one.purpose == "user" else None,
        "surname": one.surname if one.purpose == "user" else None,
        "userPrincipalName": one.principal_name,
        "id": one.id,
        "accountEnabled": one.is_enabled,
        "assignedLicenses": [],
        "city": None,
        "companyName": "Contoso",
        "country": None,
        "createdDateTime": CREATED_AT,
        "deletedDateTime": None,
        "department": one.department or None,
        "employeeId": None,
        "employeeType": None,
        "faxNumber": None,
        "imAddresses": [one.address],
        "isResourceAccount": None,
        "mailNickname": one.address.partition("@")[0],
        "onPremisesSyncEnabled": None,
        "otherMails": [],
        "postalCode": None,
        "proxyAddresses": [f"SMTP:{one.address}"],
        "showInAddressList": True,
        "state": None,
        "streetAddress": None,
        "usageLocation": None,
        "userType": "Member",
    }


def group(one: Group) -> Entity:
    """Every property that can be asked for but the members; a plain answer carries all of them."""
    return {
        "id": one.id,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": CREATED_AT,
        "description": one.description or None,
        "displayName": one.name,
        "expirationDateTime": None,
        "groupTypes": ["Unified"] if one.is_unified else [],
        "isAssignableToRole": None,
        "mail": one.address or None,
        "mailEnabled": bool(one.address),
        "mailNickname": one.address.partition("@")[0] or one.id[:8],
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "onPremisesSyncEnabled": None,
        "proxyAddresses": [f"SMTP:{one.address}"] if one.address else [],
        "renewedDateTime": CREATED_AT,
        "securityEnabled": one.is_security,
        "visibility": _visibility(one),
    }


def typed(one: User | Group) -> str:
    return USER_TYPE if isinstance(one, User) else GROUP_TYPE


def limited(shape: Entity) -> Entity:
    """What a caller sees of an object that it may not read: that there is one."""
    hidden: Entity = {key: [] if isinstance(value, list) else None for key, value in shape.items()}
    return hidden | {key: value for key, value in shape.items() if key in {"id", "@odata.type"}}


def mailbox_settings(one: User) -> Entity:
    locale = one.mailbox_language or one.language
    return {
        "archiveFolder": None,
        "timeZone": one.zone,
        "delegateMeetingMessageDeliveryOptions": one.meeting_messages,
        "dateFormat": one.date_format,
        "timeFormat": one.time_format,
        "userPurpose": one.purpose,
        "automaticRepliesSetting": one.replies or _no_replies(),
        "language": {"locale": locale, "displayName": LOCALES.get(locale, locale)},
        "workingHours": working_hours(one),
    }


def working_hours(one: User) -> Entity:
    return {
        "daysOfWeek": list(one.work_days),
        "startTime": one.work_start,
        "endTime": one.work_end,
        "timeZone": {"name": one.zone},
    }


def organization() -> Entity:
    return {
        "id": TENANT_ID,
        "displayName": "Contoso",
        "createdDateTime": CREATED_AT,
        "countryLetterCode": "NL",
        "preferredLanguage": "en",
        "tenantType": "AAD",
        "businessPhones": [],
        "technicalNotificationMails": [],
        "verifiedDomains": [
            {"capabilities": "Email", "isDefault": True, "isInitial": False, "name": TENANT_DOMAIN, "type": "Managed"},
            {"capabilities": "Email", "isDefault": False, "isInitial": True, "name": TENANT_NAME, "type": "Managed"},
        ],
    }


def _visibility(one: Group) -> str | None:
    if one.has_hidden_members:
        return "HiddenMembership"
    return "Private" if one.is_unified else None


def _no_replies() -> dict[str, Any]:
    moment = {"dateTime": "2024-03-04T10:00:00.0000000", "timeZone": "UTC"}
    return {
        "status": "disabled",
        "externalAudience": "all",
        "internalReplyMessage": "",
        "externalReplyMessage": "",
        "scheduledStartDateTime": moment,
        "scheduledEndDateTime": moment,
    }
