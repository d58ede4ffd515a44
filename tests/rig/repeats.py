"""What people do with meetings that come back: in the chat with words and buttons, in Outlook with single dates, and
with a series and its dates at the same time."""

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sandbox.calendar import ids
from sandbox.calendar.models import Item
from sandbox.control.outlook import Cancel, Move, Outlook
from sandbox.errors import GraphError
from tests.rig.cards import buttons
from tests.rig.invariants import CANARY
from tests.rig.people import People
from tests.rig.scene import HUMANS, Human, Scene
from tests.rig.teams import Message
from tests.rig.wires import pause

_WORDS = (
    "book {room} every {weekday} at {hour}:00 for an hour for {times} weeks",
    "room for 4 every {weekday} at {hour}:00 for 30 minutes for {times} weeks",
    "book {room} every day at {hour}:00 for an hour for a week",
    "book {room} every two weeks on {weekday} at {hour}:30 for an hour for 6 weeks",
)
_ROOMS = ("Oslo", "Bergen", "Helsinki")
_WEEKDAYS = ("tuesday", "wednesday", "thursday")
_HOURS = (9, 10, 10, 11, 14)
_ANSWERED_S = (0.2, 3.0, 3.0)


_APART_S = (0.0, 0.2, 1.0, 3.0, 8.0)


