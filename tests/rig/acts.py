"""What happens in a schedule: people in chats and in Outlook, faults of every service, deaths, and time."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.calendar import ids
from sandbox.calendar.models import Item
from sandbox.control.faults import ACTIONS, NotificationAction, NotificationFault, RequestFault, Storm
from sandbox.control.outlook import Book, Cancel, Move, Outlook
from sandbox.errors import GraphError
from tests.rig.cards import buttons, fields
from tests.rig.crowds import Crowds
from tests.rig.invariants import CANARY
from tests.rig.life import Life
from tests.rig.mishaps import Mishaps
from tests.rig.people import People
from tests.rig.points import Point
from tests.rig.repeats import Repeats
from tests.rig.scene import HUMANS, Human, Scene
from tests.rig.teams import Message
from tests.rig.wires import pause

_WORDS = (
    "book a room for {people} {day} from {hour} to {end}",
    "room for {people} {day} at {hour} for 30 minutes",
    "book {room} {day} at {hour} for an hour",
    "book {room} every {weekday} at {hour} for an hour for 3 weeks",
    "is {room} free {day} at {hour}?",
    "my bookings",
    "cancel my {hour} booking",
    "book a room",
    "status",
    "help",
)
_WEIGHTS = (6, 4, 6, 3, 1, 2, 2, 1, 1, 1)
_DAYS = ("tomorrow", "on wednesday")
_ROOMS = ("Oslo", "Bergen", "Helsinki")
_KINDS = (
    "throttled", "throttledSilently", "throttledUntil", "throttledMailbox", "internalError", "badGateway",
    "unavailable", "unavailableSilently", "unavailableAfter", "gatewayTimeout", "gatewayTimeoutAfter", "slow", "cut",
    "resetBefore", "resetAfter", "tokenExpired", "conflict", "preconditionFailed",
)  # fmt: skip
_LOSSES: tuple[tuple[NotificationAction, ...], ...] = (("drop",), ACTIONS, ("duplicate",), ("delay",))
_LIFECYCLE = ("", "missed", "reauthorizationRequired", "subscriptionRemoved")
_GONE = ("syncStateNotFound", "syncStateNotFoundInside", "resyncRequired", "syncStateInvalid")


@dataclass
class Counts:
    faults: int = 0
    deaths: int = 0
    presses: int = 0
    words: int = 0
    outlook: int = 0
    pauses: int = 0


@dataclass
class Acts:
    """Whatever may happen next, drawn from one source. With `series` people are after those most of the time."""

    scene: Scene
    chance: random.Random
    series: bool = False
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.people = People(self.scene, self.scene.chance("people"))
        self._dies_in: int | None = None
        self.mishaps = Mishaps(self.scene, self.scene.chance("mishaps"))
        self.crowds = Crowds(self.scene, self.people, self.scene.chance("crowds"))
        self.repeats = Repeats(self.scene, self.people, self.scene.chance("repeats"), keen=self.series)
        self.scene.dies_at = self._dies

    async def one(self) -> None:
        """Draws one and does it."""
        acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (20, self.say), (34, self.press), (6, self.press_twice), (1, self.leave_or_come),
            (10, self.book_in_outlook), (6, self.move_in_outlook), (5, self.cancel_in_outlook),
            (2, self.write_into_a_room), (9, self.fail_requests), (3, self.storm), (4, self.lose_notifications),
            (2, self.reset_feeds), (2, self.replay_feeds), (2, self.end_subscriptions), (5, self.trouble_teams),
            (1, self.stop_the_store), (3, self.die_at_a_point), (2, self.die_now), (1, self.stop), (4, self.pause_one),
        ]  # fmt: skip
        acts += (*self.mishaps.acts, *self.crowds.acts, *self.repeats.acts)
        (act,) = self.chance.choices([act for _, act in acts], [weight for weight, _ in acts])
        await act()

    def mend(self) -> None:
        """All faults stop; a death that was to come does not."""
        self.scene.world.faults.clear()
        self.scene.teams.mend()
        self.scene.turnstile.is_down = False
        self._dies_in = None
        for bot in self.scene.bots:
            if bot.outside is not None:
                bot.life.resume()

    # In chats -------------------------------------------------------------------------------------------------------

    async def say(self) -> None:
        who = self._human()
        (text,) = self.chance.choices(_WORDS, _WEIGHTS)
        hour = self.chance.choice((9, 9, 10, 10, 11, 14))
        text = text.format(
            people=self.chance.choice((2, 4, 6)),
            day=self.chance.choice(_DAYS),
            weekday=self.chance.choice(("tuesday", "wednesday")),
            room=self.chance.choice(_ROOMS),
            hour=f"{hour}:00",
            end=f"{hour + 1}:{self.chance.choice(('00', '30'))}",
        )
        self.counts.words += 1
        self.scene.tell(f"{who.alias} says “{text}”")
        self.people.send(self.people.words(who, text))

    async def press(self) -> None:
        found = self._a_press()
        if found is not None:
            self.people.send(*found)

    async def press_twice(self) -> None:
        """At once, as an impatient person does, on the same button or on another; or as Teams does with what it thinks
        lost."""
        found = self._a_press()
        if found is not None:
            activity, message = found
            again = activity if self.chance.random() < 0.5 else activity | {"id": self.scene.new_id()}
            others = [other[0] for other in (self._a_press() for _ in range(4)) if other and other[1] is message]
            again = self.chance.choice([again, *others])
            self.people.send(activity, message)
            await pause(self.chance.choice((0.0, 0.01, 0.3)))
            self.scene.tell("  and once more")
            self.people.send(again, message)

    def _a_press(self) -> tuple[dict[str, Any], Message] | None:
        chats = {human: self.scene.teams.shown(human.chat)[-6:] for human in HUMANS}
        seeing = [human for human, shown in chats.items() if any(one.card for one in shown)]
        if not seeing:
            return None
        who = self.chance.choice(seeing)
        messages = [one for one in chats[who] if one.card is not None]
        message = self.chance.choice(messages)
        card = message.cards[-1] if self.chance.random() < 0.8 else self.chance.choice(message.cards)
        actions = buttons(card)
        if not actions:
            return None
        action = self._chosen(actions)
        typed = {"subject": f"{CANARY} {self.chance.randrange(1000)}"} | self._typed(fields(card))
        activity = self.people.press(who, message, action, typed)
        self.counts.presses += 1
        stale = "" if card is message.card else " on an old card"
        self.scene.tell(f"{who.alias} presses {action['verb']} {action.get('title')}{stale} of {message.id}")
        return activity, message

    def _chosen(self, actions: list[dict[str, Any]]) -> dict[str, Any]:
        weights = [9 if ".book." in one["verb"] else 3 if ".change." in one["verb"] else 2 for one in actions]
        return self.chance.choices(actions, weights)[0]

    def _typed(self, inputs: dict[str, str]) -> dict[str, str]:
        """What a person writes over in the fields, now and then."""
        typed: dict[str, str] = {}
        if "at" in inputs and self.chance.random() < 0.5:
            typed["at"] = f"{self.chance.choice((9, 10, 11, 13)):02d}:{self.chance.choice(('00', '30'))}"
        if "minutes" in inputs and self.chance.random() < 0.3:
            typed["minutes"] = self.chance.choice(("30", "60", "90"))
        return typed

    async def leave_or_come(self) -> None:
        who = self._human()
        action = self.chance.choice(("add", "remove"))
        self.scene.tell(f"{who.alias}: installation {action}")
        self.people.send(self.scene.activity(who, type="installationUpdate", action=action))

    # In Outlook -----------------------------------------------------------------------------------------------------

    async def book_in_outlook(self) -> None:
        who = self._human()
        room = self.chance.choice(self.scene.rooms_addresses())
        start = self._start()
        order: dict[str, Any] = {
            "organizer": who.address, "room": room, "start": start.isoformat(),
            "minutes": self.chance.choice((30, 60, 90)), "subject": f"{CANARY} {self.chance.randrange(1000)}",
        }  # fmt: skip
        if self.chance.random() < 0.25:
            order["recurrence"] = self._recurrence(start)
        what = f"{who.alias} books {room.partition('@')[0]} at {start:%d %H:%M}"
        self._in_outlook(what, lambda outlook: outlook.book(Book(**order)))

    async def move_in_outlook(self) -> None:
        item = self._a_meeting()
        if item is not None:
            start = self._start()
            order = Move(id=ids.event_id(item, immutable=True), start=start.isoformat())
            what = f"{item.mailbox} moves {item.when.start_at:%d %H:%M} to {start:%d %H:%M}"
            self._in_outlook(what, lambda outlook: outlook.move(order))

    async def cancel_in_outlook(self) -> None:
        item = self._a_meeting()
        if item is not None:
            order = Cancel(id=ids.event_id(item, immutable=True))
            what = f"{item.mailbox} cancels {item.when.start_at:%d %H:%M}"
            self._in_outlook(what, lambda outlook: outlook.cancel(order))

    async def in_outlook(self) -> None:
        """Any of these."""
        await self.chance.choice((self.book_in_outlook, self.move_in_outlook, self.cancel_in_outlook))()

    async def write_into_a_room(self) -> None:
        """Somebody with rights on the room's own calendar asks nobody."""
        room, start = self.chance.choice(self.scene.rooms_addresses()), self._start()
        order = Book(organizer=room, start=start.isoformat(), minutes=60, subject=CANARY)
        what = f"somebody writes {start:%d %H:%M} into {room.partition('@')[0]}"
        self._in_outlook(what, lambda outlook: outlook.book(order))

    def _in_outlook(self, what: str, act: Callable[[Outlook], object]) -> None:
        self.counts.outlook += 1
        self.scene.tell(f"Outlook: {what}")
        try:
            act(Outlook(self.scene.world))
        except GraphError as refusal:
            self.scene.tell(f"  refused: {refusal.code}")

    def _a_meeting(self) -> Item | None:
        """An organizer's own copy of one that is to come."""
        now, exchange = self.scene.clock.now(), self.scene.world.exchange
        people = [exchange.mailboxes[human.address] for human in HUMANS]
        found = [
            item
            for mailbox in people
            for item in mailbox.items.values()
            if item.is_organizer and not item.is_cancelled and item.when.start_at > now
        ]
        return self.chance.choice(found) if found else None

    def _recurrence(self, start: datetime) -> dict[str, Any]:
        return {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [start.strftime("%A").lower()]},
            "range": {"type": "numbered", "startDate": start.date().isoformat(), "numberOfOccurrences": 3},
        }

    def _start(self) -> datetime:
        """Few enough that meetings meet."""
        day, hour = self.chance.choice((1, 1, 2)), self.chance.choice((8, 8, 9, 9, 10, 13))
        return self.scene.instant(day, hour) + timedelta(minutes=self.chance.choice((0, 0, 0, 30)))

    # Faults ---------------------------------------------------------------------------------------------------------

    async def fail_requests(self) -> None:
        kinds = (self.chance.choice((*_KINDS, *_GONE)),)
        times = self.chance.choice((1, 1, 2, 4))
        self.scene.tell(f"fault: the next {times} requests that can: {kinds[0]}")
        fault = RequestFault(path=r"^/v1\.0/", kinds=kinds, times=times, skip=self.chance.choice((0, 0, 1, 2)))
        self.scene.world.faults.add_request_fault(fault)

    async def storm(self) -> None:
        rate, lasts_s = self.chance.choice((0.1, 0.3, 0.8)), self.chance.choice((10.0, 40.0))
        self.scene.tell(f"fault: {rate:.0%} of all requests fail for {lasts_s:g} s")
        order = Storm(
            kinds=(*_KINDS, *_GONE), rate=rate, lasts_s=lasts_s, notifications=0.5, seed=self.chance.randrange(9999)
        )
        self.scene.world.faults.add_storm(order)

    async def lose_notifications(self) -> None:
        actions = self.chance.choice(_LOSSES)
        lasts_s = self.chance.choice((20.0, 120.0))
        self.scene.tell(f"fault: notifications {'/'.join(actions)} for {lasts_s:g} s")
        rate = self.chance.choice((0.5, 1.0))
        self.scene.world.faults.add_notification_fault(
            NotificationFault(actions=actions, rate=rate, lasts_s=lasts_s, copies=2)
        )

    async def replay_feeds(self) -> None:
        self.scene.tell("fault: feeds tell things twice")
        self.scene.replays += 3

    async def reset_feeds(self) -> None:
        self.scene.tell("fault: every delta link is dead")
        for mailbox in self.scene.world.exchange.mailboxes.values():
            mailbox.sync_generation += 1

    async def end_subscriptions(self) -> None:
        """With a word of it, or without."""
        subscriptions, event = self.scene.world.subscriptions, self.chance.choice(_LIFECYCLE)
        self.scene.tell(f"fault: subscriptions: {event or 'lapse'}")
        if not event:
            subscriptions.expire(None)
            return
        for one in subscriptions.live():
            subscriptions.lifecycle(one, event)
            if event == "subscriptionRemoved":
                subscriptions.delete(one)

    async def trouble_teams(self) -> None:
        self.scene.teams.rate = self.chance.choice((0.0, 0.2, 0.5))
        self.scene.tell(f"fault: {self.scene.teams.rate:.0%} of what is sent to Teams fails")

    async def stop_the_store(self) -> None:
        seconds = self.chance.choice((1.0, 4.0, 20.0))
        self.counts.faults += 1
        self.scene.tell(f"fault: the store is down for {seconds:g} s")
        self.scene.turnstile.is_down = True
        await pause(seconds)
        self.scene.turnstile.is_down = False

    # Deaths ---------------------------------------------------------------------------------------------------------

    def _dies(self, life: Life, point: Point) -> bool:
        if self._dies_in is None:
            return False
        self._dies_in -= 1
        if self._dies_in > 0:
            return False
        self._dies_in = None
        self.scene.tell(f"life {life.number} dies {point}")
        return True

    async def die_at_a_point(self) -> None:
        self._dies_in = self.chance.randint(1, 20)

    async def die_now(self) -> None:
        bot = self.chance.choice(self.scene.bots)
        if bot.is_up:
            self.scene.tell(f"life {bot.life.number} is killed")
            bot.life.die()

    async def pause_one(self) -> None:
        """As a machine does that is frozen, for longer than its leases last."""
        bot = self.chance.choice(self.scene.bots)
        if len(self.scene.bots) > 1 and bot.is_up and not bot.life.is_paused:
            life, seconds = bot.life, self.chance.choice((5.0, 40.0, 100.0))
            self.counts.pauses += 1
            self.scene.tell(f"life {life.number} is paused for {seconds:g} s")
            life.pause()
            self.scene.loop.call_later(seconds, life.resume)

    async def stop(self) -> None:
        """As a deployment does."""
        bot = self.chance.choice(self.scene.bots)
        if bot.is_up:
            self.scene.tell(f"life {bot.life.number} is told to stop")
            bot.life.told_to_stop.set()

    def _human(self) -> Human:
        return self.chance.choice(HUMANS[:2] + HUMANS)
