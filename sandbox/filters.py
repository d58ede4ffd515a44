"""Reads $filter expressions: a tokenizer and a parser that turn the text into a test on an entity.

https://learn.microsoft.com/graph/filter-query-parameter
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sandbox.errors import bad_query, not_honoured

Entity = dict[str, Any]
Scope = Mapping[str, Any]
Reading = Callable[[Scope], Any]
ENTITY = ""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)(?![\w-])"
    r"|(?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})(?!\w)"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w-])"
    r"|(?P<name>[A-Za-z_$@][\w.$@]*)"
    r"|(?P<sign>[(),/:]))"
)
_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "in"})
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_DEEPEST = 50
_LONGEST_NUMBER = 30
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T|$)")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class Filter:
    """`uses` holds the operators and functions of the expression, in lower case, `paths` the properties it reads."""

    test: Callable[[Entity], bool]
    uses: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()


@lru_cache(maxsize=512)
def compiled(expression: str) -> Filter:
    """Raises GraphError: 400 with the position for what is no expression, 501 for functions that are not known."""
    parser = _Parser(expression)
    reading = parser.whole()
    return Filter(lambda entity: _boolean(reading({ENTITY: entity})), frozenset(parser.uses), frozenset(parser.paths))


@dataclass
class _Parser:
    """One precedence level per method: or, and, not, comparison, value."""

    expression: str
    uses: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    _variables: list[str] = field(default_factory=list)
    _depth: int = 0

    def __post_init__(self) -> None:
        self._tokens = list(_tokens(self.expression))
        self._next = 0

    def whole(self) -> Reading:
        reading = self._either()
        if self._peek().kind != "end":
            raise self._wrong(self._peek())
        return reading

    def _either(self) -> Reading:
        parts = [self._both()]
        while self._takes("or"):
            self.uses.add("or")
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def _both(self) -> Reading:
        parts = [self._negation()]
        while self._takes("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _negation(self) -> Reading:
        if not self._takes("not"):
            return self._comparison()
        self.uses.add("not")
        inner = self._deeper(self._negation)
        return lambda scope: not inner(scope)

    def _comparison(self) -> Reading:
        left = self._operand()
        token = self._peek()
        operator = token.text.lower()
        if token.kind != "name" or operator not in _COMPARISONS:
            return left
        self._next += 1
        self.uses.add(operator)
        if operator == "in":
            values = self._values()
            return lambda scope: any(_equal(left(scope), value(scope)) for value in values)
        right = self._operand()
        compare = _comparing(operator)
        return lambda scope: compare(left(scope), right(scope))

    def _values(self) -> list[Reading]:
        self._expect("(")
        values = [self._operand()]
        while self._takes(","):
            values.append(self._operand())
        self._expect(")")
        return values

    def _operand(self) -> Reading:
        token = self._take()
        if token.text == "(":
            inner = self._deeper(self._either)
            self._expect(")")
            return inner
        if token.kind != "name":
            return _constant(self._literal(token))
        if token.text.lower() in _WORDS:
            return _constant(_WORDS[token.text.lower()])
        if self._peek().text == "(":
            return self._deeper(lambda: self._function(token))
        return self._path(token)

    def _literal(self, token: Token) -> Any:
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number" and len(token.text) <= _LONGEST_NUMBER:
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind in {"moment", "guid"}:
            return token.text
        raise self._wrong(token)

    def _function(self, name: Token) -> Reading:
        function = _FUNCTIONS.get(name.text.lower())
        if function is None:
            raise not_honoured(f"the function '{name.text}' in $filter")
        self.uses.add(name.text.lower())
        self._expect("(")
        left = self._operand()
        self._expect(",")
        right = self._operand()
        self._expect(")")
        return lambda scope: function(_text(left(scope)), _text(right(scope)))

    def _path(self, first: Token) -> Reading:
        """A property, a property of a property, or any() and all() over a collection."""
        names = [first.text]
        while self._takes("/"):
            name = self._take()
            if name.kind != "name":
                raise self._wrong(name)
            if name.text.lower() in {"any", "all"} and self._peek().text == "(":
                return self._lambda(name.text.lower(), self._property(names))
            names.append(name.text)
        return self._property(names)

    def _property(self, names: list[str]) -> Reading:
        if names[0] in self._variables:
            variable, *rest = names
            return lambda scope: _value(scope[variable], rest)
        self.paths.add("/".join(names))
        return lambda scope: _value(scope[ENTITY], names)

    def _lambda(self, kind: str, collection: Reading) -> Reading:
        self.uses.add(kind)
        self._expect("(")
        if kind == "any" and self._takes(")"):
            return lambda scope: bool(collection(scope))
        variable = self._take()
        if variable.kind != "name":
            raise self._wrong(variable)
        self._expect(":")
        self._variables.append(variable.text)
        inner = self._deeper(self._either)
        self._variables.pop()
        self._expect(")")
        quantor = any if kind == "any" else all
        return lambda scope: quantor(inner({**scope, variable.text: one}) for one in _listed(collection(scope)))

    def _deeper(self, read: Callable[[], Reading]) -> Reading:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad_query(f"Invalid filter clause: The recursion limit of {_DEEPEST} has been exceeded.")
        reading = read()
        self._depth -= 1
        return reading

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        if token.kind == "end":
            raise self._wrong(token)
        self._next += 1
        return token

    def _takes(self, text: str) -> bool:
        token = self._peek()
        found = token.kind in {"name", "sign"} and token.text.lower() == text
        self._next += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._wrong(self._peek())

    def _wrong(self, token: Token) -> Exception:
        return _syntax_error(self.expression, token.position)


def _tokens(expression: str) -> Iterator[Token]:
    position = 0
    while expression[position:].strip():
        match = _TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise _syntax_error(expression, position)
        yield Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        position = match.end()
    yield Token("end", "", len(expression))


def _syntax_error(expression: str, position: int) -> Exception:
    return bad_query(f"Invalid filter clause: Syntax error at position {position} in '{expression}'.")


def _boolean(value: Any) -> bool:
    """A property may be the whole test, if it is true, false or nothing."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise bad_query("Invalid filter clause: The $filter expression must evaluate to a single boolean value.")


