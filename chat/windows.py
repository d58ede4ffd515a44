"""Who sits at which chat window, and the configuration of Microsoft 365 Agents Playground that says so."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TENANT_ID: Final = "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
BOT_ID: Final = "28:foyer"
BOT_NAME: Final = "Foyer"
ZONE: Final = "Europe/Amsterdam"
CONFIG_NAME: Final = ".m365agentsplayground.yml"
TEAM: Final = "Facilities"
ADMIN_CHANNEL: Final = "Foyer administration"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of the sandbox tenant; `object_id` is the directory's id, by which Foyer knows people."""

    login: str
    given_name: str
    surname: str
    object_id: str

    @property
    def mail(self) -> str:
        return f"{self.login}@contoso.com"

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.surname}"


MIA = Person(
    login="mia",
    given_name="Mia",
    surname="Lindqvist",
    object_id="11111111-1111-4111-8111-111111111111",
)
JONAS = Person(
    login="jonas",
    given_name="Jonas",
    surname="Berg",
    object_id="22222222-2222-4222-8222-222222222222",
)
PRIYA = Person(
    login="priya",
    given_name="Priya",
    surname="Raman",
    object_id="33333333-3333-4333-8333-333333333333",
)
TOM = Person(
    login="tom",
    given_name="Tom",
    surname="de Vries",
    object_id="44444444-4444-4444-8444-444444444444",
)
MARIA = Person(
    login="maria",
    given_name="Maria-Fernanda",
    surname="Albrechtsberger van den Heuvel",
    object_id="55555555-5555-4555-8555-555555555555",
)
# The Playground insists on exactly five people beside the one who sits at the window.
ELEANOR = Person(
    login="eleanor",
    given_name="Eleanor",
    surname="Whitfield",
    object_id="28f9a0fd-c9db-5ec1-9257-c6daaabc104c",
)
PEOPLE = (MIA, JONAS, PRIYA, TOM, MARIA, ELEANOR)


@dataclass(frozen=True, kw_only=True)
class Window:
    """One chat window: the person at it, and the port of its page and of its half of the channel's wire."""

    person: Person
    port: int

    @property
    def page(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def service_url(self) -> str:
        """Where the bot posts its answers. An address, because localhost may mean ::1, where nobody listens."""
        return f"http://127.0.0.1:{self.port}/_connector"

    @property
    def personal_chat_id(self) -> str:
        return f"a:{self.person.login}-and-foyer"


def playground_config(window: Window) -> dict[str, object]:
    """The Playground's file for one window.

    The people are the same in every window. Chats and channels are the window's own: each Playground keeps its messages
    to itself, and a shared id would make the bot answer in whichever window spoke last.
    """
    login = window.person.login
    return {
        "version": "0.1.1",
        "tenantId": TENANT_ID,
        "bot": {"id": BOT_ID, "name": BOT_NAME},
        "currentUser": _user(window.person),
        "users": [_user(person) for person in PEOPLE if person != window.person],
        "personalChat": {"id": window.personal_chat_id},
        "groupChat": {"id": f"19:{login}-offsite@thread.v2", "name": "Offsite"},
        "team": {
            "id": f"19:{login}-facilities@thread.tacv2",
            "name": TEAM,
            "aadGroupId": "7a1de3c0-5b52-4f0e-9d43-2c8a6f1b0001",
            "channels": [{"id": f"19:{login}-foyer-administration@thread.tacv2", "name": ADMIN_CHANNEL}],
        },
    }


def write_config(window: Window, folder: Path) -> Path:
    """Writes the window's file into its own folder and returns it. JSON, which is YAML too."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / CONFIG_NAME
    file.write_text(json.dumps(playground_config(window), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def _user(person: Person) -> dict[str, str]:
    return {
        "id": f"29:{person.login}",
        "name": person.name,
        "userPrincipleName": person.mail,  # spelled so by the Playground
        "aadObjectId": person.object_id,
        "givenName": person.given_name,
        "surname": person.surname,
        "email": person.mail,
    }
