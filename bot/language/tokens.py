"""Text becomes tokens: one linear pass, nothing nested, so that no text can be slow."""

import html
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from bot.language.request import MAX_TEXT

MAX_NUMBER = 10**9
MAX_TOKENS = 200

_TAG = re.compile(r"<[^<>]{0,200}>")
_INVISIBLE = re.compile("[\x00\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_DASHES = str.maketrans("‐‑‒–—−", "------")
_FOLDS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"})
_TOKEN = re.compile(
    r"""
    (?P<date>\d{4}-\d{1,2}-\d{1,2}(?!\d)
        |\d{1,2}/\d{1,2}(?:/\d{4}|/\d{2})?(?![\d/])
        |\d{1,2}\.\d{1,2}\.\d{4}(?!\d)
        |\d{1,2}-\d{1,2}-\d{4}(?!\d))
    |(?P<clock>\d{1,2}[:.]\d{2}(?::\d{2})?(?!\d)|\d{1,2}[hHuU]\d{2}(?!\d))
    |(?P<thousands>\d{1,3}(?:,\d{3}|\.\d{3}){1,3}(?!\d))
    |(?P<decimal>\d{1,4}[.,]\d(?!\d))
    |(?P<digits>\d+)
    |(?P<word>[^\W\d_]+)
    |(?P<dash>-+)
    |(?P<stop>[.,;:!?()@&+\n])
    """,
    re.VERBOSE,
)


class Kind(StrEnum):
    DATE = "date"
    CLOCK = "clock"
    THOUSANDS = "thousands"
    DECIMAL = "decimal"
    DIGITS = "digits"
    WORD = "word"
    DASH = "dash"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is folded for comparing, `said` as written; `glued` means no space before it."""

    kind: Kind
    text: str
    said: str
    glued: bool


def tokens_of(text: str) -> tuple[Token, ...]:
    """The first MAX_TOKENS tokens of the first MAX_TEXT characters. Signs that carry no meaning are dropped."""
    found: list[Token] = []
    end = -1
    for match in islice(_TOKEN.finditer(_clean(text)), MAX_TOKENS):
        said = match.group()
        kind = Kind(match.lastgroup or Kind.WORD)
        found.append(Token(kind, fold(said), said, glued=match.start() == end))
        end = match.end()
    return tuple(_without_hyphens(found))


def fold(text: str) -> str:
    """Case, accents and letter variants do not distinguish words: `Één`, `een` and `ÉÉN` are one."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in bare if not unicodedata.combining(char)).translate(_FOLDS)


def whole_number(text: str) -> int:
    """The value of a run of digits, with or without thousands signs, bounded by MAX_NUMBER."""
    digits = text.replace(",", "").replace(".", "")
    return MAX_NUMBER if len(digits) > len(str(MAX_NUMBER)) else min(int(digits), MAX_NUMBER)


def _clean(text: str) -> str:
    shown = html.unescape(_TAG.sub(" ", text[:MAX_TEXT]))
    shown = unicodedata.normalize("NFKC", _INVISIBLE.sub("", shown))
    return shown[:MAX_TEXT].translate(_DASHES)


def _without_hyphens(found: list[Token]) -> list[Token]:
    """A hyphen between two letters joins words (`twenty-five`); one beside a digit may be a range or a sign."""
    kept: list[Token] = []
    for at, token in enumerate(found):
        after = found[at + 1] if at + 1 < len(found) else None
        joins = token.kind is Kind.DASH and token.glued and after is not None and after.glued
        if joins and after and after.kind is Kind.WORD and kept and kept[-1].kind is Kind.WORD:
            continue
        kept.append(token)
    return kept
