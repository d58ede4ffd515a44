"""How a room and its merits are told in words."""

from bot.cards.elements import name
from bot.cards.safe import inert
from bot.cards.texts import Audience, mark
from bot.domain.ranking import Option
from bot.domain.rooms import Room

_FEATURES = {
    "accessible": mark("wheelchair access"),
    "audio": mark("conference phone"),
    "display": mark("screen"),
    "phone": mark("conference phone"),
    "projector": mark("projector"),
    "screen": mark("screen"),
    "video": mark("video conferencing"),
    "wheelchair": mark("wheelchair access"),
    "whiteboard": mark("whiteboard"),
}
_FITS = {
    "asked_for": mark("the room you asked for"),
    "building": mark("in the building you asked for"),
    "capacity": mark("the right size"),
    "larger": mark("larger than you need"),
    "usual": mark("you often use it"),
}
_MEASURED = frozenset({"capacity", "larger", "spare_seats"})  # against a number of people
_MOST_FEATURES = 5
_MOST_FITS = 4


def where(audience: Audience, room: Room) -> str:
    """ "Building A · floor 3", as far as known."""
    return " · ".join(part for part in (name(room.building), floor(audience, room)) if part)


def floor(audience: Audience, room: Room) -> str:
    return audience.say("floor {floor}", floor=inert(room.floor, 20)) if room.floor else ""


def seats(audience: Audience, room: Room) -> str:
    return audience.count("{n} seat", "{n} seats", room.capacity) if room.capacity else ""


def feature(audience: Audience, code: str) -> str:
    """The equipment in the reader's words where it is a common one, else as the directory names it."""
    known = _FEATURES.get(code.casefold())
    return audience.say(known) if known else inert(code, 30)


def equipment(audience: Audience, room: Room) -> str:
    words = sorted({feature(audience, code) for code in room.features})
    more = len(words) - _MOST_FEATURES
    if more > 0:
        words = [*words[:_MOST_FEATURES], audience.say("{n} more", n=more)]
    return ", ".join(words)


def about(audience: Audience, room: Room) -> str:
    """ "8 seats · Building A · floor 3 · screen"."""
    parts = (seats(audience, room), where(audience, room), equipment(audience, room))
    return " · ".join(part for part in parts if part)


def why(audience: Audience, option: Option, *, counted: bool) -> str:
    """Why the room fits, most telling first; '' where nothing is known. Codes that are new here are passed over. Seats
    to spare are told only where it is `counted` how many people come."""
    codes = [code for code in option.fits if counted or code.partition(":")[0] not in _MEASURED]
    return ", ".join(words for words in (_fit(audience, code) for code in codes[:_MOST_FITS]) if words)


def free_until(audience: Audience, option: Option) -> str:
    if option.free_until is None:
        return audience.say("free afterwards too")
    time = audience.near(option.free_until, option.slot.start_at)
    if audience.there(option.slot.start_at, option.room.zone):
        return audience.say("free until {time} your time", time=time)
    return audience.say("free until {time}", time=time)


def _fit(audience: Audience, code: str) -> str:
    kind, _, value = code.partition(":")
    if kind == "feature" and value:
        return audience.say("has {feature}", feature=feature(audience, value))
    if kind == "spare_seats" and value.isascii() and value.isdigit():
        return audience.count("{n} seat to spare", "{n} seats to spare", int(value[:6]))
    return audience.say(_FITS[kind]) if kind in _FITS else ""
