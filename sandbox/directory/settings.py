"""Mailbox settings and the time zones that a mailbox takes.

https://learn.microsoft.com/graph/api/user-get-mailboxsettings, user-update-mailboxsettings and
outlookuser-supportedtimezones
"""

from datetime import datetime, time, timedelta
from typing import Any, Literal

import msgspec
from aiohttp import web

from sandbox import odata, wire
from sandbox.directory import rendering
from sandbox.directory.handlers import named
from sandbox.directory.models import User
from sandbox.errors import bad_request, failed_validation, no_mailbox, not_honoured
from sandbox.world import WORLD
from sandbox.zones import iana_names, windows_names, zone

_SETTINGS = (
    "timeZone",
    "userPurpose",
    "workingHours",
    "language",
    "dateFormat",
    "timeFormat",
    "automaticRepliesSetting",
)
_SETTINGS_TYPE = "microsoft.graph.mailboxSettings"
Day = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]


class ZoneBody(msgspec.Struct):
    name: str


class HoursBody(msgspec.Struct, rename="camel"):
    days_of_week: tuple[Day, ...] | None = None
    start_time: str | None = None
    end_time: str | None = None
    time_zone: ZoneBody | None = None


class LocaleBody(msgspec.Struct, rename="camel"):
    locale: str
    display_name: str | None = None


class SettingsBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What may be changed; `userPurpose` and `archiveFolder` may not."""

    time_zone: str | None = None
    date_format: str | None = None
    time_format: str | None = None
    language: LocaleBody | None = None
    working_hours: HoursBody | None = None
    automatic_replies_setting: dict[str, Any] | None = None
    delegate_meeting_message_delivery_options: (
        Literal["sendToDelegateAndInformationToPrincipal", "sendToDelegateAndPrincipal", "sendToDelegateOnly"] | None
    ) = None


async def get_settings(request: web.Request) -> web.Response:
    user = _mailbox_user(request)
    query = odata.read_query(request.query)
    shape = rendering.mailbox_settings(user)
    chosen = odata.selected(shape, query.select, known=shape, type_name=_SETTINGS_TYPE)
    context = {"@odata.context": wire.context(request, f"users('{user.id}')/mailboxSettings")}
    return wire.answer(context | chosen)


async def get_setting(request: web.Request) -> web.Response:
    user = _mailbox_user(request)
    name = next((one for one in _SETTINGS if one.lower() == request.match_info["setting"].lower()), None)
    if name is None:
        raise bad_request(f"Resource not found for the segment '{request.match_info['setting']}'.")
    value = rendering.mailbox_settings(user)[name]
    context: odata.Entity = {"@odata.context": wire.context(request, f"users('{user.id}')/mailboxSettings/{name}")}
    return wire.answer(context | (value if isinstance(value, dict) else {"value": value}))


async def patch_settings(request: web.Request) -> web.Response:
    """The answer carries what was changed, as the service's does."""
    user = _mailbox_user(request)
    body = await wire.body(request, SettingsBody)
    changed = request.app[WORLD].directory.settle(user, **_changes(user, body))
    shape = rendering.mailbox_settings(changed)
    given = {
        name: value
        for name, value in shape.items()
        if getattr(body, _snake(name), None) is not None
    }  # fmt: skip
    context = {"@odata.context": wire.context(request, f"users('{user.id}')/mailboxSettings")}
    return wire.answer(context | given)


async def list_time_zones(request: web.Request) -> web.Response:
    """Windows names unless the path asks for Iana."""
    named(request)
    standard = request.match_info.get("standard", "Windows").lower()
    now = request.app[WORLD].clock.now()
    if standard == "windows":
        found = [{"alias": name, "displayName": f"{_offset(name, now)} {name}"} for name in windows_names()]
    elif standard == "iana":
        found = [{"alias": name, "displayName": name} for name in iana_names()]
    else:
        raise bad_request(f"'{request.match_info['standard']}' is no time zone standard: Windows or Iana.")
    context = wire.context(request, "Collection(microsoft.graph.timeZoneInformation)")
    return wire.answer({"@odata.context": context, "value": found})


def _changes(user: User, body: SettingsBody) -> dict[str, Any]:
    given: dict[str, Any] = {
        "zone": wire.checked_zone(body.time_zone) if body.time_zone is not None else None,
        "date_format": body.date_format,
        "time_format": body.time_format,
        "mailbox_language": body.language.locale if body.language else None,
        "meeting_messages": body.delegate_meeting_message_delivery_options,
        "replies": body.automatic_replies_setting
        and rendering.mailbox_settings(user)["automaticRepliesSetting"] | body.automatic_replies_setting,
    }
    if body.working_hours is not None:
        given |= _hours(user, body.working_hours, given["zone"])
    return {name: value for name, value in given.items() if value is not None}


def _hours(user: User, body: HoursBody, zone_name: str | None) -> dict[str, Any]:
    """Raises GraphError: working hours have no zone of their own here."""
    own_zone = zone_name or user.zone
    if body.time_zone is not None and wire.checked_zone(body.time_zone.name).casefold() != own_zone.casefold():
        raise not_honoured(f"working hours in another zone than the mailbox's, '{own_zone}'")
    return {
        "work_days": body.days_of_week,
        "work_start": _time(body.start_time),
        "work_end": _time(body.end_time),
    }


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return f"{time.fromisoformat(text[:15]).isoformat(timespec='microseconds')}0"
    except ValueError as problem:
        raise failed_validation(f"'{text}' is no time of day.") from problem


def _offset(name: str, now: datetime) -> str:
    """The zone's offset outside of summer time, as Windows shows it."""
    january = now.replace(month=1, day=1).astimezone(zone(name))
    offset = (january.utcoffset() or timedelta()) - (january.dst() or timedelta())
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"(UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d})" if minutes else "(UTC)"


def _mailbox_user(request: web.Request) -> User:
    user = named(request)
    if user.address not in request.app[WORLD].exchange.mailboxes:
        raise no_mailbox()
    return user


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
