"""People who come together: two who want the same room in the same moment, one who books a whole day in Outlook."""

import random
from collections.abc import Awaitable, Callable, Sequence

from sandbox.control.outlook import Book, Outlook
from sandbox.errors import GraphError
from tests.rig.cards import buttons
from tests.rig.people import People
from tests.rig.scene import HUMANS, Scene
from tests.rig.wires import pause

_ROOMS = ("Oslo", "Bergen")
_HOURS = (8, 9, 10, 11, 13, 14, 15, 16)
_ANSWERED_S = 3.0


class Crowds:
    """`acts` with their weights, as Acts draws them."""

    def __init__(self, scene: Scene, people: People, chance: random.Random) -> None:
        self._scene = scene
        self._people = people
        self._chance = chance

    @property
    def acts(self) -> Sequence[tuple[int, Callable[[], Awaitable[None]]]]:
        return (3, self.rivals), (1, self.a_day_in_outlook)

    async def rivals(self) -> None:
        """They are shown the same, and press in the same moment."""
        both, room = self._chance.sample(HUMANS, 2), self._chance.choice(_ROOMS)
        text = f"book {room} on thursday at {self._chance.choice(_HOURS)}:00 for an hour"
        self._scene.tell(f"{both[0].alias} and {both[1].alias} say “{text}”")
        for who in both:
            self._people.send(self._people.words(who, text))
        await pause(_ANSWERED_S)
        for who in both:
            shown = self._scene.teams.shown(who.chat)[-1:]
            offers = [one for message in shown for one in buttons(message.card or {}) if ".book." in one["verb"]]
            if offers:
                self._scene.tell(f"{who.alias} presses {offers[0]['verb']} of {shown[0].id}")
                self._people.send(self._people.press(who, shown[0], offers[0], {}), shown[0])

    async def a_day_in_outlook(self) -> None:
        who, room = self._chance.choice(HUMANS), self._chance.choice(self._scene.rooms_addresses())
        self._scene.tell(f"Outlook: {who.alias} books {room.partition('@')[0]} for every hour of a day")
        for hour in _HOURS:
            start = self._scene.instant(4, hour)
            order = Book(organizer=who.address, room=room, start=start.isoformat(), minutes=60, subject="zanzibar")
            try:
                Outlook(self._scene.world).book(order)
            except GraphError as refusal:
                self._scene.tell(f"  refused: {refusal.code}")
