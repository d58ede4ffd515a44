"""Histories for the crash points: together they pass every place in the source that changes something outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.events import RoomEvent
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.records import Comparison, Decision, FeedState, Progress, SubscriptionRecord
from bot.ports.store import Batch, Put, Schedule
from bot.store.codec import JsonCodec
from sandbox.calendar import ids
from sandbox.calendar.settings import Switches
from sandbox.control.outlook import Cancel, Move, Respond
from sandbox.exchange.config import changed
from sandbox.limits.settings import LimitSettings
from tests.rig.invariants import CANARY
from tests.rig.scene import HUMANS, START_AT
from tests.rig.seams import POLICY
from tests.rig.stagehand import Stagehand
from tests.rig.teams import Trouble

MIA, TOM, JONAS, PRIYA = HUMANS
OSLO, BERGEN = "oslo@contoso.com", "bergen@contoso.com"
_CODEC = JsonCodec()
_EVENTS = r"/events$"
_AWAY = Trouble(status=503, code="ServiceUnavailable")
_CUT = Trouble(cut=True)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`before` happens while no bot runs yet, `play` once one was started. With `is_wrong` something is broken on
    purpose, and only the end is judged."""

    name: str
    play: Callable[[Stagehand], Awaitable[None]]
    before: Callable[[Stagehand], Awaitable[None]] | None = None
    start_at: datetime = START_AT
    policy: str = POLICY
    rooms: int = 2
    reconcile: bool = False
    is_wrong: bool = False


async def _booked(hand: Stagehand, who: Any = MIA, words: str = "book Oslo tomorrow at 15:00 for an hour") -> None:
    await hand.say(who, words)
    await hand.press(who, "book")
    await hand.until(lambda: hand.sees(who, "Booked"), 240.0)


async def book_and_cancel(hand: Stagehand) -> None:
    await hand.install(JONAS)
    await hand.say(MIA, "book Oslo tomorrow at 15:00 for an hour")
    await hand.press(MIA, "book")
    await hand.until(lambda: hand.sees(MIA, "Waiting"))
    await hand.press(MIA, "show", "Refresh")
    await hand.until(lambda: hand.sees(MIA, "Booked"), 240.0)
    await hand.wait(5)
    await hand.say(MIA, "my bookings")
    await hand.press(MIA, "show", "Open")
    await hand.press(MIA, "cancel")
    await hand.until(lambda: hand.sees(MIA, "Cancelled"))


async def change(hand: Stagehand) -> None:
    """The time, in the room it has; then a room that is free when the first is not."""
    await _booked(hand)
    await hand.press(MIA, "change")
    await hand.press(MIA, "search", at="16:00")
    await hand.press(MIA, "book")
    await hand.until(lambda: hand.sees(MIA, "Booked"))
    await hand.wait(60)
    hand.in_outlook(TOM.address, OSLO, 1, 9, minutes=60)
    await hand.wait(40)
    await hand.press(MIA, "change")
    await hand.press(MIA, "search", at="10:00")
    await hand.press(MIA, "book")
    await hand.until(lambda: hand.sees(MIA, "Booked"))
    await hand.wait(60)
    await hand.press(MIA, "change")
    await hand.press(MIA, "search", subject=f"{CANARY} of another name")
    await hand.press(MIA, "book", subject=f"{CANARY} of another name")
    await hand.wait(60)
    await _booked(hand, words="book Bergen on wednesday at 9:00 for an hour")
    await hand.say(MIA, "make my booking 2 hours")
    await hand.wait(10)


async def in_outlook(hand: Stagehand) -> None:
    hand.scene.world.exchange.configs[OSLO] = replace_config(hand, allowConflicts=True)
    kept = hand.in_outlook(TOM.address, OSLO, 1, 9, minutes=60)
    hand.in_outlook(PRIYA.address, OSLO, 1, 9.5, minutes=60)
    hand.in_outlook(JONAS.address, BERGEN, 1, 9, recurrence=_weekly(hand, 1))
    await hand.wait(60)
    kept_id = ids.event_id(kept, immutable=True)
    hand.outlook(Move(id=kept_id, start=hand.scene.instant(1, 12).isoformat()))
    await hand.wait(40)
    hand.outlook(Cancel(id=kept_id))
    hand.in_outlook(OSLO, "", 1, 14, minutes=60)
    await _booked(hand, words="book Bergen on wednesday at 9:00 for an hour")
    await hand.wait(40)
    hand.in_outlook(TOM.address, BERGEN, 2, 12, minutes=60)
    await hand.wait(40)
    own_id = _id_of_first(hand, MIA.address)
    hand.outlook(Move(id=own_id, start=hand.scene.instant(2, 12).isoformat()))
    await hand.wait(60)
    await _booked(hand, PRIYA, "book Oslo on wednesday at 9:00 for an hour")
    hand.outlook(Respond(mailbox=OSLO, id=_id_of_last(hand, PRIYA.address), answer="decline"))
    await hand.wait(40)
    await hand.say(PRIYA, "is Oslo free on wednesday at 9:00?")
    await hand.say(PRIYA, "is Oslo free on thursday afternoon?")
    await hand.say(PRIYA, "where is Oslo")


