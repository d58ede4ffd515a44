"""What stands on screens when all has come to rest, held against the bookings: cards, lists, managers' cards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.bookings import Booking, State
from bot.ports.records import CardKind, KeptCard
from tests.rig.cards import BOOKED, buttons, heading, summary, walk
from tests.rig.people import People
from tests.rig.scene import HUMANS, Human, Scene
from tests.rig.watching import Observed, Seen, conversation_of, span_of

MOST_LISTED = 7
WORDS = {
    State.CONFIRMED: BOOKED,
    State.DECLINED: "Declined",
    State.FAILED: "That did not work",
    State.EXPIRED: "No answer in time",
    State.CANCELLED: "Cancelled",
}
_LIST, _NONE = "Your coming bookings", "You have no coming bookings"
_EFFECTS = (".cancel.", ".change.")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A row of somebody's list: the booking that its buttons are about, and all that it says."""

    booking_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What somebody was shown who asked for their bookings; `hidden` is how many more the card speaks of."""

    rows: tuple[Listed, ...]
    hidden: int
    seen_as: str


async def listings(scene: Scene, people: People) -> dict[str, Listing | None]:
    """Everybody asks for their bookings, one after another; None for who was not answered with a list. By id."""
    found: dict[str, Listing | None] = {}
    for who in HUMANS:
        before = {message.id for message in scene.teams.shown(who.chat)}
        scene.tell(f"{who.alias} asks for their bookings")
        await people.deliver(people.words(who, "my bookings"), times=4)
        fresh = [one.card for one in scene.teams.shown(who.chat) if one.id not in before and one.card]
        lists = [card for card in fresh if heading(card) in (_LIST, _NONE)]
        found[who.id] = _listing(lists[-1]) if lists else None
    return found


def lists_are_true(now: Observed, seen: Seen) -> Iterator[str]:
    """Room, time and state of each coming booking, soonest first; a series that stands once."""
    for who in HUMANS:
        if who.id not in now.listings:
            continue
        shown, expected = now.listings[who.id], _coming(now, who)
        if shown is None:
            yield f"{who.alias} asked for their bookings, and was shown no list"
            continue
        said = [row.booking_id for row in shown.rows]
        wanted = [booking.id for booking in expected]
        if said != wanted[:MOST_LISTED] or shown.hidden != len(wanted[MOST_LISTED:]):
            yield f"{who.alias} is listed {said} and {shown.hidden} more, and has {wanted}"
            continue
        for row, booking in zip(shown.rows, expected, strict=False):
            missing = [text for text in _facts(now, seen, booking) if text not in row.text]
            if missing:
                yield f"{who.alias} is listed “{row.text}” for booking {booking.id}, without {missing}"


def managers_cards_are_true(now: Observed, seen: Seen) -> Iterator[str]:
    """Where one was posted: it tells room, time and what became of the booking, and has no buttons."""
    bookings = {booking.id: booking for booking in now.bookings}
    for kept in now.kept_cards:
        booking, card = bookings.get(kept.booking_id), _card(now, kept)
        if kept.kind is not CardKind.MANAGER or booking is None or card is None or booking.state not in WORDS:
            continue
        said = f"{heading(card)} | {summary(card)}"
        missing = [text for text in _facts(now, seen, booking) if text not in said]
        if missing:
            yield f"the manager of booking {booking.id} ({booking.state}) sees “{said}”, without {missing}"
        if buttons(card):
            yield f"the manager's card of booking {booking.id} has buttons"


def managers_are_told(now: Observed, seen: Seen) -> Iterator[str]:
    """Of every booking that was confirmed while they could be reached."""
    told = {kept.booking_id for kept in now.kept_cards if kept.kind is CardKind.MANAGER}
    for booking_id in sorted(seen.witness.owed_to_managers.keys() - told):
        yield f"booking {booking_id} was confirmed, and its manager never heard"


def cards_do_what_they_say(now: Observed, seen: Seen) -> Iterator[str]:
    """A booking's card names its room and its time; one that is over has no buttons that act on it, and one that is
    booked can be cancelled as it is."""
    bookings = {booking.id: booking for booking in now.bookings}
    follows: dict[tuple[str, str], list[Booking]] = {}
    for kept in now.kept_cards:
        if kept.kind is CardKind.BOOKING and kept.booking_id in bookings:
            follows.setdefault((conversation_of(kept), kept.activity_id), []).append(bookings[kept.booking_id])
    for where, shown in follows.items():
        card, booking = now.cards.get(where), shown[0]
        if card is None or len(shown) > 1 or not _is_of_a_booking(card, booking):
            continue
        missing = [text for text in _facts(now, seen, booking) if text not in summary(card)]
        if missing and is_of_another_that_is_over(now, seen, card, booking):
            continue
        if missing:
            yield f"{where} says “{summary(card)}” of booking {booking.id}, without {missing}"
        acting = {action["verb"]: action["data"] for action in buttons(card) if _acts_on(action, booking)}
        if booking.state is not State.CONFIRMED and acting:
            yield f"{where}: booking {booking.id} is {booking.state}, and its card offers {sorted(acting)}"
        is_coming = booking.end_at > now.now
        if booking.state is State.CONFIRMED and is_coming and not any(".cancel." in verb for verb in acting):
            yield f"{where}: booking {booking.id} is booked, and its card does not let it be cancelled"
        stale = [verb for verb, data in acting.items() if int(data.get("version", 0)) < booking.placed]
        if stale:
            yield f"{where}: the card of booking {booking.id} has buttons of before it came to its time: {stale}"


def _coming(now: Observed, who: Human) -> list[Booking]:
    """In the order of what is listed: by the first date that is to come."""
    kept = {booking.id: booking for booking in now.bookings}
    mine = [
        one
        for one in now.bookings
        if one.person_id == who.id and one.state is State.CONFIRMED and one.rhythm is None and one.slot.end_at > now.now
    ]
    listed: dict[str, Booking] = {}
    for one in sorted(mine, key=lambda booking: booking.slot):
        series = kept.get(one.series)
        shown = series if series is not None and series.state is State.CONFIRMED else one
        listed.setdefault(shown.id, shown)
    return list(listed.values())


def _facts(now: Observed, seen: Seen, booking: Booking) -> list[str]:
    """What has to be read where the booking is shown as it is. What came of a series' dates is told in many ways."""
    facts = [seen.scene.world.exchange.names[booking.room], WORDS[booking.state]]
    if booking.rhythm is None:
        facts.append(span_of(booking.slot.start_at, booking.slot.end_at))
    return facts


