"""The calls beside the calendar, on the sandbox tenant: written apart, they must mean the same thing."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.graph import mailbox_calls, subscriptions, tenant_calls
from bot.graph.client import BACKGROUND
from bot.graph.mailbox_calls import Mail
from bot.ports.calendar import Missing, RemoteError, ResyncNeeded
from tests.faults.tenant import BOOKING, MIA, OSLO, PORTO, START, Tenant, open_tenant

HARBOUR = "harbour-house@contoso.com"


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with open_tenant() as tenant:
        yield tenant


async def test_room_lists_and_their_rooms(tenant: Tenant) -> None:
    lists, more = await tenant.client.call(tenant_calls.room_lists(""), BACKGROUND)
    rooms, _ = await tenant.client.call(tenant_calls.rooms_of(HARBOUR, ""), BACKGROUND)

    assert more == ""
    assert HARBOUR in {one.email_address for one in lists}
    assert {OSLO, PORTO} <= {room.email_address for room in rooms}
    assert all(room.building == "Harbour House" for room in rooms)
    with pytest.raises(Missing):
        await tenant.client.call(tenant_calls.rooms_of("nowhere@contoso.com", ""), BACKGROUND)


async def test_the_tenant_and_the_app_tell_of_themselves(tenant: Tenant) -> None:
    (organization,), _ = await tenant.client.call(tenant_calls.organization(), BACKGROUND)
    app = await tenant.client.call(tenant_calls.own_application("foyer"), BACKGROUND)

    assert organization.display_name
    assert [secret.end_date_time is not None for secret in app.password_credentials or ()] == [True]


async def test_a_room_proves_what_it_is_and_when_it_works(tenant: Tenant) -> None:
    room = await tenant.client.call(mailbox_calls.profile(OSLO), BACKGROUND)
    mia = await tenant.client.call(mailbox_calls.profile(MIA), BACKGROUND)

    assert (room.user_purpose, mia.user_purpose) == ("room", "user")
    assert room.working_hours is not None
    assert room.working_hours.days_of_week


async def test_free_and_busy_of_more_addresses_than_one_request_takes(tenant: Tenant) -> None:
    await tenant.calendar.create(BOOKING)
    await tenant.advance(60)
    addresses = [OSLO, "nobody@contoso.com", *([PORTO] * 21)]

    asked = mailbox_calls.schedules(MIA, addresses, BOOKING.slot, minutes=30)
    outcomes = await tenant.client.call_many(asked, BACKGROUND)

    told = [schedule for one in outcomes if not isinstance(one, RemoteError) for schedule in one]
    assert [schedule.schedule_id for schedule in told] == addresses
    assert told[0].availability_view == "11"
    assert told[1].error is not None
    assert told[2].availability_view == "00"


async def test_users_that_change_are_told_by_the_link(tenant: Tenant) -> None:
    people, link, delta = await tenant.client.call(tenant_calls.changed_users(""), BACKGROUND)
    while link:
        more, link, delta = await tenant.client.call(tenant_calls.changed_users(link), BACKGROUND)
        people += more
    later, _, again = await tenant.client.call(tenant_calls.changed_users(delta), BACKGROUND)

    assert MIA in {one.mail for one in people}
    assert later == []
    assert again
    await tenant.advance(8 * 86_400)  # directory links live for a week
    with pytest.raises(ResyncNeeded):
        await tenant.client.call(tenant_calls.changed_users(again), BACKGROUND)


async def test_a_mail_is_sent(tenant: Tenant) -> None:
    mail = Mail(to=("tom@contoso.com",), subject="Moved", text="To Bergen.")

    await tenant.client.call(mailbox_calls.send(MIA, mail), BACKGROUND)
    await tenant.advance(60)

    told = (await tenant.look("mail?to=tom@contoso.com"))["value"]
    assert [one["subject"] for one in told] == ["Moved"]


async def test_a_subscription_is_reauthorized_without_living_longer(tenant: Tenant) -> None:
    async def validate(request: web.Request) -> web.Response:
        return web.Response(text=request.query.get("validationToken", ""))

    app = web.Application()
    app.router.add_post("/notifications", validate)
    async with TestServer(app) as endpoint:
        url = str(endpoint.make_url("/notifications"))
        made = await tenant.calendar.subscribe(
            OSLO, url=url, client_state="secret", expires_at=START + timedelta(days=2)
        )
        await tenant.client.call(subscriptions.reauthorize(made.id), BACKGROUND)
        (listed,) = await tenant.calendar.subscriptions()

    assert listed == made
    with pytest.raises(Missing):
        await tenant.client.call(subscriptions.reauthorize("7f105c7d-2dc5-4530-97cd-4e7ae6534c07"), BACKGROUND)


async def test_groups_are_read_to_their_depth(tenant: Tenant) -> None:
    groups = await _groups(tenant)
    member_of = {}
    for name, group_id in groups.items():
        members, _ = await tenant.client.call(tenant_calls.members(group_id, ""), BACKGROUND)
        member_of[name] = {one.mail for one in members if one.odata_type == "#microsoft.graph.user"}
    mia = (await tenant.directory.person(MIA)).id

    found = await tenant.client.call(tenant_calls.member_groups(mia, list(groups.values())[:20]), BACKGROUND)

    assert set(found) == {group_id for name, group_id in list(groups.items())[:20] if MIA in member_of[name]}
    assert found


async def _groups(tenant: Tenant) -> dict[str, str]:
    """Names and ids, by a look of the test's own."""
    form = {"client_id": "foyer", "client_secret": "foyer", "grant_type": "client_credentials"}
    form["scope"] = f"{tenant.root}/.default"
    url = f"{tenant.root}/contoso.onmicrosoft.com/oauth2/v2.0/token"
    async with tenant.session.post(url, data=form) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    async with tenant.session.get(f"{tenant.root}/v1.0/groups?$top=100", headers=headers) as answer:
        return {one["displayName"]: one["id"] for one in (await answer.json())["value"]}
