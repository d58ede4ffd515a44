"""Reasons in words."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards import reasons
from bot.cards.reasons import CODES, comment, sentence, sentences
from bot.domain.bookings import Reason
from bot.language.request import Trouble
from tests.unit.cards.samples import audience

AT = {"from_at": "2026-11-24T14:30:00+00:00", "to_at": "2026-11-24T15:30:00+00:00"}
PARAMS: dict[str, dict[str, Any]] = {
    "past": {},
    "backwards": {},
    "no_people": {},
    "too_many_people": {"people": 900, "most": 140},
    "too_long_text": {"most": 500},
    "unknown_room": {"said": "Osloo", "near": ["Oslo", "Oslo 2", "Os"]},
    "too_long_time": {"most": 1440},
    "no_such_day": {"said": "30 February"},
    "unknown_building": {"said": "Tower 9"},
    "unknown_feature": {"said": "jacuzzi"},
    "left_out": {"said": "20 developers"},
    "exception": {"said": "except 14 december"},
    "exception_given_up": {"said": "except 15 december"},
    "city": {"said": "London", "buildings": ["Thames Yard", "Tower Court"]},
    "no_bookings": {},
    "others_private": {},
    "one_by_one": {},
    "skipped": {"night_on": "2027-03-28", "at": "02:30", "taken": "03:30"},
    "not_known": {"room": "Oslo"},
    "not_managed": {"room": "Oslo"},
    "unclear_end": {"said": "until 1999"},
    "unclear_repeat": {"said": "jacuzzi"},
    "ambiguous_room": {"said": "Os", "near": ["Oslo", "Osaka"]},
    "no_mailbox": {},
    "not_your_card": {},
    "remote_missing": {"code": "ErrorItemNotFound"},
    "remote_rejected": {"code": "ErrorInvalidRequest"},
    "not_moved": {},
    "replaced": {},
    "rule_failed": {"rule": "Hours", "fault": "KeyError"},
    "ambiguous_day": {"day": "3/4", "one_on": "2026-04-03", "other_on": "2026-03-04"},
    "unreadable_on": {"said": "nxt tuseday"},
    "unreadable_at": {"said": "half"},
    "unreadable_minutes": {"said": "a while"},
    "unreadable_people": {"said": "some"},
    "no_rooms": {},
    "series_until": {"until_on": "2027-02-16"},
    "series_backwards": {},
    "series_too_many": {"most": 200},
    "series_into_itself": {},
    "unreadable_repeat": {"said": "often"},
    "unreadable_until": {"said": "soon"},
    "nothing_free": {},
    "conflict": {"room": "Oslo", **AT},
    "pending_first": {"room": "Oslo"},
    "too_long": {"room": "Oslo", "most": 120, "minutes": 180},
    "too_short": {"room": "Oslo", "least": 30, "minutes": 15},
    "too_far": {"room": "Oslo", "days": 1, "until_at": "2026-11-24T14:30:00+00:00"},
    "lead_time": {"room": "Oslo", "minutes": 60},
    "watched": {"room": "Oslo"},
    "not_bookable": {"room": "Oslo"},
    "closed": {"room": "Oslo", "note": "Painting.", **AT},
    "external": {"room": "Oslo"},
    "recurring_not_allowed": {"room": "Oslo"},
    "slot_taken": {"room": "Oslo"},
    "no_such_booking": {},
    "no_series": {},
    "not_invited": {"names": ["Tom", "Priya Raman"]},
    "too_small": {"room": "Oslo", "seats": 8, "people": 12},
    "elsewhere": {"room": "Oslo", "building": "Harbour House"},
    "lacks": {"room": "Oslo", "features": ["projector", "whiteboard"]},
    "series_kept_here": {"days": ["2026-12-01", "2026-12-08"], "room": "Oslo"},
    "series_put_back": {"days": ["2026-12-01", "2026-12-08"]},
    "no_such_series": {},
    "nth_weekday": {"said": "every first monday"},
    "not_yours": {},
    "card_old": {},
    "already_so": {},
    "asked_already": {},
    "replaces_cancelled": {},
    "replaces_first": {},
    "card_expired": {},
    "already_over": {},
    "remote_busy": {},
    "starting": {},
    "remote_denied": {},
    "remote_unknown": {},
    "store_down": {},
    "store_down_reading": {},
    "not_admin": {},
    "attempts_used_up": {},
    "restored": {},
    "not_renamed": {},
    "series_too_long": {"room": "Oslo", "most": 10},
    "series_no_zone": {},
    "series_taken": {"room": "Oslo", "often": 2, "all": 6},
    "series_own_times": {"room": "Oslo"},
    "room_removed": {},
    "foreign_overlap": {"room": "Oslo"},
    "cancelled_elsewhere": {},
    "room_declined": {"room": "Oslo", "comment": "Not on Tuesdays."},
}


def test_every_known_code_is_tried_here() -> None:
    assert set(PARAMS) == CODES


def test_every_code_that_the_bot_gives_has_words() -> None:
    bot = Path(reasons.__file__).parents[1]
    source = "\n".join(path.read_text(encoding="utf-8") for path in bot.rglob("*.py"))
    given_codes = set(re.findall(r'(?:\bReason\(\s*code=|\b_decline\(\s*)"(\w+)"', source))

    assert len(given_codes) > 20
    assert (given_codes | set(Trouble)) - CODES == set()


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("code", sorted(PARAMS))
def test_each_reason_is_a_whole_sentence_that_keeps_what_it_was_given(code: str, language: str) -> None:
    said = sentence(Reason(code=code, params=PARAMS[code]), audience(language))

    assert re.fullmatch(r"[A-Z“].*[.?]", said)
    assert code not in said or "_" not in code
    assert "{" not in said
    for key in ("room", "said", "people"):
        assert str(PARAMS[code].get(key, "")) in said


def test_what_a_reason_says_of_times_is_in_the_readers_words() -> None:
    assert sentence(Reason(code="conflict", params=PARAMS["conflict"]), audience()) == (
        "Oslo is taken tomorrow, Tue 24 Nov, 15:30–16:30. Choose another room or another time."
    )
    assert sentence(Reason(code="too_long", params=PARAMS["too_long"]), audience("nl")) == (
        "Oslo is te reserveren voor ten hoogste 2 uur, niet 3 uur. Maak het korter of kies een andere ruimte."
    )
    assert "at most 1 day ahead, until tomorrow, Tue 24 Nov, 15:30" in (
        sentence(Reason(code="too_far", params=PARAMS["too_far"]), audience())
    )
    assert sentence(Reason(code="unknown_room", params={"said": "Osloo", "near": []}), audience()) == (
        "I know no room called “Osloo”. Check the name, or say for how many people it is."
    )


def test_reasons_that_come_without_particulars_have_words_too() -> None:
    bare: dict[str, dict[str, Any]] = {
        "too_many_people": {"people": 900, "most": None},
        "ambiguous_day": {"said": "the third"},
        "ambiguous_room": {"said": "Os", "near": []},
        "too_far": {"said": "2031"},
    }

    for code, params in bare.items():
        assert code not in sentence(Reason(code=code, params=params), audience())


_WILD = st.none() | st.integers() | st.text() | st.lists(st.text(), max_size=3) | st.floats()


@given(
    st.sampled_from(sorted(PARAMS)) | st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["room", "said", "near", "most", "minutes", "days", "from_at", "to_at", "note"]), _WILD
    ),
)
def test_no_reason_whatever_it_holds_makes_the_words_fail(code: str, params: dict[str, Any]) -> None:
    assert sentence(Reason(code=code, params=params), audience())


def test_an_unknown_code_is_named_and_leads_to_an_administrator() -> None:
    said = sentence(Reason(code="from_the_future", params={}), audience())

    assert "“from_the_future”" in said
    assert "administrator" in said


def test_the_same_sentence_is_said_once() -> None:
    twice = (Reason(code="past", params={}), Reason(code="past", params={}))

    assert len(sentences(twice, audience())) == 1


def test_a_comment_holds_whole_sentences_within_what_exchange_sends() -> None:
    many = [Reason(code=code, params=params) for code, params in PARAMS.items()]
    long = [Reason(code="room_declined", params={"room": "R" * 300, "comment": "c" * 300})]

    assert len(comment(many, audience())) <= 255
    assert comment(many, audience()).endswith(".")
    assert 200 < len(comment(long, audience())) <= 255
    assert comment([], audience()) == ""
