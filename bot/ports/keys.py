"""Every key of the store, in one place: documents (who writes them, how long they live) and jobs.

The tenant is not part of a key: a `Store` is one tenant's view already.
"""

import hashlib
from dataclasses import dataclass

# Documents ------------------------------------------------------------------------------------------------------


def event(room: str, event_id: str) -> str:
    """A mirror row. Written by sync rounds; lives as long as the event stands in the room's window."""
    return f"event/{room}/{event_id}"


def events(room: str) -> str:
    return f"event/{room}/"


def kin(room: str) -> str:
    """Who among the room's mirror rows shares an iCalUId or a series. Written beside the rows; as long as the feed."""
    return f"kin/{room}"


def feed(room: str) -> str:
    """Where the room's delta feed stands. Written by sync rounds; until the room is forgotten, after all its rows: a
    start looks for rows where there is a feed."""
    return f"feed/{room}"


def packed(room: str) -> str:
    """When a room is taken, packed, so that a start need not read each row. Written by sync rounds beside the rows,
    and believed where the feed names its digest; until the room is forgotten."""
    return f"packed/{room}"


def room(address: str) -> str:
    """A room as the directory describes it. Written by the room refresh; until the directory drops it."""
    return f"room/{address}"


def observation(address: str) -> str:
    """What was observed of a room's policy. Written by sync rounds; for ever."""
    return f"observed/{address}"


DECISIONS = "decision/"


def decision(room: str, event_id: str) -> str:
    """What was last decided on a request. Written by the decider; as long as the event stands, and a week."""
    return f"{DECISIONS}{room}/{event_id}"


def journal(room: str, decided_at: str, event_id: str) -> str:
    """Every decision made, with its reasons. Written by the decider; kept as the record for 400 days."""
    return f"journal/{room}/{decided_at}/{event_id}"


def overlap(room: str, event_id: str) -> str:
    """A foreign overlap: a meeting where another one holds the room. Written by sync rounds; until it ends."""
    return f"overlap/{room}/{event_id}"


# What the keys of every room's foreign overlaps begin with.
OVERLAPS = "overlap/"


def odd(room: str, event_id: str = "") -> str:
    """An item of the room's calendar that could not be understood. Written by sync rounds; until it is, or is gone."""
    return f"odd/{room}/{event_id}"


# What the keys of every room's begin with.
ODD = "odd/"


def subscription(room: str) -> str:
    """The room's change subscription. Written by the subscriber; until replaced."""
    return f"subscription/{room}"


def subscription_of(subscription_id: str) -> str:
    """From subscription id to room. Written beside `subscription`."""
    return f"subscribed/{subscription_id}"


COMPARED = "compared/last"  # the last nightly comparison that came to its end; written by the comparer
COMPARING = "compared/now"  # the one that is under way; until it is over


DECLINES = (
    "declines"  # how many there were lately, and whether they are stopped; written by the decider and administrators
)


def polling(room: str) -> str:
    """That a room's subscription is refused, since when and why. Written by the subscriber; until there is one."""
    return f"polling/{room}"


def booking(booking_id: str) -> str:
    """A booking. Written by the booking use cases; kept as the record for 400 days after its end."""
    return f"booking/{booking_id}"


def mine(person_id: str, booking_id: str = "") -> str:
    """A person's live bookings. Written beside `booking`; until it is over or undone."""
    return f"mine/{person_id}/{booking_id}"


# What every person's pointers begin with.
ALL_MINE = "mine/"


def booking_of(ical_uid: str) -> str:
    """From iCalUId to booking. Written once the event exists; until 30 days after the booking's end."""
    return f"ical/{ical_uid}"


def draft(draft_id: str) -> str:
    """A search that a card shows; ids begin with their day, as 20261231. Written by the conversation; swept after two
    days."""
    return f"draft/{draft_id}"


def card(card_id: str) -> str:
    """A card to keep up to date: where it stands and what it shows. Written by the conversation and the outbox; until
    30 days after the booking's end."""
    return f"card/{card_id}"


def person(person_id: str) -> str:
    """A person as last seen, with the way to their personal chat. Written by turns; until 400 days after that, if they
    have no booking."""
    return f"person/{person_id}"


def welcomed(conversation_id: str) -> str:
    """When a conversation was greeted. Written by turns; until the bot is removed from it, or for 400 days."""
    return f"welcomed/{conversation_id}"


def booking_card(booking_id: str) -> str:
    """The id of the card that the organizer sees of a booking."""
    return f"{booking_id}.booking"


def also_cards(booking_id: str) -> str:
    """What the ids of the other messages that show a booking begin with: where it was opened or moved from, say."""
    return f"{booking_id}.also."


def also_card(booking_id: str, conversation_id: str, activity_id: str) -> str:
    """The id of one of them."""
    message = hashlib.sha256(f"{conversation_id}\n{activity_id}".encode()).hexdigest()[:16]
    return also_cards(booking_id) + message


def manager_card(booking_id: str) -> str:
    """The id of the card that their manager sees of it."""
    return f"{booking_id}.manager"


# What the keys of every room's feed begin with.
FEEDS = "feed/"

# The store was restored: nothing is decided or sent until every room was read again. Written at start; until then.
RECONCILE = "reconcile"

# When the app's secret ends, as the directory tells. Written by the secret watch, once a day; for ever.
SECRET_ENDS = "secret-ends"  # noqa: S105


# Holders of claims ----------------------------------------------------------------------------------------------


def held_by_booking(booking_id: str) -> str:
    return f"booking:{booking_id}"


def held_by_event(ical_uid: str) -> str:
    return f"event:{ical_uid}"


# Jobs -----------------------------------------------------------------------------------------------------------

COMPARE, LOOK, AUDIT, PROGRESS, FORGET = "compare/", "look/", "audit/", "progress/", "forget/"
REPAINT = "repaint/"
SYNC, POLL, DECIDE, DRIVE, TELL, MANAGER, SUBSCRIBE, REFRESH, SWEEP = (
    "sync/",
    "poll/",
    "decide/",
    "drive/",
    "tell/",
    "manager/",
    "subscribe/",
    "refresh/",
    "sweep/",
)


@dataclass(frozen=True)
class DecideKey:
    """What a `decide/` job is about."""

    room: str
    event_id: str


COMPLETE = "complete/"
RECONCILER = "reconcile/"
SECRET = "secret/"  # noqa: S105


def sync(room: str) -> str:
    return SYNC + room


def poll(room: str) -> str:
    return POLL + room


def decide(room: str, event_id: str) -> str:
    return f"{DECIDE}{room}/{event_id}"


def decide_key(job: str) -> DecideKey:
    address, _, event_id = job.removeprefix(DECIDE).partition("/")
    return DecideKey(address, event_id)


def drive(booking_id: str) -> str:
    return DRIVE + booking_id


def tell(card_id: str) -> str:
    return TELL + card_id


def repaint(card_id: str) -> str:
    """The card is to be told once more then, whatever is told of it before: a job of its own, for the newest wins."""
    return REPAINT + card_id


def manager(booking_id: str) -> str:
    return MANAGER + booking_id


def subscribe(room: str) -> str:
    return SUBSCRIBE + room


def compare(subject: str) -> str:
    """A room to be looked at again, or "all" for the night's work."""
    return COMPARE + subject


def look(room: str) -> str:
    """A second reading of the room, should the first have come before the service knew what it had told of."""
    return LOOK + room


def progress(person_id: str) -> str:
    """A first import's card for an administrator: the job, and the document of the same name. Written by the
    conversation; until every room was read."""
    return PROGRESS + person_id