async def crossing(hand: Stagehand) -> None:
    """A request is moved while its answer is lost, and nothing tells of it."""
    item = hand.in_outlook(TOM.address, OSLO, 1, 9, minutes=60)
    await hand.wait(9)
    hand.fail("resetBefore", r"/accept$", "POST", times=1)
    await hand.until(lambda: hand.scene.world.faults.history, 60.0)
    hand.fail("unavailableSilently", r"/delta", "GET", times=8)
    hand.outlook(Move(id=ids.event_id(item, immutable=True), start=hand.scene.instant(1, 12).isoformat()))
    await hand.wait(120)


async def odd_feeds(hand: Stagehand) -> None:
    """Pages that are empty, changes that come again, many series at once."""
    hand.scene.world.switches = Switches(delta_empty_page=True, delta_repeats=5, delta_announces=True)
    for day in (1, 2, 3, 4):
        hand.in_outlook(TOM.address, OSLO, day, 9, recurrence=_weekly(hand, day))
    await hand.wait(60)
    hand.scene.world.exchange.configs[OSLO] = replace_config(hand, allowConflicts=True)
    hand.in_outlook(PRIYA.address, OSLO, 1, 9, recurrence=_weekly(hand, 1))
    await hand.wait(40)
    hand.scene.replays = 2
    item = hand.in_outlook(TOM.address, BERGEN, 1, 9)
    await hand.wait(30)
    for hour in (10, 200 * 24, 11):
        hand.outlook(Move(id=ids.event_id(item, immutable=True), start=hand.scene.instant(1, hour).isoformat()))
        await hand.wait(3)
    await hand.wait(60)


async def stopped_at_work(hand: Stagehand) -> None:
    await hand.say(MIA, "book Oslo tomorrow at 15:00 for an hour")
    await hand.press(MIA, "book")
    hand.fail("slow", times=20)
    await hand.wait(4)
    if hand.scene.bot.is_up:
        await hand.scene.bot.stop()
    await hand.until(lambda: hand.sees(MIA, "Booked"), 120.0)


async def a_series(hand: Stagehand) -> None:
    """Some of its times are taken; answers are lost; in the end it is given up. Another gets another name."""
    hand.in_outlook(TOM.address, OSLO, 8, 9, recurrence=_weekly(hand, 8, times=11))
    await hand.wait(60)
    hand.fail("resetAfter", _EVENTS, "POST", times=8)
    await _booked(hand, MIA, "book Oslo every tuesday at 10:00 for an hour for 24 weeks")
    hand.scene.world.faults.clear()
    await hand.wait(60)
    await hand.press(MIA, "dates")
    await hand.press(MIA, "date")
    await hand.press(MIA, "book")
    await hand.wait(30)
    await hand.press(MIA, "cancel")
    await hand.wait(60)
    await hand.say(MIA, "my series")
    await hand.press(MIA, "show")
    await hand.press(MIA, "dates")
    await hand.press(MIA, "date")
    await hand.say(MIA, "my bookings")
    hand.fail("accessDenied", r"/cancel$", "POST", times=2)
    await hand.press(MIA, "cancel")
    await hand.wait(90)
    await _booked(hand, PRIYA, "book Oslo every wednesday at 10:00 for an hour for 3 weeks")
    await hand.press(PRIYA, "change")
    await hand.press(PRIYA, "search", subject=f"{CANARY} of another name")
    await hand.press(PRIYA, "book", subject=f"{CANARY} of another name")
    await hand.wait(60)
    hand.fail("notFound", r"/cancel$", "POST", times=2)
    hand.fail("notFound", rf"{PRIYA.address}/events/[^/]+/instances", "GET", times=1)
    await hand.say(PRIYA, "cancel my meeting on wednesday")
    await hand.press(PRIYA, "cancel")
    await hand.wait(60)
    await hand.say(TOM, "book Oslo every thursday at 10:00 for an hour for 3 weeks")
    hand.fail("resetBefore", _EVENTS, "POST", times=400)
    await hand.press(TOM, "book")
    await hand.wait(900)


