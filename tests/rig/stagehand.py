"""People who know what they want and keep at it: for histories that are told line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.ports.store import Batch
from sandbox.calendar.models import Item
from sandbox.control.faults import RequestFault
from sandbox.control.outlook import Book, Cancel, Move, Outlook, Respond
from sandbox.errors import GraphError
from tests.rig.cards import buttons, heading
from tests.rig.invariants import CANARY
from tests.rig.people import People
from tests.rig.scene import Human, Scene
from tests.rig.teams import Message
from tests.rig.wires import pause

_LOOKS_EVERY_S = 1.0
_TIMES = 8  # somebody asks again where nothing came


@dataclass
class Stagehand:
    """What is waited for and does not come is gone without: the invariants tell what should have been."""

    scene: Scene
    people: People

    async def wait(self, seconds: float) -> None:
        await pause(seconds)

    async def until(self, holds: Callable[[], object], within_s: float = 90.0) -> bool:
        left = within_s
        while not holds() and left > 0:
            await pause(_LOOKS_EVERY_S)
            left -= _LOOKS_EVERY_S
        return bool(holds())

    async def say(self, who: Human, text: str, **more: Any) -> None:
        self.scene.tell(f"{who.alias} says “{text}”")
        await self.people.deliver(self.people.words(who, text, **more), times=_TIMES)
        await pause(0.5)

    async def install(self, who: Human, action: str = "add") -> None:
        self.scene.tell(f"{who.alias}: installation {action}")
        activity = self.scene.activity(who, type="installationUpdate", action=action)
        await self.people.deliver(activity, times=_TIMES)

    async def press(self, who: Human, verb: str, title: str = "", **typed: str) -> bool:
        """The first such button on the newest message that has one; whether there was one."""
        if not await self.until(lambda: self._button(who, verb, title), 30.0):
            self.scene.tell(f"  {who.alias} finds no {verb} {title}")
            return False
        found = self._button(who, verb, title)
        assert found is not None
        message, action = found
        self.scene.tell(f"{who.alias} presses {action['title']} of {message.id}")
        activity = self.people.press(who, message, action, {"subject": CANARY} | typed)
        await self.people.deliver(activity, message, times=_TIMES)
        return True

    async def submit(self, who: Human, verb: str, **typed: str) -> None:
        """As a client does that is too old to execute actions: the press comes as a message with a value."""
        found = self._button(who, verb, "")
        if found is not None:
            message, action = found
            self.scene.tell(f"{who.alias} submits {action['title']} of {message.id}")
            activity = self.scene.activity(who, type="message", value={**action["data"], **typed})
            await self.people.deliver(activity | {"replyToId": message.id}, times=_TIMES)

    def sees(self, who: Human, text: str) -> bool:
        """In the heading of any message."""
        return any(text in heading(one.card) for one in self.scene.teams.shown(who.chat) if one.card)

    def fail(self, kind: str = "", path: str = r"^/v1\.0/", method: str = ".*", times: int = 1, **more: Any) -> None:
        kinds = (kind,) if kind else ()
        self.scene.tell(f"fault: {times} of {method} {path}: {kind or more}")
        fault = RequestFault(path=path, method=method, kinds=kinds, times=times, **more)
        self.scene.world.faults.add_request_fault(fault)

    def in_outlook(self, organizer: str, room: str, day: int, hour: float, **more: Any) -> Item:
        start = self.scene.instant(day, hour).isoformat()
        self.scene.tell(f"Outlook: {organizer} books {room} at {day} {hour}")
        order = Book(organizer=organizer, room=room, start=start, subject=CANARY, **more)
        return Outlook(self.scene.world).book(order)

    def outlook(self, order: Move | Cancel | Respond) -> None:
        """Somebody moves, cancels or answers a meeting; one that never came to be is left alone."""
        outlook = Outlook(self.scene.world)
        self.scene.tell(f"Outlook: {type(order).__name__}")
        try:
            if isinstance(order, Move):
                outlook.move(order)
            elif isinstance(order, Cancel):
                outlook.cancel(order)
            else:
                outlook.respond(order)
        except GraphError as refusal:
            self.scene.tell(f"  refused: {refusal.code}")

    async def plant(self, batch: Batch) -> None:
        """Puts something into the store that was there before."""
        await self.scene.look(lambda: self.scene.store.commit(batch))

    def _button(self, who: Human, verb: str, title: str) -> tuple[Message, dict[str, Any]] | None:
        for message in reversed(self.scene.teams.shown(who.chat)):
            for action in buttons(message.card) if message.card else ():
                if f".{verb}." in action["verb"] and str(action.get("title", "")).startswith(title):
                    return message, action
        return None
