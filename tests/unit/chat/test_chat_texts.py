"""What the supervisor says."""

from pathlib import Path

from chat import texts
from chat.options import Options, ports_of
from chat.windows import JONAS, MIA, Window

WINDOWS = (Window(person=MIA, port=56150), Window(person=JONAS, port=56151))


def test_the_welcome_says_whose_window_is_where_and_what_to_type_first() -> None:
    said = texts.welcome(Options(), WINDOWS)

    assert "http://localhost:56150  Mia, an employee\n" in said
    assert "http://localhost:56151  Jonas, Mia's manager and the administrator\n" in said
    assert '"book a room for 6 tomorrow from 3 to 4 pm"' in said
    assert '"@Foyer status"' in said
    assert "http://127.0.0.1:8800" in said
    assert ".data/logs. Ctrl-C stops all" in said


def test_without_windows_the_welcome_names_the_address_of_the_bot() -> None:
    said = texts.welcome(Options(bot_port=4000, chat=False), ())

    assert "http://127.0.0.1:4000/api/messages" in said
    assert "Mia" not in said


def test_all_busy_ports_are_named_at_once_with_what_to_type() -> None:
    said = texts.busy(ports_of(Options())[:2])

    assert "port 3978, which the bot needs" in said
    assert "port 8800, which the sandbox tenant needs" in said
    assert "FOYER_BOT_PORT=3988 FOYER_SANDBOX_PORT=8810 make run" in said
    assert "another folder" in said
    assert 'make run ARGS="--data FOLDER"' in said


def test_the_port_proposed_instead_of_one_of_the_highest_exists() -> None:
    assert "FOYER_BOT_PORT=65520" in texts.busy(ports_of(Options(bot_port=65530))[:1])


def test_a_death_is_told_with_its_cause_and_the_last_lines() -> None:
    tail = texts.last_lines("\n".join(f"line {number}" for number in range(40)))

    by_itself = texts.died("The bot", 3, Path("bot.log"), tail)
    killed = texts.died("The bot", -9, Path("bot.log"), "")

    assert "exit code 3" in by_itself
    assert "  line 39" in by_itself
    assert "line 27" not in by_itself
    assert "killed by signal 9" in killed
    assert "it wrote nothing" in killed


def test_a_line_too_wide_for_a_terminal_is_cut() -> None:
    assert texts.last_lines("x" * 5000) == "x" * 200 + " …"
