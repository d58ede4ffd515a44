"""/metrics: the text format, to the letter; and who may see it."""

import math
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.ports.figures import Family, Sample, Spread, Tally
from bot.web.app import build_app
from bot.web.exposition import exposition
from tests.unit.web.test_http import World

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
_VALUE = r"(?:[+-]Inf|NaN|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
_SAMPLE = re.compile(rf"(?P<name>{_NAME})(?:\{{(?P<labels>{_LABEL}(?:,{_LABEL})*)\}})? (?P<value>{_VALUE})")
_HELP = re.compile(rf"# HELP ({_NAME}) (?:[^\\\n]|\\[\\n])*")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")


def read(text: str) -> dict[tuple[str, str], float]:
    """By name and labels; fails on whatever the format does not hold."""
    assert text == "" or text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    typed: list[str] = []
    for line in text.splitlines():
        if kind := _TYPE.fullmatch(line):
            assert kind[1] not in typed, line
            typed.append(kind[1])
        elif not _HELP.fullmatch(line):
            sample = _SAMPLE.fullmatch(line)
            assert sample, line
            assert sample["name"].startswith(typed[-1]), line
            key = (sample["name"], sample["labels"] or "")
            assert key not in found, line
            found[key] = float(sample["value"])
    return found


def gauge(name: str, *samples: Sample, told: str = "Told.") -> Family:
    return Family(name=name, kind="gauge", told=told, samples=samples)


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "é 部屋", "{}=,", "\\n", ""])
def test_whatever_a_label_or_help_holds_it_is_one_line_of_the_format(value: str) -> None:
    text = exposition([gauge("foyer_x", Sample(value=1, labels={"room": value, "kind": "k"}), told=value + "\\")])

    ((_, labels),) = read(text)
    inner = labels.removeprefix('room="').removesuffix('",kind="k"')
    assert re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], inner) == value


@pytest.mark.parametrize("value", [0, 1, -3, 0.5, 1e-7, 1e300, 2**60, math.inf, -math.inf, 1732000000.123456])
def test_numbers_come_back_as_they_were(value: float) -> None:
    assert read(exposition([gauge("foyer_x", Sample(value=value))])) == {("foyer_x", ""): value}


def test_what_is_not_known_is_no_number() -> None:
    (value,) = read(exposition([gauge("foyer_x", Sample(value=math.nan))])).values()
    assert math.isnan(value)


def test_a_family_of_two_tenants_comes_once_and_an_empty_one_never() -> None:
    one, two = (gauge("foyer_x", Sample(value=n, labels={"tenant": str(n)})) for n in (1, 2))

    text = exposition([one, gauge("foyer_y"), two])

    assert read(text) == {("foyer_x", 'tenant="1"'): 1, ("foyer_x", 'tenant="2"'): 2}
    assert "foyer_y" not in text


def test_a_spread_counts_up_to_each_bound() -> None:
    spread = Spread((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7):
        spread.note(seconds)

    family = Family(name="foyer_t", kind="histogram", told="T.", samples=spread.samples({"tenant": "t"}))

    assert read(exposition([family])) == {
        ("foyer_t_bucket", 'tenant="t",le="0.1"'): 2,
        ("foyer_t_bucket", 'tenant="t",le="1.0"'): 3,
        ("foyer_t_bucket", 'tenant="t",le="+Inf"'): 4,
        ("foyer_t_sum", 'tenant="t"'): 7.65,
        ("foyer_t_count", 'tenant="t"'): 4,
    }


def test_a_tally_counts_by_its_words() -> None:
    tally = Tally()
    for verdict in ("ok", "busy", "ok"):
        tally.add("event.read", verdict)

    samples = tally.samples(("call", "verdict"), {"tenant": "t"})

    assert [(one.labels["verdict"], one.value) for one in samples] == [("busy", 1), ("ok", 2)]


TOKEN = "a-token-of-enough-letters"
Http = TestClient[web.Request, web.Application]


@pytest.fixture
async def open_http() -> AsyncIterator[Http]:
    async with TestClient(TestServer(build_app(World().parts()))) as client:
        yield client


@pytest.fixture
async def guarded_http() -> AsyncIterator[Http]:
    async with TestClient(TestServer(build_app(World(token=TOKEN).parts()))) as client:
        yield client


async def test_this_machine_may_read_them(open_http: Http) -> None:
    response = await open_http.get("/metrics")

    assert response.status == 200
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert read(await response.text()) == {("foyer_rooms", ""): 2}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"Host": "foyer.contoso.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
async def test_a_proxy_on_this_machine_is_not_this_machine(open_http: Http, headers: dict[str, str]) -> None:
    assert (await open_http.get("/metrics", headers=headers)).status == 404


@pytest.mark.parametrize("shown", ["", f"Bearer {TOKEN}x", f"bearer {TOKEN}", TOKEN, f"Bearer {TOKEN[:-1]}"])
async def test_with_a_token_nobody_reads_them_without(guarded_http: Http, shown: str) -> None:
    assert (await guarded_http.get("/metrics", headers={"Authorization": shown})).status == 404


async def test_with_the_token_they_are_read_from_anywhere(guarded_http: Http) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}

    assert (await guarded_http.get("/metrics", headers=headers)).status == 200
