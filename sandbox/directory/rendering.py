"""Writes users, mailbox settings and the organization as Graph does.

https://learn.microsoft.com/graph/api/resources/user, mailboxsettings, organization.
"""

from sandbox.directory.models import User
from sandbox.login.models import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from sandbox.odata import Entity

DEFAULT_KEYS = (
    "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName", "id",
)  # fmt: skip
CREATED_AT = "2024-03-04T09:12:31Z"
_LOCALES = {"en-US": "English (United States)", "nl-NL": "Dutch (Netherlands)", "en-GB": "English (United Kingdom)"}


def user(one: User) -> Entity:
    """Every property that can be asked for; a plain answer carries only DEFAULT_KEYS."""
    return {
        "businessPhones": [],
        "displayName": one.name,
        "givenName": one.given_name if one.purpose == "user" else None,
        "jobTitle": one.job_title or None,
        "mail": one.address,
        "mobilePhone": None,
        "officeLocation": one.office or None,
        "preferredLanguage": one.language if one.purpose == "user" else None,
        "surname": one.surname if one.purpose == "user" else None,
        "userPrincipalName": one.address,
        "id": one.id,
        "accountEnabled": one.is_enabled,
        "companyName": "Contoso",
        "createdDateTime": CREATED_AT,
        "department": one.department or None,
        "employeeId": None,
        "mailNickname": one.address.partition("@")[0],
        "otherMails": [],
        "proxyAddresses": [f"SMTP:{one.address}"],
        "usageLocation": None,
        "userType": "Member",
    }


def mailbox_settings(one: User) -> Entity:
    return {
        "archiveFolder": None,
        "timeZone": one.zone,
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": one.purpose,
        "language": {"locale": one.language, "displayName": _LOCALES.get(one.language, one.language)},
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
