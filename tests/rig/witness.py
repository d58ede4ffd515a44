"""Stands at both doors and beside the store, and notes what breaks a promise in passing: a notification that is
answered before it is marked, a press that has two effects or none, a mailbox that is called while it asks for a pause.
"""

import json
import math
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bot.dialogs.drafts import Draft
from bot.domain.bookings import Booking, State
from bot.ports import keys
from bot.ports.records import Acquaintance, KeptCard, SubscriptionRecord
from bot.ports.store import Batch, Put
from bot.store.codec import JsonCodec
from bot.sync.worker import LEASE_S
from tests.rig.seams import BOT_PORT, TENANT_PORT

if TYPE_CHECKING:
    from tests.rig.scene import Scene
    from tests.rig.wires import Answerer, Call

_CODEC = JsonCodec()
MANAGER = "22222222-2222-4222-8222-222222222222"  # of everybody but themselves
_MAILBOX = re.compile(r"^/v1\.0/users/([^/]+)/")
_ON_ITS_WAY_S = 0.2  # what was sent before the answer arrived
_COARSE_S = 1.0  # dates have no fractions


class Witness:
    """Each list holds descriptions."""

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        self._marks: Counter[str] = Counter()  # by room, how often its reading was owed
        self._rooms: dict[str, str] = {}  # by subscription
        self._taken: dict[str, str] = {}  # by draft, the booking that came of it
        self._bookings: dict[str, Booking] = {}
        self._closed: dict[str, tuple[float, float, int]] = {}  # by mailbox: from, until, and in which life
        self.unkept_hints: list[str] = []
        self.doubled: list[str] = []
        self.written_over: list[str] = []
        self.impatient: list[str] = []
        self.owed_to_managers: dict[str, float] = {}  # since when a booking is confirmed that a manager can hear of
        self._manager_is_reachable = False
        self.named: set[tuple[str, str]] = set()  # conversations and messages that a kept card was once known to be

    def attach(self) -> None:
        hosts = self._scene.net.hosts
        for port, passing in ((BOT_PORT, self._notified), (TENANT_PORT, self._called)):
            host = f"127.0.0.1:{port}"
            hosts[host] = _through(passing, hosts[host])

    @property
    def subscribed(self) -> dict[str, str]:
        """The room of each subscription that the bot knows of, by id."""
        return self._rooms

    def event_of(self, booking_id: str) -> str:
        """The booking whose event shows it: an occurrence's is that of its series."""
        booking = self._bookings.get(booking_id)
        return booking.series or booking_id if booking is not None else booking_id

    # The store --------------------------------------------------------------------------------------------------

    def wrote(self, batch: Batch) -> None:
        for delete in batch.deletes:
            self._rooms.pop(delete.key.removeprefix(keys.subscription_of("")), None)
        for put in batch.puts:
            self._put(put)
        self._marks.update(one.key.removeprefix(keys.SYNC) for one in batch.schedules if one.key.startswith(keys.SYNC))

    def _put(self, put: Put) -> None:
        if put.key.startswith(keys.subscription_of("")):
            record = _CODEC.decode(put.value, SubscriptionRecord)
            self._rooms[record.id] = record.room
        elif put.key.startswith(keys.draft("")):
            self._take(_CODEC.decode(put.value, Draft))
        elif put.key.startswith(keys.person("")):
            self._meet(_CODEC.decode(put.value, Acquaintance))
        elif put.key.startswith(keys.card("")):
            card = _CODEC.decode(put.value, KeptCard)
            self.named.add((str(card.chat.get("conversation_id", "")), card.activity_id))
        elif put.key.startswith(keys.booking("")):
            self._move(_CODEC.decode(put.value, Booking))

    def _take(self, draft: Draft) -> None:
        known = self._taken.get(draft.id, "")
        before = self._bookings.get(known)
        starts_anew = not draft.booking_id and before is not None and not before.live
        if known and draft.booking_id != known and not starts_anew:
            self.doubled.append(f"draft {draft.id} became booking {known}, and then {draft.booking_id or 'none'}")
        self._taken[draft.id] = draft.booking_id

    def _move(self, booking: Booking) -> None:
        known = self._bookings.get(booking.id)
        if known is not None and (
            booking.number < known.number or (booking.number == known.number and booking.state is not known.state)
        ):
            self.written_over.append(
                f"booking {booking.id} was {known.state} ({known.number}), and is {booking.state} ({booking.number})"
            )
        if booking.state is State.CONFIRMED and self._confirmed_now(booking, known) and self._manager_is_reachable:
            self.owed_to_managers[booking.id] = self._scene.loop.time()
        elif self._is_over_at_once(booking):
            self.owed_to_managers.pop(booking.id, None)
        self._bookings[booking.id] = booking

    @staticmethod
    def _confirmed_now(booking: Booking, known: Booking | None) -> bool:
        """A date of a series is told of with it; the manager's own bookings are their manager's."""
        if booking.series or booking.person_id == MANAGER:
            return False
        return known is None or known.state is not State.CONFIRMED

    def _is_over_at_once(self, booking: Booking) -> bool:
        """Cancelled before a job that a death held up could be done: of what never was, managers need not hear."""
        since_s = self.owed_to_managers.get(booking.id, -math.inf)
        return booking.state is State.CANCELLED and self._scene.loop.time() - since_s < 2 * LEASE_S

    def _meet(self, met: Acquaintance) -> None:
        """One manager has all of them; what is owed when they leave will not be told."""
        if met.person.id == MANAGER:
            self._manager_is_reachable = bool(met.chat)
            if not met.chat:
                self.owed_to_managers.clear()

    # The doors --------------------------------------------------------------------------------------------------

    async def _notified(self, call: "Call", answer: "Answerer") -> Any:
        if "/notifications" not in call.url.path or "validationToken" in call.url.query:
            return await answer(call)
        before = {id_: self._marks[self._rooms[id_]] for id_ in _told_of(call.body) if id_ in self._rooms}
        response = await answer(call)
        for id_, marks in before.items():
            if response.status == 202 and id_ in self._rooms and self._marks[self._rooms[id_]] == marks:
                self.unkept_hints.append(f"{self._rooms[id_]}: 202 at {self._scene.loop.time():.3f}, and nothing owed")
        return response

    async def _called(self, call: "Call", answer: "Answerer") -> Any:
        found = _MAILBOX.match(call.url.path)
        if found is None or len(self._scene.bots) > 1:
            return await answer(call)
        mailbox = unquote(found[1]).casefold()
        now_s, (from_s, until_s, life) = self._scene.loop.time(), self._closed.get(mailbox, (0.0, 0.0, 0))
        if from_s < now_s < until_s and life == self._scene.lives:
            self.impatient.append(f"{mailbox} is called at {now_s:.3f}, and asked not to be before {until_s:.3f}")
        response = await answer(call)
        if response.status == 429 and "Retry-After" in response.headers:
            now_s = self._scene.loop.time()
            pause_s = _pause_s(response.headers["Retry-After"], self._scene.clock.now())
            self._closed[mailbox] = (now_s + _ON_ITS_WAY_S, now_s + pause_s, self._scene.lives)
        return response


def _through(passing: Any, answer: "Answerer") -> "Answerer":
    async def passed(call: "Call") -> Any:
        return await passing(call, answer)

    return passed


def _told_of(body: bytes) -> set[str]:
    return {str(item.get("subscriptionId", "")) for item in json.loads(body).get("value", [])}


def _pause_s(text: str, now: datetime) -> float:
    """At least so long."""
    try:
        return float(text)
    except ValueError:
        return (parsedate_to_datetime(text) - now).total_seconds() - _COARSE_S
