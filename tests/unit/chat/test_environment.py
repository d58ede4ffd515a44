"""The virtual environment is made once, made anew when the requirements change, and says plainly why it cannot."""

import sys
from pathlib import Path

import pytest

from checks import environment

LOG = Path(".venv/install.log")


def test_a_folder_with_these_very_requirements_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("a==1\n", encoding="ascii")
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / environment.STAMP).write_text(environment.fingerprint([file]), encoding="ascii")
    filled: list[Path] = []

    def fill(_folder: Path, requirements: Path) -> None:
        filled.append(requirements)

    environment.install(folder, [file], fill)
    assert filled == []

    file.write_text("a==2\n", encoding="ascii")
    environment.install(folder, [file], fill)
    assert filled == [file]

    environment.install(folder, [file], fill)
    assert filled == [file]


def test_a_folder_without_a_python_that_runs_does_not_work(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    assert not environment.works(tmp_path)

    (tmp_path / "bin" / "python").write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    (tmp_path / "bin" / "python").chmod(0o755)
    assert not environment.works(tmp_path)


def test_a_newer_python_beside_an_old_one_is_found() -> None:
    def has_two(name: str) -> str | None:
        return f"/usr/bin/{name}" if name in {"python3.12", "python3.11"} else None

    assert environment.newer_python(has_two) == "/usr/bin/python3.12"
    assert environment.newer_python(lambda _name: None) is None


def test_an_old_python_without_a_newer_one_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")

    assert environment.run_with_newer([]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Foyer needs Python 3.11 or newer" in said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the one that was pinned"),
        ("WARNING: Retrying after NewConnectionError('Failed to establish')", "is there a network"),
        ("ERROR: No matching distribution found for aiohttp==3.14.5", "is there a network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "No space left"),
    ],
)
def test_why_pip_failed_is_told_in_one_line(line: str, told: str) -> None:
    said = environment.why(["Collecting aiohttp==3.14.5\n", f"{line}\n"], LOG)

    assert told in said
    assert str(LOG) in said
    assert "\n" not in said


def test_pins_are_counted() -> None:
    assert (
        environment.pins("a==1 \\\n    --hash=sha256:0\n    # via b==2\nb[extra]==2 ; python_version < '3.12'\n") == 2
    )


def test_that_unpacking_goes_on_is_told_while_pip_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    looks = iter([12, 0, 9, None])

    def over(_seconds: float) -> bool:
        more = next(looks)
        for number in range(more or 0):
            (packages / f"p{len(list(packages.iterdir()))}-{number}.dist-info").mkdir()
        return more is None

    environment.tell_unpacked(tmp_path, 40, over)

    assert capsys.readouterr().out.splitlines() == ["  12/40 unpacked"]
