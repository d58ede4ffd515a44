"""The words of an attendant's replies. Pure."""

from datetime import datetime

from sandbox.calendar.models import Answer
from sandbox.exchange.attendant import Decision, Occupant, Outcome
from sandbox.exchange.config import RoomConfig
from sandbox.zones import zone

PENDING_TEXT = "Your request was received and is pending approval."
# The wording of a forwarded request is known to say "out-of-policy" for every request: it is no evidence.
FORWARD_TEXT = "This out-of-policy resource request was forwarded to you for your approval."
RELEASED_TEXT = "Nobody checked in: the room was released."


def answer(decision: Decision, config: RoomConfig) -> tuple[Answer, str]:
    """What the organizer is told, and why where EnableResponseDetails is on."""
    if decision.outcome is Outcome.PENDING:
        return Answer.TENTATIVE, with_addition(PENDING_TEXT, config)
    if decision.outcome is Outcome.ACCEPT:
        return Answer.ACCEPTED, with_addition(_accepted(decision, config), config)
    if not config.enable_response_details:
        return Answer.DECLINED, with_addition("Your request was declined.", config)
    reasons = "; ".join(decision.violations)
    text = f"Your request was declined: {reasons}.{_taken(decision.occupants, config)}"
    return Answer.DECLINED, with_addition(text, config)


def occurrence_declined(decision: Decision, config: RoomConfig, start_at: datetime, end_at: datetime) -> str:
    """For one occurrence of a series that is not declined as a whole."""
    others = tuple(one for one in decision.occupants if one.when.overlaps(start_at, end_at))
    return with_addition(f"Your request was declined: it conflicts.{_taken(others, config)}", config)


def with_addition(text: str, config: RoomConfig) -> str:
    if not (config.add_additional_response and config.additional_response):
        return text
    return f"{text}\n\n{config.additional_response}".lstrip()


def _accepted(decision: Decision, config: RoomConfig) -> str:
    if not config.enable_response_details:
        return ""
    count = len(decision.declined_starts)
    return f"Your request was accepted, but for {count} conflicting meetings." if count else ""


def _taken(occupants: tuple[Occupant, ...], config: RoomConfig) -> str:
    home = zone(config.tz)
    lines = []
    for one in occupants:
        start, end = one.when.start_at.astimezone(home), one.when.end_at.astimezone(home)
        whose = f"{one.organizer}, " if config.organizer_info else ""
        lines.append(f"\nTaken: {whose}{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")
    return "".join(lines)
