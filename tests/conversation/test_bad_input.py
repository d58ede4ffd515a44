"""Bad input and bad days: each gets its clear answer, none loses a booking, none shows "Booked" falsely."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ports.records import SubscriptionRecord
from tests.conversation.stage import MIA, PRIYA, Somebody, Stage, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked

TOLD = {
    "book a room yesterday at 3": "already passed",
    "book a room tomorrow from 4 to 3 pm": "end comes before the start",
    "room for 0 people tomorrow at 3": "at least one person",
    "room for 10,000 people tomorrow at 3": "No room here seats 10000 people",
    "book Osla tomorrow at 3": "Oslo",
    "is Atlantis free at 2?": "no room called “Atlantis”",
    "🍌🍌🍌": "did not understand",
    "book a room tomorrow " + "very " * 4000: "too long",
}


@pytest.mark.parametrize("words", TOLD, ids=lambda words: words[:24])
async def test_what_cannot_be_done_is_said(stage: Stage, words: str) -> None:
    assert TOLD[words] in text_of(await stage.say(MIA, words))


async def test_tomorrow_is_the_persons_own_tomorrow(tmp_path: Path) -> None:
    late = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
    auckland = Somebody(PRIYA.id, PRIYA.name, zone="Pacific/Auckland")
    async with Stage(tmp_path / "data", start_at=late) as stage:
        here = text_of(await stage.say(MIA, "book a room tomorrow at 15:00"))
        there = text_of(await stage.say(auckland, "book a room tomorrow at 15:00"))

    assert "Tue 24 Nov, 15:00" in here
    assert "Wed 25 Nov" in there


async def test_html_in_a_subject_is_only_text(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book", subject="<b>x</b><at>everyone</at>[a](http://evil)")
    await stage.pass_time(30)

    booking = (await stage.tenant.services.desk.mine(MIA.id))[0]
    event = await stage.graph(f"/users/mia@contoso.com/events/{booking.event_id}")
    assert event["subject"] == "<b>x</b><at>everyone</at>[a](http://evil)"
    assert "<at>" not in stage.shown(MIA)


async def test_a_card_pressed_twice_books_once(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    first = await stage.press(MIA, card, "Book")
    second = await stage.press(MIA, card, "Book")
    await stage.pass_time(30)

    assert text_of(first.card).splitlines()[1] == text_of(second.card).splitlines()[1] == "Lisbon"
    assert len(await stage.tenant.services.desk.mine(MIA.id)) == 1


async def test_a_card_pressed_by_somebody_else_does_nothing(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)

    answer = await stage.press(PRIYA, card, "Book")

    assert answer.body["type"] == "application/vnd.microsoft.activity.message"
    assert "somebody else" in answer.body["value"]
    assert await stage.tenant.services.desk.mine(PRIYA.id) == []


async def test_somebody_elses_booking_is_not_told_of(stage: Stage) -> None:
    await _booked(stage, WORDS)
    booked = stage.teams.shown(MIA.chat)[0].card or {}

    answer = await stage.press(PRIYA, booked, "Yes, cancel it")

    assert "Lisbon" not in str(answer.body)
    assert [one.state for one in await stage.tenant.services.desk.mine(MIA.id)] == ["confirmed"]


async def test_a_card_pressed_a_day_later_says_what_is(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room today at 4 pm for 30 minutes")
    await stage.pass_time(86_400, step_s=7_200)

    answer = text_of((await stage.press(MIA, card, "Book")).card)

    assert "already passed" in answer
    assert await stage.tenant.services.desk.mine(MIA.id) == []


async def test_two_people_one_room_one_booking(stage: Stage) -> None:
    hers = await stage.say(MIA, WORDS)
    his = await stage.say(PRIYA, WORDS)
    await stage.press(MIA, hers, "Book")

    lost = await stage.press(PRIYA, his, "Book")

    assert "taken" in text_of(lost.card).lower()
    assert [button for button in buttons(lost.card) if button["title"] == "Book"]
    assert "Lisbon" not in text_of(lost.card).splitlines()[4:]


async def test_an_event_without_a_time_disturbs_nobody(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=30)
    await stage.control(
        "POST",
        "/faults/requests",
        {
            "times": 1,
            "method": "GET",
            "path": "oslo.*delta",
            "status": 200,
            "body": {"value": [{"id": "odd", "subject": "no time"}], "@odata.deltaLink": None},
        },
    )
    await stage.pass_time(120, step_s=5)

    assert "Taken" in text_of(await stage.say(MIA, "is Oslo free tomorrow at 10?"))


async def test_graph_down_loses_nothing(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Find rooms")
    await stage.control("POST", "/faults/requests", {"times": 40, "path": "/v1.0/users/mia", "status": 503})
    answer = await stage.press(MIA, stage.teams.last_card(MIA.chat) or card, "Book")
    assert "Booked" not in text_of(answer.card)
    await stage.pass_time(60, step_s=5)
    assert "Booked" not in stage.shown(MIA)

    await stage.control("DELETE", "/faults")
    await stage.press(MIA, await stage.say(MIA, WORDS), "Book")
    await stage.pass_time(120, step_s=5)

    assert "Booked" in stage.shown(MIA)


async def test_a_creation_cut_off_after_its_effect_is_made_once(stage: Stage) -> None:
    await stage.say(MIA, WORDS)
    card = await stage.say(MIA, WORDS)
    fault = {"times": 1, "method": "POST", "path": "/events$", "reset": "after"}
    await stage.control("POST", "/faults/requests", fault)

    await stage.press(MIA, card, "Book")
    await stage.pass_time(60, step_s=2)

    assert "Booked" in stage.shown(MIA)
    assert len((await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"]) == 1


async def test_a_creation_cut_off_after_its_effect_is_made_once_though_the_mailbox_seems_gone(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    for fault in ({"reset": "after"}, {"kinds": ["mailboxGone"]}):
        await stage.control("POST", "/faults/requests", fault | {"times": 1, "method": "POST", "path": "/events$"})

    await stage.press(MIA, card, "Book")
    await stage.pass_time(300, step_s=5)

    assert "Booked" in stage.shown(MIA)
    assert len((await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"]) == 1


async def test_graph_at_429_is_waited_for(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    fault = {"times": 3, "method": "POST", "path": "/events$", "status": 429, "retry_after": "2.5"}
    await stage.control("POST", "/faults/requests", fault)

    await stage.press(MIA, card, "Book")
    await stage.pass_time(60, step_s=2)

    assert "Booked" in stage.shown(MIA)


async def test_a_room_that_declines_gives_alternatives_on_the_same_card(stage: Stage) -> None:
    await stage.control("PATCH", "/rooms/lisbon@contoso.com", {"allowConflicts": False})
    card = await stage.say(MIA, WORDS)
    await stage.control("POST", "/faults/notifications", {"action": "drop", "times": 1000})
    await stage.book_in_outlook("lisbon@contoso.com", "", "2026-11-24T15:00", minutes=60)

    await stage.press(MIA, card, "Book")
    await stage.pass_time(90, step_s=2)

    shown = stage.teams.shown(MIA.chat)[-1].card or {}
    assert "Booked" not in text_of(shown)
    assert "Declined" in text_of(shown)
    assert [button for button in buttons(shown) if button["title"] == "Book"]
    assert (await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com"))["value"] == []


async def test_what_cannot_be_seen_is_not_called_free(stage: Stage) -> None:
    await stage.book_in_outlook("tom@contoso.com", "oslo@contoso.com", "2026-11-24T10:00", minutes=60)
    fault = {"times": 100_000, "path": "/users/lisbon@contoso.com/", "status": 403, "code": "ErrorAccessDenied"}
    await stage.control("POST", "/faults/requests", fault)
    await stage.pass_time(400, step_s=20)

    unseen = text_of(await stage.say(MIA, "is Lisbon free tomorrow at 10?"))
    far = text_of(await stage.say(MIA, "is Oslo free on 1 august 2027 at 10?"))

    assert "✔️ Free" not in unseen
    assert "Lisbon takes no bookings here at the moment" in unseen
    assert "✔️ Free" not in far
    assert "180 days ahead" in far


async def test_a_search_that_policy_refuses_says_why(stage: Stage) -> None:
    card = await stage.say(MIA, "book a room tomorrow from 7 am to 7 pm")

    assert "at most 8 hours" in text_of(card)


async def test_a_room_that_drops_an_accepted_meeting_is_not_called_booked(stage: Stage) -> None:
    await _booked(stage, WORDS)
    meetings = (await stage.control("GET", "/outlook/meetings?mailbox=lisbon@contoso.com"))["value"]
    answer = {"mailbox": "lisbon@contoso.com", "id": meetings[0]["id"], "answer": "decline"}

    await stage.control("POST", "/outlook/respond", answer)
    await stage.pass_time(60, step_s=2)

    assert "Booked" not in stage.shown(MIA)
    assert await stage.tenant.services.desk.mine(MIA.id) == []


async def test_a_press_with_a_nul_is_told_of_no_booking(stage: Stage) -> None:
    card = await stage.say(MIA, WORDS)
    book = next(button for button in buttons(card) if button["verb"].startswith("foyer.book."))
    answered = await stage.push(MIA, card, {**book, "data": {**book["data"], "id": "a\0b"}})

    assert answered.status == 200
    assert answered.body["statusCode"] == 200
    assert await stage.tenant.services.desk.mine(MIA.id) == []


async def test_a_notification_with_a_nul_holds_up_no_other(stage: Stage) -> None:
    await stage.pass_time(30, step_s=5)
    (kept, *_) = await stage.tenant.services.documents.scan("subscription/", SubscriptionRecord)

    async def status_of(subscription: str) -> int:
        item = {"subscriptionId": subscription, "clientState": "not known here", "resource": "r"}
        url = f"http://127.0.0.1:{stage.port}/api/graph/notifications"
        async with stage.http.post(url, json={"value": [item]}) as answer:
            return int(answer.status)

    assert await asyncio.gather(*(status_of(one) for one in [kept.value.id, "\0"] * 4)) == [202] * 8


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("28 March 2027 at 2:30 am", "02:30 does not exist then, so I took 03:30."),
        ("room on 25 october 2027 at 2:30 am", "at most 180 days ahead, until Sat, 22 May 2027."),
        ("1 january 2030 at 10", "at most 180 days ahead, until Sat, 22 May 2027."),
        ("31 february at 10", "Still needed: the day."),
        ("tomorrow at 10 for 3 minutes", "Rooms can be reserved for no less than 10 minutes, not 3 minutes. Make it"),
        (
            "Porto tomorrow at 10 for 9 hours",
            "Rooms can be reserved for at most 8 hours, not 9 hours. Make it shorter.",
        ),
    ],
)
async def test_a_request_that_cannot_be_is_answered_with_its_own_reason_alone(
    stage: Stage, words: str, told: str
) -> None:
    said = text_of(await stage.say(MIA, words))
    assert told in said
    assert "Try another day" not in said
    assert "another room" not in said


async def test_a_time_that_is_left_out_is_told_when_it_is_typed_into_the_card(stage: Stage) -> None:
    card = await stage.say(MIA, "room tomorrow at 10")
    found = (await stage.press(MIA, card, "Find rooms", on="2027-03-28", at="02:30")).card
    assert "02:30 does not exist then, so I took 03:30." in text_of(found)
