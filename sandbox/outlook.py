"""Acts as an Outlook user from the command line: python -m sandbox.outlook book, move, cancel or list."""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import date, timedelta
from typing import Any

_TIMEOUT_S = 30


def main(arguments: list[str] | None = None) -> int:
    """1 where the tenant refuses or does not answer."""
    given = _parser().parse_args(arguments)
    try:
        answer = _ask(given)
    except urllib.error.HTTPError as refusal:
        sys.stderr.write(f"{_reason(refusal)}\n")
        return 1
    except urllib.error.URLError as problem:
        sys.stderr.write(f"No sandbox tenant at {given.url} ({problem.reason}). Start it with: python -m sandbox\n")
        return 1
    meetings = answer.get("value", [answer]) if answer else []
    nothing = "Nothing there.\n" if given.command == "list" else "Done.\n"
    sys.stdout.write("".join(f"{_line(meeting)}\n" for meeting in meetings) or nothing)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.outlook", description="Book as in Outlook.")
    parser.add_argument("--url", default="http://127.0.0.1:8800", help="where the sandbox tenant listens")
    commands = parser.add_subparsers(dest="command", required=True)
    book = commands.add_parser("book", help="book a room")
    book.add_argument("--as", dest="organizer", required=True, metavar="ADDRESS")
    book.add_argument("--room", metavar="ADDRESS")
    book.add_argument("--start", required=True, help="2026-11-23T10:00, in the organizer's time zone")
    book.add_argument("--minutes", type=int, default=30)
    book.add_argument("--subject", default="Meeting")
    book.add_argument("--attendees", nargs="*", default=[], metavar="ADDRESS")
    book.add_argument("--show-as", dest="showAs", default="busy")
    move = commands.add_parser("move", help="move a meeting, or change its length")
    move.add_argument("id", help="as book and list print it")
    move.add_argument("--start")
    move.add_argument("--minutes", type=int)
    cancel = commands.add_parser("cancel", help="cancel a meeting")
    cancel.add_argument("id")
    cancel.add_argument("--comment", default="")
    listing = commands.add_parser("list", help="the next seven days of a person or a room")
    listing.add_argument("mailbox")
    listing.add_argument("--week", type=_date, metavar="DATE", help="the week from Monday that holds this day, in UTC")
    return parser


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"'{text}' is no date: write it as 2026-11-23") from problem


def _ask(given: argparse.Namespace) -> dict[str, Any]:
    values = {name: value for name, value in vars(given).items() if name not in {"url", "command", "week"}}
    if given.command == "list":
        query = urllib.parse.urlencode(values | _window(given.week))
        return _call(urllib.request.Request(f"{given.url}/sandbox/outlook/meetings?{query}"))  # noqa: S310  as given
    body = json.dumps({name: value for name, value in values.items() if value is not None}).encode()
    headers = {"Content-Type": "application/json"}
    url = f"{given.url}/sandbox/outlook/{given.command}"
    return _call(urllib.request.Request(url, data=body, headers=headers))  # noqa: S310  the user's own URL


def _window(day: date | None) -> dict[str, str]:
    if day is None:
        return {}
    monday = day - timedelta(days=day.weekday())
    return {"from": f"{monday}T00:00:00Z", "to": f"{monday + timedelta(days=7)}T00:00:00Z"}


def _call(request: urllib.request.Request) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_TIMEOUT_S) as response:
        answer: dict[str, Any] = json.loads(response.read() or b"{}")
        return answer


def _reason(refusal: urllib.error.HTTPError) -> str:
    text = refusal.read().decode(errors="replace")
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{refusal.code} {text}".strip()


def _line(meeting: dict[str, Any]) -> str:
    answers = ", ".join(f"{who}: {answer}" for who, answer in meeting["attendees"].items())
    shown = f"{meeting['start']} – {meeting['end']}  {meeting['subject']}  ({meeting['organizer']})"
    return f"{shown}\n  {answers or meeting['response']}\n  {meeting['iCalUId']}"


if __name__ == "__main__":
    sys.exit(main())
