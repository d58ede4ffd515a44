"""Laws that hold for any text, any zone and any moment."""

import ast
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language.days import Scene
from bot.language.grammar import rules_for
from bot.language.lexicon import LEXICON_FOLDER, Role, load_lexicons
from bot.language.line import line_of
from bot.language.places import PlaceIndex, nouns_of
from bot.language.request import MAX_LEFT, MAX_MINUTES, MAX_PEOPLE, Request, Trouble
from bot.language.tokens import tokens_of
from tests.unit.language.language_reading import AMSTERDAM, KNOWN, Person, read

ZONES = sorted(available_timezones() - {"localtime"})
LEXICONS = load_lexicons()
INDEX = PlaceIndex(KNOWN, nouns_of(LEXICONS))
WORDS = sorted({" ".join(p.words) for lexicon in LEXICONS for g in lexicon.phrases.values() for p in g})
NUMBERS = [
    "0",
    "1",
    "3",
    "9",
    "10:30",
    "12/03",
    "29/02",
    "1530",
    "24:00",
    "-3",
    "2026-12-01",
    "99999",
    "1,5",
    "31",
    "(",
]
NAMES = ["Oslo", "Olso", "Room 12", "Atlantis", "Mill"]

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
phrases = st.lists(st.sampled_from(WORDS + NUMBERS * 20 + NAMES * 10), max_size=14).map(" ".join)
languages = st.sampled_from(["en", "en-US", "nl-NL", "de", "", "-", "zh-Hans-CN"])


@settings(max_examples=400, deadline=None)
@given(text=st.text(max_size=300), language=languages, now=moments)
def test_no_text_raises(text: str, language: str, now: datetime) -> None:
    _lawful(read(text, Person(now=now, language=language)), AMSTERDAM)


@settings(max_examples=1_500, deadline=None)
@given(text=phrases, language=languages, now=moments, zone=st.sampled_from(ZONES))
def test_any_words_of_the_grammar_in_any_order_give_a_lawful_request(
    text: str, language: str, now: datetime, zone: str
) -> None:
    person = Person(now=now, language=language, zone=ZoneInfo(zone))

    found = read(text, person)

    _lawful(found, person.zone)
    assert found == read(text, person)


@settings(max_examples=200, deadline=None)
@given(hour=st.integers(0, 23), minute=st.integers(0, 59), now=moments, zone=st.sampled_from(ZONES))
def test_a_written_time_is_the_next_such_time_on_the_persons_clock(
    hour: int, minute: int, now: datetime, zone: str
) -> None:
    found = read(f"book at {hour:02}:{minute:02}", Person(now=now, zone=ZoneInfo(zone)))

    assert found.start_at is not None
    ahead = found.start_at.astimezone(UTC) - now.replace(second=0, microsecond=0)
    assert timedelta(0) <= ahead <= timedelta(hours=50 if zone in ("Pacific/Apia", "Pacific/Fakaofo") else 26)
    assert found.troubles == ()


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_reads_every_hour_of_its_clock_changes(zone: str) -> None:
    person_zone = ZoneInfo(zone)
    for change in _changes(person_zone, year=2026):
        person = Person(now=change - timedelta(hours=20), zone=person_zone)
        local = change.astimezone(person_zone)
        for text in (f"{local:%Y-%m-%d} {hour:02}:30-{hour + 1:02}:10" for hour in range(0, 23, 2)):
            found = read(text, person)

            _lawful(found, person_zone)
            assert found.minutes is not None
            assert Trouble.BACKWARDS not in found.troubles


@settings(max_examples=400, deadline=None)
@given(text=phrases)
def test_no_rule_begins_with_a_role_that_it_does_not_announce(text: str) -> None:
    scene = Scene(date(2026, 11, 18), None, half_after=True)
    for lexicon in LEXICONS:
        line = line_of(tokens_of(text), lexicon, INDEX)
        for rule in rules_for(line, scene):
            missed = [at for at in range(len(line.marks)) if rule.begins.isdisjoint(line.marks[at].roles)]

            assert [at for at in missed if rule.read(at)] == []


def test_the_words_of_the_grammar_are_not_in_its_code() -> None:
    texts = [file.read_text(encoding="utf-8") for file in LEXICON_FOLDER.parent.glob("*.py")]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    constants = {node.value for node in nodes if isinstance(node, ast.Constant)}

    values = {"cancel", "change", "book", "am", "pm", "status", "help", "morning", "lunch", "afternoon", "evening"}
    values |= {"night", "daily", "weekly", "monthly", "date", "en", "th"} | {role.value for role in Role} | set(Trouble)

    assert {word for word in WORDS if len(word) > 1} & constants <= values


def _lawful(found: Request, zone: ZoneInfo) -> None:
    for at in (found.start_at, found.window_end_at, found.to_start_at, found.to_end_at):
        assert at is None or at.tzinfo == zone
    if found.start_at:
        assert found.start_at == found.start_at.astimezone(UTC).astimezone(zone)
        assert found.day == found.start_at.date()
    assert found.minutes is None or 0 < found.minutes <= MAX_MINUTES + 24 * 60
    assert found.people is None or 0 < found.people <= MAX_PEOPLE
    assert len(found.text_left) <= MAX_LEFT
    assert len(found.near_rooms) <= 3
    assert not (found.room and Trouble.UNKNOWN_ROOM in found.troubles)
    if found.window_end_at and found.start_at:
        assert found.start_at.astimezone(UTC) < found.window_end_at.astimezone(UTC)


def _changes(zone: ZoneInfo, *, year: int) -> list[datetime]:
    """The instants, to the hour, at which the zone changes its clocks in that year."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(0, 366 * 24, 6)]
    found = []
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append(after)
    return found
