"""Times of the day as people say them: `3`, `3:30pm`, `15h`, `1530`, `quarter past two`, `half drie`."""

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import MIDNIGHT, NOON, At, Between, Clock, Found, Until

SPOKEN_STEP = 5  # "five to four", "twenty past": nobody says "seven to four" of a meeting
LENGTHS_BELOW = 8  # "3 uur" alone is a length, "14 uur" a time
LONG_LENGTH = 5 * 60  # after a day, `5h30` and more is a time
YEARS = range(2020, 2100)

_COUNTED = (
    Role.PEOPLE,
    Role.MONTH,
    Role.SPAN,
    Role.TIMES,
    Role.ROOM,
    Role.BUILDING,
    Role.FEATURE,
    Role.DOZEN,
)
_STARTS = (Role.AT, Role.FROM, Role.AFTER, Role.BETWEEN)
_TAKES_A_TIME = ("cancel", "change")  # "cancel 3 uur" names a booking by its time
_LINKS = (Role.DASH, Role.UNTIL)


def clock_at(line: Line, at: int, *, half_after: bool) -> tuple[Clock, int] | None:
    """Anything that can be a time; a bare number is one only in company, which `sure` tells."""
    return _named(line, at) or _written(line, at) or _spoken(line, at, half_after=half_after) or _hour(line, at)


def range_at(line: Line, at: int, *, half_after: bool) -> Found | None:
    """`from 3 to 4 pm`, `9-10:30`, `between two and three`."""
    first = at + 1 if line.has(at, *_STARTS, Role.FOR, Role.MINE, Role.ON) else at
    start = clock_at(line, first, half_after=half_after)
    if start is None:
        return None
    link = start[1]
    joined = line.has(link, *_LINKS) or (line.has(at, Role.BETWEEN) and line.has(link, Role.AND))
    if not joined:
        return None
    after = link + 2 if line.has(link + 1, Role.AT, Role.UNTIL) else link + 1
    end = clock_at(line, after, half_after=half_after)
    if end is None or _counts_something(line, end[1], end[0]):
        return None
    led = line.has(at, Role.FROM) or start[0].sure or end[0].sure
    if line.has(at, Role.FOR) and not led:
        return None
    return Between(start[0], end[0]), end[1]


def start_at(line: Line, at: int, *, half_after: bool) -> Found | None:
    """A time with a word before it that makes it one, or a time that is unmistakable."""
    led = line.has(at, *_STARTS, Role.MINE, Role.FOR) or line.value(at, Role.WISH) in _TAKES_A_TIME
    found = clock_at(line, at + 1 if led else at, half_after=half_after)
    if found is None or _counts_something(line, found[1], found[0]):
        return None
    clock, end = found
    piece = At(clock, or_later=line.has(at, Role.AFTER))
    if clock.sure or line.has(end, Role.PART):
        return piece, end
    ambiguous = line.has(end - 1, Role.UNIT)
    if (line.has(at, Role.FOR) and not line.has(at, Role.FROM)) or not led:
        return (piece, end) if ambiguous and clock.minute >= LENGTHS_BELOW * 60 else None
    if ambiguous and line.has(at, Role.FROM) and not line.has(at, Role.AT) and not _until_follows(line, end):
        by_time = clock.minute >= LENGTHS_BELOW * 60 or _about_existing(line)
        return (piece, end) if by_time else None
    return piece, end


def end_at(line: Line, at: int, *, half_after: bool) -> Found | None:
    """`until 4`, `before noon`."""
    if not line.has(at, Role.UNTIL, Role.BEFORE):
        return None
    first = at + 2 if line.has(at + 1, Role.AT) else at + 1
    found = clock_at(line, first, half_after=half_after)
    if found is None or _counts_something(line, found[1], found[0]):
        return None
    return Until(found[0], or_earlier=line.has(at, Role.BEFORE)), found[1]


