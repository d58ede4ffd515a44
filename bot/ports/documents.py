"""Typed documents over a store and a codec: what use cases read and write."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.ports.codec import Codec
from bot.ports.store import Document, Put, Store

T = TypeVar("T")
Outlined = TypeVar("Outlined")

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A document's value with the version that a change of it must expect."""

    key: str
    value: T
    version: int


class Documents:
    """Reads and prepares writes; committing stays with `store`, so that one batch is one batch."""

    def __init__(self, store: Store, codec: Codec) -> None:
        self.store = store
        self._codec = codec

    async def get(self, key: str, kind: type[T]) -> Kept[T] | None:
        """Raises CodecError for bytes that are no `kind`."""
        return (await self.get_all([key], kind)).get(key)

    async def get_all(self, keys: Iterable[str], kind: type[T]) -> dict[str, Kept[T]]:
        """Those that exist, by key."""
        wanted = tuple(keys)
        found = await self.store.read(wanted) if wanted else {}
        return {key: Kept(key, self._codec.decode(doc.value, kind), doc.version) for key, doc in found.items()}

    async def snapshot(self, keys: Iterable[str], under: Iterable[str] = ()) -> "Snapshot":
        """Documents of several kinds, those of `keys` and all under these prefixes, of one moment and by one read."""
        return Snapshot(await self.store.read(keys, under), self._codec)

    async def scan(self, prefix: str, kind: type[T]) -> list[Kept[T]]:
        """All under a prefix, by key."""
        found = await self.store.scan(prefix)
        return [Kept(doc.key, self._codec.decode(doc.value, kind), doc.version) for doc in found]

    async def sift(
        self,
        prefix: str,
        outline: type[Outlined],
        choose: Callable[[dict[str, Outlined]], Iterable[str]],
        kind: type[T],
    ) -> list[T]:
        """Of all under a prefix, those whose keys `choose` picks by what `outline` tells of each; all of one moment.
        `outline` has a few of the fields of `kind`: nothing else of what is not picked is decoded."""
        found = {doc.key: doc.value for doc in await self.store.scan(prefix)}
        outlines = {key: self._codec.decode(value, outline) for key, value in found.items()}
        return [self._codec.decode(found[key], kind) for key in choose(outlines)]

    async def each(self, prefix: str, kind: type[T]) -> AsyncIterator[list[Kept[T]]]:
        """All under a prefix, by key, some at a time; each of these of one moment."""
        after: str | None = ""
        while after is not None and (found := await self.store.page(prefix, after, _AT_ONCE)):
            after = found[-1].key if len(found) == _AT_ONCE else None
            yield [Kept(doc.key, self._codec.decode(doc.value, kind), doc.version) for doc in found]

    def put(self, key: str, thing: object, expected: int | None = None) -> Put:
        """`expected` as in Put: None overwrites, 0 only creates."""
        return Put(key, self._codec.encode(thing), expected)


class Snapshot:
    """What stood in the store at one moment; decoded when it is asked for."""

    def __init__(self, found: Mapping[str, Document], codec: Codec) -> None:
        self._found = found
        self._codec = codec

    def get(self, key: str, kind: type[T]) -> Kept[T] | None:
        """Raises CodecError for bytes that are no `kind`."""
        doc = self._found.get(key)
        return Kept(key, self._codec.decode(doc.value, kind), doc.version) if doc else None

    def under(self, prefix: str, kind: type[T]) -> list[T]:
        """By key."""
        return [self._codec.decode(doc.value, kind) for key, doc in self._found.items() if key.startswith(prefix)]
