"""Microsoft's own SDK for Python drives the sandbox tenant: what it asks is understood, what it is told it can type.

https://learn.microsoft.com/graph/sdks/sdks-overview. The SDK is big: no other module imports it.
"""

import datetime as dt
import json
from collections.abc import AsyncIterator
from typing import Any, Self

import httpx
import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.day_of_week import DayOfWeek
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.group import Group
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.recurrence_pattern import RecurrencePattern
from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
from msgraph.generated.models.recurrence_range import RecurrenceRange
from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
from msgraph.generated.models.response_type import ResponseType
from msgraph.generated.models.room import Room
from msgraph.generated.models.room_collection_response import RoomCollectionResponse
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.user import User
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import (
    GetSchedulePostRequestBody,
)
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_response import GetSchedulePostResponse
from msgraph.generated.users.item.calendar_view.delta.delta_get_response import DeltaGetResponse
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.events.item.accept.accept_post_request_body import AcceptPostRequestBody
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import CancelPostRequestBody
from msgraph.generated.users.item.events.item.instances.instances_request_builder import InstancesRequestBuilder
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

from tests.sandbox.tenant import MIA, OSLO, PORTO, TOM, Subscriber, Tenant
from tests.strangers.samples import lost, sample

DAY = "2026-11-24"
SOON_S = 60.0