def bare_at(line: Line, at: int, *, half_after: bool) -> Found | None:
    """A number right after a day: `friday 9`, `morgen 3 uur`."""
    found = clock_at(line, at, half_after=half_after)
    if found is None or _counts_something(line, found[1], found[0]):
        return None
    return At(found[0]), found[1]


def _named(line: Line, at: int) -> tuple[Clock, int] | None:
    minute = line.number(at, Role.CLOCK)
    return None if minute is None else (Clock(minute, exact=True, sure=True), at + 1)


def _written(line: Line, at: int) -> tuple[Clock, int] | None:
    minute = line.number(at, Role.HOUR_MINUTE)
    if minute is None:
        return None
    exact = line.has(at, Role.ZERO_LED) or not 60 <= minute < 13 * 60
    clock = Clock(minute, exact=exact, sure=not line.has(at, Role.LENGTH_LIKE) or minute >= LENGTHS_BELOW * 60)
    return _with_half(line, clock, at + 1)


def _spoken(line: Line, at: int, *, half_after: bool) -> tuple[Clock, int] | None:
    """Minutes before or after an hour or a half hour; `half drie` is before three, `half three` after it."""
    offset, link = _offset(line, at, half_after=half_after)
    if offset is None:
        return None
    if line.has(link, Role.HALF):
        offset, link = offset + (30 if half_after else -30), link + 1
    found = _hour(line, link)
    if found is None or found[0].minute % 60 or _is_length(line, found[1]):
        return None
    hour, end = found
    low = (hour.minute + offset) % MIDNIGHT if hour.exact else (hour.minute + offset - 1) % NOON + 1
    return Clock(low, exact=hour.exact, sure=True, half=hour.half), end


def _offset(line: Line, at: int, *, half_after: bool) -> tuple[int | None, int]:
    """Minutes from the hour that is named next, and where that hour stands."""
    if line.has(at, Role.HALF):
        after = line.has(at + 1, Role.PAST_HOUR)
        return (30 if after or half_after else -30), at + (2 if after else 1)
    minutes = 15 if line.has(at, Role.QUARTER) else line.number(at, Role.NUMBER)
    link = at + 2 if line.number(at + 1, Role.UNIT) == 1 else at + 1
    if minutes is None or minutes % SPOKEN_STEP or not 0 < minutes < 30 or line.has(at - 1, Role.FOR):
        return None, at
    if line.has(link, Role.PAST_HOUR):
        return minutes, link + 1
    taken = line.has(link, Role.UNTIL) and (
        line.has(at - 1, Role.FROM, Role.BETWEEN) or (line.has(at, Role.DIGITS) and link == at + 1)
    )
    return (None, at) if taken or not line.has(link, Role.TO_HOUR) else (-minutes, link + 1)


def _hour(line: Line, at: int) -> tuple[Clock, int] | None:
    number, digits = line.number(at, Role.NUMBER), line.number(at, Role.DIGITS)
    if number is None:
        return None
    if digits in (3, 4):
        return _with_half(line, _joined_digits(line, at, number), at + 1)
    if number > 24 or (digits or 0) > 2:
        return None
    clock = Clock(number * 60, exact=not 1 <= number <= 12 or line.has(at, Role.ZERO_LED), sure=False)
    if line.has(at + 1, Role.UNIT) and line.has(at + 2, Role.LASTING):
        return None  # "2 uur lang"
    if number == NOON // 60 and line.has(at + 1, Role.CLOCK):
        return _named(line, at + 1)
    read_out = line.has(at + 1, Role.O_CLOCK)
    end = at + 2 if read_out else at + 1
    minutes = minutes_at(line, end)
    if minutes is not None:
        sure = read_out or not digits or not line.has(end, Role.DIGITS)
        ambiguous = line.has(at + 1, Role.UNIT) and number < LENGTHS_BELOW
        clock = Clock(clock.minute + minutes, exact=clock.exact, sure=sure and not ambiguous)
        return _with_half(line, clock, end + 1)
    sure = read_out and not line.has(at + 1, Role.UNIT)
    return _with_half(line, Clock(clock.minute, exact=clock.exact, sure=sure), end)


