"""Writes log lines: an event name and its named fields, as JSON lines or for a terminal, never on the event loop.

Only what a call names is written. `extra` fields come out if they are plain values; message arguments and the texts of
exceptions do not, for both may hold what a person typed. Redaction is a second net, not the rule.
"""

import contextlib
import json
import logging
import queue
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from logging.handlers import QueueHandler, QueueListener
from typing import Any, TextIO

LONGEST_VALUE = 500
LONGEST_LIST = 20
MOST_QUEUED = 10_000
REDACTED = "[redacted]"

_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_KEYS = re.compile(
    r"authorization|cookie|password|secret|token|subject|body|mail|upn|display_?name", re.IGNORECASE
)
_SECRETS = (
    re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,4}"),  # a JWT, signed or not
    re.compile(r"\bbearer\s+\S+", re.IGNORECASE),
    re.compile(r"[^\s@<>\"'(),;:]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),  # a mail address
    re.compile(r"\b(?:client_secret|password|sig|code|access_token|refresh_token)=[^&\s]+", re.IGNORECASE),
)


class Form(StrEnum):
    JSON = "json"
    HUMAN = "human"


@contextlib.contextmanager
def logging_to(stream: TextIO = sys.stderr, *, form: Form = Form.JSON, level: str = "INFO") -> Iterator[None]:
    """Sends every logger's lines to `stream` from a thread of its own until the block ends, which writes what is
    queued. When the stream cannot keep up, lines are dropped, and the next one that gets through tells how many."""
    lines: queue.Queue[Any] = queue.Queue(MOST_QUEUED)
    listener = _Listener(lines, _Writer(stream, form))
    handler = _Snapshot(lines)
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    root.setLevel(level)
    root.handlers[:] = [handler]
    listener.start()
    try:
        yield
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        listener.stop()


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """What will be written of a record: nothing of its arguments, and of an exception only its kind and place."""
    line: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": _clean(str(record.msg)),
    }
    line.update({key: _field(key, value) for key, value in vars(record).items() if key not in _OWN_FIELDS})
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = _told(record.exc_info[1])
    return line


def redact(text: str) -> str:
    """The text without what looks like a mail address, a token or a secret in a query."""
    for secret in _SECRETS:
        text = secret.sub(REDACTED, text)
    return text


class _Snapshot(QueueHandler):
    """Takes what is to be written while the caller waits, so that a thing that changes later is told as it was."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> Any:
        return line_of(record)

    def enqueue(self, record: Any) -> None:
        if self.dropped:
            record = {**record, "lines_dropped_before": self.dropped}
        try:
            self.queue.put_nowait(record)
            self.dropped = 0
        except queue.Full:
            self.dropped += 1


class _Listener(QueueListener):
    def enqueue_sentinel(self) -> None:
        self.queue.put(self._sentinel)  # type: ignore[attr-defined]  # the stub leaves the class attribute out


class _Writer(logging.Handler):
    def __init__(self, stream: TextIO, form: Form) -> None:
        super().__init__()
        self._stream = stream
        self._render = _json if form is Form.JSON else _human

    def handle(self, record: Any) -> bool:
        with contextlib.suppress(OSError, ValueError):  # a closed stderr must not end the process
            self._stream.write(self._render(record) + "\n")
            self._stream.flush()
        return True


def _json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"))


def _human(line: Mapping[str, Any]) -> str:
    known = ("at", "level", "logger", "event")
    fields = " ".join(
        f"{key}={json.dumps(value, ensure_ascii=True)}" for key, value in line.items() if key not in known
    )
    event = json.dumps(line["event"])[1:-1]  # one record stays one line
    return f"{line['at'][11:23]} {line['level'][:5]:<5} {event} {fields}".rstrip()


def _field(key: str, value: object) -> object:
    if _SECRET_KEYS.search(key) and not isinstance(value, (bool, int, float)):
        return REDACTED
    return _plain(value)


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in list(value)[:LONGEST_LIST]]
    return f"<{type(value).__name__}>"


def _clean(text: str) -> str:
    return redact(text[:LONGEST_VALUE])


def _told(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    told: dict[str, Any] = {
        "kind": type(error).__name__,
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames],
    }
    cause = error.__cause__
    if cause is not None:
        told["because"] = type(cause).__name__
    return told