async def a_series_elsewhere(hand: Stagehand) -> None:
    """Its organizer takes it to another day of the week, and gives up its dates there one by one."""
    await _booked(hand, MIA, "book Oslo every wednesday at 10:00 for an hour for 2 weeks")
    await hand.wait(60)
    hand.outlook(Move(id=_id_of_first(hand, MIA.address), start=hand.scene.instant(3, 9).isoformat()))
    await hand.wait(150)
    for day in ("26 november", "3 december"):
        await hand.say(MIA, f"cancel my booking on {day}")
        await hand.press(MIA, "cancel")
        await hand.wait(90)


async def lost_lease(hand: Stagehand) -> None:
    """Somebody else takes what is in hand, and leaves it again."""
    await hand.say(MIA, "book Oslo tomorrow at 15:00 for an hour")
    hand.scene.teams.next.append(Trouble(silence=True, method="PUT"))
    await hand.press(MIA, "book")
    await hand.wait(4)
    store, later = hand.scene.store, hand.scene.clock.now().timestamp() + 61
    await hand.scene.look(lambda: store.take([keys.TELL], 9, now=later, lease_s=-60.0))
    await hand.until(lambda: hand.sees(MIA, "Booked"), 240.0)


async def lost_answers(hand: Stagehand) -> None:
    await hand.say(MIA, "book Oslo tomorrow at 15:00 for an hour")
    hand.fail("resetAfter", _EVENTS, "POST", times=8)
    await hand.press(MIA, "book")
    await hand.until(lambda: hand.sees(MIA, "Booked"), 240.0)
    hand.scene.world.faults.clear()
    await hand.say(TOM, "book Bergen tomorrow at 15:00 for an hour")
    hand.fail("unavailableAfter", _EVENTS, "POST", times=400)
    await hand.press(TOM, "book")
    await hand.wait(900)
    hand.scene.world.faults.clear()
    hand.fail("gatewayTimeoutAfter", r"/events/[^/]+$", "PATCH", times=3)
    await hand.press(MIA, "change")
    await hand.press(MIA, "search", at="16:00")
    await hand.press(MIA, "book")
    await hand.until(lambda: hand.sees(MIA, "Booked"), 240.0)
    hand.fail("resetAfter", r"/accept$", "POST", times=4)
    hand.in_outlook(TOM.address, BERGEN, 1, 9)
    await hand.wait(60)
    hand.fail("gatewayTimeoutAfter", r"/cancel$", "POST", times=3)
    await hand.press(MIA, "cancel")
    await hand.until(lambda: hand.sees(MIA, "Cancelled"), 240.0)


async def troubled_graph(hand: Stagehand) -> None:
    hand.fail("unavailableSilently", times=30)
    await _booked(hand)
    hand.scene.world.faults.clear()
    hand.fail("accessDenied", r"/users/oslo@contoso.com/", times=40)
    await hand.wait(400)
    hand.scene.world.faults.clear()
    await hand.wait(400)
    await _booked(hand, PRIYA, "book Bergen on wednesday at 9:00 for an hour")
    hand.fail("accessDenied", rf"/users/{PRIYA.address}/", times=2)
    hand.outlook(Cancel(id=_id_of_last(hand, PRIYA.address)))
    await hand.wait(120)


async def troubled_teams(hand: Stagehand) -> None:
    teams = hand.scene.teams
    await hand.install(JONAS)
    await hand.say(MIA, "help", id="")
    await hand.say(MIA, "book Oslo tomorrow at 15:00 for an hour")
    await hand.press(MIA, "book")
    await hand.wait(14)
    teams.next.extend([_AWAY] * 12)
    await hand.until(lambda: hand.sees(MIA, "Booked"), 240.0)
    for gone in teams.shown(MIA.chat):
        del teams.conversations[MIA.chat][gone.id]
    teams.next.append(replace(_CUT, method="POST"))
    hand.outlook(Cancel(id=_id_of_first(hand, MIA.address)))
    await hand.wait(60)
    teams.next.clear()
    await _booked(hand, TOM, "book Oslo on wednesday at 9:00 for an hour")
    await hand.wait(10)
    teams.next.append(Trouble(status=429, code="TooManyRequests", retry_after_s=30))
    await hand.press(TOM, "cancel")
    await hand.wait(60)
    teams.next.clear()
    await hand.say(MIA, "book Bergen tomorrow at 10:00 for an hour")
    await hand.submit(MIA, "search", on="2026-11-25", at="11:00", minutes="30")
    teams.next.extend([Trouble(), _CUT, _CUT, _CUT])
    await hand.say(MIA, "my bookings")
    teams.next.clear()
    teams.blocked[MIA.chat] = "BotNotInConversationRoster"
    await hand.say(MIA, "help")
    teams.blocked.clear()
    await hand.install(MIA, "remove")
    await hand.install(MIA, "add")
    await hand.install(PRIYA, "remove")
    teams.next.extend([_AWAY] * 4)
    await hand.install(PRIYA, "add")
    await hand.wait(5)
    teams.next.clear()
    await hand.install(PRIYA, "add")


