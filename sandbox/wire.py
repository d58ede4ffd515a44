"""Reads what Graph requests carry and writes what answers carry: bodies, Prefer, links, ids, the error envelope."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from sandbox.errors import GraphError, bad_body, bad_zone, not_json
from sandbox.odata import Entity, Page, Query, whole_number
from sandbox.zones import UnknownZone, zone

CONTENT_TYPE = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)  # fmt: skip
_PREFERENCE = re.compile(r'\s*([\w.-]+)\s*(?:=\s*(?:"([^"]*)"|([^,;]*)))?')

GRAPH = "/v1.0/"
DEEPEST = 100  # objects and lists within one another in a body

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The Prefer headers of a request. `zone_name` is '' where none was asked for."""

    zone_name: str = ""
    text_body: bool = False
    max_page_size: int | None = None
    immutable: bool = False

    def applied(self) -> dict[str, str]:
        """The header that says what was honoured."""
        said = [f'outlook.timezone="{self.zone_name}"'] if self.zone_name else []
        said += ['IdType="ImmutableId"'] if self.immutable else []
        said += ['outlook.body-content-type="text"'] if self.text_body else []
        return {"Preference-Applied": ", ".join(said)} if said else {}


def preferences(request: web.Request) -> Preferences:
    """Values may be joined by commas or come in several headers. Raises GraphError for an unknown zone."""
    given: dict[str, str] = {}
    for header in request.headers.getall("Prefer", []):
        for part in _split_preferences(header):
            if match := _PREFERENCE.match(part):
                given[match[1].lower()] = match[2] if match[2] is not None else (match[3] or "").strip()
    zone_name = given.get("outlook.timezone", "")
    if zone_name:
        checked_zone(zone_name)
    size = given.get("odata.maxpagesize", "")
    return Preferences(
        zone_name=zone_name,
        text_body=given.get("outlook.body-content-type", "").lower() == "text",
        max_page_size=whole_number(size) or None,
        immutable=given.get("idtype", "").lower() == "immutableid",
    )


def checked_zone(name: str) -> str:
    try:
        zone(name)
    except UnknownZone as problem:
        raise bad_zone(name) from problem
    return name


async def body(request: web.Request, type_: type[T]) -> T:
    """The JSON body as `type_`. First letters may be capitals, as the metadata spells parameters; annotations are
    ignored. Raises GraphError."""
    return as_type(decoded(await request.read() or b"{}"), type_)


def decoded(raw: bytes) -> Any:
    """JSON, nested no deeper than OData readers take it. Raises GraphError."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise bad_body("Unable to read JSON request payload. Please ensure Content-Type header is set.") from problem
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deeper(value):
        raise bad_body(f"The depth limit of {DEEPEST} of the JSON request payload has been exceeded.")
    return value


async def form(request: web.Request) -> dict[str, str]:
    """The fields of a form that are no files; none where it can't be read."""
    try:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (ValueError, LookupError):  # a multipart body without a boundary, a charset that does not exist
        return {}


def expect_json(request: web.Request) -> None:
    """Raises GraphError where there is a body that is not said to be JSON."""
    if request.method not in {"POST", "PATCH", "PUT"} or not request.body_exists:
        return
    said = request.headers.get("Content-Type", "")
    if said.partition(";")[0].strip().lower() != "application/json":
        raise not_json(said)


def as_type(value: Any, type_: type[T]) -> T:
    try:
        return msgspec.convert(_plain(value), type_)
    except msgspec.ValidationError as problem:
        raise bad_body(str(problem)) from problem


def root(request: web.Request) -> str:
    """Scheme and host by which the tenant was reached; a front that speaks https for it says so in its header."""
    scheme = "https" if request.headers.get("X-Forwarded-Proto") == "https" else request.scheme
    return f"{scheme}://{request.host}"


def context(request: web.Request, path: str) -> str:
    return f"{root(request)}/v1.0/$metadata#{path}"


def collection(request: web.Request, page: Page, query: Query, context_path: str) -> Entity:
    """A page with its link to the next, absolute, everything else of the query kept."""
    answer: Entity = {"@odata.context": context(request, context_path)}
    if query.count:
        answer["@odata.count"] = page.total
    if page.next_skip is not None:
        answer["@odata.nextLink"] = link(request, {"$skip": str(page.next_skip)})
    return answer | {"value": page.items}


def link(request: web.Request, changes: Mapping[str, str]) -> str:
    """This request's own URL with some query options replaced."""
    kept = {
        name: value for name, value in request.query.items() if name.lower() not in {key.lower() for key in changes}
    }
    return f"{root(request)}{request.rel_url.with_query(kept | dict(changes))}"


def answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, headers={"Content-Type": CONTENT_TYPE} | dict(headers or {})
    )


def accepted() -> web.Response:
    return web.Response(status=202)


def no_content() -> web.Response:
    return web.Response(status=204)


def instant(moment: datetime) -> str:
    """As Graph writes DateTimeOffset."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "")
    return f"{text}0Z" if moment.microsecond else f"{text[:19]}Z"


def error_answer(error: GraphError, *, ids: Mapping[str, str], now: datetime, inner_code: str = "") -> web.Response:
    """`inner_code` is one that stands in innerError alone."""
    inner = {"date": now.isoformat(timespec="seconds").replace("+00:00", "")} | dict(ids)
    if error.code == "TooManyRequests":
        inner |= {"code": "429", "message": "Please retry after", "status": "429"}
    elif inner_code:
        inner["code"] = inner_code
    shape = {"error": {"code": error.code, "message": error.message, **error.extra, "innerError": inner}}
    return answer(shape, status=error.status, headers=error.headers)


def _split_preferences(header: str) -> list[str]:
    return re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", header)


def _is_deeper(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in level)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _plain(one) for key, one in value.items() if "@odata." not in key}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
