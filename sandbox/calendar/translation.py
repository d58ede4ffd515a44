"""Answers translateExchangeIds: the same item's id in another format.

https://learn.microsoft.com/graph/api/user-translateexchangeids
"""

import msgspec
from aiohttp import web

from sandbox import wire
from sandbox.calendar import ids
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.requests import opened
from sandbox.errors import GraphError, not_honoured
from sandbox.odata import Entity

MAX_IDS = 1000
_IMMUTABLE = {"restId": False, "ewsId": False, "restImmutableEntryId": True}
_FORMATS = {*_IMMUTABLE, "entryId", "immutableEntryId"}


class TranslateBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    input_ids: tuple[str, ...]
    source_id_type: str
    target_id_type: str


async def translate_ids(request: web.Request) -> web.Response:
    asked = opened(request, needs_right=False)
    body = await wire.body(request, TranslateBody)
    for name in (body.source_id_type, body.target_id_type):
        _check(name)
    if len(body.input_ids) > MAX_IDS:
        message = f"The number of ids, {len(body.input_ids)}, is above the maximum of {MAX_IDS}."
        raise GraphError(400, "ErrorInvalidParameter", message)
    found = [_translated(asked.mailbox, one, body) for one in body.input_ids]
    shape: Entity = {"@odata.context": wire.context(request, "Collection(microsoft.graph.convertIdResult)")}
    return wire.answer(shape | {"value": found})


def _translated(mailbox: Mailbox, source: str, body: TranslateBody) -> Entity:
    text = source.replace("/", "-").replace("+", "_") if body.source_id_type == "ewsId" else source
    item = mailbox.find(text)
    is_immutable = _IMMUTABLE[body.source_id_type]
    if item is None or ids.event_id(item, immutable=is_immutable).rstrip("=") != text.rstrip("="):
        details = {"code": "ErrorInvalidIdMalformed", "message": "The ID is invalid."}
        return {"sourceId": source, "targetId": None, "errorDetails": details}
    target = ids.event_id(item, immutable=_IMMUTABLE[body.target_id_type])
    if body.target_id_type == "ewsId":
        target = target.replace("-", "/").replace("_", "+")
    return {"sourceId": source, "targetId": target}


def _check(name: str) -> None:
    if name not in _FORMATS:
        raise GraphError(400, "RequestBodyRead", f"Requested value '{name}' was not found.")
    if name not in _IMMUTABLE:
        raise not_honoured(f"ids of the format {name}")