class _Credential:
    """The tenant's client credentials, as azure-identity would get them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(await self._tenant.token(), 2**31)

    async def close(self) -> None:
        """Holds nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Holds nothing."""


@pytest.fixture
async def graph(tenant: Tenant) -> AsyncIterator[GraphServiceClient]:
    provider = AzureIdentityAuthenticationProvider(_Credential(tenant), allowed_hosts=["127.0.0.1"])
    http = httpx.AsyncClient()
    line = http._transport  # the SDK puts its own around it and does not close it
    adapter = GraphRequestAdapter(provider, GraphClientFactory.create_with_default_middleware(client=http))
    adapter.base_url = f"{tenant.root}/v1.0"
    yield GraphServiceClient(request_adapter=adapter)
    await line.aclose()
    await http.aclose()


async def test_a_room_is_found_asked_for_booked_and_given_back(graph: GraphServiceClient, tenant: Tenant) -> None:
    rooms = await graph.places.graph_room.get()
    porto = next(room for room in rooms.value if room.email_address == PORTO)
    assert (porto.display_name, porto.capacity) == ("Porto", 2)
    assert await _busy(graph, PORTO) == []

    made = await graph.users.by_user_id(TOM).events.post(_meeting("10:00", "10:30", room=porto))
    assert [one.status.response for one in made.attendees] == [ResponseType.None_]
    await tenant.advance(SOON_S)

    kept = await graph.users.by_user_id(TOM).events.by_event_id(made.id).get()
    assert [(one.type, one.status.response) for one in kept.attendees] == [
        (AttendeeType.Resource, ResponseType.Accepted)
    ]
    assert kept.is_organizer
    assert kept.response_status.response is ResponseType.Organizer
    assert await _busy(graph, PORTO) == [(FreeBusyStatus.Busy, f"{DAY}T10:00:00.0000000")]

    await graph.users.by_user_id(TOM).events.by_event_id(made.id).cancel.post(CancelPostRequestBody(comment="no need"))
    await tenant.advance(SOON_S)
    assert await _busy(graph, PORTO) == []


async def test_a_delegated_room_is_answered_in_its_own_name(graph: GraphServiceClient, tenant: Tenant) -> None:
    made = await graph.users.by_user_id(TOM).events.post(_meeting("10:00", "10:30", room=Room(email_address=OSLO)))
    await tenant.advance(SOON_S)
    waiting = (await graph.users.by_user_id(OSLO).events.get()).value
    assert [one.response_status.response for one in waiting] == [ResponseType.TentativelyAccepted]

    body = AcceptPostRequestBody(comment="yes", send_response=True)
    await graph.users.by_user_id(OSLO).events.by_event_id(waiting[0].id).accept.post(body)
    await tenant.advance(SOON_S)

    kept = await graph.users.by_user_id(TOM).events.by_event_id(made.id).get()
    assert [one.status.response for one in kept.attendees] == [ResponseType.Accepted]


async def test_a_series_has_typed_instances_and_one_of_them_moves(graph: GraphServiceClient, tenant: Tenant) -> None:
    asked = _meeting("09:00", "09:30", room=Room(email_address=PORTO))
    asked.recurrence = PatternedRecurrence(
        pattern=RecurrencePattern(
            type=RecurrencePatternType.Weekly, interval=1, days_of_week=[DayOfWeek.Tuesday, DayOfWeek.Thursday]
        ),
        range=RecurrenceRange(
            type=RecurrenceRangeType.Numbered, start_date=dt.date.fromisoformat(DAY), number_of_occurrences=4
        ),
    )
    events = graph.users.by_user_id(TOM).events

    master = await events.post(asked)
    instances = (await events.by_event_id(master.id).instances.get(_window(InstancesRequestBuilder))).value
    moved = await events.by_event_id(instances[1].id).patch(Event(start=_at("11:00", 26), end=_at("11:30", 26)))

    assert master.type is EventType.SeriesMaster
    assert master.recurrence.pattern.days_of_week == [DayOfWeek.Tuesday, DayOfWeek.Thursday]
    assert master.recurrence.range.number_of_occurrences == 4
    assert [one.start.date_time[:10] for one in instances] == ["2026-11-24", "2026-11-26", "2026-12-01", "2026-12-03"]
    assert {one.series_master_id for one in instances} == {master.id}
    assert (moved.type, moved.start.date_time) == (EventType.Exception, "2026-11-26T11:00:00.0000000")


async def test_a_feed_is_read_to_its_end_and_goes_on_from_there(graph: GraphServiceClient, tenant: Tenant) -> None:
    people = graph.users.by_user_id(TOM)
    made = [await people.events.post(_meeting(f"{hour}:00", f"{hour}:30")) for hour in (10, 11, 12)]
    feed = people.calendar_view.delta

    first = await feed.get(_window(DeltaRequestBuilder, prefer="odata.maxpagesize=2"))
    seen, last = [one.id for one in first.value], first
    while last.odata_next_link:
        last = await feed.with_url(last.odata_next_link).get()
        seen += [one.id for one in last.value]
    await people.events.by_event_id(made[1].id).delete()
    later = await feed.with_url(last.odata_delta_link).get()

    assert len(first.value) == 2
    assert sorted(seen) == sorted(one.id for one in made)
    assert [(one.id, one.additional_data["@removed"]) for one in later.value] == [(made[1].id, {"reason": "deleted"})]
    assert later.odata_delta_link


async def test_a_subscription_is_made_notified_renewed_and_ended(
    graph: GraphServiceClient, tenant: Tenant, subscriber: Subscriber
) -> None:
    until = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
    asked = Subscription(
        change_type="created,updated,deleted",
        notification_url=subscriber.url,
        resource=f"users/{TOM}/events",
        expiration_date_time=until,
        client_state="a secret",
    )

    made = await graph.subscriptions.post(asked)
    event = await graph.users.by_user_id(TOM).events.post(_meeting("10:00", "10:30"))
    await tenant.advance(SOON_S)
    one = graph.subscriptions.by_subscription_id(made.id)
    renewed = await one.patch(Subscription(expiration_date_time=until + dt.timedelta(hours=2)))
    listed = await graph.subscriptions.get()
    await one.delete()

    assert len(subscriber.handshakes) == 1
    assert [(item["resourceData"]["id"], item["clientState"]) for item in subscriber.items] == [(event.id, "a secret")]
    assert renewed.expiration_date_time == until + dt.timedelta(hours=2)
    assert [other.id for other in listed.value] == [made.id]
    assert (await graph.subscriptions.get()).value == []


async def test_people_and_their_managers_are_typed(graph: GraphServiceClient) -> None:
    users = await graph.users.get()
    mia = await graph.users.by_user_id(MIA).get()
    manager = await graph.users.by_user_id(MIA).manager.get()
    settings = await graph.users.by_user_id(OSLO).mailbox_settings.get()

    assert mia.id in {user.id for user in users.value}
    assert isinstance(manager, User)
    assert manager.mail == "jonas@contoso.com"
    assert settings.time_zone == "W. Europe Standard Time"
    assert settings.user_purpose == "room"


async def test_a_batch_answers_each_by_its_id(graph: GraphServiceClient) -> None:
    asked = {
        "mia": graph.users.by_user_id(MIA).to_get_request_information(),
        "nobody": graph.users.by_user_id("nobody@contoso.com").to_get_request_information(),
        "made": graph.users.by_user_id(TOM).events.to_post_request_information(_meeting("10:00", "10:30")),
    }
    content = BatchRequestContent({})
    for name, information in asked.items():
        item = BatchRequestItem(information, id=name)
        # The SDK leaves it absolute, which the service refuses; and it writes an empty list under a name of its own.
        item.url = item.url.removeprefix(graph.request_adapter.base_url)
        item._depends_on = None
        content.add_request(name, item)

    told = await graph.batch.post(content)

    assert told.get_response_status_codes() == {"mia": 200, "nobody": 404, "made": 201}
    # Of bodies the SDK reads only those in base64: what was made is read anew.
    assert [event.subject for event in (await graph.users.by_user_id(TOM).events.get()).value] == ["Review"]


async def test_a_mail_is_sent(graph: GraphServiceClient, tenant: Tenant) -> None:
    message = Message(
        subject="Keys",
        body=ItemBody(content_type=BodyType.Text, content="They hang in the hall."),
        to_recipients=[Recipient(email_address=EmailAddress(address=MIA))],
    )

    await graph.users.by_user_id(TOM).send_mail.post(SendMailPostRequestBody(message=message, save_to_sent_items=False))
    await tenant.advance(SOON_S)

    (mail,) = (await tenant.call("GET", f"/sandbox/mail?to={MIA}")).body["value"]
    assert (mail["sender"], mail["subject"], mail["text"].strip()) == (TOM, "Keys", "They hang in the hall.")


async def test_groups_show_who_is_in_them(graph: GraphServiceClient) -> None:
    groups = (await graph.groups.get()).value
    members = [one for group in groups for one in (await graph.groups.by_group_id(group.id).members.get()).value]
    person = next(one for one in members if isinstance(one, User))

    theirs = (await graph.users.by_user_id(person.id).member_of.get()).value

    assert {group.id for group in theirs} & {group.id for group in groups}
    assert all(isinstance(one, Group) for one in theirs)


async def test_a_refusal_is_typed_with_its_code(graph: GraphServiceClient) -> None:
    made = await graph.users.by_user_id(TOM).events.post(_meeting("10:00", "10:30"))
    one = graph.users.by_user_id(TOM).events.by_event_id(made.id)
    await one.delete()

    with pytest.raises(ODataError) as refused:
        await one.get()

    assert refused.value.response_status_code == 404
    assert refused.value.error.code == "ErrorItemNotFound"
    assert refused.value.error.inner_error.request_id
    assert refused.value.error.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("event_create", Event),
        ("event_series", Event),
        ("delta_page", DeltaGetResponse),
        ("places", RoomCollectionResponse),
        ("schedule_answered", GetSchedulePostResponse),
        ("subscription", Subscription),
        ("error", ODataError),
    ],
)
def test_samples_are_typed_and_written_again_without_loss(name: str, kind: Any) -> None:
    """What the SDK has no type for, it keeps beside."""
    node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(sample(name)).encode())

    writer = JsonSerializationWriter()
    node.get_object_value(kind).serialize(writer)

    assert lost(sample(name), json.loads(writer.get_serialized_content())) == []


def _meeting(start: str, end: str, *, room: Room | None = None) -> Event:
    event = Event(subject="Review", start=_at(start), end=_at(end))
    if room is not None:
        address = EmailAddress(address=room.email_address, name=room.display_name)
        event.attendees = [Attendee(email_address=address, type=AttendeeType.Resource)]
    return event


def _at(time: str, day: int = 24) -> DateTimeTimeZone:
    return DateTimeTimeZone(date_time=f"2026-11-{day}T{time}:00", time_zone="UTC")


async def _busy(graph: GraphServiceClient, room: str) -> list[tuple[FreeBusyStatus, str]]:
    """What getSchedule shows of the room's day."""
    asked = GetSchedulePostRequestBody(
        schedules=[room], start_time=_at("00:00"), end_time=_at("23:00"), availability_view_interval=30
    )
    told = await graph.users.by_user_id(TOM).calendar.get_schedule.post(asked)
    return [(one.status, one.start.date_time) for one in told.value[0].schedule_items]


def _window(builder: Any, *, prefer: str = "") -> RequestConfiguration[Any]:
    kind = next(value for name, value in vars(builder).items() if name.endswith("GetQueryParameters"))
    parameters = kind(start_date_time="2026-11-23T00:00:00Z", end_date_time="2026-12-31T00:00:00Z")
    told: RequestConfiguration[Any] = RequestConfiguration(query_parameters=parameters)
    if prefer:
        told.headers.add("Prefer", prefer)
    return told