async def subscriptions(hand: Stagehand) -> None:
    world = hand.scene.world
    hand.fail(path=r"/subscriptions$", method="POST", times=4, status=400, code="ValidationError")
    hand.scene.tell("a stray subscription")
    await hand.wait(400)
    for one in world.subscriptions.live():
        world.subscriptions.lifecycle(one, "reauthorizationRequired")
    await hand.wait(30)
    world.subscriptions.expire(None)
    await hand.wait(30)
    for one in world.subscriptions.live():
        world.subscriptions.lifecycle(one, "subscriptionRemoved")
        world.subscriptions.delete(one)
    await hand.wait(400)
    hand.fail("resetAfter", r"/subscriptions$", "POST", times=4)
    world.subscriptions.expire(None)
    await hand.wait(3600 * 7)


async def a_night_before(hand: Stagehand) -> None:
    at = hand.scene.clock.now() - timedelta(hours=23)
    put = Put(keys.COMPARED, _CODEC.encode(Comparison(started_at=at, finished_at=at)))
    await hand.plant(Batch(puts=(put,)))


async def a_night(hand: Stagehand) -> None:
    """Something changed, and the feed never told of it."""
    item = hand.in_outlook(TOM.address, OSLO, 1, 9, minutes=60)
    await hand.wait(120)
    mailbox = hand.scene.world.exchange.mailboxes[OSLO]
    copy = mailbox.by_uid(item.uid)
    if copy is not None:
        when = replace(copy.when, end_at=copy.when.end_at + timedelta(minutes=15))
        copy.content = replace(copy.content, when=when)
    await hand.wait(3600)


async def long_ago(hand: Stagehand) -> None:
    """What a store holds that has lived for years."""
    now = hand.scene.clock.now()
    gone, then = "gone@contoso.com", now - timedelta(days=500)
    slot = Slot(then, then + timedelta(hours=1))
    window = Slot(then, then + timedelta(days=200))
    row = RoomEvent(id="e1", room=gone, ical_uid="u1", slot=slot)
    decision = Decision(
        room=OSLO, event_id="e9", ical_uid="u9", fingerprint="f", answer=None, reasons=(), policy="p",
        decided_at=then, progress=Progress.SETTLED,
    )  # fmt: skip
    documents: dict[str, object] = {
        keys.feed(gone): FeedState(link="x", window=window, synced_at=then),
        keys.event(gone, "e1"): row,
        keys.decision(OSLO, "e9"): decision,
        keys.journal(OSLO, then.isoformat(), "e9"): decision,
    }
    old = SubscriptionRecord(id="s1", room=gone, expires_at=then, secret_digest="")
    documents |= {keys.subscription(gone): old, keys.subscription_of("s1"): old}
    night = f"{then.timestamp()!r} 0 {then.timestamp()!r}".encode()
    jobs = {
        keys.subscribe(gone): b"", keys.sync(gone): b"", keys.drive("of-nothing"): b"", keys.compare(gone): night,
        f"{keys.RECONCILER}all": b"", keys.progress("nobody"): b"",
    }  # fmt: skip
    puts = tuple(Put(key, _CODEC.encode(value)) for key, value in documents.items())
    owed = tuple(Schedule(key, now.timestamp(), payload) for key, payload in jobs.items())
    await hand.plant(Batch(puts=puts, schedules=owed))
    await hand.wait(3 * 3600)


async def dead_letters_before(hand: Stagehand) -> None:
    store, now = hand.scene.store, hand.scene.clock.now().timestamp()
    job = keys.tell("of-nothing")
    await hand.plant(Batch(schedules=(Schedule(job, now),)))
    for _ in range(6):
        await hand.scene.look(lambda: store.take([job], 1, now=now, lease_s=-1.0))