def minutes_at(line: Line, at: int) -> int | None:
    """What is read out after an hour: `9 30`, `five thirty`, `9 uur 30`; not what begins or counts something else."""
    minutes, digits = line.number(at, Role.NUMBER) or 0, line.number(at, Role.DIGITS)
    if not 10 <= minutes < 60 or _counts(line, at + 1):
        return None
    if digits and (digits != 2 or minutes % SPOKEN_STEP or line.has(at + 1, Role.DIGITS) or _unknown(line, at + 1)):
        return None
    return minutes


def _about_existing(line: Line) -> bool:
    """Whether a booking is cancelled or changed, which its time names: "annuleer mijn boeking van 2 uur"."""
    return any(line.value(at, Role.WISH) in _TAKES_A_TIME for at in range(len(line.marks)))


def _unknown(line: Line, at: int) -> bool:
    """A word that nobody knows may be what a number before it counts: `20 developers`."""
    return at < len(line.marks) and not line.marks[at].roles


def _joined_digits(line: Line, at: int, number: int) -> Clock | None:
    """`1530`; on its own a time only where it cannot be a year or a count."""
    hour, minute = divmod(number, 100)
    if hour > 23 or minute > 59 or minute % SPOKEN_STEP:
        return None
    exact = line.has(at, Role.ZERO_LED) or not 1 <= hour <= 12
    sure = exact and line.number(at, Role.DIGITS) == 4 and number not in YEARS
    return Clock(hour * 60 + minute, exact=exact, sure=sure and not line.has(at + 1, *_COUNTED))


def _with_half(line: Line, clock: Clock | None, end: int) -> tuple[Clock, int] | None:
    """`3 pm` is 15:00, `12 am` is 0:00; a half that contradicts the hour (`15 pm`, `15 am`) is not listened to."""
    if clock is None:
        return None
    if line.has(end, Role.O_CLOCK) and not line.has(end - 1, Role.O_CLOCK):
        end += 1
    half = line.value(end, Role.MERIDIEM)
    if half is None:
        return clock, end
    if not 60 <= clock.minute < 13 * 60:
        return Clock(clock.minute, exact=True, sure=True), end + 1
    minute = clock.minute % NOON + (NOON if half == "pm" else 0)
    return Clock(minute, exact=True, sure=True, half=str(half)), end + 1


def _counts_something(line: Line, end: int, clock: Clock) -> bool:
    """`6 people`, `2 hours`, `24 december` are no times, unless the number already said that it is one."""
    if clock.sure:
        return False
    if line.has(end - 1, Role.O_CLOCK):
        return _is_length(line, end)  # "om 9 uur iets vrij": the hours are counted, whatever follows
    return _counts(line, end) or (line.has(end - 1, Role.ARTICLE) and _describes(line, end))


def _describes(line: Line, at: int) -> bool:
    """A word for what a thing is like, `naar een grotere zaal`: `een` before it is no hour."""
    if not 0 <= at < len(line.marks) or not line.marks[at].text.isalpha():
        return False
    return line.has(at, Role.SIZE, Role.FEATURE) or set(line.marks[at].roles) <= {Role.FILLER}


def _counts(line: Line, end: int) -> bool:
    after = end + 1 if line.has(end, Role.DASH) else end
    ordinal = line.has(after, Role.ORDINAL) and not line.after_at(end - 1)
    return _is_length(line, end) or line.has(after, *_COUNTED) or ordinal


def _is_length(line: Line, end: int) -> bool:
    return line.has(end, Role.UNIT) and not line.has(end, Role.O_CLOCK)


def _until_follows(line: Line, at: int) -> bool:
    return any(line.has(near, Role.UNTIL, Role.TOWARD) for near in range(at, at + 4))
