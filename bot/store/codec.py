"""Turns stored documents into JSON and back, typed, by msgspec."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from bot.ports.codec import CodecError

T = TypeVar("T")


class JsonCodec:
    """The codec port over JSON; stateless, for any thread."""

    def encode(self, thing: object) -> bytes:
        try:
            at_once = _ENCODER.encode(thing)
            if not _MAYBE_NOT_UTC(at_once):
                return at_once
            plain = msgspec.to_builtins(thing, builtin_types=(datetime,), order="deterministic")
            return msgspec.json.encode(_in_utc(plain))
        except (TypeError, ValueError) as fault:
            raise CodecError(f"{type(thing).__name__} holds something that cannot be stored: {fault}") from None

    def decode(self, value: bytes, kind: type[T]) -> T:
        try:
            decoded: T = _decoder(kind).decode(value)  # type: ignore[arg-type]  # each class is hashable
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # The library's own message quotes what it found, and what is stored is people's.
            raise CodecError(f"stored bytes are no {getattr(kind, '__name__', kind)}") from None
        return decoded


_ENCODER = msgspec.json.Encoder(order="deterministic")
# An instant that does not end in Z, or a text like one: then each instant is looked at. Mostly there is none.
_MAYBE_NOT_UTC = re.compile(rb'T\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d)?"').search


@lru_cache(maxsize=256)
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def _in_utc(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_utc(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_utc(inner) for inner in value]
    if not isinstance(value, datetime) or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a datetime without a zone")
    return value.astimezone(UTC)
