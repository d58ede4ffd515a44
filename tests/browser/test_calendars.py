"""The sandbox tenant's page in a browser: book, move and cancel in both views; what others do arrives by itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, expect

from tests.browser.calendars import Calendars
from tests.ports import free_ports

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2026-11-23"


@pytest.fixture(scope="module")
def tenant() -> Iterator[str]:
    """A sandbox tenant on a virtual clock; its root."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--clock", "virtual"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if "coverage" in line:
                break
        assert process.poll() is None
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def calendars(browser: Browser, tenant: str) -> Iterator[Calendars]:
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme="light", locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if _is_ours(message) else None)
    made = Calendars(page, tenant)
    made.control("reset")
    yield made
    context.close()
    assert problems == []


def _is_ours(message: ConsoleMessage) -> bool:
    """An error, but not the browser's own line about a request that did not come through."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def at(track: Locator, share: float) -> tuple[float, float]:
    """A point in a line of the day view, or a column of the week view, by its share of the longer side."""
    box = track.bounding_box()
    assert box is not None
    if box["width"] > box["height"]:
        return box["x"] + box["width"] * share, box["y"] + box["height"] / 2
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * share


def carry(calendars: Calendars, meeting: Locator, to: tuple[float, float]) -> None:
    box = meeting.bounding_box()
    assert box is not None
    mouse = calendars.page.mouse
    mouse.move(box["x"] + 8, box["y"] + 8)
    mouse.down()
    mouse.move(box["x"] + 20, box["y"] + 12)
    mouse.move(to[0] + 8, to[1] + 8, steps=5)
    mouse.up()


def test_a_click_on_a_free_hour_books_the_room_and_shows_whom_it_waits_for(calendars: Calendars) -> None:
    calendars.open("day")
    track = calendars.row("Lisbon").locator(".track")
    track.click(position={"x": at(track, 2.6 / 11)[0] - at(track, 0)[0], "y": 20})
    dialog = calendars.page.locator("#booking")
    expect(dialog.get_by_label("Start")).to_have_value("10:30")
    calendars.choose("Organizer", "tom de", "Tom de Vries")
    calendars.choose("Add an attendee", "grace", "Grace Kim")
    dialog.get_by_label("Subject").fill("Seen on the page")
    dialog.get_by_role("button", name="Send").click()
    calendars.says("Lisbon answers in some seconds")
    calendars.pass_time()

    meeting = calendars.row("Lisbon").locator("button.meeting", has_text="Seen on the page")
    expect(meeting).to_contain_text("waiting for Foyer")
    meeting.click()
    invited = calendars.page.locator("#attendees")
    expect(invited).to_contain_text("Grace Kim")
    expect(invited.locator("li", has_text="Lisbon")).to_contain_text("tentative")


def test_a_meeting_is_carried_to_another_room_and_cancelled_in_the_day_view(calendars: Calendars) -> None:
    start = f"{TODAY}T11:00"
    calendars.control(
        "outlook/book",
        {"organizer": "tom@contoso.com", "room": "porto@contoso.com", "start": start, "subject": "Moves"},
    )
    calendars.control("clock", {"advance_s": 60})
    calendars.open("day")
    standing = calendars.row("Porto").locator("button.meeting", has_text="Tom de Vries")
    expect(standing).to_have_class("meeting busy")

    carry(calendars, standing, at(calendars.row("Lisbon").locator(".track"), 4 / 11))
    calendars.says("Lisbon, 12:00")
    calendars.pass_time()
    moved = calendars.row("Lisbon").locator("button.meeting", has_text="Moves")
    expect(moved).to_contain_text("waiting for Foyer")
    expect(moved).to_have_attribute("title", "Moves\nTom de Vries\n12:00–12:30 (30 min)\nWaiting for Foyer")
    expect(calendars.row("Porto").locator("button.meeting:not(.cancelled)", has_text="Tom de Vries")).to_have_count(0)

    moved.click()
    calendars.page.get_by_role("button", name="Cancel the meeting").click()
    calendars.pass_time()
    expect(calendars.row("Lisbon").locator("button.meeting.cancelled", has_text="Moves")).to_be_visible()


def test_a_refusal_is_told_for_it_leaves_nothing_to_see_in_the_room(calendars: Calendars) -> None:
    for subject in ("Stands", "Clashes"):
        calendars.control(
            "outlook/book",
            {
                "organizer": "tom@contoso.com",
                "room": "porto@contoso.com",
                "start": f"{TODAY}T{'13' if subject == 'Stands' else '15'}:00",
                "subject": subject,
            },
        )
    calendars.control("clock", {"advance_s": 60})
    calendars.open("day")
    both = calendars.row("Porto").locator("button.meeting", has_text="Tom de Vries")
    expect(both).to_have_count(2)

    carry(calendars, both.nth(1), at(calendars.row("Porto").locator(".track"), 5 / 11))
    calendars.says("goes to")
    calendars.pass_time()

    calendars.says("Porto has declined “Clashes”")
    expect(both).to_have_count(1)


def test_a_week_is_booked_moved_by_form_and_by_hand_and_cancelled(calendars: Calendars) -> None:
    calendars.open("week/montreal@contoso.com/2026-11-24")
    calendars.day(2).click(position={"x": 40, "y": 74 * 16 * 15 / 24 + 4})
    dialog = calendars.page.locator("#booking")
    dialog.get_by_label("Subject").fill("Weekly look")
    dialog.get_by_label("Repeat").select_option("weekly")
    dialog.get_by_label("Times").fill("3")
    dialog.get_by_role("button", name="Send").click()
    calendars.pass_time()
    booked = calendars.day(2).locator("button.meeting", has_text="Weekly look")
    expect(booked).to_contain_text("nobody answers here")
    expect(booked.locator(".mark.series")).to_be_visible()

    booked.click()
    form = calendars.page.locator("#meeting")
    expect(form.get_by_label("Start")).to_have_value("15:00")
    form.get_by_label("Start").fill("16:00")
    form.get_by_label("Date").fill("2026-11-26")
    form.get_by_role("button", name="Move", exact=True).click()
    calendars.pass_time()
    expect(calendars.day(3).locator("button.meeting", has_text="Weekly look")).to_be_visible()
    expect(calendars.day(2).locator("button.meeting", has_text="Weekly look")).to_have_count(0)

    carry(calendars, calendars.meeting("Weekly look"), at(calendars.day(4), 12 / 24))
    calendars.says("Fri 27 Nov, 12:00")
    calendars.pass_time()
    moved = calendars.day(4).locator("button.meeting", has_text="Weekly look")
    expect(moved).to_be_visible()

    moved.click()
    calendars.page.get_by_role("button", name="Cancel the meeting").click()
    calendars.pass_time()
    expect(calendars.page.locator("button.meeting.cancelled", has_text="Weekly look")).to_be_visible()
    calendars.page.get_by_role("button", name="Later").click()
    expect(calendars.day(2).locator("button.meeting:not(.cancelled)", has_text="Weekly look")).to_be_visible()


def test_a_booking_made_over_graph_arrives_in_both_views_while_nothing_else_is_drawn_anew(calendars: Calendars) -> None:
    other = calendars.page.context.new_page()
    week = Calendars(other, calendars.root)
    week.open("week/helsinki@contoso.com/")
    calendars.open("day")
    kept = calendars.row("Oslo").locator("button.meeting").first
    kept.focus()
    calendars.page.evaluate("document.activeElement.isTheSame = true")
    times = {
        name: {"dateTime": f"{TODAY}T{at_}", "timeZone": "UTC"} for name, at_ in (("start", "11:00"), ("end", "12:00"))
    }
    room = {"type": "resource", "emailAddress": {"address": "helsinki@contoso.com"}}
    calendars.graph("users/mia@contoso.com/events", {"subject": "Over Graph", "attendees": [room]} | times)
    calendars.control("clock", {"advance_s": 60})

    expect(calendars.row("Helsinki").locator("button.meeting", has_text="Over Graph")).to_contain_text("waiting")
    expect(week.day(0).locator("button.meeting", has_text="Over Graph")).to_be_visible()
    assert calendars.page.evaluate("document.activeElement.isTheSame") is True


def test_everything_can_be_done_from_the_keyboard(calendars: Calendars) -> None:
    calendars.open("day")
    keyboard = calendars.page.keyboard
    keyboard.press("/")
    keyboard.type("jonas")
    expect(calendars.page.get_by_role("option", name="Jonas Berg")).to_be_visible()
    keyboard.press("Enter")
    expect(calendars.page.locator(".about")).to_contain_text("Head of Workplace")
    keyboard.press("n")
    expect(calendars.page.locator("#booking").get_by_role("combobox", name="Organizer")).to_have_value("Jonas Berg")
    keyboard.type("By keys")
    keyboard.press("Enter")
    expect(calendars.meeting("By keys")).to_be_visible()

    calendars.meeting("By keys").focus()
    keyboard.press("Enter")
    expect(calendars.page.locator("#meeting")).to_be_visible()
    keyboard.press("Escape")
    expect(calendars.page.locator("#meeting")).to_be_hidden()


def test_a_refusal_is_said_in_words_and_the_form_stays(calendars: Calendars) -> None:
    calendars.open("day")
    calendars.page.get_by_role("button", name="New meeting").click()
    dialog = calendars.page.locator("#booking")
    calendars.choose("Organizer", "mia", "Mia Lindqvist")
    calendars.page.route("**/sandbox/outlook/book", lambda route: route.abort())
    dialog.get_by_role("button", name="Send").click()

    expect(dialog.locator(".said")).to_have_text("The sandbox tenant does not answer. Is it still running?")
    expect(dialog).to_be_visible()


@pytest.mark.parametrize("place", ["day", "week/oslo@contoso.com/"])
def test_on_a_phone_the_page_itself_never_scrolls_sideways(browser: Browser, tenant: str, place: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone = Calendars(context.new_page(), tenant)
    phone.open(place)

    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    phone.page.get_by_role("button", name="New meeting").click()
    box = phone.page.locator("#booking").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    context.close()
