"""Requests on directory and mailboxes: what is sent, and what the answers of the public reference come to."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.slots import Slot
from bot.graph import mailbox_calls, subscriptions, tenant_calls
from bot.graph.clouds import GLOBAL
from bot.graph.sansio import API, Effect, Request, url_of
from bot.ports.calendar import Rejected
from tests.strangers import watching

WINDOW = Slot(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
ROOMS = [f"room{number}@contoso.com" for number in range(45)]


def sent(request: Request[Any]) -> str:
    """Method and URL below the API's root; checked against Graph's description, where that is at hand."""
    url = url_of(GLOBAL, request).removeprefix(GLOBAL.graph)
    watching.check_request(request.method, url, request.body)
    return f"{request.method} {url.removeprefix(API)}"


@pytest.mark.parametrize(
    ("request_built", "line"),
    [
        (tenant_calls.organization(), "GET /organization?$select=id,displayName,preferredLanguage,countryLetterCode"),
        (
            tenant_calls.own_application("5a8f9b3e-0000"),
            "GET /applications(appId='5a8f9b3e-0000')?$select=id,displayName,passwordCredentials,keyCredentials",
        ),
        (tenant_calls.member_groups("mia@contoso.com", ["g1", "g2"]), "POST /users/mia@contoso.com/checkMemberGroups"),
        (
            tenant_calls.members("g1", ""),
            "GET /groups/g1/transitiveMembers?$select=id,displayName,mail,userPrincipalName&$top=999",
        ),
        (tenant_calls.room_lists(""), "GET /places/microsoft.graph.roomList?$top=100"),
        (
            tenant_calls.rooms_of("harbour@contoso.com", ""),
            "GET /places/harbour@contoso.com/microsoft.graph.roomList/rooms?$top=100",
        ),
        (
            mailbox_calls.profile("oslo@contoso.com"),
            "GET /users/oslo@contoso.com/mailboxSettings?$select=timeZone,workingHours,userPurpose",
        ),
        (subscriptions.reauthorize("7f10"), "POST /subscriptions/7f10/reauthorize"),
    ],
)
def test_a_call_is_this_request(request_built: Request[Any], line: str) -> None:
    assert sent(request_built) == line


@pytest.mark.parametrize("client_id", ["a'b", "a/b", "a') or (1 eq 1"])
def test_a_client_id_stays_within_its_quotes(client_id: str) -> None:
    path = tenant_calls.own_application(client_id).path.removeprefix("/applications(appId='").removesuffix("')")

    assert not set(path) & set("/'() ")


def test_more_groups_than_graph_takes_are_refused() -> None:
    with pytest.raises(Rejected, match="TooManyGroups"):
        tenant_calls.member_groups("mia@contoso.com", [str(number) for number in range(21)])


def test_memberships_are_read() -> None:
    request = tenant_calls.member_groups("mia@contoso.com", ["g1", "g2"])

    assert json.loads(request.body) == {"groupIds": ["g1", "g2"]}
    assert request.effect is Effect.READ
    assert request.read(b'{"@odata.context":"...","value":["g2"]}') == ["g2"]


def test_the_end_of_a_secret_is_told() -> None:
    answer = {
        "id": "1",
        "passwordCredentials": [
            {"keyId": "k", "hint": "abc", "endDateTime": "2027-01-01T00:00:00Z", "secretText": None}
        ],
        "keyCredentials": [],
    }

    found = tenant_calls.own_application("app").read(json.dumps(answer).encode())

    assert found.password_credentials is not None
    assert found.password_credentials[0].end_date_time == datetime(2027, 1, 1, tzinfo=UTC)


def test_users_that_changed_come_with_the_link_to_the_next_changes() -> None:
    answer = {
        "value": [
            {"id": "1", "displayName": "Mia", "accountEnabled": False},
            {"id": "2", "@removed": {"reason": "changed"}},
            {"id": 3},
        ],
        "@odata.deltaLink": "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=x",
    }
    request = tenant_calls.changed_users("")

    users, next_link, delta_link = request.read(json.dumps(answer).encode())

    assert sent(request).startswith("GET /users/delta?$select=id,displayName,mail,")
    assert request.is_feed
    assert [(one.id, one.removed and one.removed.reason) for one in users] == [("1", None), ("2", "changed")]
    assert users[0].account_enabled is False
    assert (next_link, delta_link.partition("?")[2]) == ("", "$deltatoken=x")
    with pytest.raises(ValueError, match="one link"):
        request.read(b'{"value":[]}')


def test_free_and_busy_is_asked_for_twenty_at_a_time() -> None:
    requests = mailbox_calls.schedules("bot@contoso.com", ROOMS, WINDOW, minutes=15)

    bodies = [json.loads(request.body) for request in requests]
    assert [sent(request) for request in requests] == ["POST /users/bot@contoso.com/calendar/getSchedule"] * 3
    assert [address for body in bodies for address in body["schedules"]] == ROOMS
    assert [len(body["schedules"]) for body in bodies] == [20, 20, 5]
    assert bodies[0]["startTime"] == {"dateTime": "2026-11-24T00:00:00", "timeZone": "UTC"}
    assert bodies[0]["availabilityViewInterval"] == 15
    assert mailbox_calls.schedules("bot@contoso.com", [], WINDOW) == []


def test_free_and_busy_is_told_per_address_and_an_unknown_one_spoils_nothing() -> None:
    busy = {
        "isPrivate": False,
        "status": "busy",
        "start": {"dateTime": "2026-11-24T10:00:00.0000000", "timeZone": "UTC"},
    }
    answer = {
        "value": [
            {"scheduleId": "oslo@contoso.com", "availabilityView": "0020", "scheduleItems": [busy]},
            {"scheduleId": "x@contoso.com", "error": {"message": "m", "responseCode": "ErrorMailRecipientNotFound"}},
        ]
    }
    (request,) = mailbox_calls.schedules("bot@contoso.com", ROOMS[:2], WINDOW)

    oslo, unknown = request.read(json.dumps(answer).encode())

    assert oslo.schedule_items is not None
    assert (oslo.availability_view, oslo.schedule_items[0].status) == ("0020", "busy")
    assert unknown.error is not None
    assert unknown.error.response_code == "ErrorMailRecipientNotFound"


def test_a_mail_is_sent_once_and_not_kept() -> None:
    request = mailbox_calls.send("bot@contoso.com", mailbox_calls.Mail(to=("a@b", "c@d"), subject="Moved", text="<b>"))

    told = json.loads(request.body)
    assert sent(request) == "POST /users/bot@contoso.com/sendMail"
    assert told["message"]["body"] == {"contentType": "text", "content": "<b>"}
    assert [one["emailAddress"]["address"] for one in told["message"]["toRecipients"]] == ["a@b", "c@d"]
    assert told["saveToSentItems"] is False
    assert request.effect is Effect.ONCE


def test_working_hours_are_told_with_their_zone() -> None:
    answer = {
        "timeZone": "W. Europe Standard Time",
        "userPurpose": "room",
        "workingHours": {
            "daysOfWeek": ["monday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"@odata.type": "#microsoft.graph.customTimeZone", "bias": 480, "name": "Customized Time Zone"},
        },
    }

    found = mailbox_calls.profile("oslo@contoso.com").read(json.dumps(answer).encode())

    assert found.user_purpose == "room"
    assert found.working_hours is not None
    assert found.working_hours.time_zone is not None
    assert found.working_hours.time_zone.name == "Customized Time Zone"
