"""Reads $search over directory objects: clauses of a property and a text, joined by AND and OR.

https://learn.microsoft.com/graph/search-query-parameter
"""

import re
from collections.abc import Callable, Sequence

from sandbox.errors import GraphError
from sandbox.odata import Entity

_CLAUSE = re.compile(r'\s*"(\w+):((?:[^"\\]|\\.)*)"\s*')
_JOIN = re.compile(r"\s*(AND|OR)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_BY_WORD = frozenset({"displayName", "description"})

Test = Callable[[Entity], bool]


def search(text: str, *, allowed: Sequence[str]) -> Test:
    """AND binds closer than OR. In names and descriptions every word may begin with a word of the text, other
    properties begin with the text. Raises GraphError."""
    either: list[list[Test]] = [[]]
    position = 0
    while True:
        clause = _CLAUSE.match(text, position)
        if clause is None:
            raise _wrong(text)
        either[-1].append(_test(clause[1], clause[2].replace('\\"', '"').replace("\\\\", "\\"), allowed))
        position = clause.end()
        if position >= len(text):
            return lambda entity: any(all(test(entity) for test in both) for both in either)
        join = _JOIN.match(text, position)
        if join is None:
            raise _wrong(text)
        if join[1].upper() == "OR":
            either.append([])
        position = join.end()


def _test(name: str, wanted: str, allowed: Sequence[str]) -> Test:
    spelled = next((one for one in allowed if one.casefold() == name.casefold()), None)
    if spelled is None:
        raise GraphError(400, "Request_UnsupportedQuery", f"Property '{name}' is not supported in $search.")
    if spelled in _BY_WORD:
        words = _WORD.findall(wanted.casefold())
        return lambda entity: _has_words(str(entity.get(spelled) or ""), words)
    return lambda entity: str(entity.get(spelled) or "").casefold().startswith(wanted.casefold())


def _has_words(text: str, words: list[str]) -> bool:
    found = _WORD.findall(text.casefold())
    return all(any(one.startswith(word) for one in found) for word in words)


def _wrong(text: str) -> GraphError:
    message = f"Invalid $search '{text}': write it as \"property:text\", clauses joined by AND or OR."
    return GraphError(400, "Request_BadRequest", message)
