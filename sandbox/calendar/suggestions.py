"""Computes findMeetingTimes: at which times of a wish the people and places are free, best first.

https://learn.microsoft.com/graph/api/user-findmeetingtimes and resources/meetingtimesuggestion
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

import msgspec

from sandbox.calendar import rendering
from sandbox.calendar.models import Item, Place, ShowAs
from sandbox.calendar.reading import LONGEST, Email, Moment, when
from sandbox.calendar.schedule import Schedules
from sandbox.directory.models import Directory, User
from sandbox.errors import bad_body, cannot_complete, duration_too_long, too_many_schedules, window_too_long
from sandbox.odata import Entity
from sandbox.zones import zone

DEFAULT_CANDIDATES = 5
_STEP = timedelta(minutes=30)
_AHEAD = timedelta(days=7)
_UNKNOWN_CHANCE = 49.0
_LONGEST_SEARCH_DAYS = 62
_MOST_GUESTS = 100
_DURATION = re.compile(r"^P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$", re.ASCII)
_ORDER = (ShowAs.OOF, ShowAs.BUSY, ShowAs.ELSEWHERE, ShowAs.TENTATIVE)


class GuestBody(msgspec.Struct, rename="camel"):
    email_address: Email
    type: Literal["required", "optional", "resource"] | None = "required"


class SlotBody(msgspec.Struct):
    start: Moment
    end: Moment


class TimeBody(msgspec.Struct, rename="camel"):
    activity_domain: Literal["unknown", "work", "personal", "unrestricted"] | None = "work"
    time_slots: tuple[SlotBody, ...] = ()


class PlaceBody(msgspec.Struct, rename="camel"):
    display_name: str | None = None
    location_email_address: str | None = None
    resolve_availability: bool | None = False


class PlacesBody(msgspec.Struct, rename="camel"):
    is_required: bool | None = False
    suggest_location: bool | None = False
    locations: tuple[PlaceBody, ...] = ()


class WishBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The parameters of findMeetingTimes; all may be left out."""

    attendees: tuple[GuestBody, ...] = ()
    location_constraint: PlacesBody | None = None
    time_constraint: TimeBody | None = None
    meeting_duration: str | None = None
    max_candidates: int | None = None
    is_organizer_optional: bool | None = False
    return_suggestion_reasons: bool | None = False
    minimum_attendee_percentage: float | None = 50.0


@dataclass(frozen=True, kw_only=True)
class Wish:
    body: WishBody
    length: timedelta
    domain: str
    slots: tuple[tuple[datetime, datetime], ...]
    places: PlacesBody


@dataclass(frozen=True)
class Candidate:
    """`statuses` is by attendee's address; `places` are the ones that can be had."""

    start_at: datetime
    end_at: datetime
    organizer: str
    statuses: dict[str, str]
    places: tuple[Place, ...]
    confidence: float


def read(body: WishBody, now: datetime) -> Wish:
    """Raises GraphError. Without time slots the next seven days are looked at."""
    times = body.time_constraint or TimeBody()
    spans = tuple(when(slot.start, slot.end) for slot in times.time_slots)
    if any(span.end_at <= span.start_at for span in spans):
        raise cannot_complete("A time slot ends before it starts.")
    days = sum((span.length for span in spans), timedelta()).days
    if days > _LONGEST_SEARCH_DAYS:
        raise window_too_long(days, _LONGEST_SEARCH_DAYS)
    if len(body.attendees) > _MOST_GUESTS:
        raise too_many_schedules(len(body.attendees), _MOST_GUESTS)
    first = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Wish(
        body=body,
        length=_length(body.meeting_duration),
        domain=times.activity_domain or "work",
        slots=tuple((span.start_at, span.end_at) for span in spans) or ((first, first + _AHEAD),),
        places=body.location_constraint or PlacesBody(),
    )


