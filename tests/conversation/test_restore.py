"""Backup and restore: nothing is decided, sent or made twice by a store that is older than the mailboxes."""

import argparse
import errno
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from bot.commands import line
from bot.config import Settings
from bot.domain.bookings import State
from bot.edges import store_file
from bot.ports import keys
from bot.ports.records import FeedState
from bot.ports.store import StoreUnusable
from bot.store.sqlite_copy import back_up, restore
from bot.wiring import open_system
from tests.conversation.stage import JONAS, MIA, TENANT, Stage, StageClock, buttons, text_of
from tests.conversation.test_booking import WORDS, _booked
from tests.conversation.test_doctor import settings_of
from tests.conversation.test_operators import WELL, kill, ready
from tests.conversation.test_series import WORDS as SERIES


async def go_back(stage: Stage, backup: Path) -> None:
    """The service stops, the backup takes the store's place, the service starts."""
    await stage._bot.aclose()
    restore(backup, store_file(settings_of(stage)), at=2)
    await stage.start()


async def meetings(stage: Stage, mailbox: str, until: str = "2026-12-10") -> list[dict[str, Any]]:
    window = f"startDateTime=2026-11-22T00:00:00Z&endDateTime={until}T00:00:00Z"
    found: dict[str, Any] = await stage.graph(f"/users/{mailbox}/calendarView?{window}")
    return list(found["value"])


async def test_it_is_not_ready_until_every_room_was_read_again(stage: Stage, tmp_path: Path) -> None:
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await go_back(stage, tmp_path / "b")

    status, parts = await ready(stage)
    assert (status, parts["reconcile"]) == (503, False)
    assert "The store was restored" in text_of(await stage.say(JONAS, "status"))

    await stage.pass_time(10)
    assert await ready(stage) == (200, WELL)
    assert "The store was restored" not in text_of(await stage.say(JONAS, "status"))
    await stage.restart()
    assert (await ready(stage))[0] == 200


async def test_a_look_that_died_is_taken_up_again_at_the_next_start(stage: Stage, tmp_path: Path) -> None:
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await go_back(stage, tmp_path / "b")
    await kill(stage, keys.RECONCILER + "all")
    await stage.control("DELETE", "/faults")
    await stage.pass_time(120, step_s=10)
    assert (await ready(stage))[1]["reconcile"] is False

    await stage.restart()
    await stage.pass_time(20)

    assert await ready(stage) == (200, WELL)


async def test_nothing_is_decided_or_sent_while_one_room_was_not_read(stage: Stage, tmp_path: Path) -> None:
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage._bot.aclose()
    restore(tmp_path / "b", store_file(settings_of(stage)), at=2)
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await stage.book_in_outlook("mia@contoso.com", "oslo@contoso.com", "2026-11-23T15:00:00")
    await stage.start()
    sent = len(stage.teams.sent)
    await stage.pass_time(200, step_s=10)

    (request,) = await meetings(stage, "oslo@contoso.com")
    assert request["responseStatus"]["response"] == "tentativelyAccepted"
    assert len(stage.teams.sent) == sent

    await stage.control("DELETE", "/faults")
    await stage.pass_time(200, step_s=10)
    (request,) = await meetings(stage, "oslo@contoso.com")
    assert request["responseStatus"]["response"] == "accepted"


async def test_a_booking_that_was_made_before_and_carried_out_after_is_adopted_and_not_made_twice(
    stage: Stage, tmp_path: Path
) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    (held,) = await stage.tenant.services.desk.mine(MIA.id)
    assert held.state is State.HELD
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(3600, step_s=60)
    (before,) = await meetings(stage, held.organizer)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(1000, step_s=20)

    (after,) = await meetings(stage, held.organizer)
    (adopted,) = await stage.tenant.services.desk.mine(MIA.id)
    assert after["id"] == before["id"]
    assert (adopted.state, adopted.id) == (State.CONFIRMED, held.id)


async def test_a_series_that_was_made_before_and_carried_out_after_is_adopted(stage: Stage, tmp_path: Path) -> None:
    card = await stage.say(MIA, SERIES)
    await stage.press(MIA, card, "Book", subject="Planning")
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(60)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(600, step_s=20)

    assert [one["isCancelled"] for one in await meetings(stage, "mia@contoso.com", until="2027-01-01")] == [False] * 4
    booked = await stage.tenant.services.desk.mine(MIA.id)
    assert [one.state for one in booked] == [State.CONFIRMED] * 4
    assert await stage.tenant.services.documents.store.dead_letters() == []


