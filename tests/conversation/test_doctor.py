"""The operator's commands beside a running service: `doctor` and `dead-letters`."""

import json
from dataclasses import replace

import pytest

from bot.commands.dead_letters import listed, replay
from bot.commands.doctor import examine
from bot.commands.findings import Finding, Level, as_json, as_table, skipped, worst
from bot.commands.store_checks import store_findings
from bot.commands.tenant_checks import tenant_findings
from bot.config import Settings
from bot.ports import keys
from bot.ports.records import Oddity, Polling, Untold
from bot.ports.store import Batch, StoreUnusable
from tests.conversation.stage import JONAS, TENANT, Stage, StageClock, text_of
from tests.conversation.test_operators import figures, kill


def settings_of(stage: Stage) -> Settings:
    return Settings.for_sandbox(port=stage.port, sandbox_port=stage._sandbox_port, data=stage.data, policy=stage.policy)


async def look(stage: Stage, settings: Settings | None = None) -> dict[str, Finding]:
    found = await examine(settings or settings_of(stage), StageClock(stage.clock))
    return {finding.check: finding for finding in found}


def unwell(found: dict[str, Finding]) -> dict[str, Level]:
    return {check: finding.level for check, finding in found.items() if finding.level}


async def test_a_healthy_service_has_nothing_to_mend(stage: Stage) -> None:
    found = await look(stage)

    assert set(unwell(found)) <= {"clock", "disk"}  # the stage's time is not this machine's, and its disk is yours
    assert set(found) == {
        "settings", "data folder", "disk", "write-ahead log", "store", "dead letters", "oldest dirty room",
        "notifications", "calendar items", "public address", "bot credentials", "sign-in", "rooms",
        "a room's calendar", "people", "subscriptions",
        "app secret", "clock",
    }  # fmt: skip
    assert all(finding.fix for finding in found.values() if finding.level)


async def test_a_wrong_secret_is_told_with_its_remedy(stage: Stage) -> None:
    settings = settings_of(stage)
    tenant = replace(settings.tenants[0], client_secret="wrong~canary")

    found = await look(stage, replace(settings, tenants=(tenant,)))

    assert found["sign-in"].level is Level.FAIL
    assert "secret" in found["sign-in"].fix
    after = ("rooms", "a room's calendar", "people", "subscriptions", "app secret", "clock")
    assert {found[check].level for check in after} == {Level.SKIP}
    assert {found[check].said for check in after} == {"not looked at: it needs the sign-in"}
    assert "canary" not in as_json(list(found.values()))


@pytest.mark.parametrize(
    ("path", "check", "level", "permission"),
    [
        ("/places/", "rooms", Level.FAIL, "Place.Read.All"),
        ("/calendarView/delta", "a room's calendar", Level.FAIL, "Calendars.ReadWrite"),
        (f"/users/{JONAS.id}", "people", Level.FAIL, "User.Read.All"),
        ("/subscriptions", "subscriptions", Level.FAIL, "Calendars.ReadWrite"),
        ("/applications", "app secret", Level.WARN, "Application.Read.All"),
    ],
)
async def test_a_permission_that_is_lacking_is_named(
    stage: Stage, path: str, check: str, level: Level, permission: str
) -> None:
    fault = {"times": 9, "path": path, "status": 403, "code": "Authorization_RequestDenied"}
    await stage.control("POST", "/faults/requests", fault)

    found = await look(stage)

    assert found[check].level is level
    assert permission in found[check].fix


async def test_an_address_that_microsoft_does_not_reach_is_told_by_asking_it(stage: Stage) -> None:
    nowhere = "http://127.0.0.1:9"
    before = await stage.graph("/subscriptions")

    found = await look(stage, replace(settings_of(stage), public_url=nowhere))

    assert found["subscriptions"].level is Level.FAIL
    assert "no answer at the public address" in found["subscriptions"].said
    assert "FOYER_PUBLIC_URL" in found["subscriptions"].fix
    assert await stage.graph("/subscriptions") == before


async def test_without_subscriptions_one_is_asked_for_and_given_back(stage: Stage) -> None:
    before = await stage.graph("/subscriptions")

    found = await look(stage, replace(settings_of(stage), public_url=f"http://localhost:{stage.port}"))

    assert found["subscriptions"].level is Level.WARN
    assert "reaches the service" in found["subscriptions"].said
    assert await stage.graph("/subscriptions") == before


async def test_a_mailbox_that_is_full_of_subscriptions_is_told(stage: Stage) -> None:
    fault = {"times": 9, "path": "/subscriptions", "method": "POST", "status": 403}
    fault |= {"code": "ExtensionError", "message": "[Reason: Maximum number of subscriptions has been reached]"}
    await stage.control("POST", "/faults/requests", fault)

    found = await look(stage, replace(settings_of(stage), public_url=f"http://localhost:{stage.port}"))

    assert found["subscriptions"].level is Level.FAIL
    assert "1,000" in found["subscriptions"].fix


async def test_what_was_given_up_on_and_who_waits_are_seen_beside_the_running_service(stage: Stage) -> None:
    await kill(stage, "sync/oslo@contoso.com", "tell/gone")
    fault = {"times": 10**6, "path": "/users/porto@contoso.com/", "status": 503}
    await stage.control("POST", "/faults/requests", fault)
    await stage.book_in_outlook("mia@contoso.com", "porto@contoso.com", "2026-11-23T15:00:00")
    await stage.pass_time(1000, step_s=50)

    found = {one.check: one for one in await store_findings(settings_of(stage), StageClock(stage.clock))}

    assert found["dead letters"].level is Level.WARN
    assert "given up on" in found["dead letters"].said
    assert found["oldest dirty room"].level is Level.WARN
    assert any("tell/gone" in line for line in await listed(settings_of(stage), StageClock(stage.clock)))


