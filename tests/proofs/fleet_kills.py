"""Any process of four is killed while three people book: nothing is lost, and nobody waits longer than a lease."""

import asyncio
import random
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.conversation.stage import MIA, PRIYA, Somebody, text_of
from tests.proofs.proof import REDIS, Outcome, Proof, Task
from tests.proofs.stores import CLOCK
from tests.replicas.fleet import Fleet, Replica
from tests.replicas.replica import LEASES

_ROLES = ("web", "web", "worker", "worker")
TOM = Somebody("44444444-4444-4444-8444-444444444444", "Tom de Vries")
_HOURS = {MIA: "9 to 10 am", TOM: "11 am to 12 pm", PRIYA: "3 to 4 pm"}
_MAIL = {MIA: "mia@contoso.com", TOM: "tom@contoso.com", PRIYA: "priya@contoso.com"}
_FIRST_DAY = date(2027, 3, 1)
_UNDISTURBED = 3  # days on which nobody is killed, to compare with
_BUSY_S = 5.0  # what one day may take longer than another by itself


def _run(task: Task) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="foyer-") as folder:
        return asyncio.run(_killed(task, Path(folder)))


async def _killed(task: Task, folder: Path) -> Outcome:
    chance, violations = task.chance(), list[str]()
    async with Fleet(folder) as fleet, _Balancer(fleet.public_port) as balancer:
        group = _Group(fleet, balancer, chance)
        await group.begin()
        undisturbed_s = max([await group.day(number) for number in range(_UNDISTURBED)])
        slowest_s = 0.0
        for number in range(task.size):
            took_s = await group.day(_UNDISTURBED + number, kill_after_s=chance.uniform(0, undisturbed_s))
            slowest_s = max(slowest_s, took_s)
            if took_s > undisturbed_s + LEASES.lease_s + _BUSY_S:
                violations.append(f"kill {number + 1} ({group.dead}): somebody waited {took_s:.1f} s")
            await group.mend()
            task.tell(f"{number + 1} of {task.size} kills, longest wait {slowest_s:.1f} s, {undisturbed_s:.1f} without")
        for who in _HOURS:
            violations += await group.misbooked(who, _UNDISTURBED + task.size)
    return Outcome(
        result=f"{task.size * len(_HOURS)} bookings, each confirmed and made once" if not violations else violations[0],
        worst=f"all within {slowest_s:.1f} s, without a kill {undisturbed_s:.1f} s; leases of {LEASES.lease_s:.0f} s",
        violations=tuple(violations),
    )


@dataclass
class _Group:
    """The processes, and the people who speak to whichever of them answers."""

    fleet: Fleet
    balancer: "_Balancer"
    chance: random.Random
    alive: list[tuple[str, Replica]] = field(default_factory=list)
    dead: str = ""

    async def begin(self) -> None:
        self.alive = [(role, await self.fleet.start(role)) for role in _ROLES]
        self._tell_balancer()
        await asyncio.gather(*(self.fleet.ready(replica) for _, replica in self.alive))

    async def day(self, number: int, kill_after_s: float | None = None) -> float:
        """All book a time of that day; how long until the last is told that it is booked."""
        day, began = _FIRST_DAY + timedelta(days=number), CLOCK.monotonic()
        await asyncio.gather(*(self._book(who, day) for who in _HOURS))
        if kill_after_s is not None:
            await CLOCK.sleep(kill_after_s)
            self._kill()
        await asyncio.gather(*(self._booked(who, day) for who in _HOURS))
        return CLOCK.monotonic() - began

    def _kill(self) -> None:
        self.dead, replica = self.alive.pop(self.chance.randrange(len(self.alive)))
        replica.process.kill()
        self._tell_balancer()

    async def mend(self) -> None:
        """Starts another in the place of the one that was killed."""
        self.alive.append((self.dead, await self.fleet.start(self.dead)))
        self._tell_balancer()
        await self.fleet.ready(self.alive[-1][1])

    async def _book(self, who: Somebody, day: date) -> None:
        web = self._web()
        card = await self.fleet.say(web, f"book Oslo on {day.day} {day:%B} {day.year} from {_HOURS[who]}", who)
        await self.fleet.book(web, card, who)

    async def _booked(self, who: Somebody, day: date) -> None:
        """Once a card in the person's chat says so."""
        written = f", {day.day} {day:%b} {day.year},"

        async def is_told() -> bool:
            texts = [text_of(one.card or {}) for one in self.fleet.teams.shown(who.chat)]
            return any("Booked" in text and written in text for text in texts)

        await self.fleet.until(is_told)

    async def misbooked(self, who: Somebody, days: int) -> list[str]:
        """Every day has one meeting of theirs, and no more."""
        stands = [datetime.fromisoformat(str(one["start"])) for one in await self.fleet.meetings(_MAIL[who])]
        wanted = [_begins(who, _FIRST_DAY + timedelta(days=number)) for number in range(days)]
        return [f"{who.name}: {stands.count(at)} meetings at {at}" for at in wanted if stands.count(at) != 1]

    def _web(self) -> Replica:
        return self.chance.choice([replica for role, replica in self.alive if role == "web"])

    def _tell_balancer(self) -> None:
        self.balancer.ports = [replica.port for role, replica in self.alive if role == "web"]


def _begins(who: Somebody, day: date) -> datetime:
    hour = {MIA: 9, TOM: 11, PRIYA: 15}[who]
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(who.zone))


class _Balancer:
    """Passes the tenant's notifications on to one of the processes that answer, as any load balancer does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._turn = 0
        self.ports: list[int] = []

    async def __aenter__(self) -> "_Balancer":
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        try:
            port = self.ports[self._turn % len(self.ports)]
            from_web, to_web = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, to_web), _copy(from_web, writer))
        except (OSError, ZeroDivisionError):
            pass
        finally:
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> Any:
    while read := await source.read(65536):
        target.write(read)
    target.close()


FLEET = Proof(
    name="fleet-kill",
    shows="four processes on one Redis; any of them is killed (kill -9) while three people book",
    invariants=("I4", "I7", "I13"),
    unit="kills",
    full=60,
    smoke=0,
    run=_run,
    engines=(REDIS,),
)