async def test_a_series_whose_first_date_is_over_is_adopted_too(stage: Stage, tmp_path: Path) -> None:
    card = await stage.say(MIA, "book a room for 6 every day from 9 to 10 until friday")
    await stage.press(MIA, card, "Book", subject="Planning")
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(4000, step_s=60)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(600, step_s=20)

    assert [one.state for one in await stage.tenant.services.desk.mine(MIA.id)] == [State.CONFIRMED] * 4


async def move(stage: Stage, words: str) -> None:
    """By words, to the first room that is offered."""
    before, found = await starts(stage), await stage.say(MIA, words)
    offered = next(button for button in buttons(found) if "foyer.book" in button["verb"])
    await stage.push(MIA, found, offered)
    await stage.pass_time(60)
    assert await starts(stage) != before


async def starts(stage: Stage) -> list[str]:
    """Of the meetings that stand in Mia's calendar."""
    shown = await meetings(stage, "mia@contoso.com", until="2027-01-01")
    return sorted(one["start"]["dateTime"][:16] for one in shown if not one["isCancelled"])


async def booked_starts(stage: Stage) -> list[str]:
    mine = await stage.tenant.services.desk.mine(MIA.id)
    return sorted(f"{one.slot.start_at:%Y-%m-%dT%H:%M}" for one in mine if one.state is State.CONFIRMED)


@pytest.mark.parametrize("by", ["Foyer", "Outlook"])
async def test_a_booking_that_was_moved_since_the_backup_is_followed(stage: Stage, tmp_path: Path, by: str) -> None:
    await stage.press(MIA, await stage.say(MIA, WORDS), "Book")
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(60)
    if by == "Foyer":
        await move(stage, "move my 3 pm to 5 pm")
    else:
        made = await stage.control("GET", "/outlook/meetings?mailbox=mia@contoso.com")
        to_five = {"id": made["value"][0]["id"], "start": "2026-11-24T17:00", "minutes": 60}
        await stage.control("POST", "/outlook/move", to_five)
        await stage.pass_time(90)
        assert await booked_starts(stage) == await starts(stage)
    before = await starts(stage)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(900, step_s=20)

    assert await starts(stage) == before == await booked_starts(stage)


@pytest.mark.parametrize("made", ["before", "after"])
@pytest.mark.parametrize("words", ["move my meeting on 1 december to 5 pm", "move my weekly meeting to 5 pm"])
async def test_a_series_that_was_moved_since_the_backup_is_followed(
    stage: Stage, tmp_path: Path, words: str, made: str
) -> None:
    await stage.press(MIA, await stage.say(MIA, SERIES), "Book", subject="Planning")
    if made == "before":
        await stage.pass_time(60)
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(60)
    await move(stage, words)
    before = await starts(stage)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(900, step_s=20)

    assert await starts(stage) == before == await booked_starts(stage)


@pytest.mark.parametrize("words", [WORDS, SERIES])
async def test_what_is_cancelled_before_every_room_was_read_again_is_undone(
    stage: Stage, tmp_path: Path, words: str
) -> None:
    card = await stage.say(MIA, words)
    await stage.press(MIA, card, "Book", subject="Planning")
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(120, step_s=5)
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await go_back(stage, tmp_path / "b")
    await stage.pass_time(5)

    answer = await stage.press(MIA, stage.teams.shown(MIA.chat)[-1].card or {}, "Yes, cancel it")
    assert "no longer have" not in text_of(answer.card)
    await stage.control("DELETE", "/faults")
    await stage.pass_time(600, step_s=20)

    left = await meetings(stage, "mia@contoso.com", until="2027-01-01")
    assert [one for one in left if not one["isCancelled"]] == []
    assert await stage.tenant.services.desk.mine(MIA.id) == []
    assert "no longer have" in text_of(stage.teams.shown(MIA.chat)[-1].card or {})


async def test_what_is_booked_before_every_room_was_read_again_is_made(stage: Stage, tmp_path: Path) -> None:
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await go_back(stage, tmp_path / "b")
    await stage.pass_time(10)
    await stage.press(MIA, await stage.say(MIA, WORDS), "Book")
    assert (await ready(stage))[1]["reconcile"] is False
    await stage.control("DELETE", "/faults")
    await stage.pass_time(300, step_s=20)

    assert [one.state for one in await stage.tenant.services.desk.mine(MIA.id)] == [State.CONFIRMED]


