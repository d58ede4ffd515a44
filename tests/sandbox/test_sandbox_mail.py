"""Mail that callers send: who gets it, what is refused, what comes back."""

from typing import Any

import pytest

from sandbox.directory.models import Group
from sandbox.world import World
from tests.sandbox.tenant import MIA, TOM, Answer, Tenant


def to(*addresses: str) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


async def send(tenant: Tenant, **message: Any) -> Answer:
    body = {"message": {"subject": "Hello", "body": {"contentType": "text", "content": "There"}} | message}
    return await tenant.graph("POST", f"/users/{TOM}/sendMail", body)


async def inbox(tenant: Tenant, who: str) -> list[tuple[str, str, str]]:
    found = (await tenant.call("GET", f"/sandbox/mail?to={who}")).body["value"]
    return [(mail["sender"], mail["subject"], mail["text"]) for mail in found]


async def test_mail_is_accepted_first_and_arrives_later(tenant: Tenant) -> None:
    answer = await send(tenant, toRecipients=to(MIA), ccRecipients=to(TOM), bccRecipients=to(MIA.upper()))
    early = await inbox(tenant, MIA)
    await tenant.advance(10)

    assert (answer.status, answer.body) == (202, "")
    assert early == []
    assert await inbox(tenant, MIA) == await inbox(tenant, TOM) == [(TOM, "Hello", "There")]


async def test_html_arrives_as_text(tenant: Tenant) -> None:
    html = {
        "contentType": "html",
        "content": "<html><head><style>p{}</style></head><body><p>Hi &amp; bye</p></body></html>",
    }
    await send(tenant, toRecipients=to(MIA), body=html)
    await tenant.advance(10)

    assert await inbox(tenant, MIA) == [(TOM, "Hello", "Hi & bye")]


async def test_parameters_may_begin_with_capitals(tenant: Tenant) -> None:
    body = {"Message": {"subject": "Hello", "toRecipients": to(MIA)}, "SaveToSentItems": False}

    answer = await tenant.graph("POST", f"/users/{TOM}/sendMail", body)
    await tenant.advance(10)

    assert answer.status == 202
    assert await inbox(tenant, MIA) == [(TOM, "Hello", "")]


async def test_a_group_is_all_of_its_members(tenant: Tenant, world: World) -> None:
    ids = tuple(user.id for user in world.directory.users.values() if user.address in {MIA, TOM})
    world.directory.groups["g-1"] = Group(id="g-1", name="Crew", address="crew@contoso.com", members=ids)

    await send(tenant, toRecipients=to("crew@contoso.com", MIA))
    await tenant.advance(10)

    assert [len(await inbox(tenant, who)) for who in (MIA, TOM)] == [1, 1]


async def test_what_cannot_be_delivered_comes_back(tenant: Tenant) -> None:
    await send(tenant, toRecipients=to("nobody@contoso.com", "stranger@example.com"))
    await tenant.advance(10)

    ((sender, subject, text),) = await inbox(tenant, TOM)
    assert (sender, subject) == ("postmaster@contoso.com", "Undeliverable: Hello")
    assert "nobody@contoso.com" in text


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ({}, 400, "ErrorInvalidRecipients"),
        ({"toRecipients": to("not an address")}, 400, "ErrorInvalidRecipients"),
        ({"toRecipients": to(MIA), "ccRecipients": [{"emailAddress": {"name": "Mia"}}]}, 400, "ErrorInvalidRecipients"),
        ({"toRecipients": to(MIA), "from": to(MIA)[0]}, 403, "ErrorAccessDenied"),
        ({"toRecipients": to(MIA), "body": {"contentType": "rtf"}}, 400, "RequestBodyRead"),
        ({"toRecipients": to(MIA), "attachments": [{"name": "a", "contentBytes": "%"}]}, 400,
         "ErrorPropertyValidationFailure"),
        ({"toRecipients": to(*(f"g{n}@example.com" for n in range(501)))}, 400, "ErrorExceededMaxRecipientLimit"),
    ],
    ids=["nobody", "no address", "name only", "somebody else's", "body", "attachment", "too many"],
)  # fmt: skip
async def test_mail_is_refused(tenant: Tenant, message: dict[str, Any], status: int, code: str) -> None:
    answer = await send(tenant, **message)
    await tenant.advance(10)

    assert (answer.status, answer.code) == (status, code)
    assert await inbox(tenant, MIA) == []


async def test_a_message_is_required_and_a_mailbox(tenant: Tenant) -> None:
    bare = await tenant.graph("POST", f"/users/{TOM}/sendMail", {})
    unknown = await tenant.graph("POST", "/users/nobody@contoso.com/sendMail", {"message": {"toRecipients": to(MIA)}})

    assert (bare.status, bare.code) == (400, "RequestBodyRead")
    assert (unknown.status, unknown.code) == (404, "ErrorInvalidUser")
