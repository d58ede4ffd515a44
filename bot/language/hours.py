"""Which hours are meant where the clock was read out without am and pm: the sensible ones of a working day."""

from bot.language.pieces import MIDNIGHT, NOON, WORK_FROM, WORK_TO, Clock, Part, PartName

LONGEST_LATE = 4 * 60  # a bare end after working hours is believed up to this length
LONGEST_NIGHT = 12 * 60
LATE = 18 * 60

WINDOWS = {
    PartName.MORNING: (8 * 60, 12 * 60),
    PartName.LUNCH: (12 * 60, 14 * 60),
    PartName.AFTERNOON: (12 * 60, 18 * 60),
    PartName.EVENING: (18 * 60, 22 * 60),
    PartName.NIGHT: (22 * 60, 24 * 60),
}
HALVES = {PartName.MORNING: 0, PartName.AFTERNOON: NOON, PartName.EVENING: NOON}
WHOLE_DAY = (8 * 60, 18 * 60)


def choices(clock: Clock, part: Part | None) -> tuple[int, ...]:
    """Minutes of the day that the clock can mean, the likeliest first."""
    if clock.exact:
        return (clock.minute,)
    low = clock.minute % NOON
    if part and part.name in HALVES:
        return (low + HALVES[part.name],)
    both = (low, low + NOON)
    return both if _works(low) or not _works(low + NOON) else both[::-1]


def span(start: Clock, end: Clock, part: Part | None) -> tuple[int, int | None]:
    """Start and end, minutes from the day's midnight; an end of None lies before the start."""
    first = _start(start, end, part)
    ends = sorted(minute + day for minute in choices(end, None) for day in (0, MIDNIGHT))
    return first, next((minute for minute in ends if minute > first and _believable(first, minute, end)), None)


def _start(start: Clock, end: Clock, part: Part | None) -> int:
    """`3 to 4 pm` lends the start its half; `11 to 1 pm` cannot, and 11:00 is a working hour."""
    options = choices(start, part)
    if start.exact or part or not end.exact:
        return options[0]
    last = end.minute or MIDNIGHT
    same = [minute for minute in options if minute < last and (minute >= NOON) == (end.minute >= NOON)]
    other = [minute for minute in options if minute < last and _works(minute)]
    return (same or other or list(options))[0]


def _believable(first: int, last: int, end: Clock) -> bool:
    length = last - first
    if last > MIDNIGHT:
        return first >= LATE and length <= (LONGEST_NIGHT if end.exact else LONGEST_LATE)
    return end.exact or last <= WORK_TO or length <= LONGEST_LATE


def _works(minute: int) -> bool:
    return WORK_FROM <= minute < WORK_TO
