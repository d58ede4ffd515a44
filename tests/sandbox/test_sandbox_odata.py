"""The $filter language by itself: precedence, functions, collections, dates, and where it says that one went wrong."""

from typing import Any

import pytest

from sandbox.errors import GraphError
from sandbox.filters import compiled
from sandbox.odata import ordered, read_query

ENTITY: dict[str, Any] = {
    "name": "It's Oslo",
    "seats": 8,
    "is_open": True,
    "nothing": None,
    "tags": ["quiet", "SMTP:oslo"],
    "none": [],
    "people": [{"name": "mia", "age": 3}, {"name": "tom", "age": 5}],
    "start": {"dateTime": "2026-11-24T09:00:00.0000000"},
    "at": "2026-11-24T09:00:00Z",
}


@pytest.mark.parametrize(
    "expression",
    [
        "seats eq 8 or seats eq 9 and is_open eq false",
        "not (seats eq 8 or is_open eq true) or startswith(name, 'it''s')",
        "not startswith(name,'x') and endsWith(name,'OSLO') and contains(name,'s o')",
        "startswith(name,'It') eq true",
        "seats in (1, 8) and name in ('x', 'it''s oslo')",
        "nothing eq null and seats ne null",
        "tags/any(t: t eq 'quiet') and tags/any() and not none/any()",
        "people/any(p: p/name eq 'tom' and p/age gt 4)",
        "people/all(p: p/age ge 3)",
        "none/all(n: n eq 'x')",
        "tags/$count eq 2",
        "start/dateTime ge '2026-11-24T09:00:00' and start/dateTime le '2026-11-24T09:00'",
        "at eq 2026-11-24T10:00:00+01:00 and at lt 2026-11-25",
        "seats gt 7.5 and seats lt 9",
        "people/any(p: people/any(q: q/age gt p/age))",
    ],
)
def test_what_holds(expression: str) -> None:
    assert compiled(expression).test(ENTITY)


@pytest.mark.parametrize(
    "expression",
    [
        "(seats eq 8 or seats eq 9) and is_open eq false",
        "seats gt 8",
        "nothing gt 1",
        "people/any(p: p/name eq 'mia' and p/age gt 4)",
        "not not seats eq 9",
        "at gt 2026-11-24T10:00:00+01:00",
    ],
)
def test_what_does_not_hold(expression: str) -> None:
    assert not compiled(expression).test(ENTITY)


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("seats eq", 8), ("seats zz 4", 6), ("(seats eq 8", 11), ("seats eq 8)", 10), ("seats eq 8 and", 14),
        ("name eq 'Oslo", 7), ("seats in 8", 9), ("tags/any(t t eq 'x')", 11), ("seats eq 8 seats", 11),
        ("eq eq eq eq", 9),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_told_with_its_place(expression: str, position: int) -> None:
    with pytest.raises(GraphError) as refused:
        compiled(expression).test({"seats": 8, "name": "", "tags": [], "eq": 1})

    assert refused.value.status == 400
    assert f"position {position} " in refused.value.message


@pytest.mark.parametrize(
    ("expression", "status"),
    [
        ("seats", 400),
        ("colour eq 'red'", 400),
        ("seats lt 'eight'", 400),
        ("length(name) eq 4", 501),
        ("at lt '2026-99-99'", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(expression: str, status: int) -> None:
    with pytest.raises(GraphError) as refused:
        compiled(expression).test(ENTITY)

    assert refused.value.status == status


def test_a_filter_says_what_it_uses() -> None:
    found = compiled("not endsWith(mail,'x') and proxyAddresses/any(p:p ne 'y')")

    assert found.uses == {"not", "endswith", "any", "ne"}
    assert found.paths == {"mail", "proxyAddresses"}


def test_order_counts_numbers_as_numbers_and_nothing_first() -> None:
    rows: list[dict[str, Any]] = [{"n": 10, "t": "b"}, {"n": None, "t": "a"}, {"n": 9, "t": "B"}]

    assert [one["n"] for one in ordered(rows, "n", allowed=("n",))] == [None, 9, 10]
    assert [one["n"] for one in ordered(rows, "t desc,n", allowed=("n", "t"))] == [9, 10, None]


@pytest.mark.parametrize("option", ["$top=0", "$top=x", "$skip=-1"])
def test_numbers_are_numbers(option: str) -> None:
    name, _, value = option.partition("=")

    with pytest.raises(GraphError):
        read_query({name: value})
