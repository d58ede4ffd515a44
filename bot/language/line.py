"""Tokens become marks: each with the roles that a lexicon, the known names or the token itself gives it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.language.lexicon import MIN_CORRECTED, Lexicon, Phrase, Role, Roles, Value
from bot.language.places import Named, PlaceIndex
from bot.language.tokens import Kind, Token, whole_number

MAX_GUESSES = 6
MAX_NAME_WORDS = 3
DISTINCT_NAME = 8  # `Boardroom` names a room even though it is an ordinary word; `Friday` does not

_TIME_LIKE = (Role.MERIDIEM, Role.O_CLOCK, Role.UNIT, Role.PEOPLE, Role.TO_HOUR, Role.PAST_HOUR, Role.MONTH)
_NONE: Roles = {}


@dataclass(frozen=True, slots=True)
class Mark:
    """One word, number, sign, phrase or name of the text. No roles: nobody knows the word."""

    said: str
    text: str
    roles: Roles
    words: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A whole text in marks; positions outside it have no roles."""

    marks: tuple[Mark, ...]
    understood: int = field(default=0)  # how many words the lexicon knew

    def has(self, at: int, *roles: Role) -> bool:
        if not 0 <= at < len(self.marks):
            return False
        return not self.marks[at].roles.keys().isdisjoint(roles)

    def value(self, at: int, role: Role) -> Value | None:
        return self.marks[at].roles.get(role) if 0 <= at < len(self.marks) else None

    def number(self, at: int, role: Role) -> int | None:
        """The role's value where it is a whole number."""
        value = self.value(at, role)
        return value if isinstance(value, int) else None

    def after_at(self, at: int) -> bool:
        """Whether "at", and not "on", leads to what stands there: `om 9 de zaal` is no ninth day."""
        return self.has(at - 1, Role.AT) and not self.has(at - 1, Role.ON)

    def says(self, *roles: Role) -> bool:
        return any(self.has(at, *roles) for at in range(len(self.marks)))


def line_of(tokens: Sequence[Token], lexicon: Lexicon, index: PlaceIndex) -> Line:
    """Longest phrase first; a known name wins over a phrase that is not longer."""
    marks: list[Mark] = []
    texts = tuple(token.text for token in tokens)
    at = understood = 0
    while at < len(tokens):
        phrase = _phrase_at(texts, at, lexicon)
        size = len(phrase.words) if phrase else 1
        named = _name_at(tokens, at, lexicon=lexicon, index=index, before=marks[-1] if marks else None)
        if named and named.tokens >= size:
            size, roles = named.tokens, {named.role: named.alias, **_kind_of_place(phrase)}
        else:
            roles = {**_own_roles(tokens, at), **(phrase.roles if phrase else _foreign(texts[at], index))}
            understood += size if phrase and tokens[at].kind is Kind.WORD else 0
        marks.append(Mark(_said(tokens[at : at + size]), " ".join(texts[at : at + size]), roles, size))
        at += size
    return _without_names(Line(tuple(marks), understood))


def _without_names(line: Line) -> Line:
    """`Tom` where a person is named is not short for tomorrow."""
    names = [at for at in range(len(line.marks)) if line.has(at, Role.NAME) and stands_as_person(line, at)]
    marks = (replace(mark, roles=_NONE) if at in names else mark for at, mark in enumerate(line.marks))
    return replace(line, marks=tuple(marks)) if names else line


def stands_as_person(line: Line, at: int) -> bool:
    """A word with a capital beside a word that people stand beside, `is Tom in`, `me and Tom`."""
    if not line.marks[at].said.istitle():
        return False
    within = line.has(at + 1, Role.INSIDE) and not line.has(at + 1, Role.AT)
    return (
        line.has(at - 1, Role.BEING, Role.AND, Role.WITH, Role.FOR) or line.has(at + 1, Role.BEING, Role.AND) or within
    )


def mended(line: Line, lexicon: Lexicon, index: PlaceIndex) -> Line:
    """Unknown words one or two typing mistakes away from a known name or word get its roles; at most MAX_GUESSES."""
    marks = list(line.marks)
    guesses = MAX_GUESSES
    at = 0
    while at < len(marks) and guesses > 0:
        if marks[at].roles or len(marks[at].text) < 2:
            at += 1
            continue
        guesses -= 1
        mend = _name_near(Line(tuple(marks)), at, index)
        word = _word_near(marks[at].text, lexicon)
        if mend:
            marks[at : at + mend.words] = [mend]
        elif word:
            marks[at] = Mark(marks[at].said, word.words[0], word.roles)
        at += 1
    return Line(tuple(marks), line.understood)


def _foreign(text: str, index: PlaceIndex) -> Roles:
    """An article of another language stays one: people mix them, `in de Thames Yard`."""
    return {Role.ARTICLE: 1} if index.is_article(text) else _NONE


def _phrase_at(texts: tuple[str, ...], at: int, lexicon: Lexicon) -> Phrase | None:
    for phrase in lexicon.phrases.get(texts[at], ()):
        if len(phrase.words) == 1 or texts[at : at + len(phrase.words)] == phrase.words:
            return phrase
    return None