async def test_a_booking_that_was_cancelled_before_the_backup_saw_its_meeting_is_not_made_again(
    stage: Stage, tmp_path: Path
) -> None:
    card = await stage.say(MIA, WORDS)
    await stage.press(MIA, card, "Book")
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.pass_time(60)
    await stage.press(MIA, stage.teams.shown(MIA.chat)[-1].card or {}, "Yes, cancel it")
    await stage.pass_time(3600, step_s=60)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(1000, step_s=20)

    assert [one for one in await meetings(stage, "mia@contoso.com") if not one["isCancelled"]] == []
    assert await stage.tenant.services.desk.mine(MIA.id) == []
    assert "restored from a backup" in text_of(stage.teams.shown(MIA.chat)[-1].card or {})


async def test_what_was_cancelled_since_is_cancelled_and_no_valid_meeting_is(stage: Stage, tmp_path: Path) -> None:
    await _booked(stage, WORDS)
    (booking,) = await stage.tenant.services.desk.mine(MIA.id)
    back_up(store_file(settings_of(stage)), tmp_path / "b", at=1)
    await stage.press(MIA, stage.teams.shown(MIA.chat)[-1].card or {}, "Yes, cancel it")
    await stage.pass_time(30)
    await stage.book_in_outlook("priya@contoso.com", booking.room, "2026-11-24T15:00:00")
    await stage.pass_time(120, step_s=10)

    await go_back(stage, tmp_path / "b")
    await stage.pass_time(700, step_s=10)

    assert await stage.tenant.services.desk.mine(MIA.id) == []
    assert [one["isCancelled"] for one in await meetings(stage, "mia@contoso.com")] in ([], [True])
    (stands,) = [one for one in await meetings(stage, booking.room) if not one["isCancelled"]]
    assert stands["responseStatus"]["response"] == "accepted"


async def test_a_backup_is_whole_private_and_never_written_over(stage: Stage, tmp_path: Path) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=7)

    assert backup.stat().st_mode & 0o077 == 0
    assert not backup.with_name("b.part").exists()
    copy = apsw.Connection(str(backup), flags=apsw.SQLITE_OPEN_READONLY)
    assert copy.execute("SELECT value FROM meta WHERE name = 'copied_at'").get == 7
    assert copy.execute("SELECT count(*) FROM document").get > 10
    copy.close()
    with pytest.raises(StoreUnusable, match="is there already"):
        back_up(store, backup, at=8)


async def test_a_restore_waits_for_the_service_to_stop_and_keeps_the_old_store(stage: Stage, tmp_path: Path) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    with pytest.raises(StoreUnusable, match="stop that one first"):
        restore(backup, store, at=2)
    await stage._bot.aclose()
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"no store" * 1000)
    with pytest.raises(StoreUnusable, match="no store of Foyer, or damaged: use a file that"):
        restore(damaged, store, at=3)

    (aside,) = restore(backup, store, at=4)

    assert aside.name == "foyer.sqlite.before-4"
    assert aside.exists()
    await stage.start()


async def test_a_restore_that_dies_before_the_new_store_stands_leaves_the_old_one(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_file(settings_of(stage))
    back_up(store, tmp_path / "backup", at=1)
    await _booked(stage, WORDS)
    await stage._bot.aclose()
    rename = Path.rename

    def dies(self: Path, target: Path) -> Path:
        if target == store:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as cut:
        cut.setattr(Path, "rename", dies)
        cut.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "backup", store, at=2)
    await stage.start()

    assert len(await stage.tenant.services.desk.mine(MIA.id)) == 1


async def test_what_is_no_backup_is_refused_with_what_it_is_and_the_store_stays(stage: Stage, tmp_path: Path) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    await stage._bot.aclose()
    before = sorted(path.name for path in store.parent.iterdir())
    empty, foreign, cut = tmp_path / "empty", tmp_path / "foreign", tmp_path / "cut"
    empty.touch()
    apsw.Connection(str(foreign)).execute("CREATE TABLE t (x)")
    cut.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    link = tmp_path / "link"
    link.symlink_to(store)

    for file, told in (
        (store, "is the store itself"),
        (link, "is the store itself"),
        (tmp_path, "is a folder"),
        (empty, "is no store of Foyer"),
        (foreign, "is no store of Foyer"),
        (cut, "damaged"),
        (tmp_path / "none", "is not there"),
    ):
        with pytest.raises(StoreUnusable, match=told) as refused:
            restore(file, store, at=2)
        assert ": " in str(refused.value), "what to do stands behind the colon"

    assert sorted(path.name for path in store.parent.iterdir()) == before
    await stage.start()


