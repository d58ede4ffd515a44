"""Holds one exchange with Graph, whoever made it, against Graph's description."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.strangers.openapi import COUNT, Description, Operation, query_of

API = "/v1.0"
# Part of links that the service itself gives, which nobody reads: https://learn.microsoft.com/graph/paging
_OPAQUE = frozenset({"$skiptoken"})
# Added to what was selected by $expand.
_EXPANDED = frozenset(
    {"singleValueExtendedProperties", "extensions", "attachments", "instances", "exceptionOccurrences"}
)
_ERROR = {"$ref": "#/components/schemas/microsoft.graph.ODataErrors.ODataError"}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """`path` is encoded, as it went over the wire. Header names in any case."""

    method: str
    path: str
    query: str
    asked: bytes
    status: int
    headers: Mapping[str, str]
    answered: bytes


@dataclass
class Judge:
    """`seen` counts what operations were answered with: by operation and status."""

    description: Description
    seen: dict[tuple[str, int], int] = field(default_factory=dict)

    def problems(self, exchange: Exchange) -> list[str]:
        """Every violation, each with the operation that it is in."""
        if not exchange.path.startswith(API + "/"):
            return []
        path = exchange.path.removeprefix(API)
        operation = self.description.find(exchange.method, path)
        name = operation.id if operation else f"{exchange.method} {path}"
        self.seen[(name, exchange.status)] = self.seen.get((name, exchange.status), 0) + 1
        found = self._problems(exchange, operation)
        return [f"{exchange.method} {path} ({name}), answered {exchange.status}: {one}" for one in found]

    def asked(self, method: str, path: str, query: str, body: bytes) -> list[str]:
        """What is wrong with a request alone, whatever was answered. Nothing is said of a path that is not described:
        see Description.find."""
        operation = self.description.find(method, path.removeprefix(API))
        if operation is None:
            return []
        found = [f"{method} {path} ({operation.id}): {one}" for one in self._asked(operation, query, body)]
        if operation.id == "batch" and not found:
            inner = [_inner(one, {"status": 200}) for one in _json(body)["requests"]]
            found = [text for one in inner for text in self.asked(one.method, one.path, one.query, one.asked)]
        return found

    def _problems(self, exchange: Exchange, operation: Operation | None) -> Iterator[str]:
        if exchange.status >= 400:
            yield from self._error(exchange)
        elif operation is None:
            yield "the description has no such operation"
        else:
            yield from self._asked(operation, exchange.query, exchange.asked)
            yield from self._answered(operation, exchange)

    def _error(self, exchange: Exchange) -> Iterator[str]:
        body = _json(exchange.answered)
        if body is None:
            yield "an error without Graph's envelope"
        else:
            yield from self.description.problems("answered", "error", _ERROR, body)

    def _asked(self, operation: Operation, query: str, body: bytes) -> Iterator[str]:
        yield from _query_problems(operation, query_of(query))
        if operation.method == "GET" and not operation.subject:
            yield from self._unknown(operation, _selected(query))
        value = _json(body)
        if operation.body is None:
            if value not in (None, {}):
                yield "a request body, and the operation takes none"
        elif body and value is None:
            yield "a request body that is no JSON"
        else:
            told = _lower(value or {}) if "$ref" not in operation.body else value or {}
            for one in self.description.problems("asked", operation.id, operation.body, told):
                yield f"request body: {one}"

    def _answered(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        if exchange.status not in operation.answers:
            yield f"the description has {sorted(operation.answers)} for success"
            return
        schema = operation.answers[exchange.status]
        if operation.subject == COUNT:
            if not exchange.answered.isdigit():
                yield "an answer that is no number"
            return
        if schema is None:
            if exchange.answered:
                yield "an answer with a body where none is described"
            return
        body = _json(exchange.answered)
        if body is None:
            yield "an answer without a JSON body"
            return
        for one in self.description.problems("answered", f"{operation.id} {exchange.status}", schema, body):
            yield f"answer: {one}"
        yield from self._conventions(operation, exchange, body)

    def _conventions(self, operation: Operation, exchange: Exchange, body: dict[str, Any]) -> Iterator[str]:
        """What the description cannot say. https://learn.microsoft.com/graph/query-parameters,
        https://learn.microsoft.com/graph/delta-query-overview"""
        if operation.id == "batch":
            yield from self._batched(_json(exchange.asked) or {}, body)
            return
        if "@odata.context" not in body:
            yield "answer: no @odata.context"
        if operation.id.endswith(".delta") and ("@odata.nextLink" in body) == ("@odata.deltaLink" in body):
            yield "answer: a page of a feed has either @odata.nextLink or @odata.deltaLink"
        selected = _selected(exchange.query)
        if selected and not operation.subject:
            yield from self._unselected(operation, selected | {"id"}, body)

    def _unselected(self, operation: Operation, selected: set[str], body: dict[str, Any]) -> Iterator[str]:
        for item in body["value"] if isinstance(body.get("value"), list) else [body]:
            extra = {name for name in item if "@" not in name and name.lower() not in selected} - _EXPANDED
            if extra:
                yield f"answer: {sorted(extra)} were not selected"
                return

    def _unknown(self, operation: Operation, selected: set[str]) -> Iterator[str]:
        """What is selected, and exists nowhere in what the operation answers."""
        schema = operation.answers.get(200) or {}
        properties = self.description.answered.properties(schema)
        entity = properties["value"].get("items", schema) if "value" in properties else schema
        known = {name.lower() for name in self.description.answered.families(entity)}
        for name in sorted(one for one in selected if one.split("/")[0] not in known):
            yield f"$select names {name}, which does not exist"

    def _batched(self, asked: dict[str, Any], answered: dict[str, Any]) -> Iterator[str]:
        """Each of a batch as an exchange of its own."""
        answers = {one["id"]: one for one in answered.get("responses", ())}
        if sorted(answers) != sorted(one["id"] for one in asked.get("requests", ())):
            yield "answer: not one response for each request of the batch"
        for one in asked.get("requests", ()):
            if one["id"] in answers:
                yield from self.problems(_inner(one, answers[one["id"]]))


