"""Free and busy of several mailboxes: digits, limits, privacy, groups."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.calendar.models import Content, When
from sandbox.directory.models import Group
from sandbox.world import World
from tests.sandbox.events import AMSTERDAM, create, event, moment, switch
from tests.sandbox.tenant import MIA, MONTREAL, OSLO, PORTO, TOM, Tenant


async def test_free_and_busy_of_several_mailboxes(tenant: Tenant) -> None:
    await tenant.book(room=PORTO)
    await tenant.book(room=MONTREAL, organizer=MIA, sensitivity="private", start="2026-11-24T11:00")
    await tenant.advance(60)
    body = {
        "Schedules": [PORTO, MIA, "nobody@contoso.com"],
        "StartTime": {"dateTime": "2026-11-24T09:00:00", "timeZone": AMSTERDAM},
        "EndTime": {"dateTime": "2026-11-24T12:00:00", "timeZone": AMSTERDAM},
        "availabilityViewInterval": 30,
    }

    found = (await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", body)).body["value"]

    assert [one.get("availabilityView") for one in found] == ["002000", "000020", None]
    assert found[1]["scheduleItems"][0]["isPrivate"]
    assert "subject" not in found[1]["scheduleItems"][0]
    assert found[2]["error"]["responseCode"] == "ErrorMailRecipientNotFound"


async def test_free_and_busy_has_limits(tenant: Tenant) -> None:
    moment = {"dateTime": "2026-11-24T09:00:00", "timeZone": "UTC"}
    far = {"dateTime": "2027-03-24T09:00:00", "timeZone": "UTC"}
    many = {"schedules": [OSLO] * 101, "startTime": moment, "endTime": far}

    crowd = await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", many)
    long = await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", many | {"schedules": [OSLO]})

    assert (crowd.code, long.code) == ("ErrorMailboxDataArrayTooBig", "ErrorTimeIntervalTooBig")


MORNING = {"startTime": moment("2026-11-24T09:00:00"), "endTime": moment("2026-11-24T12:00:00")}


async def look(tenant: Tenant, schedules: list[str], **changes: Any) -> list[dict[str, Any]]:
    body = MORNING | {"schedules": schedules} | changes
    answer = await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", body)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["value"]
    return found


async def test_every_way_of_being_busy_has_its_digit(tenant: Tenant) -> None:
    for hour, shown in enumerate(("free", "tentative", "busy", "oof", "workingElsewhere"), 9):
        span = {"start": moment(f"2026-11-24T{hour:02d}:00:00"), "end": moment(f"2026-11-24T{hour:02d}:30:00")}
        await create(tenant, event(showAs=shown, attendees=[], **span))
    late = {"endTime": moment("2026-11-24T14:00:00")}

    (mine,) = await look(tenant, [TOM], **late)
    await switch(tenant, u_elsewhereDigit=0)
    (other,) = await look(tenant, [TOM], **late)

    assert (mine["availabilityView"], other["availabilityView"]) == ("0010203040", "0010203000")
    statuses = [one["status"] for one in mine["scheduleItems"]]
    assert statuses == ["free", "tentative", "busy", "oof", "workingElsewhere"]


async def test_the_view_is_as_long_as_its_intervals_rounded_up(tenant: Tenant) -> None:
    await create(tenant, event(attendees=[]))

    lengths = {}
    for interval in (5, 50, 60, 1440):
        (mine,) = await look(tenant, [TOM], availabilityViewInterval=interval)
        lengths[interval] = mine["availabilityView"]

    assert (len(lengths[5]), lengths[50], lengths[60], lengths[1440]) == (36, "0220", "020", "2")
    assert len((await look(tenant, [TOM]))[0]["availabilityView"]) == 6


async def test_schedules_answer_in_order_with_working_hours_and_items_in_the_asked_zone(tenant: Tenant) -> None:
    await create(tenant, event(attendees=[], location={"displayName": "Lobby"}))
    body = MORNING | {"schedules": [OSLO, TOM]}

    answer = await tenant.graph(
        "POST", f"/users/{TOM}/calendar/getSchedule", body, Prefer='outlook.timezone="Tokyo Standard Time"'
    )

    first, second = answer.body["value"]
    assert (first["scheduleId"], first["scheduleItems"], first["availabilityView"]) == (OSLO, [], "000000")
    assert second["workingHours"]["daysOfWeek"][0] == "monday"
    assert second["scheduleItems"] == [
        {
            "isPrivate": False,
            "status": "busy",
            "subject": "Planning",
            "location": "Lobby",
            "start": {"dateTime": "2026-11-24T18:00:00.0000000", "timeZone": "Tokyo Standard Time"},
            "end": {"dateTime": "2026-11-24T19:00:00.0000000", "timeZone": "Tokyo Standard Time"},
        }
    ]


async def test_free_and_busy_refuses(tenant: Tenant) -> None:
    path = f"/users/{TOM}/calendar/getSchedule"
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"availabilityViewInterval": 4}, 400), ({"availabilityViewInterval": 1441}, 400),
        ({"availabilityViewInterval": None}, 500), ({"schedules": []}, 400),
        ({"startTime": MORNING["endTime"], "endTime": MORNING["startTime"]}, 400),
    ]  # fmt: skip

    for change, status in wrong:
        answer = await tenant.graph("POST", path, MORNING | {"schedules": [TOM]} | change)
        assert answer.status == status, change


async def test_the_limits_are_a_hundred_schedules_and_62_days(tenant: Tenant) -> None:
    assert len(await look(tenant, [OSLO] * 100)) == 100
    (whole,) = await look(tenant, [OSLO], endTime=moment("2027-01-25T09:00:00"), availabilityViewInterval=1440)
    assert whole["availabilityView"] == "0" * 62


async def test_a_slot_with_more_than_a_thousand_entries_fails_alone(tenant: Tenant, world: World) -> None:
    mailbox = world.exchange.mailboxes[TOM]
    start_at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    for _ in range(1001):
        world.organizing.file(mailbox, Content(when=When(start_at, start_at + timedelta(minutes=10))))

    crowded, fine = await look(tenant, [TOM, OSLO])

    assert crowded["error"] == {
        "responseCode": "5006",
        "message": "The result set contains too many calendar entries. The allowed size is 1000; "
        "the actual size is 1001.",
    }
    assert "error" not in fine


async def test_a_groups_members_are_looked_at_together_and_count(tenant: Tenant, world: World) -> None:
    people = [user.id for user in world.directory.users.values()]
    tom = next(user.id for user in world.directory.users.values() if user.address == TOM)
    world.directory.groups["g-1"] = Group(id="g-1", name="Crew", address="crew@contoso.com", members=(tom,))
    await create(tenant, event(attendees=[]))

    (crew,) = await look(tenant, ["crew@contoso.com"])
    world.directory.groups["g-1"] = Group(id="g-1", name="Crew", address="crew@contoso.com", members=tuple(people))
    body = MORNING | {"schedules": ["crew@contoso.com"] + [OSLO] * (101 - len(people))}
    over = await tenant.graph("POST", f"/users/{TOM}/calendar/getSchedule", body)

    assert (crew["availabilityView"], crew["scheduleItems"]) == ("002200", [])
    assert over.code == "ErrorMailboxDataArrayTooBig"
