"""Those who watch see what strays: exchanges that Graph's description allows, and such as it forbids."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import front
from tests.sandbox.tenant import OSLO, TOM, Tenant
from tests.strangers import watching
from tests.strangers.exchanges import Exchange, Judge
from tests.strangers.openapi import IS_HERE, WHY_NOT, description

pytestmark = pytest.mark.skipif(not IS_HERE, reason=WHY_NOT)

CONTEXT = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x"}
EVENT = f"/users/{OSLO}/events/AAMk1="
VIEW = f"/users/{OSLO}/calendarView"
WINDOW = "startDateTime=2026-11-23T00:00:00Z&endDateTime=2026-11-24T00:00:00Z"
REMOVED = {"id": "1", "@removed": {"reason": "deleted"}}
PATCH = {"method": "PATCH", "asked": {}}
Judgement = Callable[..., list[str]]


@pytest.fixture
def judged() -> Judgement:
    """What is said of an exchange: a GET answered 200 unless told otherwise."""

    def judge(path: str, body: Any = None, **told: Any) -> list[str]:
        exchange = {"method": "GET", "query": "", "asked": None, "status": 200} | told
        asked = b"" if exchange["asked"] is None else json.dumps(exchange["asked"]).encode()
        answered = b"" if body is None else json.dumps(body).encode()
        return Judge(description()).problems(
            Exchange(path=f"/v1.0{path}", headers={}, answered=answered, **(exchange | {"asked": asked}))
        )

    return judge


ALLOWED = [
    (EVENT, CONTEXT | {"id": "1", "start": {"dateTime": "2026-11-24T10:00:00.0000000", "timeZone": "UTC"}}, {}),
    (EVENT, CONTEXT | {"id": "1", "@odata.etag": "e", "subject": None}, {"query": "$select=Subject"}),
    (f"{VIEW}/delta", CONTEXT | {"value": [], "@odata.deltaLink": "x"}, {"query": WINDOW}),
    (f"{VIEW}/delta", CONTEXT | {"value": [], "@odata.nextLink": "x"}, {"query": "$skiptoken=x"}),
    (f"{VIEW}/delta()", CONTEXT | {"value": [REMOVED], "@odata.deltaLink": "x"}, {}),
    (f"/users/{TOM}/manager", CONTEXT | {"@odata.type": "#microsoft.graph.user", "mail": "x"}, {}),
    (f"/users/{TOM}/mailboxSettings/userPurpose", CONTEXT | {"value": "user"}, {}),
    (f"/users/{TOM}/mailboxSettings/language", CONTEXT | {"locale": "nl-NL", "displayName": "Dutch"}, {}),
    ("/places/Microsoft.Graph.RoomList", CONTEXT | {"value": []}, {"query": "$top=5&$count=true"}),
    (f"{EVENT}/accept", None, {"method": "POST", "asked": {"Comment": "yes"}, "status": 202}),
    (EVENT, {"error": {"code": "x", "message": "y", "innerError": {"request-id": "z"}}}, {"status": 404}),
    (EVENT, {"error": {"code": "x", "message": "y"}}, PATCH | {"asked": {"nonsense": 1}, "status": 400}),
]  # fmt: skip
FORBIDDEN = [
    ("a property that the type has not", EVENT, CONTEXT | {"id": "1", "colour": "red"}, {}, "colour"),
    ("a value that the enum has not", EVENT, CONTEXT | {"showAs": "bsy"}, {}, "$.showAs: 'bsy' is not one of"),
    ("null where there is a value always", EVENT, CONTEXT | {"id": None}, {}, "$.id: None is not of type"),
    ("another type", EVENT, CONTEXT | {"attendees": [{"type": 3}]}, {}, "$.attendees[0].type"),
    ("a time without seven digits", EVENT, CONTEXT | {"start": {"dateTime": "2026-11-24T10:00:00", "timeZone": "UTC"}},
     {}, "$.start.dateTime"),
    ("an instant without an offset", EVENT, CONTEXT | {"createdDateTime": "2026-11-24T10:00:00"}, {}, "created"),
    ("more than was selected", EVENT, CONTEXT | {"id": "1", "showAs": "busy"}, {"query": "$select=subject"}, "showAs"),
    ("a selection of nothing", EVENT, CONTEXT | {"id": "1"}, {"query": "$select=sbject"}, "sbject"),
    ("no context", EVENT, {"id": "1"}, {}, "@odata.context"),
    ("a collection without its value", VIEW, CONTEXT, {"query": WINDOW}, "'value' is a required property"),
    ("no window", VIEW, CONTEXT | {"value": []}, {}, "startDateTime is missing"),
    ("an option that it has not", VIEW, CONTEXT | {"value": []}, {"query": f"{WINDOW}&x=1"}, "parameter x"),
    ("a number that is none", VIEW, CONTEXT | {"value": []}, {"query": f"{WINDOW}&$top=all"}, "$top is no integer"),
    ("a page of a feed without a link", f"{VIEW}/delta", CONTEXT | {"value": []}, {"query": WINDOW}, "either"),
    ("another success", EVENT, CONTEXT | {"id": "1"}, PATCH | {"status": 202}, "for success"),
    ("a body where none is", EVENT, {}, {"method": "DELETE", "status": 204}, "with a body where none is described"),
    ("no body where one is", EVENT, None, {}, "without a JSON body"),
    ("an error without its envelope", EVENT, {"message": "no"}, {"status": 404}, "'error' is a required property"),
    ("an error of a proxy", EVENT, None, {"status": 502}, "without Graph's envelope"),
    ("a path that Graph has not", f"/users/{TOM}/evnts", CONTEXT | {"value": []}, {}, "no such operation"),
    ("a request that Graph would refuse", EVENT, CONTEXT | {"id": "1"}, PATCH | {"asked": {"strt": 1}}, "strt"),
    ("an abstract type", f"/users/{TOM}/manager", CONTEXT | {"displayName": "x"}, {}, "displayName"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "told"), ALLOWED, ids=lambda one: one if isinstance(one, str) else "")
def test_what_graph_describes_passes(judged: Judgement, path: str, body: Any, told: dict[str, Any]) -> None:
    assert judged(path, body, **told) == []


@pytest.mark.parametrize(
    ("path", "body", "told", "said"), [one[1:] for one in FORBIDDEN], ids=[one[0] for one in FORBIDDEN]
)
def test_what_strays_is_named(judged: Judgement, path: str, body: Any, told: dict[str, Any], said: str) -> None:
    found = judged(path, body, **told)

    assert any(said in one for one in found), found
    assert all(f"{told.get('method', 'GET')} {path} (" in one for one in found)


def test_each_of_a_batch_is_judged(judged: Judgement) -> None:
    asked = {"requests": [{"id": "1", "method": "GET", "url": EVENT}, {"id": "2", "method": "GET", "url": EVENT}]}
    one = {"id": "1", "status": 200, "body": {"id": "1", "colour": "red"}}

    found = judged("/$batch", {"responses": [one]}, method="POST", asked=asked)

    assert any("colour" in text for text in found)
    assert any("not one response for each request" in text for text in found)


@pytest.mark.parametrize("is_our_fault", [True, False])
async def test_the_sandbox_is_watched(tenant: Tenant, is_our_fault: bool) -> None:
    """A fault's garbage is meant; the tenant's own would fail the test."""
    assert any(watch.__module__ == watching.__name__ for watch in front.watchers)
    if is_our_fault:
        order = {"path": "/users/", "status": 200, "body": {"value": "garbage"}}
        await tenant.call("POST", "/sandbox/faults/requests", order)
        assert (await tenant.graph("GET", f"/users/{TOM}")).body == {"value": "garbage"}
        assert watching.take() == ""
    else:
        seen = sum(watching.judge().seen.values())
        await tenant.graph("GET", f"/users/{TOM}")
        assert sum(watching.judge().seen.values()) == seen + 1


def test_a_test_fails_by_what_strayed_in_it() -> None:
    watching.check_request("PATCH", f"/v1.0{EVENT}", b'{"strt": 1}')

    with pytest.raises(pytest.fail.Exception, match="has no strt"):
        watching.raise_found()
    assert watching.take() == ""
