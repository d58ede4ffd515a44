"""The configuration of the two chat windows."""

import json
from pathlib import Path
from typing import Any

import pytest

from chat.windows import JONAS, MIA, PEOPLE, Window, playground_config, write_config
from sandbox.seed import organization

WINDOWS = (Window(person=MIA, port=56150), Window(person=JONAS, port=56151))


def config(window: Window) -> dict[str, Any]:
    return playground_config(window)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_playground_gets_the_five_people_it_insists_on_beside_the_one_at_the_window(window: Window) -> None:
    made = config(window)
    ids = [made["currentUser"]["id"], *(user["id"] for user in made["users"])]

    assert made["currentUser"]["name"] == window.person.name
    assert len(made["users"]) == 5
    assert len(set(ids)) == 6


def test_a_person_is_the_same_in_both_windows() -> None:
    mias, jonases = map(config, WINDOWS)

    everyone = [
        sorted((one["currentUser"], *one["users"]), key=lambda user: str(user["id"])) for one in (mias, jonases)
    ]

    assert everyone[0] == everyone[1]
    assert mias["tenantId"] == jonases["tenantId"] == "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
    assert mias["currentUser"]["aadObjectId"] == "11111111-1111-4111-8111-111111111111"


def test_everybody_is_a_member_of_the_sandbox_tenant() -> None:
    members = {(user.id, user.name, user.address) for user in organization._people()}

    assert {(person.object_id, person.name, person.mail) for person in PEOPLE} <= members


def test_no_conversation_is_shared_between_windows() -> None:
    def conversations(made: dict[str, Any]) -> set[str]:
        team = made["team"]
        return {made["personalChat"]["id"], made["groupChat"]["id"], team["id"], *(c["id"] for c in team["channels"])}

    mias, jonases = (conversations(config(window)) for window in WINDOWS)

    assert len(mias) == len(jonases) == 4
    assert mias.isdisjoint(jonases)


def test_the_file_is_written_where_the_playground_looks(tmp_path: Path) -> None:
    file = write_config(WINDOWS[0], tmp_path / "new" / "folder")

    assert file.name == ".m365agentsplayground.yml"
    assert json.loads(file.read_text(encoding="utf-8")) == playground_config(WINDOWS[0])
