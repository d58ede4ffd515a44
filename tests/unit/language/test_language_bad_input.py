"""Whatever people paste is harmless, is told, and is never slow."""

import time
from collections.abc import Callable

import pytest

from bot.language.request import MAX_LEFT, MAX_PEOPLE, MAX_TEXT, Finding, Trouble
from tests.unit.language.language_reading import NOW, Person, facts, read

PLAIN = "book a room for 6 tomorrow at 3 pm"
SLOW_MS = 20


@pytest.mark.parametrize(
    "text",
    [
        "BOOK A ROOM FOR 6 TOMORROW AT 3 PM",
        "book\u00a0a\u00a0room for\u20036 tomorrow at\u202f3\u00a0pm",
        "\u202ebook a room\u202c for 6 tomorrow at 3 pm\u200f",
        "book a room for 6 to\x00morrow at 3 pm",
        "to\u00admorrow at 3 pm: book a room for 6",
        "<p>book a <b>room</b> for 6</p><br/>tomorrow at 3 pm",
        "book a room for 6 tomorrow at 3 pm 🎉👩‍👩‍👧‍👦",
        "book a room for 6 tomorrow at ３ pm",
        "  book a room,\n\nfor 6;\ttomorrow at 3 pm!!!",
        "book a room for 6 tomorrow at 3&nbsp;pm",
        "book a room for 6 tomorrow at 3 p.m.",
        "book a room for 6 tomorrow at 3pm",
    ],
)
def test_signs_and_spaces_do_not_change_the_meaning(text: str) -> None:
    assert facts(read(text)) == facts(read(PLAIN))


@pytest.mark.parametrize("text", ["", " ", "\x00", "?", "🎉", "<", "<<<>>>", "\ud800", "-", "....", "((((", "٣", "²"])
def test_nothing_said_is_nothing_understood(text: str) -> None:
    found = facts(read(text))

    assert found["wish"] == "unknown"
    assert found.keys() <= {"wish", "left"}


@pytest.mark.parametrize("said", ["0 people", "zero people", "-3", "-3 people", "nobody"])
def test_a_room_for_nobody_is_told(said: str) -> None:
    found = read(f"room for {said} at 4")

    assert found.troubles == (Trouble.NO_PEOPLE,)
    assert found.people is None
    assert found.start_at is not None


@pytest.mark.parametrize("said", ["10,000 people", "10.000 people", "5001", "99999999999999999999 people"])
def test_too_many_people_are_told_with_the_limit(said: str) -> None:
    finding = read(f"room for {said}").finding(Trouble.TOO_MANY_PEOPLE)

    assert finding is not None
    assert finding.limit == MAX_PEOPLE


def test_as_many_people_as_the_limit_are_fine() -> None:
    assert read("room for 5000 people").people == MAX_PEOPLE


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    found = read(f"room for 6 {'x' * MAX_TEXT} tomorrow")

    assert found.troubles == (Trouble.TOO_LONG_TEXT,)
    assert found.people == 6
    assert found.day is None
    assert len(found.text_left) <= MAX_LEFT


def test_a_text_of_the_greatest_length_is_not_too_long() -> None:
    assert read(PLAIN.ljust(MAX_TEXT)).troubles == ()
    assert read(PLAIN.ljust(MAX_TEXT + 1)).troubles == (Trouble.TOO_LONG_TEXT,)


SLOW_TEXTS: dict[str, str] = {
    "letters": "a " * 10_000,
    "unknown words": "".join(f"qx{number}zz wordy{'abcdefghij'[number % 10]}x " for number in range(1_000)),
    "near names": "olso " * 4_000,
    "digits": "9" * 20_000,
    "ranges": "9-" * 10_000,
    "leads": "for 3 " * 3_400,
    "brackets": "(" * 20_000,
    "tags": "<" * 20_000,
    "weekdays": "every monday and " * 1_200,
    "turns": "move to " * 2_500,
    "hours": "half past quarter to " * 1_000,
    "ligatures": "\ufdfa" * 20_000,
    "marks": "e\u0301\u0301" * 6_600,
    "entities": "&amp;" * 4_000,
}


@pytest.mark.parametrize("text", SLOW_TEXTS.values(), ids=SLOW_TEXTS)
def test_no_text_is_slow(text: str) -> None:
    taken_ms = min(_ms(lambda: read(text)) for _ in range(7))

    assert len(text) > 10 * MAX_TEXT
    assert taken_ms < SLOW_MS


@pytest.mark.parametrize("said", ["400 hours", "21 000 minutes", "1000000 hours"])
def test_a_meeting_longer_than_any_is_told(said: str) -> None:
    assert Trouble.TOO_LONG_TIME in read(f"book Oslo tomorrow at 9 for {said.replace(' 000', '000')}").troubles


@pytest.mark.parametrize(
    "text",
    [
        "book Oslo every once in a while",
        "book Oslo every now and then",
        "book Oslo every 0 weeks at 9",
        "book Oslo every 99999999999 days at 9",
        "book Oslo every 401 days at 9",
    ],
)
def test_a_rhythm_that_is_not_understood_is_told(text: str) -> None:
    found = read(text)

    assert Trouble.UNCLEAR_REPEAT in found.troubles
    assert found.repeats is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("book Oslo every weekday at 9 until 1999", "until 1999"),
        ("book Oslo every day at 9 0 times", "0 times"),
        ("book Oslo every day at 9 500 times", "500 times"),
    ],
)
def test_an_end_of_a_series_that_cannot_be_is_told(text: str, said: str) -> None:
    assert Finding(trouble=Trouble.UNCLEAR_END, said=said) in read(text).findings


def test_words_left_over_are_handed_back_as_written() -> None:
    found = read("book Oslo tomorrow at 9 for the Zebra Steering Committee", Person(now=NOW))

    assert found.text_left == "Zebra Steering Committee"


def _ms(work: Callable[[], object]) -> float:
    """Of the processor, not of the clock: other programs on the machine do not count."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1_000
