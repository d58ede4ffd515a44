"""Every request we build, and every sample we decode, against Graph's own OpenAPI description."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest

import bot.graph
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.graph import batch, calls, clouds, mailbox_calls, subscriptions, tenant_calls
from bot.graph.sansio import API, Request, url_of
from bot.ports.calendar import Answer, NewMeeting
from tests.strangers import watching
from tests.strangers.openapi import IS_HERE, WHY_NOT, description
from tests.unit.graph.graph_samples import ALEX, ROOM, ROOM_PLACE, WEEKLY, event, removed, thin

pytestmark = pytest.mark.skipif(not IS_HERE, reason=WHY_NOT)

Build = Callable[..., Any]

SLOT = Slot(datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC))
MEETING = NewMeeting(
    transaction_id="0123456789abcdef",
    organizer=ALEX,
    room=ROOM,
    room_name="Boardroom",
    slot=SLOT,
    subject="Quarterly review",
    zone="Europe/Amsterdam",
    attendees=("meganb@contoso.com",),
)
WEEKLY_RHYTHM = Rhythm(frequency=Frequency.WEEKLY, weekdays=(1, 3), every=2, until_on=date(2027, 2, 1))


def _series(rhythm: Rhythm) -> NewMeeting:
    slots = rhythm.slots(date(2026, 11, 24), time(11), 60, ZoneInfo("Europe/Amsterdam"))
    return replace(MEETING, rhythm=rhythm, slots=slots)


def _listed(built: Any) -> list[Request[Any]]:
    return built if isinstance(built, list) else [built]


EXAMPLES: list[tuple[Build, tuple[Any, ...]]] = [
    (calls.create, (MEETING,)),
    (calls.organizer_days, (ALEX, SLOT, "")),
    (calls.by_booking, (ALEX, "0123456789abcdef")),
    (calls.read_meeting, (ALEX, "AAMk1=")),
    (calls.read_room_event, (ROOM, "AAMk1=")),
    (calls.move, (ALEX, "AAMk1=", SLOT, "")),
    (calls.create, (replace(_series(WEEKLY_RHYTHM), room=""),)),
    (calls.create, (_series(Rhythm(frequency=Frequency.DAILY, until_on=date(2026, 12, 4))),)),
    (calls.create, (_series(Rhythm(frequency=Frequency.MONTHLY, until_on=date(2027, 4, 4))),)),
    (calls.instances, (ALEX, "AAMkM=", SLOT, "")),
    (calls.drop, (ALEX, "AAMkM=")),
    (calls.invite, (ALEX, "AAMkM=", ROOM, "Boardroom")),
    (calls.rename, (ALEX, "AAMk1=", "Plans")),
    (calls.cancel, (ALEX, "AAMk1=", "sorry")),
    (calls.answer, (ROOM, "AAMk1=", Answer.ACCEPT, "yes")),
    (calls.answer, (ROOM, "AAMk1=", Answer.DECLINE, "no")),
    (calls.changes, (ROOM, SLOT, "", 50)),
    (calls.occurrences, (ROOM, "AAMkM=", SLOT, "")),
    (calls.view, (ROOM, SLOT, "")),
    (calls.rooms, ("",)),
    (calls.user, (ALEX,)),
    (calls.manager, (ALEX,)),
    (calls.mailbox_settings, (ROOM,)),
    (subscriptions.subscribe, (ROOM, "https://foyer.example/api/graph/notifications", "state", SLOT.end_at)),
    (subscriptions.renew, ("7f105c7d", SLOT.end_at)),
    (subscriptions.every, ("",)),
    (subscriptions.unsubscribe, ("7f105c7d",)),
    (subscriptions.reauthorize, ("7f105c7d",)),
    (mailbox_calls.schedules, (ALEX, [ROOM, ALEX], SLOT)),
    (mailbox_calls.profile, (ROOM,)),
    (mailbox_calls.send, (ALEX, mailbox_calls.Mail(to=(ROOM,), subject="Welcome", text="<p>Hello</p>", is_html=True))),
    (tenant_calls.organization, ()),
    (tenant_calls.own_application, ("5d2c0c8e",)),
    (tenant_calls.member_groups, (ALEX, ["0a1b"])),
    (tenant_calls.members, ("0a1b", "")),
    (tenant_calls.changed_users, ("",)),
    (tenant_calls.room_lists, ("",)),
    (tenant_calls.rooms_of, ("building1@contoso.com", "")),
]
REQUESTS = [one for build, given in EXAMPLES for one in _listed(build(*given))]


@pytest.mark.parametrize("built", REQUESTS, ids=lambda one: one.name)
def test_a_request_is_one_that_graph_describes(built: Request[Any]) -> None:
    """Path, method, options, what it selects, and its body."""
    path, _, query = url_of(clouds.GLOBAL, built).removeprefix(clouds.GLOBAL.graph).partition("?")

    assert description().find(built.method, path.removeprefix(API)) is not None
    assert watching.judge().asked(built.method, path, query, built.body) == []


def test_a_batch_of_all_of_them_is_one_that_graph_describes() -> None:
    body = batch.body_of(clouds.GLOBAL, REQUESTS[:20])

    assert watching.judge().asked("POST", f"{API}{batch.PATH}", "", body) == []


def test_every_builder_has_an_example_here() -> None:
    built = {f"{one.__module__}.{one.__qualname__}" for one, _ in EXAMPLES}

    assert set(_builders()) == built


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        (event(), "event"),
        (event(recurrence=WEEKLY, type="seriesMaster"), "event"),
        (thin("o1", "2026-11-24"), "event"),
        ({key: value for key, value in removed("r").items() if key != "@removed"}, "event"),
        (ROOM_PLACE, "room"),
    ],
)
def test_a_sample_is_what_graph_describes(sample: dict[str, Any], kind: str) -> None:
    assert description().problems("answered", kind, _type(kind), sample) == []


def _builders() -> Iterator[str]:
    """Every public function of the package that makes requests."""
    for found in pkgutil.iter_modules(bot.graph.__path__, "bot.graph."):
        module = importlib.import_module(found.name)
        for name, value in inspect.getmembers(module, inspect.isfunction):
            told = inspect.signature(value).return_annotation
            made = get_args(told)[0] if get_origin(told) is list else told
            if value.__module__ == module.__name__ and not name.startswith("_") and get_origin(made) is Request:
                yield f"{module.__name__}.{name}"


def _type(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/microsoft.graph.{name}"}
