"""Graph's OpenAPI description as something that an exchange can be held against.

The description is Microsoft's and no part of this project: it lies beside the checkout, if at all.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator

from tests.strangers.schemas import Schema, Schemas

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "graph-openapi-subset.json"
WHY_NOT = "Graph's OpenAPI description is not beside the checkout (../shared/data/graph-openapi-subset.json)"
IS_HERE = FILE.exists()

COUNT = "$count"
_SCHEMAS = "#/components/schemas/microsoft.graph."
_CAST = re.compile(r"(?:microsoft\.)?graph\.(user|group)", re.IGNORECASE)
# An event, and the calendar it is in, have more names than the description lists:
# https://learn.microsoft.com/graph/api/event-get, https://learn.microsoft.com/graph/api/calendar-get
_CALENDAR = re.compile(r"^(/users/[^/]+)/calendars/[^/]+$", re.IGNORECASE)
_EVENTS = re.compile(r"^(/users/[^/]+)/(calendar|calendars/[^/]+)/(events/.+)$", re.IGNORECASE)
_METHODS = ("get", "post", "patch", "put", "delete")
_JSON = "application/json"


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    is_needed: bool
    kind: str


@dataclass(frozen=True)
class Operation:
    """`answers` maps each success to the schema of its body, None for an empty one. `subject` is the property that the
    URL asks for where it asks for one alone."""

    id: str
    method: str
    template: str
    parameters: tuple[Parameter, ...]
    body: Schema | None
    answers: Mapping[int, Schema | None]
    subject: str = ""

    def named(self, place: str) -> dict[str, Parameter]:
        return {one.name.lower(): one for one in self.parameters if one.place == place}


class Description:
    """Finds the operation of a request, and says what is wrong with bodies."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        named = told["components"]["schemas"]
        self.asked, self.answered = Schemas(named, is_answer=False), Schemas(named, is_answer=True)
        self._validators: dict[tuple[str, str], Validator] = {}

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        return tuple({one.id: one for _, one in self._routes}.values())

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a path below the API's root, by whichever of its names."""
        path = _EVENTS.sub(r"\1/\3", _CALENDAR.sub(r"\1/calendar", path))
        for pattern, operation in self._routes:
            if operation.method == method and pattern.fullmatch(path):
                return operation
        parent, _, last = path.rpartition("/")
        return self._part(parent, last) if method == "GET" and parent else None

    def problems(self, kind: str, name: str, schema: Schema, value: Any) -> list[str]:
        """What is wrong with a body; `kind` is "asked" or "answered", `name` names the schema for good."""
        validator = self._validators.get((kind, name))
        if validator is None:
            schemas = self.asked if kind == "asked" else self.answered
            validator = Draft202012Validator(schemas.document(schema))
            self._validators[(kind, name)] = validator
        return [] if validator.is_valid(value) else [_worded(validator, value)]

    @cached_property
    def _routes(self) -> list[tuple[re.Pattern[str], Operation]]:
        """Literal segments before placeholders, so that `events/delta` is no event's id."""
        found = [
            (_pattern(form), operation)
            for template, part in self._told["paths"].items()
            for operation in self._operations_of(template, part)
            for form in {template, part.get("x-msgraph-openapi-path", template)}
        ]
        return sorted(found, key=lambda one: [step.startswith("{") for step in one[1].template.split("/")])

    def _operations_of(self, template: str, part: dict[str, Any]) -> Iterator[Operation]:
        for method in _METHODS:
            if method in part:
                told = part[method]
                parameters = [*part.get("parameters", ()), *told.get("parameters", ())]
                yield Operation(
                    id=told["operationId"],
                    method=method.upper(),
                    template=template,
                    parameters=tuple(_parameter(self._resolved(one)) for one in parameters),
                    body=_content(told.get("requestBody", {})),
                    answers={
                        int(status): _content(answer)
                        for status, answer in told["responses"].items()
                        if status.isdigit() and status < "300"
                    },
                )

    def _part(self, parent: str, name: str) -> Operation | None:
        """Of what an operation answers: how many there are (https://learn.microsoft.com/graph/aad-advanced-queries),
        those of one type (https://learn.microsoft.com/graph/api/group-list-members), or one property
        (https://learn.microsoft.com/graph/api/user-get-mailboxsettings)."""
        operation = self.find("GET", parent)
        schema = operation.answers.get(200) if operation else None
        if operation is None or schema is None or operation.subject:
            return None
        if name == COUNT:
            return replace(operation, id=f"{operation.id}/{name}", subject=COUNT)
        if (cast := _CAST.fullmatch(name)) and f"{_SCHEMAS}{cast[1].lower()}CollectionResponse" != schema.get("$ref"):
            answers = {200: {"$ref": f"{_SCHEMAS}{cast[1].lower()}CollectionResponse"}}
            return replace(operation, id=f"{operation.id}/{name}", answers=answers)
        return self._property(operation, schema, name) if "$ref" in schema else None

    def _property(self, operation: Operation, schema: Schema, name: str) -> Operation | None:
        told = {key.lower(): (key, value) for key, value in self.answered.properties(schema).items()}
        if name.lower() not in told:
            return None
        own_name, own = told[name.lower()]
        return replace(operation, id=f"{operation.id}/{own_name}", answers={200: self._alone(own)}, subject=own_name)

    def _alone(self, schema: Schema) -> Schema:
        """A structure stands for itself, anything else in `value`."""
        reference = next((one["$ref"] for one in schema.get("anyOf", [schema]) if "$ref" in one), None)
        if reference and self._resolved({"$ref": reference}).get("type", "object") == "object":
            return {"$ref": reference}
        return {"type": "object", "properties": {"value": schema, "@odata.context": {"type": "string"}}}

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            found: Any = self._told
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part


@cache
def description() -> Description:
    """Read once. Raises OSError where it is not there: see IS_HERE."""
    return Description(json.loads(FILE.read_text(encoding="utf-8")))


def query_of(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True)


def _pattern(template: str) -> re.Pattern[str]:
    """Segments are compared without case, as the service does; ids are anything."""
    return re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)), re.IGNORECASE)


def _parameter(told: dict[str, Any]) -> Parameter:
    return Parameter(told["name"], told["in"], bool(told.get("required")), told["schema"].get("type", "string"))


def _content(told: dict[str, Any]) -> Schema | None:
    schema: Schema | None = told.get("content", {}).get(_JSON, {}).get("schema")
    return schema


def _worded(validator: Validator, value: Any) -> str:
    worst = best_match(validator.iter_errors(value))
    while worst is not None and worst.context:  # of alternatives, the one that is not null
        inner = [one for one in worst.context if one.validator_value != "null"]
        deeper = best_match(iter(inner))
        if deeper is None:
            break
        worst = deeper
    if worst is None:
        return "invalid"
    if worst.validator == "additionalProperties":
        known, annotation = worst.schema["properties"], next(iter(worst.schema["patternProperties"]))
        names = sorted(name for name in worst.instance if name not in known and not re.search(annotation, name))
        return f"{worst.json_path}: the type has no {', '.join(names)}"
    return f"{worst.json_path}: {worst.message[:300]}"
