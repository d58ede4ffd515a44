"""A language's words and the roles they can play, read from one file per language."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.language.tokens import tokens_of

MIN_CORRECTED = 5
LEXICON_FOLDER = Path(__file__).parent / "lexicons"

Value = int | float | str
Words = tuple[str, ...]


class Role(StrEnum):
    """What a word can do in a request. A word may have several roles; the grammar decides by its neighbours."""

    # with a value, each a table of its own in the file
    WISH = "wish"  # the wish that the verb states
    STRETCH = "stretch"  # +1 longer, -1 shorter
    SHIFT = "shift"  # +1 later, -1 earlier
    NUMBER = "number"
    UNIT = "unit"  # minutes
    SPAN = "span"  # days
    WEEKDAY = "weekday"  # Monday is 0
    EACH = "each"  # a weekday in the plural
    MONTH = "month"
    DAY = "day"  # days from today
    HOLIDAY = "holiday"  # month * 100 + day
    PART = "part"  # a stretch of the day
    CLOCK = "clock"  # minute of the day
    MERIDIEM = "meridiem"
    OFTEN = "often"  # a frequency
    NTH = "nth"  # which of several, -1 the last
    EDGE = "edge"  # of a month, a week or a year: -1 its start, 0 its middle, 1 its end, 2 what is left of it
    HEADS = "heads"  # a phrase that counts people
    FEATURE = "feature"
    SIZE = "size"  # 1 the biggest room, -1 the smallest
    # without a value, in the table "plain"
    WANT = "want"
    HOW_TO = "how_to"
    FREE = "free"
    MINE = "mine"
    NOT = "not"
    DOZEN = "dozen"
    HALF = "half"
    QUARTER = "quarter"
    AND_A_HALF = "and_a_half"
    ARTICLE = "article"
    WORKDAYS = "workdays"
    NOW = "now"
    WHOLE_DAY = "whole_day"
    NEXT_WEEK = "next_week"
    O_CLOCK = "o_clock"
    PAST_HOUR = "past_hour"
    TO_HOUR = "to_hour"
    ORDINAL = "ordinal"
    OF = "of"
    FROM = "from"
    UNTIL = "until"
    WHOLE = "whole"
    THROUGH = "through"  # until what it names is over
    TOWARD = "toward"
    AT = "at"
    ON = "on"
    FOR = "for"
    AHEAD = "ahead"
    FROM_NOW = "from_now"
    BY = "by"
    BETWEEN = "between"
    AND = "and"
    NEXT = "next"
    COMING = "coming"  # the hours from now on
    THIS = "this"
    PREVIOUS = "previous"
    AFTER = "after"
    BEFORE = "before"
    EVERY = "every"
    OTHER = "other"
    TIMES = "times"
    SERIES = "series"
    LASTING = "lasting"  # after a length: `4 weken lang`
    PEOPLE = "people"
    PARTY = "party"
    WITH = "with"  # somebody, by name
    SELF = "self"  # the person who asks
    NAME = "name"  # a word that is a first name as well
    HAVE = "have"  # whether the person has something
    BEING = "being"  # "is", where somebody is
    WHERE = "where"
    HEADCOUNT = "headcount"
    WITHOUT = "without"
    EXCEPT = "except"
    SKIP = "skip"  # one of several is to be left out: a verb, which cancels
    FLOOR = "floor"
    ROOM = "room"
    BUILDING = "building"
    INSIDE = "inside"
    ROOMS = "rooms"  # the word for a room in the plural
    LISTING = "listing"  # which there are, with the word for a room
    ASKING = "asking"  # what a room is or has, with its name
    ALL = "all"
    FILLER = "filler"
    # never in a file: what a token itself says
    DIGITS = "digits"
    HOUR_MINUTE = "hour_minute"
    ZERO_LED = "zero_led"
    LENGTH_LIKE = "length_like"
    DATE = "date"
    DASH = "dash"
    STOP = "stop"
    KNOWN_ROOM = "known_room"
    KNOWN_BUILDING = "known_building"
    KNOWN_FEATURE = "known_feature"


Roles = Mapping[Role, Value]

_VALUED = frozenset(list(Role)[: list(Role).index(Role.WANT)])
_FROM_TOKENS = frozenset(list(Role)[list(Role).index(Role.DIGITS) :])
_NEVER_GUESSED = (
    "thanked",
    "leaving",
    "cancel",
    "change",
    "answered",
)  # `Priya` is not `prima`, nor `delegate` `delete`
_CORRECTED = frozenset(
    {Role.WISH, Role.WANT, Role.FREE, Role.UNIT, Role.WEEKDAY, Role.EACH, Role.MONTH, Role.DAY, Role.PART}
    | {Role.PEOPLE, Role.ROOM, Role.FEATURE, Role.CLOCK, Role.NUMBER, Role.HALF, Role.QUARTER}
)


@dataclass(frozen=True)
class Phrase:
    words: Words
    roles: Roles


@dataclass(frozen=True)
class Lexicon:
    """One language. `half_after`: whether "half three" is 3:30 (English) or 2:30 (Dutch, German, Norwegian)."""

    language: str
    half_after: bool
    phrases: Mapping[str, tuple[Phrase, ...]]  # by first word, longest first
    vocabulary: frozenset[str]
    corrected: tuple[str, ...]  # the words that a typing mistake may be corrected to


def load_lexicon(path: Path) -> Lexicon:
    """Raises ValueError naming the file and the entry when a table or role is not one of `Role`."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    language, half_after = str(data.pop("language")), bool(data.pop("half_after"))
    parts = data.pop("weekday_endings", {})
    roles: dict[Words, dict[Role, Value]] = {}
    for role, value, phrase in _entries(data, path.name):
        roles.setdefault(_words(phrase), {})[role] = value
    for words, added in _with_endings(roles, parts):
        roles.setdefault(words, {}).update(added)
    return _lexicon(language, half_after, roles)