class Finder:
    """Looks for the organizer. A person who is not known in the tenant has an unknown status."""

    def __init__(self, schedules: Schedules, directory: Directory, organizer: User) -> None:
        self._schedules = schedules
        self._directory = directory
        self._organizer = organizer

    def look(self, wish: Wish, zone_name: str) -> Entity:
        tried = [self._candidate(wish, *span) for span in self._spans(wish)]
        fit = [one for one in tried if not _why_not(wish, one)]
        fit.sort(key=lambda one: (-one.confidence, one.start_at))
        fit = fit[: wish.body.max_candidates or DEFAULT_CANDIDATES]
        reason = "" if fit else _why_nothing(wish, tried)
        suggestions = [self._shown(wish, one, order, zone_name) for order, one in enumerate(fit, 1)]
        return {"emptySuggestionsReason": reason, "meetingTimeSuggestions": suggestions}

    def _spans(self, wish: Wish) -> Iterator[tuple[datetime, datetime]]:
        for start_at, end_at in wish.slots:
            begin = start_at
            while begin + wish.length <= end_at:
                if self._is_within(wish.domain, begin, begin + wish.length):
                    yield begin, begin + wish.length
                begin += _STEP

    def _is_within(self, domain: str, start_at: datetime, end_at: datetime) -> bool:
        """Working hours are the organizer's; personal time adds the weekend."""
        if domain == "unrestricted":
            return True
        home = zone(self._organizer.zone)
        start, end = start_at.astimezone(home), end_at.astimezone(home)
        day = start.strftime("%A").lower()
        if domain == "personal" and day in {"saturday", "sunday"}:
            return start.date() == end.date()
        opens, closes = (
            time.fromisoformat(text[:8]) for text in (self._organizer.work_start, self._organizer.work_end)
        )
        is_workday = day in self._organizer.work_days and start.date() == end.date()
        return is_workday and opens <= start.time() and end.time() <= closes

    def _candidate(self, wish: Wish, start_at: datetime, end_at: datetime) -> Candidate:
        statuses = {
            guest.email_address.address: self._status(guest.email_address.address, start_at, end_at)
            for guest in wish.body.attendees
        }
        organizer = self._status(self._organizer.address, start_at, end_at)
        everybody = [*statuses.values(), *([] if wish.body.is_organizer_optional else [organizer])]
        confidence = sum(map(_chance, everybody)) / len(everybody) if everybody else 100.0
        return Candidate(start_at, end_at, organizer, statuses, self._places(wish, start_at, end_at), confidence)

    def _status(self, address: str, start_at: datetime, end_at: datetime) -> str:
        items = self._schedules.busy(address, start_at, end_at)
        return "unknown" if items is None else _busiest(items)

    def _places(self, wish: Wish, start_at: datetime, end_at: datetime) -> tuple[Place, ...]:
        named = [
            Place(one.display_name or "", (one.location_email_address or "").lower())
            for one in wish.places.locations
            if not one.resolve_availability or self._is_free(one.location_email_address or "", start_at, end_at)
        ]
        if wish.places.locations or not wish.places.suggest_location:
            return tuple(named)
        rooms = (room for room in self._directory.rooms.values() if self._is_free(room.address, start_at, end_at))
        return tuple(Place(room.name, room.address) for room, _ in zip(rooms, range(DEFAULT_CANDIDATES), strict=False))

    def _is_free(self, address: str, start_at: datetime, end_at: datetime) -> bool:
        return self._status(address.lower(), start_at, end_at) == ShowAs.FREE

    def _shown(self, wish: Wish, one: Candidate, order: int, zone_name: str) -> Entity:
        types = {guest.email_address.address: guest.type or "required" for guest in wish.body.attendees}
        reason = "Suggested because it is one of the nearest times when all attendees are available."
        if one.confidence < 100:
            reason = "Suggested because it is one of the nearest times when most attendees are available."
        return {
            "confidence": one.confidence,
            "order": order,
            "organizerAvailability": one.organizer,
            "suggestionReason": reason if wish.body.return_suggestion_reasons else None,
            "meetingTimeSlot": {
                "start": rendering.moment(one.start_at, zone_name),
                "end": rendering.moment(one.end_at, zone_name),
            },
            "attendeeAvailability": [
                {"availability": status, "attendee": {"type": types[who], "emailAddress": {"address": who}}}
                for who, status in one.statuses.items()
            ],
            "locations": [rendering.location(place) for place in one.places],
        }


def _why_not(wish: Wish, one: Candidate) -> str:
    """Why a candidate is not suggested, in the words of emptySuggestionsReason; '' where it is."""
    if one.organizer != ShowAs.FREE and not wish.body.is_organizer_optional:
        return "organizerUnavailable"
    minimum = 50.0 if wish.body.minimum_attendee_percentage is None else wish.body.minimum_attendee_percentage
    if one.confidence < minimum:
        return "attendeesUnavailableOrUnknown" if "unknown" in one.statuses.values() else "attendeesUnavailable"
    return "locationsUnavailable" if wish.places.is_required and not one.places else ""


def _why_nothing(wish: Wish, tried: list[Candidate]) -> str:
    """What came nearest to a suggestion decides; a wish without any time to try has no known reason."""
    reasons = {_why_not(wish, one) for one in tried}
    nearest = ("locationsUnavailable", "attendeesUnavailableOrUnknown", "attendeesUnavailable", "organizerUnavailable")
    return next((reason for reason in nearest if reason in reasons), "unknown")


def _busiest(items: list[Item]) -> str:
    found = {item.show_as for item in items}
    return next((one for one in _ORDER if one in found), ShowAs.FREE)


def _chance(status: str) -> float:
    return {"free": 100.0, "unknown": _UNKNOWN_CHANCE}.get(status, 0.0)


def _length(text: str | None) -> timedelta:
    match = _DURATION.match(text) if text is not None else None
    if text is None:
        return _STEP
    if match is None or not any(match.groups()):
        raise bad_body(f"Cannot convert the literal '{text}' to the expected type 'Edm.Duration'.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not length:
        raise cannot_complete("The meeting has no duration.")
    if length > LONGEST:
        raise duration_too_long()
    return length
