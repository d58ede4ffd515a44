"""What hostile or broken clients send: it is refused in the service's words, and nothing of it is a failure."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.sandbox import events
from tests.sandbox.events import THREE, WEEKLY, create, path_of, series
from tests.sandbox.signing_in import as_person
from tests.sandbox.tenant import MIA, OSLO, TENANT, TOM, Answer, Tenant

ROOT = Path(__file__).parents[2]
SHARED = "Calendars.ReadWrite.Shared"
RIGHTS = f"/sandbox/mailboxes/{OSLO}/rights"
DEEP = b'{"subject":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
NESTED = b'{"subject":' + b"[" * 200 + b"]" * 200 + b"}"


async def sent(tenant: Tenant, method: str, path: str, raw: bytes, **headers: str) -> Answer:
    """The bytes as they are."""
    token = await tenant.token()
    said = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    async with tenant.session.request(method, f"{tenant.root}{path}", data=raw, headers=said) as response:
        is_json = "json" in response.content_type
        body = await response.json(content_type=None) if is_json else await response.text()
        return Answer(status=response.status, body=body, headers=dict(response.headers))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"dayOfMonth": 1_000_000_000}, "pattern.dayOfMonth"),
        ({"dayOfMonth": -1}, "pattern.dayOfMonth"),
        ({"month": 13}, "pattern.month"),
        ({"interval": 1000}, "pattern.interval"),
        ({"interval": 0}, "pattern.interval"),
        ({"daysOfWeek": ["tuesday"] * 8}, "pattern.daysOfWeek"),
    ],
)
async def test_a_pattern_is_held_to_its_ranges_whatever_its_type(
    tenant: Tenant, change: dict[str, Any], name: str
) -> None:
    answer = await tenant.graph("POST", f"/users/{TOM}/events", series(WEEKLY | change, THREE))

    assert (answer.status, answer.code) == (400, "ErrorPropertyValidationFailure")
    assert name in answer.body["error"]["message"]


async def test_a_range_counts_no_more_occurrences_than_a_series_has(tenant: Tenant) -> None:
    span = {"type": "noEnd", "startDate": "2026-11-24", "numberOfOccurrences": 10**9}

    answer = await tenant.graph("POST", f"/users/{TOM}/events", series(WEEKLY, span))

    assert (answer.status, answer.code) == (400, "ErrorPropertyValidationFailure")


async def test_a_series_begins_where_its_pattern_does_and_takes_its_own_values_back(tenant: Tenant) -> None:
    monday = {"start": events.moment("2026-11-23T10:00:00"), "end": events.moment("2026-11-23T11:00:00")}
    made = await create(tenant, series(WEEKLY, THREE | {"startDate": "2026-11-23"}, **monday))
    own = {name: made[name] for name in ("start", "end", "recurrence")}

    again = await tenant.graph("PATCH", path_of(made), own)

    assert made["recurrence"]["range"]["startDate"] == "2026-11-24"
    assert made["start"]["dateTime"].startswith("2026-11-24")
    assert (again.status, again.body["recurrence"]) == (200, made["recurrence"])
    assert again.body["start"] == made["start"]


async def test_a_shared_scope_opens_only_mailboxes_that_the_person_has_a_right_on(tenant: Tenant) -> None:
    path = f"/users/{OSLO}/events"
    without = [
        await as_person(tenant, MIA, SHARED, "GET", path),
        await as_person(tenant, MIA, SHARED, "POST", path, events.event()),
        await as_person(tenant, MIA, "Calendars.Read.Shared", "POST", f"/users/{OSLO}/findMeetingTimes", {}),
    ]
    await tenant.call("PUT", RIGHTS, {"person": MIA, "right": "fullAccess"})
    with_it = await as_person(tenant, MIA, SHARED, "GET", path)
    await tenant.call("DELETE", RIGHTS, {"person": MIA})
    after = await as_person(tenant, MIA, SHARED, "GET", path)

    assert [(one.status, one.code) for one in without] == [(403, "ErrorAccessDenied")] * 3
    assert (with_it.status, after.status) == (200, 403)


async def test_a_delegate_of_a_room_is_an_editor_of_its_calendar(tenant: Tenant) -> None:
    await tenant.configure(OSLO, delegates=[MIA])

    read = await as_person(tenant, MIA, SHARED, "GET", f"/users/{OSLO}/events")
    listed = await tenant.call("GET", RIGHTS)

    assert read.status == 200
    assert listed.body["value"] == [{"person": MIA, "right": "editor"}]


async def test_a_right_needs_a_person_and_a_mailbox_that_exist(tenant: Tenant) -> None:
    order = {"person": MIA, "right": "editor"}
    answers = [
        await tenant.call("PUT", RIGHTS, order | {"person": "nobody@contoso.com"}),
        await tenant.call("PUT", "/sandbox/mailboxes/nowhere@contoso.com/rights", order),
        await tenant.call("PUT", RIGHTS, order | {"right": "owner"}),
    ]

    assert [one.status for one in answers] == [404, 404, 400]


async def test_a_person_sees_when_others_are_free_without_a_right(tenant: Tenant) -> None:
    body = {"schedules": [OSLO], "startTime": events.moment("2026-11-24T00:00:00"),
            "endTime": events.moment("2026-11-25T00:00:00")}  # fmt: skip

    answer = await as_person(tenant, MIA, SHARED, "POST", f"/users/{TOM}/calendar/getSchedule", body)

    assert answer.status == 200, answer.body


async def test_nobody_sends_mail_as_somebody_else(tenant: Tenant) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"scopes": ["Mail.Send", "Mail.Send.Shared"]})
    letter = {"message": {"subject": "Hello", "toRecipients": [{"emailAddress": {"address": MIA}}]}}

    answer = await as_person(tenant, MIA, "Mail.Send.Shared", "POST", f"/users/{TOM}/sendMail", letter)

    events.forgive()
    assert (answer.status, answer.code) == (403, "ErrorSendAsDenied")


async def test_a_lost_round_begins_anew_at_its_location(tenant: Tenant) -> None:
    await tenant.book()
    view = f"/users/{OSLO}/calendarView/delta"
    window = "startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
    link = (await tenant.graph("GET", f"{view}?{window}")).body["@odata.deltaLink"]
    await tenant.call("POST", "/sandbox/delta/invalidate", {})
    lost = await tenant.graph("GET", link)
    garbage = await tenant.graph("GET", f"{view}?{window}&$deltatoken=nonsense")
    blank = await tenant.graph("GET", f"{view}?$deltatoken=nonsense")

    for answer in (lost, garbage):
        assert answer.status == 410
        assert (await tenant.graph("GET", answer.headers["Location"])).status == 200
    assert blank.headers["Location"].endswith("delta?$deltatoken=")


@pytest.mark.parametrize(
    "order",
    [
        {"start": "0001-01-01T00:00"},
        {"start": "9999-12-31T23:00"},
        {"minutes": 10**12},
        {"minutes": -5},
        {"end": "4400-01-01T00:00"},
        {"attendees": [f"guest{n}@contoso.com" for n in range(501)]},
        {"sensitivity": "top secret"},
    ],
)
async def test_outlook_books_and_moves_nothing_that_a_calendar_does_not_hold(
    tenant: Tenant, order: dict[str, Any]
) -> None:
    base = {"organizer": TOM, "room": OSLO, "start": "2026-11-24T10:00"}
    booked = await tenant.call("POST", "/sandbox/outlook/book", base | order)
    move = {name: value for name, value in order.items() if name != "sensitivity"}
    made = await tenant.book()
    moved = await tenant.call("POST", "/sandbox/outlook/move", {"id": made["id"]} | move)

    assert (booked.status, moved.status) == (400, 400 if move else 200), (booked.body, moved.body)
    assert (await tenant.graph("GET", f"/users/{TOM}/events")).status == 200


@pytest.mark.parametrize("raw", [DEEP, NESTED])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/v1.0/users/{TOM}/events"),
        ("POST", f"/v1.0/users/{TOM}/calendar/getSchedule"),
        ("POST", "/v1.0/subscriptions"),
        ("POST", "/v1.0/$batch"),
        ("PATCH", f"/v1.0/places/{OSLO}"),
        ("POST", "/sandbox/outlook/book"),
        ("PATCH", f"/sandbox/rooms/{OSLO}"),
        ("PATCH", "/sandbox/switches"),
        ("POST", "/sandbox/faults/storm"),
    ],
)
async def test_a_body_nests_no_deeper_than_a_hundred_levels(tenant: Tenant, method: str, path: str, raw: bytes) -> None:
    await tenant.call("PATCH", "/sandbox/app", {"roles": ["Calendars.ReadWrite", "Place.ReadWrite.All"]})

    answer = await sent(tenant, method, path, raw)

    assert answer.status == 400, answer.body


@pytest.mark.parametrize("value", ["²", "9" * 5_000, "2147483648", "-1", "٣"])
@pytest.mark.parametrize("option", ["$top", "$skip"])
@pytest.mark.parametrize("path", [f"/users/{TOM}/events", "/users"])
async def test_a_number_of_a_query_is_plain_and_fits(tenant: Tenant, path: str, option: str, value: str) -> None:
    answer = await tenant.graph("GET", f"{path}?{option}={value}")

    assert answer.status == 400, answer.body


@pytest.mark.parametrize("size", ["²", "9" * 5_000, "0"])
async def test_a_page_size_that_is_no_number_is_no_preference(tenant: Tenant, size: str) -> None:
    answer = await sent(tenant, "GET", f"/v1.0/users/{TOM}/events", b"", Prefer=f"odata.maxpagesize={size}")

    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3_000 + "isAllDay" + ")" * 3_000,
        "not " * 1_500 + "isAllDay",
        "contains(" * 500 + "subject",
        "reminderMinutesBeforeStart eq " + "9" * 5_000,
        "start gt 5",
        "subject/any(a: a eq 'x')",
        "isAllDay/any(a: a eq 'x')",
    ],
)
async def test_a_filter_beyond_reason_is_refused(tenant: Tenant, text: str) -> None:
    await tenant.book()

    answer = await tenant.graph("GET", f"/users/{TOM}/events?$filter={text}")

    assert answer.status == 400, answer.body


@pytest.mark.parametrize(
    "change",
    [
        {"meetingDuration": "P9999999999D"},
        {"meetingDuration": "P" + "9" * 5_000 + "D"},
        {"meetingDuration": "P9999D"},
        {"timeConstraint": {"timeSlots": [{"start": events.moment("1700-01-01T00:00:00"),
                                           "end": events.moment("4400-01-01T00:00:00")}]}},
    ],
)  # fmt: skip
async def test_a_wish_for_a_meeting_has_a_length_that_can_be_searched(tenant: Tenant, change: dict[str, Any]) -> None:
    answer = await as_person(tenant, TOM, "Calendars.ReadWrite", "POST", f"/users/{TOM}/findMeetingTimes", change)

    assert answer.status == 400, answer.body


@pytest.mark.parametrize("path", [f"/v1.0/users/{TOM}/events", "/sandbox/outlook/book"])
async def test_a_body_that_is_not_packed_as_it_says_is_refused(tenant: Tenant, path: str) -> None:
    answer = await sent(tenant, "POST", path, b"{}", Content_Encoding="gzip")

    assert answer.status == 400, answer.body


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/sandbox/outlook/meetings?mailbox={OSLO}&from=0001-01-01&to=9999-12-31", None),
        ("POST", "/sandbox/clock", {"advance_s": 1e30}),
        ("POST", "/sandbox/faults/storm", {"begins_in_s": 1e30}),
        ("POST", "/sandbox/faults/storm", {"lasts_s": 1e30}),
        ("POST", "/sandbox/faults/requests", {"path": "(" * 3_000}),
        ("POST", "/sandbox/faults/requests", {"path": "a{99999999999}"}),
        ("POST", "/sandbox/faults/requests", {"status": 503, "retry_after": "1\r\nX: y"}),
        ("POST", "/sandbox/app/secrets", {"days": 1e30}),
        ("PATCH", "/sandbox/limits", {"latency_ms": 1e30}),
    ],
)
async def test_a_control_refuses_what_it_can_not_do(tenant: Tenant, method: str, path: str, body: Any) -> None:
    answer = await tenant.call(method, path, body)

    assert answer.status == 400, answer.body
    assert answer.body["error"]["message"]


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/x-www-form-urlencoded; charset=nope"])
async def test_a_form_that_can_not_be_read_has_no_fields(tenant: Tenant, content_type: str) -> None:
    page = await sent(tenant, "POST", "/devicelogin", b"user_code=1", Content_Type=content_type)
    token = await sent(tenant, "POST", f"/{TENANT}/oauth2/v2.0/token", b"x=1", Content_Type=content_type)

    assert (page.status, token.status) == (400, 400)
    assert token.body["error"] == "invalid_request"


async def test_a_client_that_goes_away_amid_its_request_is_no_failure(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def lost(_: web.Request) -> dict[str, str]:
        raise ConnectionResetError("Connection lost")  # as aiohttp tells whoever reads on

    monkeypatch.setattr("sandbox.login.handlers._form", lost)

    answer = await tenant.call("POST", f"/{TENANT}/oauth2/v2.0/token")

    assert answer.status == 400
    assert "request.failed" not in caplog.messages


async def test_a_file_with_an_endless_name_is_not_found(tenant: Tenant) -> None:
    assert (await tenant.call("GET", f"/static/{'a' * 7_000}")).status == 404


async def test_a_failure_of_a_control_is_worded_like_any_other(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("sandbox.control.requests.RequestLog.refused")

    answer = await tenant.call("GET", "/sandbox/not-honoured")

    assert (answer.status, answer.code) == (500, "InternalServerError")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8800", "127.0.0.1.evil.example", "localhost.evil:80"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/sandbox/reset"), ("GET", "/sandbox/app"), ("POST", "/devicelogin"), ("GET", "/")]
)
async def test_a_name_of_somebody_elses_reaches_no_control(tenant: Tenant, method: str, path: str, host: str) -> None:
    answer = await tenant.call(method, path, headers={"Host": host, "Origin": f"http://{host}"})

    assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8800", "127.0.0.1:1", "[::1]:8800"])
async def test_names_of_this_machine_reach_the_controls(tenant: Tenant, host: str) -> None:
    answer = await tenant.call("GET", "/sandbox/app", headers={"Host": host})

    assert answer.status == 200


def held(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def started(folder: Path, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *arguments), cwd=folder, env={"PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, refused = await process.communicate()
    return process.returncode, refused.decode()


async def test_an_empty_folder_name_is_refused_and_nothing_written(tmp_path: Path) -> None:
    code, why = await started(tmp_path, "--data", "", "--rooms", "1")

    assert (code, "--data" in why, held(tmp_path)) == (2, True, [])


async def test_a_taken_port_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, why = await started(tmp_path, "--data", "kept", "--port", port, "--rooms", "1")

    assert (code, f"Port {port}" in why, held(tmp_path)) == (1, True, [])