def _card(now: Observed, kept: KeptCard) -> dict[str, Any] | None:
    return now.cards.get((conversation_of(kept), kept.activity_id))


def _is_of_a_booking(card: dict[str, Any], booking: Booking) -> bool:
    """As the outbox paints it: no list, no form, no page of dates, which people may have turned the message into."""
    return booking.state in WORDS and (heading(card) in WORDS.values() or heading(card).startswith(f"{BOOKED} "))


def is_of_another_that_is_over(now: Observed, seen: Seen, card: dict[str, Any], booking: Booking) -> bool:
    """Who presses a booking's old card, or opens one date of a series, sees what became of that one: the message may
    have been another booking's, and is so again only with its next news."""
    over = [one for one in now.bookings if one.person_id == booking.person_id and one.state in WORDS]
    over = [one for one in over if one.state is not State.CONFIRMED]
    if booking.state is State.CONFIRMED:
        over = [one for one in over if one.rhythm is None and _stands_apart(one, booking)]
    return any(all(text in summary(card) for text in _facts(now, seen, one)) for one in over)


def _stands_apart(one: Booking, booking: Booking) -> bool:
    """What is said of it cannot be meant of the other."""
    return one.series == booking.id or (one.room, one.slot) != (booking.room, booking.slot)


def _acts_on(action: Mapping[str, Any], booking: Booking) -> bool:
    return any(name in action["verb"] for name in _EFFECTS) and action["data"].get("id") == booking.id


def _listing(card: dict[str, Any]) -> Listing:
    rows = []
    for node in card.get("body", []):
        ids = {action["data"].get("id") for action in buttons(node) if action["data"].get("id")}
        if node.get("type") == "Container" and ids:
            rows.append(Listed(booking_id=str(ids.pop()), text=_text(node)))
    more = [text for node in card.get("body", []) if (text := str(node.get("text", ""))).endswith("not shown.")]
    return Listing(rows=tuple(rows), hidden=int(more[0].split()[0]) if more else 0, seen_as=_text(card))


def _text(node: dict[str, Any]) -> str:
    return " | ".join(str(part["text"]) for part in walk(node) if part.get("type") in {"TextBlock", "TextRun"})
