"""What administrators see of the service at work: a first import, declining that was stopped, who decides."""

from pathlib import Path

from bot.domain.rooms import Evidence
from bot.edges import store_file
from bot.ports import keys
from bot.ports.records import Declines, FeedState, ProgressCard
from bot.ports.store import Batch, Delete
from bot.store.sqlite_copy import back_up
from tests.conversation.stage import JONAS, PRIYA, Stage, text_of
from tests.conversation.test_doctor import settings_of
from tests.conversation.test_restore import go_back

WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 4},
}


async def _unread(stage: Stage, rooms: int) -> None:
    """As if those rooms had not been read to their end yet, nor would be for a while."""
    documents = stage.tenant.services.documents
    feeds = (await documents.scan(keys.feed(""), FeedState))[:rooms]
    await documents.store.commit(Batch(deletes=tuple(Delete(feed.key) for feed in feeds)))
    await stage.tenant.indexing.load()


async def test_the_card_of_a_first_import_goes_on_by_itself_until_all_rooms_are_read(stage: Stage) -> None:
    await _unread(stage, 4)

    assert "9 of 13 rooms" in text_of(await stage.say(JONAS, "status"))
    await stage.pass_time(3)
    assert "Reading the rooms' calendars" in stage.shown(JONAS)
    assert "9 of 13 rooms" in stage.shown(JONAS)
    messages = len(stage.teams.shown(JONAS.chat))

    await stage.pass_time(320, step_s=40)

    assert "The calendars of all 13 rooms were read." in stage.shown(JONAS)
    assert len(stage.teams.shown(JONAS.chat)) == messages, "the same card all along"
    assert await stage.tenant.services.documents.get(keys.progress(JONAS.id), ProgressCard) is None


async def test_asked_twice_it_is_shown_once(stage: Stage) -> None:
    await _unread(stage, 1)
    await stage.say(JONAS, "status")
    await stage.say(JONAS, "status")
    await stage.pass_time(3)

    shown = [text_of(message.card or {}) for message in stage.teams.shown(JONAS.chat)]
    assert sum("Reading the rooms' calendars" in text for text in shown) == 1


async def test_nobody_else_gets_it_and_nobody_gets_it_once_all_is_read(stage: Stage) -> None:
    await stage.say(JONAS, "status")
    await _unread(stage, 1)
    await stage.say(PRIYA, "status")
    await stage.pass_time(3)

    assert await stage.tenant.services.documents.scan(keys.PROGRESS, ProgressCard) == []


async def test_an_administrator_lets_declining_go_on(stage: Stage) -> None:
    documents = stage.tenant.services.documents
    stopped = Declines(policy="p", stopped_at=stage.clock.now())
    await documents.store.commit(Batch(puts=(documents.put(keys.DECLINES, stopped),)))
    card = await stage.say(JONAS, "status")
    assert "Declining stopped" in text_of(card)

    refused = await stage.press(PRIYA, card, "Go on declining")
    assert "administrators" in str(refused.body)
    assert (await documents.get(keys.DECLINES, Declines)).value.stopped_at is not None

    after = await stage.press(JONAS, card, "Go on declining")
    assert "Declining stopped" not in text_of(after.card)
    assert (await documents.get(keys.DECLINES, Declines)).value.stopped_at is None


async def _evidence(stage: Stage) -> dict[str, Evidence]:
    status = await stage.tenant.services.status.status()
    return {one.room.name: one.evidence for one in status.rooms}


async def test_a_series_shows_who_decides_as_a_single_meeting_does(stage: Stage) -> None:
    for room in ("porto@contoso.com", "oslo@contoso.com"):
        await stage.book_in_outlook("mia@contoso.com", room, "2026-11-24T15:00:00", recurrence=WEEKLY)
    await stage.pass_time(90, step_s=5)

    assert {room: one for room, one in (await _evidence(stage)).items() if one is not Evidence.NONE} == {
        "Porto": Evidence.AUTO,
        "Oslo": Evidence.DELEGATED,
    }


async def test_what_foyer_accepted_after_a_backup_is_not_taken_for_exchanges_answer(
    stage: Stage, tmp_path: Path
) -> None:
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.book_in_outlook("mia@contoso.com", "oslo@contoso.com", "2026-11-24T15:00:00", recurrence=WEEKLY)
    await stage.book_in_outlook("mia@contoso.com", "lisbon@contoso.com", "2026-11-24T15:00:00")
    await stage.pass_time(90, step_s=5)
    assert (await _evidence(stage))["Oslo"] is Evidence.DELEGATED

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(60, step_s=5)

    assert Evidence.AUTO not in (await _evidence(stage)).values()
    await stage.book_in_outlook("mia@contoso.com", "lisbon@contoso.com", "2026-11-25T15:00:00")
    await stage.pass_time(90, step_s=5)
    assert (await _evidence(stage))["Lisbon"] is Evidence.DELEGATED