def _name_at(
    tokens: Sequence[Token], at: int, *, lexicon: Lexicon, index: PlaceIndex, before: Mark | None
) -> Named | None:
    for named in index.names_at(tokens, at):
        if named.role is Role.KNOWN_FEATURE or _may_name(named, index, before):
            after = tokens[at + named.tokens : at + named.tokens + 2]
            if not (named.alias[-1].isdigit() and _goes_on_as_time(after, lexicon)):
                return named
    return None


def _may_name(named: Named, index: PlaceIndex, before: Mark | None) -> bool:
    """A room called `May` or `12` is meant only where the word "room" stands before it or the full name is said."""
    if not index.is_plain(named.alias):
        return True
    if before and (Role.ROOM in before.roles or Role.BUILDING in before.roles):
        return True
    distinct = " " in named.alias or (named.alias.isalpha() and len(named.alias) >= DISTINCT_NAME)
    return distinct and index.is_whole(named.alias)


def _goes_on_as_time(after: Sequence[Token], lexicon: Lexicon) -> bool:
    if not after:
        return False
    if after[0].kind in (Kind.DASH, Kind.STOP) and after[0].glued:
        return len(after) > 1 and after[1].glued and after[1].text[0].isdigit()
    phrases = lexicon.phrases.get(after[0].text, ())
    return any(role in phrase.roles for phrase in phrases if len(phrase.words) == 1 for role in _TIME_LIKE)


def _kind_of_place(phrase: Phrase | None) -> dict[Role, Value]:
    """A room called `Boardroom` is also the word for a room; other roles of a name's words are forgotten."""
    return {role: 1 for role in (Role.ROOM, Role.BUILDING) if phrase and role in phrase.roles}


def _own_roles(tokens: Sequence[Token], at: int) -> dict[Role, Value]:
    token = tokens[at]
    match token.kind:
        case Kind.DIGITS | Kind.THOUSANDS:
            length = len(token.text) if token.kind is Kind.DIGITS else len(token.text) + 4
            roles: dict[Role, Value] = {Role.NUMBER: whole_number(token.text), Role.DIGITS: length}
            return roles | ({Role.ZERO_LED: 1} if token.text.startswith("0") and length > 1 else {})
        case Kind.DECIMAL:
            return {Role.NUMBER: float(token.text.replace(",", ".")), Role.DIGITS: 9}
        case Kind.CLOCK:
            return _clock_roles(token)
        case Kind.DATE:
            return {Role.DATE: token.text}
        case Kind.DASH:
            sign = not token.glued and at + 1 < len(tokens) and tokens[at + 1].glued
            return {Role.DASH: int(sign)}
        case Kind.STOP:
            return {Role.STOP: token.text}
        case Kind.WORD:
            return {}


def _clock_roles(token: Token) -> dict[Role, Value]:
    hour, minute = (int(part) for part in re.split("[.:hu]", token.text)[:2])
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return {}
    roles: dict[Role, Value] = {Role.HOUR_MINUTE: hour * 60 + minute}
    if token.text.startswith("0"):
        roles[Role.ZERO_LED] = 1
    if "h" in token.text or "u" in token.text:
        roles[Role.LENGTH_LIKE] = 1
    return roles


def _said(tokens: Sequence[Token]) -> str:
    return "".join(token.said if token.glued or not at else f" {token.said}" for at, token in enumerate(tokens))


def _name_near(line: Line, at: int, index: PlaceIndex) -> Mark | None:
    for size, said in _runs(line, at):
        for role in (Role.KNOWN_ROOM, Role.KNOWN_BUILDING):
            alias = index.misspelt(said, role)
            if alias:
                spelt = " ".join(mark.said for mark in line.marks[at : at + size])
                return Mark(spelt, said, {role: alias}, size)
    return None


def _runs(line: Line, at: int) -> Iterator[tuple[int, str]]:
    """Unknown words from here on, longest run first; a bare number may follow, as in `Olso 2`."""
    end = at
    while end < len(line.marks) and end - at < MAX_NAME_WORDS and not line.marks[end].roles:
        end += 1
    if line.has(end, Role.DIGITS) and not line.has(end + 1, Role.DASH, *_TIME_LIKE):
        end += 1
    for stop in range(end, at, -1):
        yield stop - at, " ".join(mark.text for mark in line.marks[at:stop])


def _word_near(text: str, lexicon: Lexicon) -> Phrase | None:
    if len(text) < MIN_CORRECTED or text in lexicon.vocabulary:
        return None
    allowed = 1 if len(text) < 8 else 2
    hits = process.extract(text, lexicon.corrected, scorer=OSA.distance, score_cutoff=allowed, limit=2)
    if not hits or (len(hits) > 1 and hits[0][1] == hits[1][1]):
        hits = [hit for hit in hits if hit[0][0] == text[0]][:1]
    if not hits:
        return None
    return next(phrase for phrase in lexicon.phrases[hits[0][0]] if len(phrase.words) == 1)
