"""The activity that shows a card."""

from typing import Any

from bot.cards import spoken

CARD = "application/vnd.microsoft.card.adaptive"


def message(card: dict[str, Any]) -> dict[str, Any]:
    """With a summary, which is what a notification and a screen reader tell."""
    attachments = [{"contentType": CARD, "content": card}]
    return {"type": "message", "summary": spoken.summary(card), "attachments": attachments}
