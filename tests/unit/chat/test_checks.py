"""The rules of the repository find what they should, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from checks import lengths, locks, names, places, tracked
from checks.__main__ import Step, run_all

PINNED = "aiohttp==3.14.5 \\\n    --hash=sha256:0133c3\n    # via -r requirements.in\n"
PACKAGE_LOCK = '{"node_modules/@microsoft/m365agentsplayground": {"integrity": "sha512-EevhY/+2Q=="}}\n'


def test_a_module_over_400_lines_is_found_and_one_of_400_is_not(tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    for name, lines in (("long.py", 401), ("full.py", 400), ("long.md", 900)):
        (tmp_path / "bot" / name).write_text("x = 1\n" * lines, encoding="ascii")

    found = lengths.too_long(tmp_path, [Path("bot/long.py"), Path("bot/full.py"), Path("bot/long.md")])

    assert found == ["bot/long.py: 401 lines, at most 400"]


@pytest.mark.parametrize("path", ["bot/utils/rooms.py", "bot/helpers.py", "tests/test_common.py", "misc/a.txt"])
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert len(names.empty_names([Path(path)])) == 1


def test_a_name_that_only_contains_such_a_word_is_fine() -> None:
    assert names.empty_names([Path("bot/booking/managers.py"), Path("bot/commons/miscellany.py")]) == []


def test_a_lock_file_of_names_versions_and_hashes_passes() -> None:
    assert locks.addresses("requirements.txt", PINNED) == []
    assert locks.unhashed("requirements.txt", PINNED) == []
    assert locks.addresses("package-lock.json", PACKAGE_LOCK) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://mirror.example/simple",
        "--extra-index-url mirror",
        "--find-links wheels",
        "aiohttp @ file:wheels/aiohttp.whl",
        "    # via -r /srv/checkout/requirements.in",
        "    # via -r ~/checkout/requirements.in",
        '      "resolved": "a",',
    ],
)
def test_an_address_or_a_path_in_a_lock_file_is_found(line: str) -> None:
    assert len(locks.addresses("requirements.txt", f"{PINNED}{line}\n")) == 1


def test_a_pin_without_a_hash_is_found() -> None:
    assert locks.unhashed("requirements.txt", f"{PINNED}msal==1.2\n{PINNED}") == [
        "requirements.txt: no hash for msal==1.2"
    ]
    assert locks.unhashed("requirements.txt", "# nothing\n") == ["requirements.txt: pins nothing"]


@pytest.mark.parametrize(
    "words",
    [
        ("see ", "home", "ann"),
        ("see ", "Users", "Ann"),
        ("cd ", "root", "a"),
        ("https:", "", "registry.npmjs" + ".org"),
    ],
)
def test_a_place_of_one_machine_is_found(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"fine\n{'/'.join(words)}\n", encoding="ascii")

    assert len(places.machine_places(tmp_path, [Path("a.md")])) == 1


@pytest.mark.parametrize("text", ["/api/messages", "GET /v1.0/me/drive/root", "~/foyer", "/usr/bin/env", "user/home/x"])
def test_a_path_that_every_machine_has_is_fine(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(text, encoding="ascii")

    assert places.machine_places(tmp_path, [Path("a.md")]) == []


def test_new_files_are_looked_at_and_ignored_or_deleted_ones_are_not(tmp_path: Path) -> None:
    for command in (["init", "--quiet"], ["config", "core.excludesFile", ""]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    for name in ("kept.py", "gone.py", "new.py", "ignored.log"):
        (tmp_path / name).write_text("", encoding="ascii")
    (tmp_path / ".gitignore").write_text("*.log\n", encoding="ascii")
    subprocess.run(["git", "add", "kept.py", "gone.py"], cwd=tmp_path, check=True)
    (tmp_path / "gone.py").unlink()

    assert tracked.tracked_files(tmp_path) == (Path(".gitignore"), Path("kept.py"), Path("new.py"))


def test_a_file_that_is_not_text_is_read_as_empty(tmp_path: Path) -> None:
    (tmp_path / "icon.png").write_bytes(b"\x89PNG\0\0")

    assert tracked.text_of(tmp_path / "icon.png") == ""


def test_the_first_check_that_fails_is_named_and_ends_the_run() -> None:
    wanted = [Step("first", ("a",)), Step("second", ("b", "c")), Step("third", ("d",))]
    said: list[str] = []

    code = run_all(wanted, lambda step: 2 if step.name == "second" else 0, said.append)

    assert code == 2
    assert said == ["check: first", "check: second", "check failed: second   (alone: b c)"]


def test_every_check_is_run_when_none_fails() -> None:
    said: list[str] = []

    assert run_all([Step("first", ("a",)), Step("second", ("b",))], lambda _step: 0, said.append) == 0
    assert said == ["check: first", "check: second", "check: all passed"]
