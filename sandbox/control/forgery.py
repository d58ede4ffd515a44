"""Makes the bodies that a stranger would post to an endpoint for notifications."""

from collections.abc import Callable

import msgspec

from sandbox.login.models import TENANT_ID
from sandbox.odata import Entity
from sandbox.subscriptions.models import Subscription
from sandbox.wire import instant

_OVERSIZE = 8 * 1024 * 1024


def forged(kind: str, model: Subscription, guid: str) -> bytes:
    """`model` is a subscription that exists; `guid` belongs to nothing."""
    return FORGERIES[kind](_item(model), guid)


def _item(model: Subscription) -> Entity:
    resource = f"Users/{model.user_id}/Events/AAMkFORGED="
    return {
        "subscriptionId": model.id,
        "subscriptionExpirationDateTime": instant(model.expires_at),
        "clientState": model.client_state or None,
        "changeType": "updated",
        "resource": resource,
        "tenantId": TENANT_ID,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": 'W/"FORGED"',
            "id": "AAMkFORGED=",
        },
    }


def _with(**values: object) -> Callable[[Entity, str], bytes]:
    return lambda item, _guid: msgspec.json.encode({"value": [item | values]})


def _with_guid(name: str) -> Callable[[Entity, str], bytes]:
    return lambda item, guid: msgspec.json.encode({"value": [item | {name: guid}]})


def _without(name: str) -> Callable[[Entity, str], bytes]:
    return lambda item, _guid: msgspec.json.encode({"value": [{key: item[key] for key in item if key != name}]})


def _raw(body: bytes) -> Callable[[Entity, str], bytes]:
    return lambda _item, _guid: body


FORGERIES: dict[str, Callable[[Entity, str], bytes]] = {
    "clientState": _with_guid("clientState"),
    "noClientState": _without("clientState"),
    "subscription": _with_guid("subscriptionId"),
    "tenant": _with_guid("tenantId"),
    "resource": _with(resource="Users/../../applications"),
    "unknownEvent": _with(),
    "mixed": lambda item, guid: msgspec.json.encode({"value": [item | {"clientState": guid}, item]}),
    "garbage": _raw(b"\x00\xff{not json"),
    "empty": _raw(b""),
    "noList": _raw(b'{"value": {"subscriptionId": 7}}'),
    "oversize": lambda item, _guid: msgspec.json.encode({"value": [item | {"padding": "x" * _OVERSIZE}]}),
}