def _inner(asked: dict[str, Any], answered: dict[str, Any]) -> Exchange:
    path, _, query = asked["url"].partition("?")
    path = path.removeprefix(API)
    return Exchange(
        method=asked["method"].upper(),
        path=API + (path if path.startswith("/") else f"/{path}"),
        query=query,
        asked=json.dumps(asked["body"]).encode() if "body" in asked else b"",
        status=answered["status"],
        headers=answered.get("headers", {}),
        answered=json.dumps(answered["body"]).encode() if answered.get("body") is not None else b"",
    )


def _query_problems(operation: Operation, query: Iterable[tuple[str, str]]) -> Iterator[str]:
    known = operation.named("query")
    given = {_known_as(name, known): value for name, value in query}
    for name in sorted(given.keys() - known.keys() - _OPAQUE):
        yield f"query parameter {name}, which the operation does not have"
    for name in sorted(known.keys() - given.keys()):
        if known[name].is_needed:
            yield f"query parameter {known[name].name} is missing"
    for name in sorted(known.keys() & given.keys()):
        if not _is_of(known[name].kind, given[name]):
            yield f"query parameter {known[name].name} is no {known[name].kind}: {given[name]!r}"


def _selected(query: str) -> set[str]:
    """In lower case: names are compared without it."""
    given = {_known_as(name, {"$select": None}): value for name, value in query_of(query)}
    return {name.strip().lower() for name in given.get("$select", "").split(",") if name.strip()}


def _known_as(name: str, known: Mapping[str, object]) -> str:
    """Case does not matter, nor the dollar of a system option."""
    told = unquote(name).lower()
    return f"${told}" if f"${told}" in known else told


def _is_of(kind: str, text: str) -> bool:
    if kind == "integer":
        return text.isdigit()
    return text.lower() in {"true", "false"} if kind == "boolean" else True


def _lower(value: Any) -> Any:
    """Parameters of actions may begin with a capital, as the metadata spells them."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lower(one) for name, one in value.items()}
    return [_lower(one) for one in value] if isinstance(value, list) else value


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
