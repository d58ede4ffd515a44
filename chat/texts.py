"""What the supervisor says to the person at the terminal, as plain text; decides no more than the words."""

from collections.abc import Sequence
from pathlib import Path

from chat.options import HIGHEST_PORT, Options, Port, variable_of
from chat.windows import ADMIN_CHANNEL, BOT_NAME, JONAS, MIA, TEAM, Window

WIDEST = 200
NOTE = "These settings do not count"
FIRST_WORDS = "book a room for 6 tomorrow from 3 to 4 pm"


def welcome(options: Options, windows: Sequence[Window]) -> str:
    """The block that greets a person once everything answers."""
    lines = ["", "Foyer is running on a sandbox tenant: nothing here reaches a real mailbox.", ""]
    pages = [(window.page, _role(window)) for window in windows]
    pages.append((f"http://127.0.0.1:{options.sandbox_port}", "the rooms' calendars, as Outlook would show them"))
    lines += [*(f"  {page:<24}{what}" for page, what in pages), ""]
    if windows:
        lines += [
            f'First, as {MIA.given_name}, type:  "{FIRST_WORDS}"',
            f"Keep {JONAS.given_name}'s window open beside it: his chat shows what {MIA.given_name} booked.",
            f'In the channel {TEAM} > {ADMIN_CHANNEL} of his window, type:  "@{BOT_NAME} status"',
            "",
        ]
    else:
        lines += [f"The bot listens at http://127.0.0.1:{options.bot_port}/api/messages (no chat windows).", ""]
    lines += [f"Data lies in {options.data}, logs in {options.data / 'logs'}. Ctrl-C stops all.", ""]
    return "\n".join(lines)


def busy(ports: Sequence[Port]) -> str:
    """Names every port that another program holds, and how to go on."""
    lines = ["Nothing was started, because another program already uses:"]
    lines += [f"  port {port.number}, which {port.part} needs" for port in ports]
    flags = " ".join(f"{port.flag} {_next_to(port.number)}" for port in ports)
    variables = " ".join(f"{variable_of(port.flag)}={_next_to(port.number)}" for port in ports)
    first = ports[0].number
    lines += [
        f"Is Foyer running in another terminal? To see who holds a port: lsof -i :{first}",
        f"To use other ports: {variables} make run   (or: .venv/bin/python -m chat {flags})",
        'Beside a Foyer that goes on running, another folder, too, never one for both: make run ARGS="--data FOLDER"',
    ]
    return "\n".join(lines)


def died(part: str, code: int, log: Path, tail: str) -> str:
    """Says that a part ended by itself, how, and what it wrote last."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended by itself with exit code {code}"
    said = _indented(tail) if tail else "  (it wrote nothing)"
    return f"{part} {how}. The last lines of {log}:\n{said}\nEverything else was stopped."


def silent(part: str, url: str, after_s: float, log: Path, tail: str) -> str:
    """Says that a part runs but never answered."""
    said = _indented(tail) if tail else "  (it wrote nothing)"
    return f"{part} did not answer at {url} within {after_s:.0f} s. The last lines of {log}:\n{said}"


def missing(file: Path) -> str:
    """Says that a file of the project is not there."""
    return f"{file} is missing: start from the top folder of a complete copy of Foyer (git clone, then make run)."


def no_node() -> str:
    """Says that neither the machine nor .venv has Node.js."""
    return (
        "The chat windows need Node.js 20 or newer, and neither this machine nor .venv has it: "
        "run `make clean` and then `make run`, or start without windows: .venv/bin/python -m chat --no-chat"
    )


def install_failed(log: Path, reason: str) -> str:
    """Says that npm could not fetch the chat windows."""
    return (
        f"The chat windows could not be installed ({reason}): is there a network, or does npm need a proxy or a "
        f"mirror? Details: {log}. Without windows: .venv/bin/python -m chat --no-chat"
    )


def last_lines(text: str, count: int = 12) -> str:
    """The end of a log, short enough for a terminal."""
    lines = text.rstrip().splitlines()[-count:]
    return "\n".join(line if len(line) <= WIDEST else f"{line[:WIDEST]} …" for line in lines)


def notes(text: str) -> str:
    """The lines of a log that tell which settings the bot does not heed."""
    return "\n".join(line for line in text.splitlines() if line.startswith(NOTE))


def _role(window: Window) -> str:
    if window.person == MIA:
        return f"{MIA.given_name}, an employee"
    return f"{window.person.given_name}, {MIA.given_name}'s manager and the administrator"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _next_to(number: int) -> int:
    return number + 10 if number + 10 <= HIGHEST_PORT else number - 10
