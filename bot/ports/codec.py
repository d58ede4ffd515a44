"""The codec port: how stored documents become bytes, so that use cases know neither JSON nor a library."""

from typing import Protocol, TypeVar

T = TypeVar("T")


class CodecError(ValueError):
    """Something that cannot be stored, or stored bytes that are not what they should be: names the type, never shows
    the content."""


class Codec(Protocol):
    def encode(self, thing: object) -> bytes:
        """Dataclasses, enums, aware datetimes (kept as UTC), tuples, frozensets and plain values with str keys;
        deterministic. What `decode` reads as Any comes back plain: an instant as its ISO text, a tuple as a list.
        Raises CodecError for anything else, a naive datetime among them."""

    def decode(self, value: bytes, kind: type[T]) -> T:
        """Unknown fields are passed over and absent ones take their defaults, so that neighbouring versions read each
        other. Raises CodecError."""
