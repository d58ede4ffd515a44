"""The URLs of calendars and events."""

from aiohttp import web

from sandbox.calendar import handlers

_DELTA = r"{function:(?:microsoft\.graph\.)?delta(?:\(\))?}"
_USER = "/v1.0/users/{user}"
_FOLDER = "{folder:(?:calendar/)?}"
_EVENT = r"/{folder:(?:calendar/)?}events/{event}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get(f"{_USER}/{_FOLDER}events", handlers.list_events),
    web.post(f"{_USER}/{_FOLDER}events", handlers.create_event),
    web.get(f"{_USER}{_EVENT}", handlers.get_event),
    web.patch(f"{_USER}{_EVENT}", handlers.patch_event),
    web.delete(f"{_USER}{_EVENT}", handlers.delete_event),
    web.get(f"{_USER}{_EVENT}/instances", handlers.list_instances),
    web.post(f"{_USER}{_EVENT}/accept", handlers.accept),
    web.post(f"{_USER}{_EVENT}/decline", handlers.decline),
    web.post(f"{_USER}{_EVENT}/tentativelyAccept", handlers.tentatively_accept),
    web.post(f"{_USER}{_EVENT}/cancel", handlers.cancel_event),
    web.get(f"{_USER}/{_FOLDER}calendarView", handlers.calendar_view),
    web.get(f"{_USER}/{_FOLDER}calendarView/{_DELTA}", handlers.calendar_view_delta),
    web.post(f"{_USER}/calendar/getSchedule", handlers.get_schedule),
]
