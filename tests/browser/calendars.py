"""Drives the sandbox tenant's page of calendars as a person does, and asks the tenant itself beside it."""

import json
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

TOKEN_FORM = {
    "client_id": "foyer",
    "client_secret": "foyer",
    "grant_type": "client_credentials",
    "scope": "https://graph.microsoft.com/.default",
}


@dataclass(frozen=True)
class Calendars:
    """The page, opened on a tenant whose clock stands at Monday, 23 November 2026, 09:00 in Amsterdam."""

    page: Page
    root: str

    def open(self, place: str) -> None:
        """`place` is what stands behind # in the page's address; the page is on show when this returns."""
        self.page.goto(f"{self.root}/#{place}")
        expect(self.page.locator(".board")).to_be_visible()

    def meeting(self, subject: str) -> Locator:
        """The newest look of the meeting in the view on show."""
        return self.page.locator("button.meeting:not(.ghost)", has_text=subject)

    def row(self, room: str) -> Locator:
        """A room's line of the day view."""
        name = self.page.get_by_role("button", name=room, exact=True)
        return self.page.locator(".row").filter(has=name)

    def day(self, number: int) -> Locator:
        """A day's column of the week view; 0 is Monday."""
        return self.page.locator(".week .columns .track").nth(number)

    def choose(self, label: str, text: str, option: str) -> None:
        """Types into a search box and takes what it offers."""
        box = self.page.get_by_role("combobox", name=label)
        box.fill(text)
        self.page.get_by_role("option", name=re.compile(option)).first.click()

    def says(self, text: str) -> None:
        expect(self.page.locator("#said")).to_contain_text(text)

    def pass_time(self) -> None:
        """Presses the button that moves the tenant's clock by a minute."""
        self.page.get_by_role("button", name="+1 min").click()

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask(f"/sandbox/{path}", {} if body is None else body)

    def graph(self, path: str, body: dict[str, Any]) -> Any:
        """As an application does, with a token of its own."""
        form = urllib.parse.urlencode(TOKEN_FORM).encode()
        url = f"{self.root}/contoso.onmicrosoft.com/oauth2/v2.0/token"
        with _opener().open(urllib.request.Request(url, data=form)) as answer:  # noqa: S310  the test's own tenant
            token = json.loads(answer.read())["access_token"]
        return self._ask(f"/v1.0/{path}", body, {"Authorization": f"Bearer {token}"})

    def _ask(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        given = {"Content-Type": "application/json"} | (headers or {})
        request = urllib.request.Request(f"{self.root}{path}", data=json.dumps(body).encode(), headers=given)  # noqa: S310
        with _opener().open(request) as answer:
            return json.loads(answer.read() or b"null")


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
