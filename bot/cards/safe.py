"""What outside text must lose before a card may show it: control characters, tags, link syntax, length."""

import re
import unicodedata

_JOINERS = frozenset("\u200c\u200d")  # parts of words and of emoji, not formatting
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def inert(text: str, most: int = 400) -> str:
    """One line without control, bidirectional and surrogate characters, tags (`<at>` too) or Markdown links. It takes
    at most the room of `most` plain letters: an emoji or a quotation mark takes that of two. Applying it twice changes
    nothing.

    Emphasis is not escaped on purpose: Teams on phones shows the backslashes
    (https://github.com/microsoft/AdaptiveCards/issues/5590). Outside text goes into TextRun, which has no Markdown.
    """
    kept = "".join(_keep(character) for character in text[: 8 * most])
    line = " ".join(kept.split())
    line = _TAG.sub("‹", line).replace("](", "] (")
    return line if room(line) <= most else _cut(line, most - 1).rstrip() + "…"


def room(line: str) -> int:
    """How many UTF-16 units the line takes in JSON."""
    return sum(_weight(character) for character in line)


def link(url: str) -> str:
    """The address where it is an https one of sane length, else ''."""
    sane = url.startswith("https://") and len(url) <= 1024 and url.isascii() and url.isprintable()
    return url if sane and not re.search(r"[\s\"<>\\]", url) else ""


def _weight(character: str) -> int:
    return 2 if character > "\uffff" or character in '"\\' else 1


def _cut(line: str, most: int) -> str:
    taken = 0
    for end, character in enumerate(line):
        taken += _weight(character)
        if taken > most:
            return line[:end]
    return line


def _keep(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    return "" if category in ("Cf", "Cs", "Co") and character not in _JOINERS else character