async def administration(hand: Stagehand) -> None:
    await hand.say(JONAS, "status")
    await hand.wait(20)
    for _ in range(3):  # two deaths may keep it from being heard twice
        await hand.say(JONAS, "dead letters")
        await hand.press(JONAS, "replay")
    hand.in_outlook(TOM.address, BERGEN, 1, 9, minutes=600)
    hand.in_outlook(TOM.address, BERGEN, 2, 9, minutes=600)
    await hand.wait(60)
    await hand.say(JONAS, "status")
    await hand.press(JONAS, "decline")
    await hand.wait(400)
    await hand.say(JONAS, "status")
    await hand.press(JONAS, "decline")
    await hand.wait(100)


async def slow_graph(hand: Stagehand) -> None:
    hand.scene.world.limits.change(LimitSettings(latency_ms=4000))


async def first_import(hand: Stagehand) -> None:
    """Slow enough to be asked after."""
    for looks in range(8):
        await hand.say(JONAS, "status")
        if looks == 2:
            busy = Trouble(status=429, code="TooManyRequests", retry_after_s=30, method="PUT")
            hand.scene.teams.next.append(busy)
        await hand.wait(1.5)
    await hand.wait(20)
    hand.scene.teams.next.extend([_AWAY] * 5)
    await hand.wait(120)
    hand.scene.world.limits.change(LimitSettings(latency_ms=40))


async def reconciled(hand: Stagehand) -> None:
    await _booked(hand)
    await hand.wait(30)


async def rooms_come_and_go(hand: Stagehand) -> None:
    await hand.wait(60)
    directory = hand.scene.world.directory
    room = directory.rooms.pop(BERGEN)
    del directory._rooms_by_building[room.building.address][BERGEN]
    await hand.wait(7 * 3600)


async def only_watched(hand: Stagehand) -> None:
    """A decision that was owed when the room was still under another policy."""
    hand.in_outlook(TOM.address, BERGEN, 1, 9)
    await hand.wait(60)
    job = keys.decide(BERGEN, _id_of_first(hand, BERGEN))
    await hand.plant(Batch(schedules=(Schedule(job, hand.scene.clock.now().timestamp()),)))
    await hand.wait(60)
    hand.outlook(Cancel(id=_id_of_first(hand, TOM.address)))
    await hand.wait(60)


def replace_config(hand: Stagehand, **values: Any) -> Any:
    return changed(hand.scene.world.exchange.configs[OSLO], values)


def _weekly(hand: Stagehand, day: int, times: int = 3) -> dict[str, Any]:
    first = hand.scene.instant(day, 9)
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [first.strftime("%A").lower()]},
        "range": {"type": "numbered", "startDate": first.date().isoformat(), "numberOfOccurrences": times},
    }


def _id_of_last(hand: Stagehand, address: str) -> str:
    items = hand.scene.world.exchange.mailboxes[address].items
    return ids.event_id(list(items.values())[-1], immutable=True) if items else ""


def _id_of_first(hand: Stagehand, address: str) -> str:
    items = hand.scene.world.exchange.mailboxes[address].items
    return ids.event_id(next(iter(items.values())), immutable=True) if items else ""


_NIGHT = START_AT.replace(hour=0, minute=50) + timedelta(days=1)
_WATCHED = POLICY + f'\n[room."{BERGEN}"]\ncontrol = "watched"\n'
_TWO_DECLINES = POLICY.replace("[tenant]", "[tenant]\nmost_declines = 1", 1)

SCENARIOS = (
    Scenario(name="book and cancel", play=book_and_cancel),
    Scenario(name="change", play=change),
    Scenario(name="in Outlook", play=in_outlook),
    Scenario(name="crossing", play=crossing),
    Scenario(name="odd feeds", play=odd_feeds),
    Scenario(name="stopped at work", play=stopped_at_work),
    Scenario(name="a series", play=a_series, rooms=1),
    Scenario(name="a series elsewhere", play=a_series_elsewhere),
    Scenario(name="lost lease", play=lost_lease, is_wrong=True),
    Scenario(name="lost answers", play=lost_answers),
    Scenario(name="troubled Graph", play=troubled_graph),
    Scenario(name="troubled Teams", play=troubled_teams),
    Scenario(name="subscriptions", play=subscriptions),
    Scenario(name="a night", play=a_night, before=a_night_before, start_at=_NIGHT, is_wrong=True),
    Scenario(name="long ago", play=long_ago),
    Scenario(name="administration", play=administration, before=dead_letters_before, policy=_TWO_DECLINES),
    Scenario(name="first import", play=first_import, before=slow_graph, rooms=6),
    Scenario(name="reconciled", play=reconciled, reconcile=True),
    Scenario(name="rooms come and go", play=rooms_come_and_go),
    Scenario(name="only watched", play=only_watched, policy=_WATCHED),
)
