"""Judges what many clients saw of one store, from their own notes alone: who asked, when, and what was answered.

A claim whose answer never came may have happened or not, at any time since it was asked for. So each claim is held for
certain from one moment to another, and possibly held over a longer span. Two overlapping claims must never be held for
certain at one time; whoever was refused must have been refused for a claim that was possibly held just then.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from bot.ports.store import Claim


class End(Enum):
    """UNKNOWN is what nobody lived to tell."""

    OK = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A claim that somebody asked for; its holder is nobody else's. `by` is whom a refusal named."""

    claim: Claim
    began: float
    ended: float = math.inf
    end: End = End.UNKNOWN
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A claim that somebody gave back, maybe not for the first time."""

    holder: str
    began: float
    ended: float = math.inf
    end: End = End.UNKNOWN


@dataclass
class _Held:
    """Possibly from `begins` to `ends`, for certain from `sure_from` to `sure_until`."""

    claim: Claim
    begins: float
    sure_from: float
    sure_until: float = math.inf
    ends: float = math.inf


def judge(asked: Iterable[Asked], given: Iterable[Given], stands: Sequence[Claim]) -> list[str]:
    """What cannot have been, if the store kept its promise. `stands` is what it holds when all is over."""
    asked = list(asked)
    held = _held(asked, given)
    refused = [one for one in asked if one.end is End.REFUSED]
    for one in refused:  # whoever is named was there by then
        if one.by in held:
            held[one.by].sure_from = min(held[one.by].sure_from, one.ended)
    wrong = [found for one in refused if (found := _needless(one, held.get(one.by)))]
    by_room: dict[str, list[_Held]] = defaultdict(list)
    for hold in held.values():
        by_room[hold.claim.room].append(hold)
    return wrong + _misstanding(held, stands) + [found for holds in by_room.values() for found in _doubled(holds)]


def _held(asked: Iterable[Asked], given: Iterable[Given]) -> dict[str, _Held]:
    held = {
        one.claim.holder: _Held(one.claim, one.began, one.ended) for one in asked if one.end is not End.REFUSED
    }  # where nobody knows, nothing is certain: `ended` is then never
    for back in given:
        hold = held.get(back.holder)
        if hold is not None:
            hold.sure_until = min(hold.sure_until, back.began)
            if back.end is End.OK:
                hold.ends = min(hold.ends, back.ended)
    return held


def _needless(one: Asked, hold: _Held | None) -> str:
    who = f"{one.claim.holder} was refused {_said(one.claim)} for {one.by}"
    if hold is None:
        return f"{who}, which nobody has asked for or which was refused itself"
    if not _overlap(one.claim, hold.claim):
        return f"{who}, which has {_said(hold.claim)}"
    if hold.begins > one.ended or hold.ends < one.began:
        return f"{who}, which was not there then"
    return ""


def _misstanding(held: dict[str, _Held], stands: Sequence[Claim]) -> list[str]:
    standing = {claim.holder: claim for claim in stands}
    wrong = [f"{claim.holder} stands, and was never asked for" for claim in stands if claim.holder not in held]
    for holder, hold in held.items():
        if holder in standing and standing[holder] != hold.claim:
            wrong.append(f"{holder} stands as {_said(standing[holder])}, and asked for {_said(hold.claim)}")
        elif holder in standing and hold.ends < math.inf:
            wrong.append(f"{holder} stands, and was given back")
        elif holder not in standing and hold.sure_from < math.inf and hold.sure_until == math.inf:
            wrong.append(f"{holder} was granted {_said(hold.claim)}, never given back, and is gone")
    ordered = sorted(stands, key=lambda claim: (claim.room, claim.start))
    return wrong + [
        f"{one.holder} and {other.holder} stand, and overlap"
        for one, other in pairwise(ordered)
        if _overlap(one, other)
    ]


def _doubled(holds: Iterable[_Held]) -> list[str]:
    """Goes through one room's claims in the order of time, beside those that are held for certain then."""
    wrong, now_held = [], list[_Held]()
    for hold in sorted(holds, key=lambda one: one.sure_from):
        if hold.sure_from >= hold.sure_until:
            continue
        now_held = [one for one in now_held if one.sure_until > hold.sure_from]
        doubled = [one.claim.holder for one in now_held if _overlap(one.claim, hold.claim)]
        wrong += [f"{other} and {hold.claim.holder} both held {_said(hold.claim)}" for other in doubled]
        now_held.append(hold)
    return wrong


def _overlap(one: Claim, other: Claim) -> bool:
    return one.room == other.room and one.start < other.end and other.start < one.end


def _said(claim: Claim) -> str:
    return f"{claim.room} {claim.start} to {claim.end}"
