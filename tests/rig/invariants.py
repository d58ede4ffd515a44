"""The promises, each a small function over what was seen: it tells every way in which its promise is broken."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.domain.bookings import Booking, State
from bot.domain.events import Kind, RoomEvent
from bot.ports import keys
from bot.ports.calendar import Answer
from bot.ports.records import CardKind
from tests.rig.cards import WORKING, about
from tests.rig.scene import Told
from tests.rig.shown import (
    WORDS,
    cards_do_what_they_say,
    is_of_another_that_is_over,
    lists_are_true,
    managers_are_told,
    managers_cards_are_true,
)
from tests.rig.watching import Observed, Row, Seen, conversation_of

CANARY = "zanzibar"  # stands in every subject that anybody types
_FINAL = frozenset({State.CONFIRMED, State.DECLINED, State.FAILED, State.EXPIRED, State.CANCELLED})
_HOLDING = frozenset({State.HELD, State.CREATING, State.CONFIRMED})  # where a move in Outlook is asked for, nothing is
_PENDING = frozenset({"none", "notResponded", "tentativelyAccepted"})
_PRIVATE = re.compile(rf"{CANARY}|@contoso|eyJ[\w-]{{20}}|\b[0-9a-f]{{48}}\b|Lindqvist|de Vries", re.IGNORECASE)
_HEADINGS = {*WORDS.values(), *WORKING}


@dataclass(frozen=True)
class Invariant:
    """`check` yields what breaks it."""

    id: str
    sentence: str
    check: Callable[[Observed, Seen], Iterator[str]]


def claims_do_not_overlap(now: Observed, _: Seen) -> Iterator[str]:
    for room, claims in now.claims.items():
        for one, other in itertools.pairwise(sorted(claims, key=lambda claim: claim.start)):
            if one.end > other.start:
                yield f"{room}: {one.holder} and {other.holder}"


def bookings_do_not_overlap(now: Observed, _: Seen) -> Iterator[str]:
    holding = sorted(
        (one for one in now.bookings if one.state in _HOLDING and one.takes_room), key=lambda one: (one.room, one.slot)
    )
    for one, other in itertools.combinations(holding, 2):
        replaced = one.replaces == other.id or other.replaces == one.id
        if one.room == other.room and one.slot.overlaps(other.slot) and not replaced:
            yield f"{one.room}: {one.id} ({one.state}) and {other.id} ({other.state})"


def what_is_accepted_is_held(now: Observed, _: Seen) -> Iterator[str]:
    """From the decision on, before the room's calendar shows it. A booking's own time moves before its meeting does."""
    ours = {booking.ical_uid for booking in now.bookings}
    for decision in now.decisions:
        row = now.mirror[decision.room].get(decision.event_id)
        if decision.answer is not Answer.ACCEPT or row is None or not row.blocks or row.ical_uid in ours:
            continue
        told = any(overlap.event_id == row.id for overlap in now.overlaps[decision.room])
        start, end = row.slot.whole_seconds
        held = any(claim.start <= start and end <= claim.end for claim in now.claims[decision.room])
        if row.fingerprint == decision.fingerprint and not held and not told:
            yield f"{decision.room}: {row.slot.start_at:%d %H:%M} is {decision.progress}, and nothing holds it"


def nothing_accepted_twice(now: Observed, _: Seen) -> Iterator[str]:
    for room, rows in now.truth.items():
        accepted = sorted(
            (row for row in rows.values() if row.is_accepted and row.blocks),
            key=lambda row: (row.start_at, row.end_at),
        )
        for one, other in itertools.combinations(accepted, 2):
            if one.start_at < other.end_at and other.start_at < one.end_at:
                yield f"{room} at {one.start_at:%d %H:%M} and {other.start_at:%d %H:%M}"


def nothing_overlaps_in_the_end(now: Observed, _: Seen) -> Iterator[str]:
    for room, rows in now.truth.items():
        standing = [row for row in rows.values() if row.response == "accepted" and row.blocks]
        for one, other in itertools.combinations(standing, 2):
            if one.start_at < other.end_at and other.start_at < one.end_at:
                yield f"{room} at {one.start_at:%d %H:%M} and {other.start_at:%d %H:%M}"


def no_second_event(now: Observed, _: Seen) -> Iterator[str]:
    for booking_id, items in now.live_events.items():
        if len(items) > 1:
            yield f"booking {booking_id} has {len(items)} events"


def no_false_booked(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.false_booked)


def cursor_is_not_ahead(now: Observed, _: Seen) -> Iterator[str]:
    for room, changed in now.since_cursor.items():
        if changed is None:
            continue
        for difference in _differences(now, room):
            if not any(difference.partition(" ")[0].startswith(id_.rstrip("=")) for id_ in changed):
                yield f"{room}: {difference}, and the feed will not tell"


def no_stale_holder(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.stale_writes)


def limits_are_kept(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.crowded)
    if len(seen.scene.bots) == 1:  # each process counts its own
        yield from _drained(seen.scene.teams.over_limit)
    yield from _drained(seen.witness.impatient)


def hints_are_kept(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.witness.unkept_hints)


def presses_have_one_effect(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.witness.doubled)


def nothing_is_written_over(_: Observed, seen: Seen) -> Iterator[str]:
    yield from _drained(seen.witness.written_over)


def mirror_follows(now: Observed, seen: Seen) -> Iterator[str]:
    """Of rooms whose notifications come: what differs now as it did when this was last asked."""
    world = seen.scene.world
    live = [one for one in world.subscriptions.live() if world.delivery.endpoints.state(one.notification_url) == "well"]
    heard = {seen.witness.subscribed.get(one.id) for one in live}  # who was slow to answer is told nothing for a while
    differing = {f"{room}: {one}" for room in now.truth if room in heard for one in _differences(now, room)}
    yield from sorted(differing & seen.differing)
    seen.differing = differing


def nothing_private_is_logged(_: Observed, seen: Seen) -> Iterator[str]:
    for told in seen.scene.logged:
        found = _PRIVATE.search(str(told.line))
        if found:
            yield f"{told.event}: {found.group()}"


def nothing_unforeseen(_: Observed, seen: Seen) -> Iterator[str]:
    for told in seen.scene.logged:
        if "error" in told.line:
            yield f"{told.event}: {told.line['error']}"
    for refusal in seen.scene.world.requests.refused():
        yield f"the tenant does not know {refusal.method} {refusal.path}: {refusal.what}"
    seen.scene.logged.clear()


def foreign_overlaps_are_told(now: Observed, _: Seen) -> Iterator[str]:
    for room, rows in now.truth.items():
        told = {overlap.event_id for overlap in now.overlaps[room]}
        standing = [row for row in rows.values() if row.blocks and (row.is_organizer or row.response == "accepted")]
        for one, other in itertools.combinations(standing, 2):
            if one.start_at < other.end_at and other.start_at < one.end_at and not {one.id, other.id} & told:
                yield f"{room}: {one.start_at:%d %H:%M} and {other.start_at:%d %H:%M}"


def bookings_have_ended(now: Observed, _: Seen) -> Iterator[str]:
    for booking in now.bookings:
        live = now.live_events.get(booking.id, [])
        if booking.state not in _FINAL:
            yield f"booking {booking.id} is {booking.state}"
        elif booking.series or booking.rhythm is not None:
            yield from _of_a_series(now, booking)
        elif booking.state is State.CONFIRMED:
            if [(item.when.start_at, item.when.end_at) for item in live] != [
                (booking.slot.start_at, booking.slot.end_at)
            ]:
                yield f"booking {booking.id} is confirmed, and its events are at {[one.when for one in live]}"
        elif any(item.content.attends(booking.room) for item in live) and (
            booking.state is State.FAILED or not booking.reasons
        ):
            yield f"booking {booking.id} is {booking.state}, and its event stands with the room"
    known = {booking.id for booking in now.bookings}
    for orphan in sorted(set(now.live_events) - known):
        yield f"an event of booking {orphan}, which is nowhere"


def _of_a_series(now: Observed, booking: Booking) -> Iterator[str]:
    """The meeting is the series' own; each occurrence stands in it or does not."""
    live = now.live_events.get(booking.series or booking.id, [])
    if booking.rhythm is not None and booking.state is State.CONFIRMED and len(live) != 1:
        yield f"series {booking.id} is confirmed, and has {len(live)} events"
    elif booking.series and booking.state is State.CONFIRMED:
        slot = booking.slot.start_at, booking.slot.end_at
        standing = [one for item in live for one in item.instances(*slot) if not one.is_cancelled]
        if slot not in [(one.when.start_at, one.when.end_at) for one in standing]:
            yield f"booking {booking.id} of series {booking.series} is confirmed, and its meeting is not there"


