"""A reading becomes a request: wish, time, people, features, room, and what the person must be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.language.change import Change, change_of
from bot.language.exceptions import all_but
from bot.language.grammar import Heard
from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.listing import days_listed
from bot.language.moment import Moment
from bot.language.pieces import HasFeature, NamesRoom, People
from bot.language.places import MAX_NEAR, PlaceIndex
from bot.language.request import MAX_LEFT, MAX_PEOPLE, Finding, Request, Trouble, Wish
from bot.language.said import Said
from bot.language.starts import all_day
from bot.language.strangers import Stranger, city_in, stranger_in
from bot.language.times import when, with_nth
from bot.language.wishes import Content, wish_of

_BOUNDS = (Role.FROM, Role.AFTER, Role.BETWEEN, Role.UNTIL, Role.BEFORE)
_DAYS = (Role.DATE, Role.MONTH, Role.WEEKDAY, Role.DAY, Role.HOLIDAY, Role.NEXT_WEEK, Role.ORDINAL)
_BECOMING = (Role.UNTIL, Role.TOWARD, Role.FOR, Role.BY, Role.INSIDE, Role.AT, Role.ON)
_TELLING = (Role.MONTH, Role.EDGE, Role.SPAN, Role.TIMES, Role.HOLIDAY, Role.DIGITS, Role.UNIT)
_ABOUT_REPEATS = (Trouble.UNCLEAR_REPEAT, Trouble.UNCLEAR_END)
_SHOWN_BACK = (Wish.BOOK, Wish.IS_FREE, Wish.CHANGE)
_NEVER_PAST = (Wish.CANCEL, Wish.MY_BOOKINGS, Wish.STATUS, Wish.HELP)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All that was found out on the way to a request; `new` is what a change wants, and empty otherwise."""

    line: Line
    heard: tuple[Heard, Heard]
    said: Said
    new: Said
    stated: Wish | None
    moment: Moment
    index: PlaceIndex


def request_of(reading: Reading, language: str) -> Request:
    said, line = with_nth(reading.said, reading.moment.today), reading.line
    left = (*reading.heard[0].left, *reading.heard[1].left)
    stranger = None if said.room or reading.new.room else stranger_in(line, left)
    city = city_in(line, left, reading.index)
    if city:  # the city of a clock that cards show, `2:00 PM in London`
        left = tuple(at for at in left if at not in city.marks)
        stranger = stranger if stranger and set(stranger.marks).isdisjoint(city.marks) else None
    wish = wish_of(line, reading.stated, _content(said, stranger, line))
    change = change_of(line, said, reading.new, reading.moment) if wish is Wish.CHANGE else None
    found = change.old if change else when(said, reading.moment)
    if line.says(Role.FREE) and wish in (Wish.BOOK, Wish.IS_FREE):
        found = all_day(found, said, reading.moment)
    past_matters = not change and wish not in _NEVER_PAST
    request = Request(
        wish=wish,
        language=language,
        day=found.day,
        day_said=found.day_said,
        start_at=found.start_at,
        at=found.at,
        minutes=found.minutes,
        window_end_at=found.window_end_at,
        repeats=None if said.nth else found.repeats,
        series=line.says(Role.SERIES) and not (line.says(Role.SKIP) and said.day is not None),
        size=next((size for at in range(len(line.marks)) if (size := line.number(at, Role.SIZE))), 0),
        listing=wish is Wish.BOOK and _asks_which(line, said, reading.stated, stranger),
        about=wish is Wish.BOOK and _asks_about(line, said, reading.stated),
        all_of_them=wish is Wish.CANCEL and line.says(Role.ALL),
        part=wish is Wish.CANCEL and (line.says(Role.SERIES) or found.repeats is not None) and _bounded(line),
        building=reading.index.building_of(said.building or reading.new.building or ""),
        findings=tuple(told for told in found.findings if past_matters or told.trouble is not Trouble.PAST),
        text_left=_text_left(line, left, stranger),
    )
    request = _with_change(request, change) if change else request
    request = _of_days(request, line, said, reading.moment) if wish is Wish.MY_BOOKINGS else request
    request = request if request.add_people else _with_people(request, reading.new.people or said.people)
    request = _with_company(request, said.company)
    request = _with_features(request, (*said.features, *reading.new.features), reading.index)
    request = _with_room(request, said.room, reading.index, field="room")
    request = _with_room(request, change.to_room if change else None, reading.index, field="to_room")
    request = _with_stranger(request, stranger, reading.index) if stranger else request
    request = _with_city(request, city.said, reading.index.buildings_in(city.said)) if city else request
    return _with_loose_ends(request, reading, left, stranger)


