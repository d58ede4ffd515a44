"""Drives one chat window, Microsoft 365 Agents Playground, as the person at it would: types, presses, reads."""

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

SOON_S = 15.0
CARD = ".ac-adaptiveCard"
COMPOSE = '[data-lexical-editor="true"]'
SIZE = (1280, 900)
PHONE_SIZE = (390, 844)

# Keeps every text that a card ever showed, in order: a state may pass quicker than a look at the page.
RECORD = """
(() => {
  const seen = window.cardTexts = [];
  const shown = new Map();
  const look = () => document.querySelectorAll("CARD").forEach((card, place) => {
    const text = card.innerText.trim();
    if (text && shown.get(place) !== text) { shown.set(place, text); seen.push(text); }
  });
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})();
""".replace("CARD", CARD)


@dataclass(frozen=True)
class Card:
    """One card in the conversation; the same one after it was replaced or updated in place."""

    element: Locator

    @property
    def text(self) -> str:
        return self.element.inner_text()

    def press(self, button: str, *, of: str | None = None) -> None:
        """Presses the first button whose name begins so; with `of`, the first in a row that holds this text."""
        where = self.element if of is None else self.element.locator(".ac-columnSet", has_text=of).first
        where.get_by_role("button", name=re.compile(rf"^\s*{re.escape(button)}\b")).first.click()

    def fill(self, label: str, value: str) -> None:
        """Types into the field with this label."""
        self.element.get_by_label(label).fill(value)

    def comes_to_say(self, text: str, *, within_s: float = SOON_S) -> None:
        """Waits until the card shows the text, upper or lower case; the buttons and rooms beside one another are apart:
        "Book" and "Edinburgh" do not say "booked"."""
        said = re.compile(re.escape(text), re.IGNORECASE)
        expect(self.element).to_contain_text(said, timeout=within_s * 1000, use_inner_text=True)

    def picture(self, file: Path) -> None:
        """Saves a PNG of the card alone. The Playground has the light theme only."""
        self.element.screenshot(path=file)


@dataclass(frozen=True)
class Window:
    """A chat window that was opened."""

    page: Page

    def say(self, text: str) -> None:
        """Sends a message to the bot in the personal chat."""
        self._open("Personal Chat")
        box = self._compose_box()
        box.press_sequentially(text)
        box.press("Enter")

    def post(self, text: str, *, channel: str, bot: str = "Foyer") -> None:
        """Starts a post in a channel that mentions the bot, then says the text."""
        self._open(channel)
        box = self._compose_box()
        box.press_sequentially("@")
        self.page.get_by_role("menuitem", name=bot).click()
        box.press_sequentially(f" {text}")
        self.page.get_by_role("button", name="Post", exact=True).click()

    def card(self, text: str, *, within_s: float = SOON_S) -> Card:
        """Waits for a card with the text, upper or lower case, and returns the newest such."""
        pattern = re.compile(re.escape(text), re.IGNORECASE)
        cards = self.page.locator(CARD)
        expect(cards.filter(has_text=pattern).last).to_be_visible(timeout=within_s * 1000)
        places = [place for place, said in enumerate(cards.all_inner_texts()) if pattern.search(said)]
        return Card(cards.nth(places[-1]))

    def cards(self) -> list[str]:
        """The texts of all cards on show, oldest first."""
        return self.page.locator(CARD).all_inner_texts()

    def said_so_far(self) -> list[str]:
        """Every text that any card has shown since the window was opened, in order, replaced ones too."""
        return list(self.page.evaluate("window.cardTexts"))

    def picture(self, file: Path, *, phone: bool = False) -> None:
        """Saves a PNG of the window, at the width of a desktop or of a phone."""
        width, height = PHONE_SIZE if phone else SIZE
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.screenshot(path=file)
        self.page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})

    def _open(self, conversation: str) -> None:
        self.page.get_by_text(conversation, exact=True).first.click()

    def _compose_box(self) -> Locator:
        """The first on the page: in a channel each post below has a box of its own, for replies."""
        box = self.page.locator(COMPOSE).first
        box.click()
        return box


def open_window(browser: Browser, url: str) -> Window:
    """Opens the page and waits until one can type. Nothing but this machine is reached."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-US")
    context.route(lambda address: not _is_local(address), lambda route: route.abort())
    page = context.new_page()
    page.add_init_script(RECORD)
    page.goto(url)
    page.locator(COMPOSE).first.wait_for()
    return Window(page)


def _is_local(address: str) -> bool:
    return re.match(r"(?:http|ws)s?://(?:localhost|127\.0\.0\.1)[:/]|data:|blob:", address) is not None
