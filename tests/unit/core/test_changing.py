"""Bookings that are changed: by their person, and by whoever takes their meeting elsewhere in Outlook."""

from dataclasses import replace

from bot.booking.desk import Wanted
from bot.booking.saga import first_there
from bot.domain.bookings import Booking, State
from bot.domain.events import Response, RoomEvent
from bot.ports import keys
from bot.ports.calendar import Rejected, Unclear
from tests.fakes import START_AT, Fault, Held, Mode
from tests.unit.core.world import ADA, BERGEN, OSLO, World, at, later, running


async def _confirmed(world: World) -> Booking:
    made = await world.book(at(9))
    await world.pass_time(60)
    booking = await world.booking(made.id)
    assert booking.state is State.CONFIRMED
    return booking


def _held(world: World, booking: Booking) -> Held:
    return world.calendar.made_by(booking.id)[0]


# People and subject ----------------------------------------------------------------------------------------------


async def test_more_people_in_the_same_room_ask_nobody_anew() -> None:
    world = await running()
    booking = await _confirmed(world)
    calls = len(world.calendar.calls)

    await world.desk.change(booking.id, ADA.id, booking.slot, people=4)
    await world.pass_time(5)

    changed = await world.booking(booking.id)
    assert (changed.people, changed.state) == (4, State.CONFIRMED)
    assert world.shown[keys.booking_card(booking.id)][-1].people == 4
    assert not {"move", "create", "rename"} & set(world.calendar.calls[calls:])


async def test_a_new_subject_reaches_the_meeting_though_the_first_answer_is_lost() -> None:
    world = await running()
    booking = await _confirmed(world)
    world.calendar.faults.append(Fault(error=Unclear(), method="rename", done=True))

    await world.desk.change(booking.id, ADA.id, booking.slot, subject="Plans")
    await world.pass_time(30)

    assert _held(world, booking).subject == "Plans"
    assert not (await world.booking(booking.id)).renaming
    assert (await world.booking(booking.id)).state is State.CONFIRMED


async def test_a_subject_that_outlook_refuses_is_told() -> None:
    world = await running()
    booking = await _confirmed(world)
    world.calendar.faults.append(Fault(error=Rejected("ErrorInvalidRequest", 400), method="rename"))

    await world.desk.change(booking.id, ADA.id, booking.slot, subject="Plans")
    await world.pass_time(10)

    assert [reason.code for reason in (await world.booking(booking.id)).reasons] == ["not_renamed"]


async def test_time_people_and_subject_change_together() -> None:
    world = await running()
    booking = await _confirmed(world)

    await world.desk.change(booking.id, ADA.id, at(13), people=3, subject="Plans")
    await world.pass_time(90)

    changed = await world.booking(booking.id)
    assert (changed.slot, changed.people, changed.state) == (at(13), 3, State.CONFIRMED)
    assert (_held(world, booking).slot, _held(world, booking).subject) == (at(13), "Plans")


async def test_a_booking_that_is_replaced_before_it_was_driven_comes_to_nothing() -> None:
    world = await running()
    first = await world.book(at(9))
    wanted = Wanted(booking_id="f" * 32, person=ADA, room=BERGEN, slot=at(9), subject="Planning", replaces=first.id)
    await world.desk.reserve(wanted)
    now = world.clock.now().timestamp()
    await world.raw.take([keys.drive(first.id)], 1, now=now, lease_s=200)  # by a process that hangs
    await world.pass_time(800)

    stand = {one.room: one.state for one in await world.bookings()}
    assert stand == {OSLO: State.CANCELLED, BERGEN: State.CONFIRMED}
    assert (world.calendar.made_by(first.id), await world.claims(OSLO)) == ([], [])


# Rooms changed in Outlook ----------------------------------------------------------------------------------------


async def test_a_meeting_taken_to_another_room_takes_its_booking_along() -> None:
    world = await running()
    booking = await _confirmed(world)

    world.calendar.outlook_change_room(booking.event_id, BERGEN)
    await world.hint(OSLO)
    await world.pass_time(90)

    moved = await world.booking(booking.id)
    assert (moved.room, moved.state) == (BERGEN, State.CONFIRMED)
    assert await world.claims(OSLO) == []
    assert [claim.holder for claim in await world.claims(BERGEN)] == [keys.held_by_booking(booking.id)]
    assert world.index.in_the_way(OSLO, booking.slot) is None


async def test_a_booking_follows_to_a_room_whose_news_came_first() -> None:
    world = await running()
    booking = await _confirmed(world)

    world.calendar.outlook_change_room(booking.event_id, BERGEN)
    await world.hint(BERGEN)
    await world.pass_time(60)
    await world.hint(OSLO)
    await world.pass_time(60)

    assert ((await world.booking(booking.id)).room, (await world.booking(booking.id)).state) == (
        BERGEN,
        State.CONFIRMED,
    )
    assert [claim.holder for claim in await world.claims(BERGEN)] == [keys.held_by_booking(booking.id)]


async def test_a_meeting_without_a_room_ends_its_booking_and_says_why() -> None:
    world = await running()
    booking = await _confirmed(world)

    world.calendar.outlook_change_room(booking.event_id, "")
    await world.hint(OSLO)
    await world.pass_time(20)

    ended = await world.booking(booking.id)
    assert (ended.state, [reason.code for reason in ended.reasons]) == (State.CANCELLED, ["room_removed"])
    assert world.calendar.made_by(booking.id) != []
    assert await world.claims(OSLO) == []


# Somebody was first ----------------------------------------------------------------------------------------------


async def test_an_older_meeting_that_a_room_accepted_too_undoes_ours() -> None:
    """Exchange lets meetings overlap where a room is set so: what came first keeps the room."""
    world = await running('[tenant]\ncontrol = "auto"')
    world.calendar.rooms[OSLO].mode = Mode.SILENT
    older = world.calendar.outlook_book(OSLO, at(9), "eve@contoso.example")
    world.clock.forward(2)
    made = await world.book(at(9))  # no notification came of the other
    await world.settle()
    world.calendar.accept_behind_our_back(older)
    world.calendar.accept_behind_our_back(_held(world, made))
    await world.hint(OSLO)
    await world.pass_time(60)

    ours = await world.booking(made.id)
    assert (ours.state, [reason.code for reason in ours.reasons]) == (State.DECLINED, ["foreign_overlap"])
    assert world.calendar.made_by(made.id) == []
    assert not any(shown.state is State.CONFIRMED for shown in world.shown[keys.booking_card(made.id)])
    world.calendar.double.clear()  # it was the room's own doing


def test_who_asked_first_has_the_room() -> None:
    mine = RoomEvent(id="m", room=OSLO, ical_uid="m", slot=at(9), response=Response.ACCEPTED, created_at=START_AT)
    other = replace(mine, id="o", ical_uid="o", created_at=later(START_AT, seconds=-1))
    booking = Booking(
        id="b",
        person_id="ada",
        organizer="a@x",
        room=OSLO,
        slot=at(9),
        subject="",
        state=State.REQUESTED,
        made_at=START_AT,
    )
    assert first_there(booking, mine, [mine, other]) == other
    assert first_there(booking, mine, [replace(other, created_at=later(START_AT, seconds=1))]) is None
    assert first_there(booking, mine, [replace(other, created_at=None)]) is None
    assert first_there(booking, mine, [replace(other, slot=at(10))]) is None
    assert first_there(booking, mine, [replace(other, response=Response.TENTATIVE)]) is None
    assert first_there(booking, mine, [replace(other, is_cancelled=True)]) is None
