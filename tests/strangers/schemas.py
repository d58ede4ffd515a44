"""The schemas of Graph's description as JSON Schema that leaves nothing open: unnamed properties are violations.

The description is OpenAPI 3.0 (https://spec.openapis.org/oas/v3.0.3#schema-object). Its words are read as OData means
them: inheritance by allOf becomes one object, `nullable` the type null, formats the lexical forms of Edm types
(https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html).
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_ROOT = "#/components/schemas/"
# Annotations may stand beside every property, and on every object; changed members of a group have one of their own
# (https://learn.microsoft.com/graph/api/group-delta).
_ANNOTATION = r"^\w*@(odata\.\w+|delta)$"
# Open types in Graph's metadata (https://graph.microsoft.com/v1.0/$metadata): any property may stand in them.
_OPEN = frozenset({"microsoft.graph.extension", "microsoft.graph.openTypeExtension", "microsoft.graph.resourceData"})
# What the service adds to errors, and the description leaves out: https://learn.microsoft.com/graph/throttling (sample
# response), https://learn.microsoft.com/graph/errors (nested errors); the event that a transaction id has made already.
_TEXT = {"type": "string"}
_MORE: dict[str, Schema] = {
    "microsoft.graph.ODataErrors.InnerError": {
        "code": _TEXT,
        "message": _TEXT,
        "status": _TEXT,
        "innerError": {"$ref": _ROOT + "microsoft.graph.ODataErrors.InnerError"},
    },
    "microsoft.graph.ODataErrors.MainError": {"@event.existingEventId": _TEXT},
}
_DAY = r"\d{4}-(0[1-9]|1[0-2])-([012]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_FORMATS: dict[str, Schema] = {
    "date-time": {"pattern": rf"^{_DAY}T{_TIME}(\.\d{{1,12}})?(Z|[+-]\d\d:\d\d)$"},
    "date": {"pattern": f"^{_DAY}$"},
    "time": {"pattern": rf"^{_TIME}(\.\d{{1,12}})?$"},
    "duration": {"pattern": r"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$"},
    "uuid": {"pattern": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "base64url": {"pattern": r"^[A-Za-z0-9_+/=-]*$"},
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "double": {},
}
# Tighter than the description: every answer on the reference pages has seven digits and no offset
# (https://learn.microsoft.com/graph/api/resources/datetimetimezone).
_ANSWERED_TIME = rf"^{_DAY}T{_TIME}\.\d{{7}}$"


class Schemas:
    """`is_answer` reads them as answers, which are held to more than requests: collections have their `value`, times
    their seven digits. In requests the case of an enum's member does not matter
    (https://learn.microsoft.com/graph/api/user-sendmail has "Text" in its examples)."""

    def __init__(self, named: Mapping[str, Any], *, is_answer: bool) -> None:
        self._named = named
        self._is_answer = is_answer
        self._definitions = {name: self._definition(name) for name in named}

    def document(self, schema: Schema) -> Schema:
        """A schema that stands alone."""
        return self.strict(schema) | {"$defs": self._definitions}

    def properties(self, schema: Schema) -> dict[str, Any]:
        """Every property of an object, inherited ones too, in the description's own words."""
        found, _, _ = self._flat(schema)
        return found

    def families(self, schema: Schema) -> dict[str, Any]:
        """The properties of an object and of everything that may stand in its place."""
        found = self.properties(schema)
        for target in self._derived(schema).values():
            found |= self.families({"$ref": target})
        return found

    def strict(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return {"$ref": "#/$defs/" + schema["$ref"].removeprefix(_ROOT)}
        if "anyOf" in schema:
            return {"anyOf": [{"type": "null"} if _is_null(one) else self.strict(one) for one in schema["anyOf"]]}
        if "allOf" in schema or "properties" in schema:
            return self._object(schema)
        if schema.get("type") == "array":
            return _nullable({"type": "array", "items": self.strict(schema.get("items", {}))}, schema)
        if "enum" in schema and not self._is_answer:
            return _nullable({"type": "string", "pattern": f"(?i)^({'|'.join(schema['enum'])})$"}, schema)
        return _plain(schema)

    def _definition(self, name: str) -> Schema:
        """The type, or whichever derived type an instance says that it is."""
        schema = self._named[name]
        if name in _MORE:
            schema = schema | {"properties": schema["properties"] | _MORE[name]}
        own = {} if name in _OPEN else self.strict(schema)
        derived = self._derived(schema)
        if not self._is_answer:  # the reference's own examples leave the # out
            derived |= {said.removeprefix("#"): target for said, target in derived.items()}
        if not derived:
            return own
        says = {"required": ["@odata.type"]}
        cases = [
            {"if": says | {"properties": {"@odata.type": {"const": said}}}, "then": self.strict({"$ref": target})}
            for said, target in derived.items()
        ]
        is_derived = says | {"properties": {"@odata.type": {"enum": list(derived)}}}
        return {"allOf": [*cases, {"if": {"not": is_derived}, "then": own}]}

    def _derived(self, schema: Schema) -> dict[str, str]:
        if "$ref" in schema:
            return self._derived(self._named[schema["$ref"].removeprefix(_ROOT)])
        parts = [schema, *(part for part in schema.get("allOf", ()) if "$ref" not in part)]
        told = [part["discriminator"]["mapping"] for part in parts if "discriminator" in part]
        return dict(told[0]) if told else {}

    def _object(self, schema: Schema) -> Schema:
        properties, required, is_open = self._flat(schema)
        strict = {name: self.strict(value) for name, value in properties.items()}
        if self._is_answer:
            self._tighten(schema, strict, required)
        told: Schema = {"type": "object", "properties": strict, "patternProperties": {_ANNOTATION: {}}}
        if required:
            told["required"] = sorted(required)
        if not is_open:
            told["additionalProperties"] = False
        return _nullable(told, schema)

    def _tighten(self, schema: Schema, properties: dict[str, Schema], required: set[str]) -> None:
        if schema.get("title") == "dateTimeTimeZone":
            properties["dateTime"] = {"type": "string", "pattern": _ANSWERED_TIME}
            required |= {"dateTime", "timeZone"}
        if "@odata.nextLink" in properties:
            required.add("value")
        if "@odata.deltaLink" in properties:
            properties |= {"@odata.nextLink": {"type": "string"}, "@odata.deltaLink": {"type": "string"}}

    def _flat(self, schema: Schema) -> tuple[dict[str, Any], set[str], bool]:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_ROOT)
            properties, required, is_open = self._flat(self._named[name])
            return properties, required, is_open or name in _OPEN
        properties, required, is_open = dict(schema.get("properties", {})), set(schema.get("required", ())), False
        for part in schema.get("allOf", ()):
            more, needed, opened = self._flat(part)
            properties, required, is_open = properties | more, required | needed, is_open or opened
        return properties, required, is_open


def _plain(schema: Schema) -> Schema:
    told: Schema = {key: schema[key] for key in ("type", "enum", "minimum", "maximum", "maxItems") if key in schema}
    told = _FORMATS.get(schema.get("format", "double"), {}) | told
    if isinstance(schema.get("additionalProperties"), dict):
        told["additionalProperties"] = _plain(schema["additionalProperties"])
    return _nullable(told, schema)


def _nullable(told: Schema, schema: Schema) -> Schema:
    if schema.get("nullable") is not True:
        return told
    more: Schema = {"type": [told["type"], "null"]} if "type" in told else {}
    return told | more | ({"enum": [*told["enum"], None]} if "enum" in told else {})


def _is_null(schema: Schema) -> bool:
    """How the description says that a reference may be null: an alternative that any object would meet."""
    return schema.get("type") == "object" and schema.get("nullable") is True and len(schema) == 2
