"""The night over a whole tenant: after a day of everything, the mirror is found equal to the mailboxes."""

from bot.domain.events import RoomEvent
from bot.ports import keys
from bot.ports.records import Comparison, FeedState
from bot.ports.store import Batch, Delete
from tests.conversation.stage import Stage
from tests.faults.test_notifications import OSLO, TOM, a_busy_morning

TO_THE_NIGHT_S = 17.0 * 3600  # from nine in the morning


async def the_night(stage: Stage) -> Comparison:
    await stage.pass_time(TO_THE_NIGHT_S - 600, step_s=30000)
    await stage.pass_time(1200, step_s=60)
    kept = await stage.tenant.services.documents.get(keys.COMPARED, Comparison)
    assert kept is not None
    done: Comparison = kept.value
    return done


async def test_after_a_busy_day_nothing_differs_but_what_was_broken_and_that_is_mended(stage: Stage) -> None:
    """With every notification lost; and one row of the mirror was lost, too."""
    await stage.control("POST", "/faults/notifications", {"action": "drop", "rate": 1.0})
    await a_busy_morning(stage)
    await _odd_meetings(stage)
    await stage.pass_time(400, step_s=100)
    documents = stage.tenant.services.documents
    lost = (await documents.scan(keys.events(OSLO), RoomEvent))[0]
    await documents.store.commit(Batch(deletes=(Delete(lost.key),)))

    done = await the_night(stage)

    assert (done.rooms, done.unread, done.divergences) == (13, 0, 1)
    assert done.rows >= 20
    assert await documents.get(lost.key, RoomEvent) is not None


async def test_windows_roll_and_a_dead_link_over_night_keeps_what_stands(stage: Stage) -> None:
    await a_busy_morning(stage)
    documents = stage.tenant.services.documents
    before = await documents.get(keys.feed(OSLO), FeedState)
    await the_night(stage)
    await stage.control("POST", "/delta/invalidate", {})
    await stage.pass_time(6 * 3600, step_s=3 * 3600)

    after = await documents.get(keys.feed(OSLO), FeedState)
    assert after.value.window.start_at > before.value.window.start_at
    assert len(await documents.scan(keys.events(OSLO), RoomEvent)) >= 2
    assert await documents.store.dead_letters() == []


async def _odd_meetings(stage: Stage) -> None:
    """A private one, and one on every day."""
    await stage.book_in_outlook(TOM, OSLO, "2026-12-01T09:00", minutes=90, sensitivity="private")
    daily = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-12-02", "numberOfOccurrences": 20},
    }
    await stage.book_in_outlook(TOM, OSLO, "2026-12-02T13:00", minutes=30, recurrence=daily)
    await stage.pass_time(60, step_s=10)
