"""What a log line may hold: an event and named plain fields, and never what a person typed or a secret."""

import io
import json
import logging
import queue
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.clock import SystemClock
from bot.logs import MOST_QUEUED, Form, _Snapshot, line_of, logging_to, redact

CANARY = "canary-7f3a"


@dataclass
class Person:
    mail: str


def test_a_line_holds_the_event_and_its_fields() -> None:
    stream = io.StringIO()
    with logging_to(stream):
        logging.getLogger("bot.x").info("room.synced", extra={"room_id": "r1", "pages": 3, "at_once": (1, 2)})

    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"], line["level"]) == ("room.synced", "bot.x", "info")
    assert (line["room_id"], line["pages"], line["at_once"]) == ("r1", 3, [1, 2])
    assert datetime.fromisoformat(line["at"]).tzinfo is not None


def test_what_a_person_typed_gets_into_no_line() -> None:
    stream = io.StringIO()
    log = logging.getLogger("aiohttp.whatever")
    with logging_to(stream, level="DEBUG"):
        log.info("said %s", CANARY)
        log.info(
            "person.seen", extra={"person": Person(CANARY), "subject": CANARY, "token": CANARY, "map": {"a": CANARY}}
        )
        try:
            raise ValueError(CANARY) from KeyError(CANARY)
        except ValueError:
            log.exception("it.failed")

    assert CANARY not in stream.getvalue()
    failed = json.loads(stream.getvalue().splitlines()[-1])
    assert failed["error"]["kind"] == "ValueError"
    assert failed["error"]["because"] == "KeyError"
    assert "test_logs.py" in failed["error"]["at"][-1]


@pytest.mark.parametrize(
    "secret",
    [
        "ana.silva@contoso.example",
        "Bearer abcdef123456",
        "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln",
        "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.",
        "client_secret=hunter2",
    ],
)
def test_the_second_net_catches_what_looks_like_a_secret(secret: str) -> None:
    record = logging.makeLogRecord({"msg": f"oops {secret}", "note": f"x {secret} y"})

    assert secret not in json.dumps(line_of(record))
    assert redact(f"a {secret} b").startswith("a ")
    assert redact(f"a {secret} b").endswith(" b")


def test_plain_ids_are_left_as_they_are() -> None:
    for plain in ("19:c@thread", "44444444-4444-4444-4444-44444444444a", "token.expired", "/api/messages"):
        assert redact(plain) == plain


def test_a_terminal_gets_one_readable_line_whatever_is_in_it() -> None:
    stream = io.StringIO()
    with logging_to(stream, form=Form.HUMAN):
        logging.getLogger("bot").warning("forged\nline", extra={"n": 1, "text": "a\nb"})

    assert stream.getvalue().count("\n") == 1
    assert "n=1" in stream.getvalue()


def test_a_full_queue_drops_lines_and_tells_how_many() -> None:
    lines: queue.Queue[dict[str, object]] = queue.Queue(2)
    snapshot = _Snapshot(lines)
    for n in range(5):
        snapshot.emit(logging.makeLogRecord({"msg": f"e{n}"}))
    lines.get_nowait()
    snapshot.emit(logging.makeLogRecord({"msg": "after"}))

    assert [lines.get_nowait() for _ in range(2)][-1]["lines_dropped_before"] == 3
    assert MOST_QUEUED >= 1_000


def test_a_closed_stream_ends_nothing() -> None:
    stream = io.StringIO()
    stream.close()

    with logging_to(stream):
        logging.getLogger("bot").info("x.happened")


def test_the_clock_is_aware_and_does_not_go_back() -> None:
    clock = SystemClock()
    first = clock.monotonic()

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= first
