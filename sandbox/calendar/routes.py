"""The URLs of calendars and events."""

from aiohttp import web

from sandbox.calendar import (
    actions,
    extension_handlers,
    free_busy,
    handlers,
    switch_handlers,
    translation,
    views,
)

_DELTA = r"{function:(?:microsoft\.graph\.)?delta(?:\(\))?}"
_USER = "/v1.0/users/{user}"
_CALENDAR = "{folder:calendar|calendars/[^/]+}"
_FOLDER = "{folder:(?:calendar/|calendars/[^/]+/)?}"
_EVENTS = f"{_USER}/{_FOLDER}events"
_EVENT = _EVENTS + r"/{event:[^$/][^/]*}"
_EXTENSION = f"{_EVENT}/extensions/{{extension}}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get(f"{_USER}/calendars", views.list_calendars),
    web.get(f"{_USER}/{_CALENDAR}", views.get_calendar),
    web.post(f"{_USER}/{_CALENDAR}/getSchedule", free_busy.get_schedule),
    web.get(f"{_USER}/{_FOLDER}calendarView", views.calendar_view),
    web.get(f"{_USER}/{_FOLDER}calendarView/{_DELTA}", views.calendar_view_delta),
    web.get(_EVENTS, handlers.list_events),
    web.post(_EVENTS, handlers.create_event),
    web.get(f"{_EVENTS}/{_DELTA}", views.events_delta),
    web.get(_EVENT, handlers.get_event),
    web.patch(_EVENT, handlers.patch_event),
    web.delete(_EVENT, handlers.delete_event),
    web.post(f"{_EVENT}/permanentDelete", handlers.delete_for_good),
    web.get(f"{_EVENT}/instances", handlers.list_instances),
    web.post(f"{_EVENT}/accept", actions.accept),
    web.post(f"{_EVENT}/decline", actions.decline),
    web.post(f"{_EVENT}/tentativelyAccept", actions.tentatively_accept),
    web.post(f"{_EVENT}/cancel", actions.cancel_event),
    web.post(f"{_EVENT}/forward", actions.forward_event),
    web.get(f"{_EVENT}/extensions", extension_handlers.list_extensions),
    web.post(f"{_EVENT}/extensions", extension_handlers.add_extension),
    web.get(_EXTENSION, extension_handlers.get_extension),
    web.patch(_EXTENSION, extension_handlers.patch_extension),
    web.delete(_EXTENSION, extension_handlers.delete_extension),
    web.post(f"{_USER}/findMeetingTimes", free_busy.find_meeting_times),
    web.post(f"{_USER}/translateExchangeIds", translation.translate_ids),
    web.get("/sandbox/switches", switch_handlers.get_switches),
    web.patch("/sandbox/switches", switch_handlers.patch_switches),
]
