"""Answers getSchedule: free and busy of several mailboxes at once.

https://learn.microsoft.com/graph/api/calendar-getschedule
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Item, ShowAs
from sandbox.calendar.rendering import moment
from sandbox.directory.models import Directory
from sandbox.directory.rendering import working_hours
from sandbox.errors import too_many_schedules, window_too_long
from sandbox.odata import Entity

MAX_SCHEDULES = 100
MAX_DAYS = 62
MAX_ENTRIES = 1000
_DIGITS = {ShowAs.FREE: 0, ShowAs.TENTATIVE: 1, ShowAs.BUSY: 2, ShowAs.OOF: 3, ShowAs.ELSEWHERE: 4}


class Schedules:
    def __init__(self, directory: Directory, mailboxes: Mapping[str, Mailbox]) -> None:
        self._directory = directory
        self._mailboxes = mailboxes

    def look(
        self, addresses: list[str], start_at: datetime, end_at: datetime, interval_min: int, zone_name: str
    ) -> list[Entity]:
        """One answer per address, in order; an address without a mailbox carries its own error. Raises GraphError."""
        if len(addresses) > MAX_SCHEDULES:
            raise too_many_schedules(len(addresses), MAX_SCHEDULES)
        days = math.ceil((end_at - start_at) / timedelta(days=1))
        if days > MAX_DAYS:
            raise window_too_long(days, MAX_DAYS)
        return [self._one(address, (start_at, end_at), interval_min, zone_name) for address in addresses]

    def _one(self, address: str, window: tuple[datetime, datetime], interval_min: int, zone_name: str) -> Entity:
        user = self._directory.user(address)
        mailbox = self._mailboxes.get(user.address) if user else None
        if user is None or mailbox is None:
            message = f"No mailbox with such address: {address}"
            return _failed(address, message, "ErrorMailRecipientNotFound")
        items = [item for item in mailbox.view(*window) if not item.is_cancelled]
        if len(items) > MAX_ENTRIES:
            message = f"The result set contains too many calendar entries. The allowed size is {MAX_ENTRIES}."
            return _failed(address, message, "5006")
        return {
            "scheduleId": address,
            "availabilityView": _view(items, window, interval_min),
            "scheduleItems": [_item(item, zone_name) for item in items],
            "workingHours": working_hours(user),
        }


def _failed(address: str, message: str, code: str) -> Entity:
    return {"scheduleId": address, "scheduleItems": [], "error": {"message": message, "responseCode": code}}


def _view(items: list[Item], window: tuple[datetime, datetime], interval_min: int) -> str:
    step = timedelta(minutes=interval_min)
    slots = math.ceil((window[1] - window[0]) / step)
    digits = [0] * slots
    for item in items:
        first = max(0, (item.when.start_at - window[0]) // step)
        last = min(slots, math.ceil((item.when.end_at - window[0]) / step))
        for slot in range(first, last):
            digits[slot] = max(digits[slot], _DIGITS.get(item.show_as, 0))
    return "".join(map(str, digits))


def _item(item: Item, zone_name: str) -> Entity:
    is_private = item.content.sensitivity in {"private", "personal"}
    shown: Entity = {"isPrivate": is_private, "status": item.show_as}
    if not is_private:
        places = item.content.locations
        shown |= {"subject": item.content.subject, "location": places[0].name if places else ""}
    return shown | {"start": moment(item.when.start_at, zone_name), "end": moment(item.when.end_at, zone_name)}
