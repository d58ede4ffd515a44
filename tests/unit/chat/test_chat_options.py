"""Flags, variables and defaults of the supervisor."""

from pathlib import Path

import pytest

from chat.options import Options, parse_options, ports_of


def test_without_flags_the_well_known_ports_are_taken() -> None:
    assert parse_options([], {}) == Options()
    assert [port.number for port in ports_of(Options())] == [3978, 8800, 56150, 56151]


def test_a_variable_moves_a_port_and_a_flag_goes_before_it() -> None:
    environ = {"FOYER_BOT_PORT": "4000", "FOYER_SANDBOX_PORT": "9000"}

    options = parse_options(["--bot-port", "5000"], environ)

    assert (options.bot_port, options.sandbox_port) == (5000, 9000)


@pytest.mark.parametrize("wrong", ["0", "65536", "-1", "x", "", "٣"])
def test_a_wrong_port_is_refused_by_name(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options([f"--bot-port={wrong}"], {})

    assert f"{wrong!r} is not a port" in capsys.readouterr().err


def test_a_wrong_variable_is_refused_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options([], {"FOYER_MANAGER_PORT": "many"})

    assert "--manager-port" in capsys.readouterr().err


def test_without_windows_their_ports_may_be_busy() -> None:
    options = parse_options(["--no-chat", "--data", "elsewhere"], {})

    assert [port.number for port in ports_of(options)] == [3978, 8800]
    assert options.data == Path("elsewhere")
