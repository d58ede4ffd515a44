"""When the app's secret ends, of those that its registration lists; and how far clocks are apart."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.graph.registration import ends_at
from bot.graph.sansio import skew_s
from bot.graph.wire import Credential

SOON, LATE = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)


def test_the_secret_in_use_is_known_by_its_first_letters() -> None:
    secrets = [Credential(hint="abc", end_date_time=LATE), Credential(hint="xyz", end_date_time=SOON)]

    assert ends_at(secrets, "abc") == LATE
    assert ends_at(secrets, "xyz") == SOON
    assert ends_at(secrets, "???") is None


def test_of_several_that_it_can_be_the_first_to_end_counts() -> None:
    assert ends_at([Credential(hint="abc", end_date_time=one) for one in (LATE, SOON)], "abc") == SOON
    assert ends_at([Credential(end_date_time=LATE), Credential(hint="xyz", end_date_time=SOON)], "abc") == LATE
    assert ends_at([], "abc") is None


@pytest.mark.parametrize(
    ("date", "skew"),
    [("Mon, 23 Nov 2026 08:00:00 GMT", 0.0), ("Mon, 23 Nov 2026 08:05:00 GMT", 300.0), ("", None), ("soon", None)],
)
def test_the_skew_is_told_by_a_date(date: str, skew: float | None) -> None:
    assert skew_s(date, datetime(2026, 11, 23, 8, tzinfo=UTC) + timedelta(seconds=0.5)) == skew