def load_lexicons(folder: Path = LEXICON_FOLDER) -> tuple[Lexicon, ...]:
    return tuple(load_lexicon(path) for path in sorted(folder.glob("*.toml")))


def _entries(data: Mapping[str, object], file: str) -> Iterable[tuple[Role, Value, str]]:
    for table, rows in data.items():
        if not isinstance(rows, dict):
            raise ValueError(f"{file}: [{table}] must be a table of lists of words")
        for key, phrases in rows.items():
            role, value = (_role(key, file), 1) if table == "plain" else (_role(table, file), _value(key))
            if (role in _VALUED) == (table == "plain") or role in _FROM_TOKENS:
                raise ValueError(f"{file}: {key!r} does not belong in [{table}]")
            for phrase in phrases:
                yield role, value, str(phrase)


def _role(name: str, file: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise ValueError(f"{file}: {name!r} is no role; the roles are {', '.join(Role)}") from None


def _value(key: str) -> Value:
    try:
        number = float(key)
    except ValueError:
        return key
    return int(number) if number.is_integer() else number


def _words(phrase: str) -> Words:
    words = tuple(token.text for token in tokens_of(phrase))
    if not words:
        raise ValueError(f"{phrase!r} has no words")
    return words


def _with_endings(roles: Mapping[Words, Roles], parts: Mapping[str, str]) -> list[tuple[Words, dict[Role, Value]]]:
    """Languages that write a weekday and a part of the day as one word: `vrijdagmiddag`."""
    return [
        ((words[0] + ending,), {Role.WEEKDAY: found[Role.WEEKDAY], Role.PART: part})
        for words, found in roles.items()
        if Role.WEEKDAY in found and len(words) == 1
        for ending, part in parts.items()
    ]


def _lexicon(language: str, half_after: bool, roles: Mapping[Words, Roles]) -> Lexicon:
    by_first: dict[str, list[Phrase]] = {}
    for words, found in roles.items():
        by_first.setdefault(words[0], []).append(Phrase(words, found))
    phrases = {first: tuple(sorted(group, key=lambda phrase: -len(phrase.words))) for first, group in by_first.items()}
    corrected = {
        words[0]
        for words, found in roles.items()
        if len(words) == 1 and len(words[0]) >= MIN_CORRECTED and not _CORRECTED.isdisjoint(found)
        if found.get(Role.WISH) not in _NEVER_GUESSED
    }
    vocabulary = frozenset(word for words in roles for word in words)
    return Lexicon(language, half_after, phrases, vocabulary, tuple(sorted(corrected)))
