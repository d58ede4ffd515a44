"""The few building blocks that every card is made of; each makes what it shows inert."""

from collections.abc import Sequence
from typing import Any

from microsoft_teams.cards import (
    Action,
    ActionSet,
    ActionStyle,
    AdaptiveCard,
    AssociatedInputs,
    CardElement,
    Column,
    ColumnSet,
    Container,
    ExecuteAction,
    OpenUrlAction,
    RichTextBlock,
    ShowCardAction,
    Spacing,
    SubmitAction,
    TextBlock,
    TextColor,
    TextRun,
)

from bot.cards.actions import Verb, data
from bot.cards.safe import inert, link
from bot.cards.texts import Audience

DONE, SENT, WORKING, WARNING, NO = "✔️", "✉️", "⚙️", "⚠️", "✖️"

_TITLE = 60  # longer button titles are cut by Teams
_SUMMARY = 150
_NAME = 80


def card(
    audience: Audience, summary: str, body: Sequence[CardElement], actions: Sequence[Action] = ()
) -> dict[str, Any]:
    """A whole card, JSON-plain. `summary` is what a notification shows."""
    made = AdaptiveCard(
        version="1.5",  # what Teams renders on every client
        lang=audience.language,
        rtl=True if audience.locale.text_direction == "rtl" else None,
        fallback_text=inert(summary, _SUMMARY),
        body=list(body),
        actions=list(actions) or None,
    )
    return made.model_dump(by_alias=True, exclude_none=True, mode="json")


def heading(text: str, *, icon: str = "", color: TextColor | None = None) -> TextBlock:
    """The card's one heading. Only words of ours: a TextBlock reads Markdown."""
    shown = f"{icon} {text}" if icon else text
    return TextBlock(text=shown, size="Large", weight="Bolder", color=color, wrap=True, style="heading")


def line(text: str, *, bold: bool = False, subtle: bool = False, spacing: Spacing | None = None) -> RichTextBlock:
    """A paragraph that may hold outside text: text runs have no Markdown."""
    run = TextRun(text=inert(text), weight="Bolder" if bold else None, is_subtle=True if subtle else None)
    return RichTextBlock(inlines=list[CardElement]([run]), spacing=spacing)


def title(text: str, *, spacing: Spacing | None = None) -> RichTextBlock:
    """What the card is about: a room's name, most often."""
    run = TextRun(text=inert(text), weight="Bolder", size="Medium")
    return RichTextBlock(inlines=list[CardElement]([run]), spacing=spacing)


def notes(texts: Sequence[str]) -> list[CardElement]:
    """Things to know before reading on, in a box; none where there are none."""
    if not texts:
        return []
    return [Container(style="emphasis", items=[line(text) for text in texts])]


def beside(items: Sequence[CardElement], action: Action | None) -> ColumnSet:
    """Text with a button of its own at the end of the row."""
    columns = [Column(width="stretch", items=list(items))]
    if action is not None:
        held = ActionSet(actions=[action])
        columns.append(Column(width="auto", items=[held], vertical_content_alignment="Center"))
    return ColumnSet(columns=columns, separator=True, spacing="Medium")


def button(
    text: str,
    values: dict[str, Any],
    *,
    inputs: AssociatedInputs = "none",
    style: ActionStyle | None = None,
    tooltip: str = "",
) -> ExecuteAction:
    """Pressing it sends `values`; with `inputs="auto"` the card's fields too. Old clients submit the same."""
    said, hint = inert(text, _TITLE), inert(tooltip, 100) or None
    submit = SubmitAction(title=said, data=values, associated_inputs=inputs, style=style)
    return ExecuteAction(
        title=said,
        verb=str(values["verb"]),
        data=values,
        associated_inputs=inputs,
        style=style,
        tooltip=hint,
        fallback=submit,
    )


def confirmed(text: str, question: str, sure: Action, tooltip: str = "") -> ShowCardAction:
    """A button that asks `question` before the second button, `sure`, does it."""
    inner = AdaptiveCard(version="1.5", body=[line(question)], actions=[sure])
    return ShowCardAction(title=inert(text, _TITLE), tooltip=inert(tooltip, 100) or None, card=inner)


def example(text: str, verb: Verb) -> SubmitAction:
    """Says `text` in the person's name; where a client does not know how, it sends `verb`."""
    return SubmitAction(
        title=inert(text, _TITLE),
        data={**data(verb), "msteams": {"type": "imBack", "value": text}},
        associated_inputs="none",
    )


def outlook(audience: Audience, url: str) -> list[CardElement]:
    """A way to the event in Outlook, where the link is sound."""
    if not link(url):
        return []
    return [stacked(OpenUrlAction(title=audience.say("Show in Outlook"), url=link(url)))]


def stacked(action: Action) -> ActionSet:
    """A button on a line of its own: more than two beside one another are cut on a phone."""
    return ActionSet(actions=[action], spacing="Small")


def ways(audience: Audience, *verbs: Verb) -> list[Action]:
    """Ways forward: a card never ends in nothing."""
    words = {
        Verb.START: audience.say("Find a room"),
        Verb.MINE: audience.say("My bookings"),
        Verb.HELP: audience.say("Help"),
        Verb.STATUS: audience.say("Status"),
    }
    return [button(words[verb], data(verb)) for verb in verbs]


def name(text: str) -> str:
    """A name of somebody else's making, at a length that a row can bear."""
    return inert(text, _NAME)


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