def _asks_which(line: Line, said: Said, stated: Wish | None, stranger: Stranger | None) -> bool:
    """`list rooms`, `biggest room?`: nothing is said of when, for whom, or which."""
    particular = said.has_time or said.people or said.company or said.room or stranger
    if stated or particular or line.says(Role.FREE) or not line.says(Role.ROOM):
        return False
    if line.says(Role.ROOMS) and not line.says(Role.WANT):
        return True
    return line.says(Role.LISTING) or (line.says(Role.SIZE) and not (said.features or line.says(Role.WANT)))


def _asks_about(line: Line, said: Said, stated: Wish | None) -> bool:
    """`how big is Oslo?`, `is there a projector in Oslo?`: a room is named, and nothing that one is booked by."""
    if stated or said.room is None or said.has_time or said.company or line.says(Role.FREE):
        return False
    marks = range(len(line.marks))
    return line.says(Role.ASKING) and all(line.has(at, Role.ASKING) for at in marks if line.has(at, Role.WANT))


def _bounded(line: Line) -> bool:
    """Whether days are said to begin or end at one: "from 8 december", "after the 1st"; "of 8 december" is that day."""
    bounds = (at for at in range(len(line.marks)) if line.has(at, *_BOUNDS) and not line.has(at, Role.OF))
    return any(line.has(near, *_DAYS) for at in bounds for near in range(at + 1, at + 4))


def _content(said: Said, stranger: Stranger | None, line: Line) -> Content:
    return Content(
        about_time=said.has_time,
        names_room=bool(said.room or (stranger and not stranger.is_building)),
        names_place=bool(said.room or said.building or stranger),
        about_rooms=bool(said.people or said.features) or line.says(Role.ROOM, Role.FREE, Role.SIZE),
    )


def _of_days(request: Request, line: Line, said: Said, moment: Moment) -> Request:
    """A time of day within several days is not listened to."""
    days = days_listed(line, said, moment.today)
    if days is None or (request.start_at and days == (request.day, request.day)):
        return request
    return replace(
        request, day=days[0], last_day=days[1], day_said=True, start_at=None, minutes=None, window_end_at=None
    )


def _with_change(request: Request, change: Change) -> Request:
    return replace(
        request,
        to_day=change.to_day,
        to_start_at=change.to_start_at,
        to_end_at=change.to_end_at,
        to_window_end_at=change.to_window_end_at,
        to_until_on=change.until_on,
        go_on=change.go_on,
        go_on_span=change.go_on_span,
        add_minutes=change.add_minutes,
        shift_minutes=change.shift_minutes,
        add_people=change.add_people,
        minutes=change.minutes,
        window_end_at=None,
        findings=(*request.findings, *change.findings),
    )


def _with_people(request: Request, people: People | None) -> Request:
    if people is None:
        return request
    if people.count < 1:
        return _told(request, Finding(trouble=Trouble.NO_PEOPLE, said=people.said, limit=1))
    if people.count > MAX_PEOPLE:
        return _told(request, Finding(trouble=Trouble.TOO_MANY_PEOPLE, said=people.said, limit=MAX_PEOPLE))
    return replace(request, people=people.count)


def _with_company(request: Request, names: Sequence[str]) -> Request:
    """Who is to come along needs a seat; that nobody invites them is told."""
    if request.wish is not Wish.BOOK or not names:
        return request
    seated = replace(request, people=request.people or 1 + len(names))
    return _told(seated, Finding(trouble=Trouble.NOT_INVITED, names=tuple(names)))


def _with_features(request: Request, features: Sequence[HasFeature], index: PlaceIndex) -> Request:
    """A feature that the organisation does not have in any room is told, not silently dropped."""
    names: list[str] = []
    for feature in features:
        name = index.feature_of(feature.name)
        if name:
            names.append(name)
        else:
            request = _told(request, Finding(trouble=Trouble.UNKNOWN_FEATURE, said=feature.said))
    return replace(request, features=frozenset(names))


def _with_room(request: Request, named: NamesRoom | None, index: PlaceIndex, *, field: str) -> Request:
    if named is None:
        return request
    rooms = index.rooms_of(named.alias, request.building)
    request = replace(request, room_said=request.room_said or named.said)
    if len(rooms) == 1:
        key = rooms[0].key
        return replace(request, to_room=key) if field == "to_room" else replace(request, room=key)
    near = tuple(room.key for room in rooms[:MAX_NEAR])
    return _told(replace(request, near_rooms=near), Finding(trouble=Trouble.AMBIGUOUS_ROOM, said=named.said))


def _with_stranger(request: Request, stranger: Stranger, index: PlaceIndex) -> Request:
    if stranger.is_building:
        return _told(request, Finding(trouble=Trouble.UNKNOWN_BUILDING, said=stranger.said))
    near = index.near(stranger.said, request.building)
    request = replace(request, room_said=stranger.said, near_rooms=near)
    return _told(request, Finding(trouble=Trouble.UNKNOWN_ROOM, said=stranger.said))


def _with_city(request: Request, said: str, buildings: Sequence[str]) -> Request:
    if request.building:
        return request
    if len(buildings) == 1:
        return replace(request, building=buildings[0])
    return _told(request, Finding(trouble=Trouble.CITY, said=said, names=tuple(buildings)))


