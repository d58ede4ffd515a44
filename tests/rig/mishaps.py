"""Faults that no kind of the tenant's makes alone: calendars that suddenly read as empty, writes whose every answer is
lost, a process that stands still while its leases run out."""

import json
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from bot.ports import keys
from sandbox.control.faults import RequestFault
from tests.rig.seams import TENANT_PORT

if TYPE_CHECKING:
    from tests.rig.scene import Scene
    from tests.rig.wires import Answerer, Call

_EMPTY_FOR_S = 30.0  # shorter than it takes to be believed
_WRITES = ("resetAfter", "gatewayTimeoutAfter", "unavailableAfter")
_GRAPH = r"^/v1\.0/"
_REFUSALS = ((403, "ErrorAccessDenied"), (400, "ErrorInvalidRequest"))
_STANDS_STILL_S = (5.0, 45.0, 100.0)


class Mishaps:
    """`acts` with their weights, as Acts draws them."""

    def __init__(self, scene: "Scene", chance: random.Random) -> None:
        self._scene = scene
        self._chance = chance
        self._empty_until_s: float | None = None
        self._emptied: set[str] = set()  # links to pages of feeds that are empty
        host = f"127.0.0.1:{TENANT_PORT}"
        self._tenant: Answerer = scene.net.hosts[host]
        scene.net.hosts[host] = self._answer

    @property
    def acts(self) -> Sequence[tuple[int, Callable[[], Awaitable[None]]]]:
        return (
            (2, self.empty_the_calendars), (3, self.lose_writes), (2, self.stand_still), (3, self.refuse),
            (2, self.lose_sight), (2, self.trouble_login),
        )  # fmt: skip

    async def empty_the_calendars(self) -> None:
        """Once: a second time within minutes it would be believed, and rightly."""
        if self._empty_until_s is not None:
            return
        self._scene.tell("fault: every calendar that is read from nothing is empty")
        self._empty_until_s = self._scene.loop.time() + _EMPTY_FOR_S
        for mailbox in self._scene.world.exchange.mailboxes.values():
            mailbox.sync_generation += 1

    async def lose_writes(self) -> None:
        times = self._chance.choice((2, 5, 9))
        self._scene.tell(f"fault: the next {times} writes are done, and their answers lost")
        fault = RequestFault(method="POST|PATCH", path=r"/events", kinds=_WRITES, times=times)
        self._scene.world.faults.add_request_fault(fault)

    async def refuse(self) -> None:
        """Calls are refused for good, one by one: whoever asks must not ask the same again for ever."""
        times, skip = self._chance.choice((1, 1, 2, 4)), self._chance.choice((0, 0, 1, 3))
        method = self._chance.choice(("POST", "POST|PATCH", "GET", ".*"))
        status, code = self._chance.choice(_REFUSALS)
        self._scene.tell(f"fault: the next {times} of {method} are refused: {status} {code}")
        fault = RequestFault(path=_GRAPH, method=method, status=status, code=code, times=times, skip=skip)
        self._scene.world.faults.add_request_fault(fault)

    async def lose_sight(self) -> None:
        """What is there is not found, and found a little later."""
        times = self._chance.choice((1, 2))
        self._scene.tell(f"fault: the next {times} reads of one meeting find nothing")
        fault = RequestFault(path=_GRAPH, method="GET", kinds=("notFound",), times=times)
        self._scene.world.faults.add_request_fault(fault)

    async def trouble_login(self) -> None:
        """Whatever token there is counts for nothing any more, and for a while there is no other."""
        seconds = self._chance.choice((3.0, 20.0, 90.0))
        self._scene.tell(f"fault: no login for {seconds:g} s")
        faults, code = self._scene.world.faults, self._chance.choice((500, 502, 503))
        faults.add_request_fault(RequestFault(path=r"/oauth2/", status=code, rate=1.0, lasts_s=seconds))
        faults.add_request_fault(RequestFault(path=_GRAPH, kinds=("tokenExpired",), times=1))

    async def stand_still(self) -> None:
        """As SIGSTOP and SIGCONT do. Time goes on for the others."""
        bot = self._chance.choice(self._scene.bots)
        if not bot.is_up:
            return
        life, seconds = bot.life, self._chance.choice(_STANDS_STILL_S)
        self._scene.tell(f"life {life.number} stands still for {seconds:g} s")
        life.pause()
        self._scene.loop.call_later(seconds, life.resume)

    async def _answer(self, call: "Call") -> web.StreamResponse:
        answer: web.StreamResponse = await self._tenant(call)
        is_page = "/delta" in call.url.path and answer.status == 200 and isinstance(answer, web.Response)
        if not is_page or self._empty_until_s is None:
            return answer
        assert isinstance(answer, web.Response)
        page, is_emptied = json.loads(answer.body or b"{}"), await self._is_emptied(call)  # type: ignore[arg-type]
        (self._emptied.add if is_emptied else self._emptied.discard)(page.get("@odata.nextLink", ""))
        return web.json_response(page | {"value": []}) if is_emptied else answer

    async def _is_emptied(self, call: "Call") -> bool:
        """A feed is empty on all of its pages, or on none."""
        if "$skiptoken" in call.url.query:
            return str(call.url) in self._emptied
        is_from_nothing = "$deltatoken" not in call.url.query
        return is_from_nothing and self._scene.loop.time() < (self._empty_until_s or 0) and await self._is_known(call)

    async def _is_known(self, call: "Call") -> bool:
        """Whether the bot has seen meetings there; else it can only believe that there are none."""
        mailbox = self._scene.world.exchange.mailboxes[unquote(call.url.path.split("/")[3])]
        rows = await self._scene.look(lambda: self._scene.store.scan(keys.events(mailbox.address)))
        return bool(rows)
