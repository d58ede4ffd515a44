"""Who comes along by name: `with Tom and Priya`, `for me and Tom`, `samen met Jan van den Berg`."""

from bot.language.lexicon import Role
from bot.language.line import Line
from bot.language.pieces import Company, Found
from bot.language.tokens import fold

MOST_NAMES = 20
_MOST_WORDS = 5

# Words that are names as well: `Tom` is short for tomorrow, `Jan` for January.
_ALSO_NAMES = frozenset({Role.DAY, Role.MONTH})
_PLACES = frozenset({Role.KNOWN_ROOM, Role.KNOWN_BUILDING, Role.ROOM, Role.BUILDING, Role.FEATURE})
_WITHIN = frozenset({Role.ARTICLE, Role.OF, Role.FROM, Role.FOR, Role.ON, Role.FILLER, Role.MINE})


def company_at(line: Line, at: int) -> Found | None:
    """Names are told by their capitals: what is written small may be anything. Without "with", they come along where
    the person who asks is one of them."""
    if not line.has(at, Role.WITH, Role.FOR, Role.SELF):
        return None
    names: list[str] = []
    myself = False
    end, begin = at, at if line.has(at, Role.SELF) else at + 1
    while len(names) < MOST_NAMES:
        last = begin + 1 if line.has(begin, Role.SELF) else _name(line, begin)
        if last is None:
            break
        if line.has(begin, Role.SELF):
            myself = True
        else:
            names.append(" ".join(mark.said for mark in line.marks[begin:last]))
        end = begin = last
        while line.has(begin, Role.AND) or line.value(begin, Role.STOP) == ",":
            begin += 1
        if begin == end:
            break
    return (Company(tuple(names)), end) if names and (myself or line.has(at, Role.WITH)) else None


def _name(line: Line, at: int) -> int | None:
    """Where a name that stands here ends: a first name, and what follows it up to a last one."""
    if not _is_name(line, at, _ALSO_NAMES):
        return None
    end = at + 1
    for ahead in range(end, min(end + _MOST_WORDS - 1, len(line.marks))):
        if _is_name(line, ahead, frozenset()):
            end = ahead + 1
        elif not line.marks[ahead].text.isalpha() or not set(line.marks[ahead].roles) <= _WITHIN:
            break
    return end


def _is_name(line: Line, at: int, also: frozenset[Role]) -> bool:
    if at >= len(line.marks):
        return False
    mark = line.marks[at]
    capital = mark.said[:1].isupper() and not mark.said.isupper() and mark.said.isalpha()
    # A name may have been taken for a word with a mistake in it, `Frida` for Friday.
    guessed = fold(mark.said) != mark.text and _PLACES.isdisjoint(mark.roles)
    return capital and (guessed or set(mark.roles) <= also)
