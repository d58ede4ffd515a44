"""Requests about when people and rooms are free: getSchedule and findMeetingTimes."""

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import reading, suggestions
from sandbox.calendar.requests import opened
from sandbox.calendar.schedule import Look
from sandbox.calendar.suggestions import Wish
from sandbox.errors import GraphError, access_denied, cannot_complete
from sandbox.front import CALLER
from sandbox.odata import Entity

SHORTEST_MIN = 5
LONGEST_MIN = 1440


class ScheduleBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The parameters of getSchedule. An explicit null interval is a known server error of the service."""

    schedules: list[str]
    start_time: reading.Moment
    end_time: reading.Moment
    availability_view_interval: int | None = 30


async def get_schedule(request: web.Request) -> web.Response:
    asked = opened(request, needs_right=False)  # everybody sees when somebody is free
    body = await wire.body(request, ScheduleBody)
    interval_min = body.availability_view_interval
    if interval_min is None:
        raise GraphError(500, "ErrorInternalServerError", "An internal server error occurred. The operation failed.")
    start_at, end_at = body.start_time.at(), body.end_time.at()
    if not SHORTEST_MIN <= interval_min <= LONGEST_MIN or end_at <= start_at or not body.schedules:
        why = "There must be schedules, an interval of 5 to 1440 minutes, and an end after the start."
        raise GraphError(400, "ErrorInvalidParameter", why)
    look = Look(
        start_at=start_at,
        end_at=end_at,
        interval_min=interval_min,
        zone_name=asked.prefer.zone_name,
        elsewhere_digit=asked.world.switches.elsewhere_digit,
    )
    shape: Entity = {"@odata.context": wire.context(request, "Collection(microsoft.graph.scheduleInformation)")}
    return wire.answer(
        shape | {"value": asked.world.schedules.look(body.schedules, look)}, headers=asked.prefer.applied()
    )


async def find_meeting_times(request: web.Request) -> web.Response:
    """For people only: an application gets 403."""
    if not request[CALLER].is_person:
        raise access_denied()
    asked = opened(request)
    wish = suggestions.read(await wire.body(request, suggestions.WishBody), asked.world.clock.now())
    found = _found(request, wish)
    return wire.answer(
        {"@odata.context": wire.context(request, "microsoft.graph.meetingTimeSuggestionsResult")} | found,
        headers=asked.prefer.applied(),
    )


def _found(request: web.Request, wish: Wish) -> Entity:
    asked = opened(request)
    organizer = asked.world.directory.user(asked.mailbox.address)
    if organizer is None:
        raise cannot_complete("The organizer is not in the directory.")
    finder = suggestions.Finder(asked.world.schedules, asked.world.directory, organizer)
    return finder.look(wish, asked.prefer.zone_name)