async def test_a_backup_of_an_older_version_is_brought_to_this_one_at_the_start(stage: Stage, tmp_path: Path) -> None:
    await _booked(stage, WORDS)
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    older = apsw.Connection(str(backup))
    older.execute("ALTER TABLE job DROP COLUMN since; UPDATE meta SET value = 1 WHERE name = 'schema'").fetchall()
    older.close()

    await go_back(stage, backup)
    await stage.pass_time(30)

    assert (await ready(stage))[0] == 200
    assert "15:00–16:00" in text_of(await stage.say(MIA, "my bookings"))


async def test_a_backup_of_a_newer_version_is_refused(stage: Stage, tmp_path: Path) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    newer = apsw.Connection(str(backup))
    newer.execute("UPDATE meta SET value = value + 1 WHERE name = 'schema'").fetchall()
    newer.close()
    await stage._bot.aclose()

    with pytest.raises(StoreUnusable, match="newer version of Foyer: use that version"):
        restore(backup, store, at=2)

    await stage.start()


@pytest.mark.parametrize(("command", "code"), [("doctor", 2), ("dead-letters", 1), ("backup", 1), ("restore", 1)])
def test_a_data_folder_of_another_user_is_told_as_that(
    command: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the tests may be root, whom no folder is closed to."""
    data, real = tmp_path / "another's", Path.exists

    def exists(self: Path) -> bool:
        if self.is_relative_to(data / "foyer.sqlite"):
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "exists", exists)
    settings = Settings.for_sandbox(port=1, sandbox_port=2, data=data, policy="")
    options = argparse.Namespace(json=False, file=tmp_path / command, replay=None)
    (tmp_path / "restore").touch()

    assert line.run(command, settings, options) == code

    told = "".join(capsys.readouterr())
    assert "may not be looked at" in told
    assert "as the user that Foyer runs as" in told


async def test_the_old_store_is_one_file_that_has_what_its_log_had(stage: Stage, tmp_path: Path) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    await stage._bot.aclose()
    leave_a_log(store)
    assert store.with_name(store.name + "-wal").stat().st_size > 0

    assert restore(backup, store, at=4) == (store.with_name("foyer.sqlite.before-4"),)

    kept = sorted(path.name for path in store.parent.glob("foyer.sqlite.before-4*"))
    assert kept == ["foyer.sqlite.before-4"]
    alone = shutil.copy(store.with_name("foyer.sqlite.before-4"), tmp_path / "alone")
    copy = apsw.Connection(str(alone), flags=apsw.SQLITE_OPEN_READONLY)
    assert copy.execute("SELECT value FROM meta WHERE name = 'late'").get == 1
    copy.close()


async def test_an_old_store_that_cannot_be_read_is_kept_with_all_that_belongs_to_it(
    stage: Stage, tmp_path: Path
) -> None:
    store, backup = store_file(settings_of(stage)), tmp_path / "b"
    back_up(store, backup, at=1)
    await stage._bot.aclose()
    leave_a_log(store)
    log = store.with_name(store.name + "-wal").read_bytes()
    store.write_bytes(b"no store" * 1000)

    kept = restore(backup, store, at=4)

    assert [path.name for path in kept][:1] == ["foyer.sqlite.before-4"]
    assert store.with_name("foyer.sqlite.before-4-wal") in kept
    assert store.with_name("foyer.sqlite.before-4-wal").read_bytes() == log
    assert kept[0].read_bytes() == b"no store" * 1000


def leave_a_log(store: Path) -> None:
    """As a process that was killed does: what it wrote last is in the write-ahead log alone."""
    script = (
        'import apsw, os, sys; at = apsw.Connection(sys.argv[1]); at.execute("PRAGMA wal_autocheckpoint = 0");'
        "at.execute(\"INSERT OR REPLACE INTO meta VALUES ('late', 1)\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(store)], check=True)


async def test_an_operator_may_say_that_the_store_is_older(stage: Stage) -> None:
    await stage._bot.aclose()
    settings = settings_of(stage)

    async with open_system(replace(settings, reconcile=True), StageClock(stage.clock), work=False) as system:
        store = system.tenants[TENANT].services.documents.store
        assert await store.read([keys.RECONCILE])
        oslo = await system.tenants[TENANT].services.documents.get(keys.feed("oslo@contoso.com"), FeedState)
        assert oslo is not None
        assert oslo.value == FeedState()
    await stage.start()