def claims_are_what_stands(now: Observed, _: Seen) -> Iterator[str]:
    held = {claim.holder: (claim.start, claim.end) for claims in now.claims.values() for claim in claims}
    for booking in now.bookings:
        mine = held.get(keys.held_by_booking(booking.id)) or held.get(keys.held_by_event(booking.ical_uid))
        if booking.state is State.CONFIRMED and booking.takes_room and mine != booking.slot.whole_seconds:
            yield f"booking {booking.id} is confirmed, and holds {mine}"
        if booking.state in _FINAL - {State.CONFIRMED} and keys.held_by_booking(booking.id) in held:
            yield f"booking {booking.id} is {booking.state}, and holds {mine}"


def requests_are_answered(now: Observed, seen: Seen) -> Iterator[str]:
    for room, rows in now.truth.items():
        for row in rows.values():
            if row.response in _PENDING and not row.is_organizer and not row.is_cancelled:
                yield f"{room}: the request for {row.start_at:%d %H:%M} has no answer"


def nobody_waits(now: Observed, seen: Seen) -> Iterator[str]:
    """A card whose post was not answered, or after whose answer the bot died, has another one beside it that is kept
    true: it was sent once more, and nobody knows the name of the first."""
    kept = {(conversation_of(one), one.activity_id): one.booking_id for one in now.kept_cards if one.activity_id}
    true = {(where[0], booking_id) for where, booking_id in kept.items()}
    true |= {(one, summary.partition(": ")[2]) for one, message, _, summary in now.visible if (one, message) in kept}
    for conversation, message, heading, summary in now.visible:
        if heading not in WORKING:
            continue
        twins = {about(now.cards[conversation, message]), summary.partition(": ")[2]}
        if (conversation, message) in seen.witness.named or not any((conversation, one) in true for one in twins):
            yield f"{conversation} message {message} still says “{summary}”"