async def test_why_no_notifications_come_and_what_was_not_understood_are_told(stage: Stage) -> None:
    documents, now = stage.tenant.services.documents, stage.clock.now()
    polled = [
        documents.put(keys.polling(room), Polling(room=room, since_at=now, code="InvalidRequest", why=why))
        for room, why in (("a", Untold.ADDRESS), ("b", Untold.ADDRESS), ("c", Untold.FULL))
    ]
    odd = documents.put(keys.odd("a", "e"), Oddity(room="a", event_id="e", seen_at=now, blocks=True))
    await documents.store.commit(Batch(puts=(*polled, odd)))

    found = {one.check: one for one in await store_findings(settings_of(stage), StageClock(stage.clock))}

    assert found["notifications"].level is Level.WARN
    assert "2 rooms without: no answer at the public address" in found["notifications"].said
    assert "FOYER_PUBLIC_URL" in found["notifications"].fix
    assert "1,000" in found["notifications"].fix
    assert (found["calendar items"].level, found["calendar items"].said) == (Level.WARN, "1 not understood")
    shown = text_of(await stage.say(JONAS, "status"))
    assert "No notifications of 2 of 13 rooms" in shown
    assert "taken as busy: 1" in shown
    figures_now = await figures(stage)
    assert figures_now["foyer_rooms_untold", f'tenant="{TENANT}",why="address"'] == 2
    assert figures_now["foyer_calendar_items_not_understood", f'tenant="{TENANT}"'] == 1
    assert figures_now["foyer_rooms_behind", f'tenant="{TENANT}"'] == 0


async def test_a_stopped_service_is_told_as_that(stage: Stage) -> None:
    await stage._bot.aclose()

    found = await look(stage)

    assert found["public address"].level is Level.WARN
    assert "make run" in found["public address"].fix
    assert found["store"].level is Level.OK
    assert found["sign-in"].level is Level.OK


async def test_a_stopped_sandbox_is_to_be_started_and_no_proxy_is_blamed(stage: Stage) -> None:
    settings = settings_of(stage)
    nobody = replace(settings.tenants[0], login="http://127.0.0.1:9", graph="http://127.0.0.1:9")

    sandbox = await look(stage, replace(settings, tenants=(nobody,)))
    outside, *_ = await tenant_findings(nobody, stage.http, StageClock(stage.clock), settings.public_url)

    assert sandbox["sign-in"].level is Level.FAIL
    assert "make run" in sandbox["sign-in"].fix
    assert "https" not in sandbox["sign-in"].fix
    assert "https" in outside.fix


async def test_dead_letters_are_done_again_from_the_command_line_only_while_the_service_is_stopped(
    stage: Stage,
) -> None:
    await kill(stage, "tell/gone", "sweep/x")
    settings, clock = settings_of(stage), StageClock(stage.clock)
    with pytest.raises(StoreUnusable, match="in use by another Foyer"):
        await replay(settings, "all", clock)

    await stage._bot.aclose()
    assert await replay(settings, "tell/other", clock) == 0
    assert await replay(settings, "tell/gone", clock) == 1
    assert [line.split()[-1] for line in await listed(settings, clock)] == ["sweep/x"]
    assert await replay(settings, "all", clock) == 1
    assert await listed(settings, clock) == []
    await stage.start()


async def test_a_store_that_is_not_there_is_said_so(stage: Stage) -> None:
    nowhere = replace(settings_of(stage), data=stage.data / "nothing")

    with pytest.raises(StoreUnusable, match="is not there"):
        await listed(nowhere, StageClock(stage.clock))
    folder, store, *more = await store_findings(nowhere, StageClock(stage.clock))
    assert (folder.level, store.level) == (Level.OK, Level.OK)
    assert {(one.level, one.said) for one in more} == {(Level.SKIP, "not looked at: there is no store yet")}


async def test_without_a_readable_store_what_is_owed_in_it_is_skipped_and_not_forgotten(stage: Stage) -> None:
    elsewhere = stage.data / "junk"
    elsewhere.mkdir()
    (elsewhere / "foyer.sqlite").write_text("junk" * 1000)
    clock = StageClock(stage.clock)

    found = {one.check: one for one in await store_findings(replace(settings_of(stage), data=elsewhere), clock)}

    assert found["store"].level is Level.FAIL
    owed = ("dead letters", "oldest dirty room", "notifications", "calendar items")
    assert {(found[check].level, found[check].said) for check in owed} == {
        (Level.SKIP, "not looked at: it needs the store")
    }


def test_the_worst_finding_decides_and_all_are_shown() -> None:
    findings = [
        Finding(check="disk", level=Level.OK, said="free"),
        Finding(check="clock", level=Level.WARN, said="late", fix="NTP", tenant="Contoso"),
    ]

    assert worst(findings) is Level.WARN
    assert worst([]) is Level.OK
    assert json.loads(as_json(findings))["findings"][1]["level"] == "warn"
    table = as_table(findings).splitlines()
    assert table[0].startswith("ok    disk")
    assert table[1].startswith("warn  Contoso: clock  late")
    assert table[2].endswith("→ NTP")
    assert table[-1] == "1 ok, 1 warn, 0 fail"


def test_what_was_skipped_is_shown_and_does_not_count() -> None:
    findings = [Finding(check="disk", level=Level.OK, said="free"), *skipped(["rooms"], "why", tenant="Contoso")]

    assert worst(findings) is Level.OK
    assert worst(findings[1:]) is Level.OK
    table = as_table(findings).splitlines()
    assert table[1] == "skip  Contoso: rooms  not looked at: why"
    assert table[-1] == "1 ok, 0 warn, 0 fail, 1 skipped"