def _with_loose_ends(request: Request, reading: Reading, left: Sequence[int], stranger: Stranger | None) -> Request:
    """Never silently once what was asked for "every first monday", nor one day what was asked for several; nor is a
    figure dropped, which may be half of a time."""
    said, line = reading.said, reading.line
    if left_out := said.left_out or reading.new.left_out or all_but(line, left):
        request = _told(request, Finding(trouble=Trouble.EXCEPTION, said=left_out))
    if said.nth is not None:
        return _told(request, Finding(trouble=Trouble.NTH_WEEKDAY, said=said.nth.said))
    every = next((at for at in left if line.has(at, Role.EVERY)), None)
    if every is not None and said.again is None:
        words = " ".join(mark.said for mark in line.marks[every : every + 3])
        request = _told(request, Finding(trouble=Trouble.UNCLEAR_REPEAT, said=words))
    if said.again is not None and (end := _end_left(line, left, ended=bool(said.until_day or said.going_on))):
        request = _told(request, Finding(trouble=Trouble.UNCLEAR_END, said=end))
    told = any(finding.trouble in _ABOUT_REPEATS for finding in request.findings)
    if request.wish in _SHOWN_BACK and not told and (figures := _figures_left(line, left, stranger)):
        request = _told(request, Finding(trouble=Trouble.LEFT_OUT, said=figures))
    if request.wish is Wish.CHANGE and (words := _wish_left(request, line, left)):
        request = _told(request, Finding(trouble=Trouble.LEFT_OUT, said=words))
    if said.until_day and not said.end_day and said.again is None and request.to_until_on is None:
        if request.wish in _SHOWN_BACK and said.until_day.on != request.day:
            request = _told(request, Finding(trouble=Trouble.LEFT_OUT, said=said.until_day.said))
        return replace(request, text_left=f"{said.until_day.said} {request.text_left}".strip()[:MAX_LEFT])
    return request


def _wish_left(request: Request, line: Line, left: Sequence[int]) -> str:
    """Of a change of which nothing was understood, the words that say what it was to be; ''."""
    moved = request.to_day or request.to_start_at or request.to_end_at or request.to_window_end_at or request.to_room
    ended = request.to_until_on or request.go_on or request.minutes or request.add_minutes or request.shift_minutes
    if request.findings or moved or ended or request.people or request.add_people or request.size or request.features:
        return ""
    for at in left:
        after = next((near for near in range(at + 1, at + 4) if _tells(line, near) or line.has(near, *_BECOMING)), None)
        if line.has(at, *_BECOMING) and after is not None and _tells(line, after):
            return " ".join(mark.said for mark in line.marks[at : at + 4])[:MAX_LEFT]
    return ""


def _tells(line: Line, at: int) -> bool:
    """A word about time or number, or one that nobody knows."""
    return at < len(line.marks) and (line.has(at, *_TELLING) or not line.marks[at].roles)


def _figures_left(line: Line, left: Sequence[int], stranger: Stranger | None) -> str:
    """Each with the word after it, which it may count; ''."""
    taken = stranger.marks if stranger else ()
    found = [at for at in left if at not in taken and line.marks[at].said[:1].isdigit()]
    return ", ".join(_counting(line, at) for at in found)[:MAX_LEFT]


def _counting(line: Line, at: int) -> str:
    counted = [mark.said for mark in line.marks[at + 1 : at + 2] if mark.text.isalpha()]
    return " ".join((line.marks[at].said, *counted))


def _end_left(line: Line, left: Sequence[int], *, ended: bool) -> str:
    """`until 1999`, `0 times`, `until easter`: the words of an end that no rule took; ''."""
    for at in left:
        purpose = line.has(at, Role.TOWARD) and line.has(at, Role.TO_HOUR)  # "to discuss the budget"
        if line.has(at, Role.UNTIL) and not (purpose or ended or line.says(Role.TIMES)):
            return " ".join(mark.said for mark in line.marks[at : at + 3])
        last = at + 1 in left and line.has(at, Role.UNTIL) and line.has(at + 1, Role.DIGITS)
        if last or (line.has(at, Role.NUMBER) and line.has(at + 1, Role.TIMES)):
            return " ".join(mark.said for mark in line.marks[at : at + 2])
    return ""


def _told(request: Request, finding: Finding) -> Request:
    return replace(request, findings=(*request.findings, finding))


def _text_left(line: Line, left: Sequence[int], stranger: Stranger | None) -> str:
    """Unknown words and unused numbers, in their order; those taken for a name are reported there."""
    taken = stranger.marks if stranger else ()
    words = [
        line.marks[at].said
        for at in left
        if at not in taken and (not line.marks[at].roles or line.has(at, Role.DIGITS))
    ]
    return " ".join(words)[:MAX_LEFT]