def cards_are_true(now: Observed, seen: Seen) -> Iterator[str]:
    """One message may follow two bookings, where one replaces the other."""
    bookings = {booking.id: booking for booking in now.bookings}
    follows: dict[tuple[str, str], list[Booking]] = {}
    for kept in now.kept_cards:
        booking = bookings.get(kept.booking_id)
        if booking is not None and kept.kind is CardKind.BOOKING:
            follows.setdefault((conversation_of(kept), kept.activity_id), []).append(booking)
    for conversation, message, heading, _ in now.visible:
        where = conversation, message
        followed, card = follows.get(where, []), now.cards.get(where)
        states = {booking.state for booking in followed}
        if not states or not states <= WORDS.keys() or heading not in _HEADINGS - {WORDS[state] for state in states}:
            continue
        if card is None or not any(is_of_another_that_is_over(now, seen, card, one) for one in followed):
            yield f"{conversation} message {message} says {heading}, and its booking is {' or '.join(sorted(states))}"


def mirror_is_true(now: Observed, _: Seen) -> Iterator[str]:
    for room in now.truth:
        yield from (f"{room}: {difference}" for difference in _differences(now, room))


def nothing_died(now: Observed, seen: Seen) -> Iterator[str]:
    if seen.scene.lives > 5:  # each death takes an attempt of what was in hand
        return
    yield from (f"{letter.key} after {letter.attempts} attempts" for letter in now.dead)