def _comparing(operator: str) -> Callable[[Any, Any], bool]:
    if operator in {"eq", "ne"}:
        return lambda have, want: _equal(have, want) is (operator == "eq")
    order = {"gt": (1,), "ge": (0, 1), "lt": (-1,), "le": (-1, 0)}[operator]
    return lambda have, want: have is not None and want is not None and _order(have, want) in order


def _equal(have: Any, want: Any) -> bool:
    if isinstance(have, str) and isinstance(want, str):
        return have.casefold() == want.casefold() or (_is_moment(want) and _is_moment(have) and _order(have, want) == 0)
    return bool(have == want)


def _order(have: Any, want: Any) -> int:
    if isinstance(have, str) and isinstance(want, str):
        return _sign(*((_instant(have), _instant(want)) if _is_moment(have) and _is_moment(want) else (have, want)))
    if not (isinstance(have, int | float) and isinstance(want, int | float)):
        raise bad_query("Invalid filter clause: the two sides of a comparison have different types.")
    return _sign(have, want)


def _sign(have: Any, want: Any) -> int:
    return int(have > want) - int(have < want)


def _is_moment(text: str) -> bool:
    return _MOMENT.match(text) is not None


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise bad_query(f"Invalid filter clause: '{text}' is no date.") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _listed(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise bad_query("Invalid filter clause: any and all need a collection.")
    return value or []


def _constant(value: Any) -> Reading:
    return lambda _scope: value


def _text(value: Any) -> str:
    return str(value).casefold() if value is not None else ""


def _value(start: Any, names: list[str]) -> Any:
    value = start
    for name in names:
        if value is None:
            return None
        if name.lower() == "$count" and isinstance(value, list):
            return len(value)
        if not isinstance(value, dict) or name not in value:
            raise bad_query(f"Could not find a property named '{name}'.")
        value = value[name]
    return value
