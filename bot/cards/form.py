"""The request as it was understood: told in one line, and as fields that can be edited."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from microsoft_teams.cards import (
    Action,
    CardElement,
    Choice,
    ChoiceSetInput,
    DateInput,
    NumberInput,
    TextInput,
    TimeInput,
)

from bot.cards.actions import Verb, data
from bot.cards.elements import button, name, upper_first
from bot.cards.places import feature
from bot.cards.safe import inert, room
from bot.cards.series import reach, rhythm_words
from bot.cards.texts import Audience
from bot.cards.views import Asked, SearchView
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot

NEVER, ANYWHERE = "never", "*"  # what is chosen where nothing is: a value of "" is shown as an empty box
_LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240, 480)
_CHOICES = 1_200  # UTF-16 units that a field's choices may take of the card
_MOST_MINUTES = 31 * 24 * 60
_SUBJECT = 120
_RHYTHMS = (
    (Frequency.DAILY, 1, ()),
    (Frequency.WEEKLY, 1, (0, 1, 2, 3, 4)),
    (Frequency.WEEKLY, 1, ()),
    (Frequency.WEEKLY, 2, ()),
    (Frequency.MONTHLY, 1, ()),
)


def understood(asked: Asked, audience: Audience, room_name: str = "") -> str:
    """ "Tomorrow, Tue 24 Nov, 15:00–16:00 · 6 people · Oslo · Building A"; '' where nothing is known."""
    people = audience.count("{n} person", "{n} people", asked.people) if asked.people else ""
    features = ", ".join(sorted(feature(audience, code) for code in asked.features)[:6])
    size = {1: audience.say("biggest room first"), -1: audience.say("smallest room first")}.get(asked.size, "")
    parts = (_time(asked, audience), people, name(room_name), name(asked.building), size, features)
    return upper_first(" · ".join(part for part in parts if part))


def fields(view: SearchView, audience: Audience) -> list[CardElement]:
    """The fields, filled with what is known; those that are missing are required."""
    made = [
        _on(view, audience),
        _at(view, audience),
        _minutes(view, audience),
        _people(view, audience),
        *_repeat(view, audience),
        *_building(view, audience),
        *_features(view, audience),
    ]
    return list(made)


def subject(view: SearchView, audience: Audience) -> CardElement:
    """Apart from the other fields, because it goes along with Book."""
    return TextInput(
        id="subject",
        label=audience.say("Subject (optional)"),
        value=inert(view.asked.subject, _SUBJECT) or None,
        max_length=_SUBJECT,
        error_message=audience.say("Keep the subject under {most} characters.", most=_SUBJECT),
    )


def find(view: SearchView, audience: Audience) -> Action:
    values = data(Verb.SEARCH, id=view.draft_id, version=view.version)
    return button(audience.say("Find rooms"), values, inputs="auto", style="positive")


def _time(asked: Asked, audience: Audience) -> str:
    if asked.on and asked.at and asked.minutes and asked.until is not None and asked.repeats is None:
        stretch = Slot.of_day(asked.on, asked.at, asked.until, audience.zone)
        return f"{audience.span(stretch)} · {audience.duration(asked.minutes)}"
    if asked.on and asked.at and asked.minutes:
        start_at = datetime.combine(asked.on, asked.at, audience.zone).astimezone(UTC)
        slot = Slot.lasting(start_at, min(asked.minutes, _MOST_MINUTES))
        if asked.repeats is None:
            return audience.span(slot)
        return reach(asked.repeats, slot, asked.repeats.last_on(asked.on), audience)
    length = audience.duration(asked.minutes) if asked.minutes else ""
    often = rhythm_words(asked.repeats, audience) if asked.repeats else ""
    parts = (often, audience.day(asked.on) if asked.on else "", audience.clock(asked.at) if asked.at else "", length)
    return ", ".join(part for part in parts if part)


def _on(view: SearchView, audience: Audience) -> CardElement:
    today = audience.now.astimezone(audience.zone).date()
    on = view.asked.on
    return DateInput(
        id="on",
        label=audience.say("Day"),
        value=on.isoformat() if on else None,
        min=min(today, on or today).isoformat(),
        is_required="on" in view.missing or None,
        error_message=audience.say("Choose today or a later day."),
    )


def _at(view: SearchView, audience: Audience) -> CardElement:
    return TimeInput(
        id="at",
        label=audience.say("Start ({place} time)", place=audience.place()),
        value=view.asked.at.strftime("%H:%M") if view.asked.at else None,
        is_required="at" in view.missing or None,
        error_message=audience.say("Give a start time, such as {time}.", time=audience.hour(15)),
    )


def _minutes(view: SearchView, audience: Audience) -> CardElement:
    asked = view.asked.minutes
    lengths = sorted({*_LENGTHS, asked} if asked and 0 < asked <= _MOST_MINUTES else _LENGTHS)
    return ChoiceSetInput(
        id="minutes",
        label=audience.say("Length"),
        style="compact",
        value=str(asked) if asked else None,
        choices=[Choice(title=audience.duration(length), value=str(length)) for length in lengths],
        placeholder=audience.say("Choose a length"),
        is_required="minutes" in view.missing or None,
        error_message=audience.say("Choose how long you need the room."),
    )


def _repeat(view: SearchView, audience: Audience) -> list[CardElement]:
    """Until when is asked of what comes back alone."""
    asked = view.asked.repeats
    today = audience.now.astimezone(audience.zone).date()
    rhythms = [Rhythm(frequency=kind, every=every, weekdays=days, until_on=today) for kind, every, days in _RHYTHMS]
    if asked is not None and _value(asked) not in map(_value, rhythms):
        rhythms.append(asked)
    never = Choice(title=audience.say("Does not repeat"), value=NEVER)
    choices = [Choice(title=upper_first(rhythm_words(one, audience)), value=_value(one)) for one in rhythms]
    repeat = ChoiceSetInput(
        id="repeat",
        label=audience.say("Repeats"),
        style="compact",
        value=_value(asked) if asked else NEVER,
        choices=[never, *choices],
        error_message=audience.say("Choose how often it comes back."),
    )
    if asked is None:
        return [repeat]
    until = DateInput(
        id="until",
        label=audience.say("Until"),
        value=asked.until_on.isoformat(),
        min=today.isoformat(),
        error_message=audience.say("Choose today or a later day."),
    )
    return [repeat, until]


def _value(rhythm: Rhythm) -> str:
    return f"{rhythm.frequency}/{rhythm.every}/{','.join(map(str, rhythm.weekdays))}"


def _people(view: SearchView, audience: Audience) -> CardElement:
    return NumberInput(
        id="people",
        label=audience.say("People"),
        value=view.asked.people,
        min=1,
        is_required="people" in view.missing or None,
        error_message=audience.say("Give a whole number, 1 or more."),
    )


def _building(view: SearchView, audience: Audience) -> list[CardElement]:
    known = _fitting((view.asked.building, *view.buildings))
    if not known:
        return []
    anywhere = Choice(title=audience.say("Any building"), value=ANYWHERE)
    choices = [anywhere, *(Choice(title=name(one), value=one) for one in known)]
    asked = view.asked.building if view.asked.building in known else ANYWHERE
    label, wrong = audience.say("Building"), audience.say("Choose a building from the list.")
    return [
        ChoiceSetInput(
            id="building", label=label, style="compact", value=asked, choices=choices, error_message=wrong, wrap=True
        )
    ]


def _features(view: SearchView, audience: Audience) -> list[CardElement]:
    known = [code for code in _fitting((*sorted(view.asked.features), *view.features)) if "," not in code]
    if not known:
        return []
    return [
        ChoiceSetInput(
            id="features",
            label=audience.say("Equipment"),
            style="expanded",
            is_multi_select=True,  # values come back joined by commas
            value=",".join(code for code in known if code in view.asked.features) or None,
            choices=[Choice(title=upper_first(feature(audience, code)), value=code) for code in known[:8]],
            error_message=audience.say("Choose equipment from the list."),
            wrap=True,
        )
    ]


def _fitting(names: Iterable[str]) -> Sequence[str]:
    """Each once, in order, as many as the card can bear; without names that would not come back unchanged."""
    kept: list[str] = []
    left = _CHOICES
    for one in dict.fromkeys(names):
        if not one or len(one) > 100 or inert(one) != one:
            continue
        left -= 2 * room(one) + 24
        if left < 0:
            break
        kept.append(one)
    return kept
