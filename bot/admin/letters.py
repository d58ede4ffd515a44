"""What was given up on, and giving it to the workers again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.availability import Availability
from bot.domain.rooms import Room
from bot.ports import keys
from bot.ports.clock import Clock
from bot.ports.store import Batch, DeadLetter, Schedule, Store

PAGE = 15
_OF_A_ROOM = (keys.SYNC, keys.POLL, keys.DECIDE, keys.SUBSCRIBE, keys.LOOK)
_TOGETHER = 100  # in one batch


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`number` is its place in the list, from 1. `kind` is the job's, as "sync"; `room` where it is about one."""

    number: int
    key: str
    kind: str
    room: Room | None
    attempts: int
    died_at: datetime


@dataclass(frozen=True, kw_only=True)
class Letters:
    """One page, the oldest first."""

    letters: tuple[Letter, ...]
    in_all: int
    page: int = 0
    next_page: int | None = None


class LetterDesk:
    """One tenant's dead letters."""

    def __init__(self, store: Store, index: Availability, clock: Clock) -> None:
        self._store = store
        self._index = index
        self._clock = clock

    async def letters(self, page: int = 0) -> Letters:
        """Fifteen a page; a page beyond the last is the last."""
        dead = await self._store.dead_letters()
        last = max(0, (len(dead) - 1) // PAGE)
        page = min(max(page, 0), last)
        first = page * PAGE
        shown = tuple(self._letter(first + place, one) for place, one in enumerate(dead[first : first + PAGE], 1))
        return Letters(letters=shown, in_all=len(dead), page=page, next_page=page + 1 if page < last else None)

    async def replay_all(self) -> int:
        """Owes all of them anew; how many there were."""
        return await self._replay(await self._store.dead_letters())

    async def replay_number(self, number: int) -> int:
        """0 where the list has no such place any more."""
        dead = await self._store.dead_letters()
        return await self._replay(dead[number - 1 : number] if number > 0 else [])

    async def replay_key(self, key: str) -> int:
        """0 where no dead letter has that key."""
        return await self._replay([one for one in await self._store.dead_letters() if one.key == key])

    async def _replay(self, dead: Sequence[DeadLetter]) -> int:
        now = self._clock.now().timestamp()
        for at in range(0, len(dead), _TOGETHER):
            again = tuple(Schedule(one.key, now, one.payload) for one in dead[at : at + _TOGETHER])
            await self._store.commit(Batch(schedules=again))
        return len(dead)

    def _letter(self, number: int, dead: DeadLetter) -> Letter:
        kind, _, rest = dead.key.partition("/")
        about_room = dead.key.startswith(_OF_A_ROOM)
        return Letter(
            number=number,
            key=dead.key,
            kind=kind,
            room=self._room(rest.partition("/")[0]) if about_room else None,
            attempts=dead.attempts,
            died_at=datetime.fromtimestamp(dead.died_at, UTC),
        )

    def _room(self, address: str) -> Room:
        return self._index.room(address) or Room(address=address, name=address)