ALWAYS = (
    Invariant("I1", "Claims on one room never overlap.", claims_do_not_overlap),
    Invariant("I1b", "Bookings that hold a room never overlap in it.", bookings_do_not_overlap),
    Invariant("I1c", "A request that is accepted holds its time.", what_is_accepted_is_held),
    Invariant("I2", "No two meetings that we accepted or made overlap in a room.", nothing_accepted_twice),
    Invariant("I4", "A booking never has two events.", no_second_event),
    Invariant("I6", "No card says Booked before a room has accepted.", no_false_booked),
    Invariant("I8", "A notification is answered 202 only once its room is owed a reading.", hints_are_kept),
    Invariant("I10", "The cursor never runs ahead of the mirror.", cursor_is_not_ahead),
    Invariant("I11", "A card becomes one booking, however often it is pressed.", presses_have_one_effect),
    Invariant("I11b", "Nothing is written over that its writer had not seen.", nothing_is_written_over),
    Invariant("I12", "A stale lease holder changes nothing.", no_stale_holder),
    Invariant(
        "I15", "Limits are honoured: 4 calls at once on a mailbox, pauses it asks for, Teams' sends.", limits_are_kept
    ),
    Invariant("I17", "No subject, address, name, token or secret in a log line.", nothing_private_is_logged),
    Invariant("F", "Nothing fails in a way that nobody foresaw.", nothing_unforeseen),
)
AT_REST = (
    Invariant("I2e", "At rest no two accepted meetings overlap, whatever crossed.", nothing_overlaps_in_the_end),
    Invariant("I3", "A foreign overlap is reported.", foreign_overlaps_are_told),
    Invariant("I4e", "Every booking has ended: confirmed with one event, else with none.", bookings_have_ended),
    Invariant("I4c", "A confirmed booking holds its time, and no other does.", claims_are_what_stands),
    Invariant("I5", "Every request has its answer.", requests_are_answered),
    Invariant("I7", "Nobody is left waiting.", nobody_waits),
    Invariant("I7c", "Every card that follows a booking shows how it ended.", cards_are_true),
    Invariant("I7b", "Every such card tells room and time, and offers what can be done.", cards_do_what_they_say),
    Invariant("I7m", "A manager's card shows how the booking stands.", managers_cards_are_true),
    Invariant("I7n", "A manager who can be reached hears of every booking.", managers_are_told),
    Invariant("I9", "The mirror equals the mailboxes.", mirror_is_true),
    Invariant("I13", "Nothing is lost: no job is a dead letter that deaths do not explain.", nothing_died),
)


ASKED = (Invariant("I7l", "Everybody's list shows their bookings as they stand.", lists_are_true),)
PROMPT = (Invariant("I9w", "Where notifications come, the mirror follows within a minute.", mirror_follows),)


def _drained(found: list[str]) -> list[str]:
    broken, found[:] = found[:], []
    return broken


def _differences(now: Observed, room: str) -> Iterator[str]:
    """Begins with the id of the row that differs."""
    mirror = {id_: row for id_, row in now.mirror[room].items() if row.kind is not Kind.MASTER}
    truth = now.truth[room]
    if room not in now.feeds or now.feeds[room].window is None:
        return
    for id_ in sorted(mirror.keys() | truth.keys()):
        there, here = truth.get(id_), mirror.get(id_)
        if there is None:
            yield f"{id_} is in the mirror alone"
        elif here is None:
            yield f"{id_} is missing"
        elif _key(here) != (there.start_at, there.end_at, there.response, there.is_cancelled):
            yield f"{id_} is another: {_key(here)} where there is {there}"


def _key(row: RoomEvent) -> tuple[object, ...]:
    return row.slot.start_at, row.slot.end_at, row.response.value, row.is_cancelled


__all__ = ["ALWAYS", "AT_REST", "CANARY", "PROMPT", "Invariant", "Row", "Told"]
