"""Answers getSchedule: free and busy of several mailboxes at once.

https://learn.microsoft.com/graph/api/calendar-getschedule and outlook-get-free-busy-schedule
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Item, ShowAs
from sandbox.calendar.recipients import members
from sandbox.calendar.rendering import moment
from sandbox.directory.models import Directory
from sandbox.directory.rendering import working_hours
from sandbox.errors import too_many_entries, too_many_schedules, window_too_long
from sandbox.odata import Entity

MAX_SCHEDULES = 100
MAX_DAYS = 62
MAX_ENTRIES = 1000
_DIGITS = {ShowAs.FREE: 0, ShowAs.TENTATIVE: 1, ShowAs.BUSY: 2, ShowAs.OOF: 3, ShowAs.ELSEWHERE: 4}


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is asked of every schedule. `elsewhere_digit` stands for workingElsewhere."""

    start_at: datetime
    end_at: datetime
    interval_min: int = 30
    zone_name: str = ""
    elsewhere_digit: int = 4

    @property
    def step(self) -> timedelta:
        return timedelta(minutes=self.interval_min)

    @property
    def slots(self) -> int:
        return math.ceil((self.end_at - self.start_at) / self.step)

    def slots_of(self, item: Item) -> range:
        first = max(0, (item.when.start_at - self.start_at) // self.step)
        return range(first, min(self.slots, math.ceil((item.when.end_at - self.start_at) / self.step)))


class Schedules:
    def __init__(self, directory: Directory, mailboxes: Mapping[str, Mailbox]) -> None:
        self._directory = directory
        self._mailboxes = mailboxes

    def look(self, addresses: Sequence[str], look: Look) -> list[Entity]:
        """One answer per address, in order; an address without a mailbox carries its own error. The members of a group
        count against the limit. Raises GraphError."""
        asked = sum(max(1, len(members(self._directory, address) or ())) for address in addresses)
        if asked > MAX_SCHEDULES:
            raise too_many_schedules(asked, MAX_SCHEDULES)
        days = math.ceil((look.end_at - look.start_at) / timedelta(days=1))
        if days > MAX_DAYS:
            raise window_too_long(days, MAX_DAYS)
        return [self._one(address, look) for address in addresses]

    def busy(self, address: str, start_at: datetime, end_at: datetime) -> list[Item] | None:
        """What stands in a mailbox in the window, cancelled meetings apart; None where nobody can know."""
        user = self._directory.user(address)
        mailbox = self._mailboxes.get(user.address) if user else None
        if mailbox is None:
            return None
        return [item for item in mailbox.view(start_at, end_at) if not item.is_cancelled]

    def _one(self, address: str, look: Look) -> Entity:
        group = members(self._directory, address)
        if group is not None:
            return self._group(address, group, look)
        user = self._directory.user(address)
        items = self.busy(address, look.start_at, look.end_at)
        if user is None or items is None:
            message = f"No mailbox with such address: {address}"
            return _failed(address, message, "ErrorMailRecipientNotFound")
        crowd = _most_in_a_slot(items, look)
        if crowd > MAX_ENTRIES:
            return _failed(address, too_many_entries(crowd, MAX_ENTRIES), "5006")
        return {
            "scheduleId": address,
            "availabilityView": _view(items, look),
            "scheduleItems": [_item(item, look.zone_name) for item in items],
            "workingHours": working_hours(user),
        }

    def _group(self, address: str, people: Sequence[str], look: Look) -> Entity:
        """A distribution group: the busiest of its members in every slot, and nobody's items."""
        found = [self.busy(one, look.start_at, look.end_at) or [] for one in people]
        items = [item for one in found for item in one]
        return {"scheduleId": address, "availabilityView": _view(items, look), "scheduleItems": []}


def _failed(address: str, message: str, code: str) -> Entity:
    return {"scheduleId": address, "scheduleItems": [], "error": {"message": message, "responseCode": code}}


def _most_in_a_slot(items: list[Item], look: Look) -> int:
    if len(items) <= MAX_ENTRIES:
        return len(items)
    counts = [0] * look.slots
    for item in items:
        for slot in look.slots_of(item):
            counts[slot] += 1
    return max(counts, default=0)


def _view(items: list[Item], look: Look) -> str:
    digits = [0] * look.slots
    known = _DIGITS | {ShowAs.ELSEWHERE: look.elsewhere_digit}
    for item in items:
        digit = known.get(item.show_as, 0)
        for slot in look.slots_of(item):
            digits[slot] = max(digits[slot], digit)
    return "".join(map(str, digits))


def _item(item: Item, zone_name: str) -> Entity:
    is_private = item.content.sensitivity in {"private", "personal"}
    shown: Entity = {"isPrivate": is_private, "status": item.show_as}
    if not is_private:
        places = item.content.locations
        shown |= {"subject": item.content.subject, "location": places[0].name if places else ""}
    return shown | {"start": moment(item.when.start_at, zone_name), "end": moment(item.when.end_at, zone_name)}