class Repeats:
    """`acts` with their weights, as Acts draws them. `keen` people do little else."""

    def __init__(self, scene: Scene, people: People, chance: random.Random, *, keen: bool) -> None:
        self._scene = scene
        self._people = people
        self._chance = chance
        self._keen = keen

    @property
    def acts(self) -> Sequence[tuple[int, Callable[[], Awaitable[None]]]]:
        weights = (16, 12, 12, 40) if self._keen else (4, 4, 3, 0)
        acts = self.ask_for_a_series, self.go_into_a_series, self.change_a_date_in_outlook, self.meddle_with_a_series
        return tuple(zip(weights, acts, strict=True))

    async def ask_for_a_series(self) -> None:
        """And takes one of what is offered: all dates, or those that are free."""
        who = self._chance.choice(HUMANS)
        text = self._chance.choice(_WORDS).format(
            room=self._chance.choice(_ROOMS), weekday=self._chance.choice(_WEEKDAYS),
            hour=self._chance.choice(_HOURS), times=self._chance.choice((2, 3, 5)),
        )  # fmt: skip
        self._scene.tell(f"{who.alias} says “{text}”")
        self._people.send(self._people.words(who, text))
        await pause(self._chance.choice(_ANSWERED_S))
        for message in self._scene.teams.shown(who.chat)[-1:]:
            self._press_one(who, message, ".book.")

    async def go_into_a_series(self) -> None:
        """From a card to its dates, to one of them, and there to whatever can be done; or the series as a whole."""
        seen = [(who, one) for who in HUMANS for one in self._scene.teams.shown(who.chat)[-8:] if _has(one, ".dates.")]
        if not seen:
            return
        who, message = self._chance.choice(seen)
        if self._chance.random() < 0.3:
            self._press_one(who, message, ".cancel.", ".change.")
            return
        for verbs in (".dates.",), (".show.",), (".cancel.", ".change."):
            if not self._press_one(who, message, *verbs):
                return
            await pause(self._chance.choice(_ANSWERED_S))
        if _has(message, ".book."):
            self._press_one(who, message, ".book.")

    async def meddle_with_a_series(self) -> None:
        """Several changes, of it and of its dates, by chat and in Outlook, before any of them can have come to rest."""
        seen = [(who, one) for who in HUMANS for one in self._scene.teams.shown(who.chat)[-8:] if _had(one, ".dates.")]
        if not seen:
            return
        who, message = self._chance.choice(seen)
        by_chat = [self._a_date_of, self._all_of]
        acts = [*by_chat, *by_chat, self._all_in_outlook, self._date_in_outlook]
        for act in self._chance.sample(acts, self._chance.choice((2, 3))):
            await act(who, message)
            await pause(self._chance.choice(_APART_S))

    async def _a_date_of(self, who: Human, message: Message) -> None:
        for verbs in ((".dates.",), (".show.",), (".cancel.", ".change."), (".book.",)):
            self._press_any(who, message, *verbs)
            await pause(self._chance.choice(_ANSWERED_S))

    async def _all_of(self, who: Human, message: Message) -> None:
        """From the card of the series, which another device may still show."""
        if self._press_any(who, message, ".change.", ".change.", ".cancel.", among=".dates."):
            await pause(self._chance.choice(_ANSWERED_S))
            self._press_any(who, message, ".book.")

    async def _all_in_outlook(self, who: Human, _: Message) -> None:
        mailbox = self._scene.world.exchange.mailboxes[who.address]
        found = [one for one in mailbox.items.values() if one.is_organizer and one.content.recurrence is not None]
        if found:
            one = self._chance.choice(found)
            day = max((one.when.start_at - self._scene.instant(0, 0)).days, 1) + self._chance.choice((0, 0, 1))
            start = self._scene.instant(day, self._chance.choice((8, 9, 10, 11, 13)))
            self._scene.tell(f"Outlook: {one.mailbox} moves all of {one.when.start_at:%d %H:%M} to {start:%d %H:%M}")
            self._try(Move(id=ids.event_id(one, immutable=True), start=start.isoformat()))

    async def _date_in_outlook(self, _who: Human, _: Message) -> None:
        one = self._a_date()
        if one is None or self._chance.random() < 0.6:
            await self.change_a_date_in_outlook()
            return
        room = self._chance.choice(self._scene.rooms_addresses())
        self._scene.tell(f"Outlook: {one.mailbox} takes {one.when.start_at:%d %H:%M} of a series to {room}")
        self._try(Move(id=ids.event_id(one, immutable=True), room=room))

    def _press_any(self, who: Human, message: Message, *verbs: str, among: str = "") -> bool:
        """A button of the newest card of the message that has one; of one that has another button, too."""
        for card in reversed(message.cards):
            found = [one for one in buttons(card) if any(verb in one["verb"] for verb in verbs)]
            if found and any(among in one["verb"] for one in buttons(card)):
                self._sent(who, message, self._chance.choice(found))
                return True
        return False

    def _press_one(self, who: Human, message: Message, *verbs: str) -> bool:
        """Any button of the card that the message shows now."""
        found = [one for one in buttons(message.card or {}) if any(verb in one["verb"] for verb in verbs)]
        if not found:
            return False
        self._sent(who, message, self._chance.choice(found))
        return True

    def _sent(self, who: Human, message: Message, action: dict[str, Any]) -> None:
        self._scene.tell(f"{who.alias} presses {action['verb']} {action.get('title')} of {message.id}")
        self._people.send(self._people.press(who, message, action, {"subject": CANARY}), message)

    async def change_a_date_in_outlook(self) -> None:
        """Of a series of anybody's, the bot's included."""
        one = self._a_date()
        if one is None:
            return
        id_, day = ids.event_id(one, immutable=True), (one.when.start_at - self._scene.instant(0, 0)).days
        order: Move | Cancel = Cancel(id=id_)
        what = f"{one.mailbox} deletes {one.when.start_at:%d %H:%M} of a series"
        if self._chance.random() < 0.6:
            start = self._scene.instant(day, self._chance.choice((8, 9, 10, 13)))
            order = Move(id=id_, start=start.isoformat())
            what = f"{one.mailbox} moves {one.when.start_at:%d %H:%M} of a series to {start:%H:%M}"
        self._scene.tell(f"Outlook: {what}")
        self._try(order)

    def _try(self, order: Move | Cancel) -> None:
        outlook = Outlook(self._scene.world)
        try:
            outlook.move(order) if isinstance(order, Move) else outlook.cancel(order)
        except GraphError as refusal:
            self._scene.tell(f"  refused: {refusal.code}")

    def _a_date(self) -> Item | None:
        """An organizer's own, that is to come."""
        now, mailboxes = self._scene.clock.now(), self._scene.world.exchange.mailboxes
        found = [
            one
            for human in HUMANS
            for item in mailboxes[human.address].items.values()
            if item.is_organizer and not item.is_cancelled and item.content.recurrence is not None
            for one in item.instances(now, self._scene.instant(40, 0))
            if one.when.start_at > now and not one.is_cancelled
        ]
        return self._chance.choice(found) if found else None


def _had(message: Message, verb: str) -> bool:
    return any(verb in one["verb"] for card in message.cards for one in buttons(card))


def _has(message: Message, verb: str) -> bool:
    return any(verb in one["verb"] for one in buttons(message.card or {}))
