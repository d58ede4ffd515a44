"""What the codec port promises of stored documents, shown on the documents that are stored."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from bot.domain.bookings import Booking, Reason, State
from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.people import Person
from bot.domain.rooms import Room
from bot.domain.slots import Slot
from bot.ports.codec import Codec, CodecError
from bot.ports.records import Acquaintance, CardKind, FeedState, KeptCard
from bot.store.codec import JsonCodec

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SLOT = Slot(NINE, NINE + timedelta(hours=1))
REASON = Reason(code="too_long", params={"minutes": 240, "until_at": "2026-11-23T12:00:00Z"})
BOOKING = Booking(
    id="0f" * 16,
    person_id="p",
    organizer="adele@contoso.example",
    room="oak@contoso.example",
    slot=SLOT,
    subject="Überblick 部屋 \U0001f3e2",
    state=State.CONFIRMED,
    made_at=NINE,
    tried_at=NINE + timedelta(microseconds=1),
    reasons=(REASON, REASON),
    ends_as=State.CANCELLED,
    moving_from=Slot(NINE - timedelta(days=1), NINE),
)
EVENT = RoomEvent(
    id="AAMk", room="oak@contoso.example", ical_uid="0400", slot=SLOT, kind=Kind.OCCURRENCE, response=Response.TENTATIVE
)
ROOM = Room(address="oak@contoso.example", name="Oak", capacity=8, features=frozenset({"video", "board", "phone"}))


class Colour(StrEnum):
    GREEN = "green"


@dataclass(frozen=True, kw_only=True)
class Newer:
    name: str
    colour: Colour = Colour.GREEN
    sizes: tuple[int, ...] = (1,)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Older:
    name: str


@pytest.fixture
def codec() -> Codec:
    return JsonCodec()


@pytest.mark.parametrize(
    "thing",
    [
        BOOKING,
        EVENT,
        ROOM,
        SLOT,
        REASON,
        FeedState(link="https://graph.example/delta?$token=1", window=SLOT, synced_at=NINE),
        FeedState(),
        Acquaintance(
            person=Person(id="p", name="Adele", address="a@b.example"), chat={"id": "19:x", "nested": [1, None]}
        ),
        KeptCard(kind=CardKind.MANAGER, booking_id="b", chat={}),
        "a pointer",
        {"a": 1, "b": [True, None, 1.5]},
        7,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_encoded_is_decoded_equal(codec: Codec, thing: object) -> None:
    assert codec.decode(codec.encode(thing), type(thing)) == thing


def test_a_decoded_thing_has_its_types(codec: Codec) -> None:
    booking = codec.decode(codec.encode(BOOKING), Booking)

    assert isinstance(booking.state, State)
    assert isinstance(booking.reasons, tuple)
    assert isinstance(booking.slot, Slot)
    assert booking.made_at.tzinfo == UTC
    assert isinstance(codec.decode(codec.encode(ROOM), Room).features, frozenset)


def test_an_instant_is_kept_as_utc_whatever_its_zone(codec: Codec) -> None:
    elsewhere = FeedState(synced_at=NINE.astimezone(timezone(timedelta(hours=5, minutes=30))))

    assert codec.encode(elsewhere) == codec.encode(FeedState(synced_at=NINE))
    assert b'"2026-11-23T09:00:00Z"' in codec.encode(elsewhere)


def test_an_instant_inside_a_plain_dictionary_is_kept_as_utc_text(codec: Codec) -> None:
    there = NINE.astimezone(timezone(timedelta(hours=-8)))

    encoded = codec.encode(Newer(name="n", extra={"seen": [there], "pair": (1, 2)}))

    assert codec.decode(encoded, Newer).extra == {"seen": ["2026-11-23T09:00:00Z"], "pair": [1, 2]}


def test_a_text_that_looks_like_an_instant_stays_as_it_is(codec: Codec) -> None:
    said = {"said": "2026-11-23T09:00:00+01:00", "seen": "T09:00:00"}

    assert codec.decode(codec.encode(said), dict) == said
    assert codec.encode(Newer(name="T09:00:00", sizes=(2, 1))) == codec.encode(Newer(name="n", sizes=(2, 1))).replace(
        b'"n"', b'"T09:00:00"'
    )


def test_the_same_thing_gives_the_same_bytes(codec: Codec) -> None:
    names = [f"feature{n}" for n in range(50)]
    one = Room(address="a", name="A", features=frozenset(names))
    other = Room(address="a", name="A", features=frozenset(reversed(names)))

    assert codec.encode(one) == codec.encode(other)
    assert codec.encode({"a": 1, "b": 2}) == codec.encode({"b": 2, "a": 1})


def test_unknown_fields_are_passed_over_and_absent_ones_take_their_defaults(codec: Codec) -> None:
    newer = Newer(name="n", colour=Colour.GREEN, sizes=(1, 2), extra={"x": 1})

    assert codec.decode(codec.encode(newer), Older) == Older(name="n")
    assert codec.decode(codec.encode(Older(name="n")), Newer) == Newer(name="n")


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"secret",
        b"\xff\xfe",
        b'"secret"',
        b"{}",
        b'{"name": "secret", "colour": "secret"}',
        b'{"name": "secret", "sizes": ["secret"]}',
        b'{"name": 5}',
    ],
)
def test_bytes_that_are_something_else_are_refused_without_being_shown(codec: Codec, stored: bytes) -> None:
    with pytest.raises(CodecError, match="Newer") as refused:
        codec.decode(stored, Newer)

    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_stored_slot_that_is_unsound_is_refused(codec: Codec) -> None:
    backwards = b'{"start_at": "2026-11-23T10:00:00Z", "end_at": "2026-11-23T09:00:00Z"}'

    with pytest.raises(CodecError, match="Slot"):
        codec.decode(backwards, Slot)


@pytest.mark.parametrize(
    "thing",
    [
        FeedState(synced_at=datetime(2026, 11, 23, 9, 0)),  # noqa: DTZ001 - the mistake meant
        {"seen": [datetime(2026, 11, 23)]},  # noqa: DTZ001 - the mistake meant
        {"what": object()},
        {1: "a"},
    ],
    ids=["naive", "naive inside", "object", "number as key"],
)
def test_what_cannot_be_stored_is_refused_by_type(codec: Codec, thing: object) -> None:
    with pytest.raises(CodecError, match=type(thing).__name__):
        codec.encode(thing)
