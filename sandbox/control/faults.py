"""Decides which requests fail and which notifications go astray: rules in order, counted or by seeded chance."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from sandbox.control.chance import Dice, Roll
from sandbox.control.kinds import KINDS, Act

NotificationAction = Literal["drop", "duplicate", "delay", "reorder"]
ACTIONS: tuple[NotificationAction, ...] = ("drop", "duplicate", "delay", "reorder")
_KEPT = 20_000
Seconds = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Status = Annotated[int, msgspec.Meta(ge=0, le=599)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
HeaderText = Annotated[str, msgspec.Meta(pattern=r"\A[ -~]*\Z")]


class _When(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How often and when a rule applies. Without `times` it applies once, or for good where it has a rate or a window.
    `skip` lets that many pass first; the window is in seconds from the moment at which the rule is given."""

    times: Count | None = None
    rate: Share | None = None
    seed: int = 0
    skip: Count = 0
    begins_in_s: Seconds = 0.0
    lasts_s: Seconds | None = None
    mailbox: str = ""

    def settled(self) -> None:
        if self.times is None and self.rate is None and self.lasts_s is None:
            self.times = 1


class RequestFault(_When, forbid_unknown_fields=True, kw_only=True):
    """Requests whose method and path match fail.

    `kinds` are names of KINDS, of which one is drawn that can befall the request; without them the rest says what
    happens. `reset` cuts the connection before or after the effect; `status` fails it before, or with `after_effect`
    after; `delay_s` waits on the tenant's clock, and with `status` 0 and no reset the request then goes through. `body`
    replaces Graph's error envelope.
    """

    method: str = ".*"
    path: str = ".*"
    kinds: tuple[str, ...] = ()
    status: Status = 0
    code: str = "ServiceUnavailable"
    message: str = "A fault that was asked for."
    retry_after: HeaderText | None = None
    delay_s: Seconds = 0.0
    reset: Literal["", "before", "after", "middle"] = ""
    after_effect: bool = False
    body: Any = None

    def own_act(self) -> Act:
        name = f"reset {self.reset}" if self.reset else (str(self.status) if self.status else "delay")
        return Act(
            kind=name, status=self.status, code=self.code, message=self.message, retry_after=self.retry_after,
            delay_s=self.delay_s, break_=self.reset, after_effect=self.after_effect, body=self.body,
        )  # fmt: skip


class NotificationFault(_When, forbid_unknown_fields=True, kw_only=True):
    """Notifications (of one mailbox, or of any) are dropped, posted `copies` times more, delayed by `delay_s`, or held
    for a random part of it, so that later ones overtake. Of several `actions` one is drawn."""

    action: NotificationAction | None = None
    actions: tuple[NotificationAction, ...] = ()
    delay_s: Seconds = 30.0
    copies: int = 1


class Storm(_When, forbid_unknown_fields=True, kw_only=True):
    """Everything at once: `rate` of Graph's requests fail in a way drawn from `kinds` (default: all that can befall the
    request), and `notifications` of the notifications go astray."""

    kinds: tuple[str, ...] = ()
    method: str = ".*"
    path: str = r"^/v1\.0/"
    notifications: Share = 0.0


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What befalls one notification; `copies` are posted beside it."""

    is_dropped: bool = False
    copies: int = 0
    delay_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Done:
    """One line of the history: what was done, to what, by which rule. Of a notification `path` tells which it was."""

    number: int
    at: datetime
    rule: int
    kind: str
    target: Literal["request", "notification"]
    mailbox: str
    method: str = ""
    path: str = ""


R = TypeVar("R", bound=_When)


class _Rule(Generic[R]):
    def __init__(self, number: int, order: R, dice: Dice, given_at: datetime) -> None:
        self.number = number
        self.order = order
        self.dice = dice
        self._begins_at = given_at + timedelta(seconds=order.begins_in_s)
        self._ends_at = None if order.lasts_s is None else self._begins_at + timedelta(seconds=order.lasts_s)

    def roll(self, what: str, now: datetime) -> Roll | None:
        """None where it does not apply this time; a count is used up where it does."""
        order = self.order
        if now < self._begins_at or (self._ends_at is not None and now >= self._ends_at):
            return None
        roll = self.dice.roll(what)
        if order.rate is not None and not roll.is_hit(order.rate):
            return None
        if order.skip > 0:
            order.skip -= 1
            return None
        if order.times is not None:
            order.times -= 1
        return roll

    @property
    def is_used_up(self) -> bool:
        return self.order.times is not None and self.order.times <= 0


class Faults:
    """Rules in the order in which they were given; the first that applies does, and one that is used up is gone.

    Equal seeds and equal requests make equal faults."""

    def __init__(self, now: Callable[[], datetime], seed: int) -> None:
        self._now = now
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        """The rules, their dice and the history."""
        self._requests: list[_Rule[RequestFault]] = []
        self._notifications: list[_Rule[NotificationFault]] = []
        self._given = 0
        self._happened = 0
        self.history: deque[Done] = deque(maxlen=_KEPT)

    @property
    def requests(self) -> list[RequestFault]:
        return [rule.order for rule in self._requests]

    @property
    def notifications(self) -> list[NotificationFault]:
        return [rule.order for rule in self._notifications]

    def add_request_fault(self, order: RequestFault) -> None:
        """Raises re.error for a pattern, ValueError for a kind that does not exist."""
        re.compile(order.method), re.compile(order.path)
        if unknown := [name for name in order.kinds if name not in KINDS]:
            raise ValueError(f"There is no kind '{unknown[0]}'; there are {', '.join(KINDS)}")
        if not (order.kinds or order.status or order.reset or order.delay_s):
            raise ValueError("Say what happens: kinds, status, reset or delay_s")
        self._requests.append(self._rule(order))

    def add_notification_fault(self, order: NotificationFault) -> None:
        """Raises ValueError."""
        order.actions = order.actions or ((order.action,) if order.action else ())
        if not order.actions:
            raise ValueError("An action is missing")
        if not 1 <= order.copies <= 3:
            raise ValueError("1 to 3 copies can be made")
        self._notifications.append(self._rule(order))

    def add_storm(self, storm: Storm) -> None:
        """Raises re.error, ValueError."""
        rate = 0.1 if storm.rate is None else storm.rate
        shared = {
            "times": storm.times, "seed": storm.seed, "skip": storm.skip, "begins_in_s": storm.begins_in_s,
            "lasts_s": storm.lasts_s, "mailbox": storm.mailbox,
        }  # fmt: skip
        kinds = storm.kinds or tuple(KINDS)
        self.add_request_fault(
            RequestFault(method=storm.method, path=storm.path, kinds=kinds, rate=rate, **shared)  # type: ignore[arg-type]
        )
        if storm.notifications:
            self.add_notification_fault(
                NotificationFault(actions=ACTIONS, rate=storm.notifications, copies=2, **shared)  # type: ignore[arg-type]
            )

    def for_request(self, method: str, path: str, mailbox: str) -> Act | None:
        """What befalls it, if anything."""
        for rule in self._requests:
            act = self._drawn(rule, method, path, mailbox)
            if act is not None:
                self._requests = [one for one in self._requests if not one.is_used_up]
                self._note(rule, act.kind, target="request", mailbox=mailbox, method=method, path=path)
                return act
        return None

    def notification_effect(self, mailbox: str, what: str) -> Effect:
        """`what` tells notifications of one mailbox apart for the dice."""
        for rule in self._notifications:
            if rule.order.mailbox.lower() not in {"", mailbox}:
                continue
            roll = rule.roll(f"{mailbox} {what}", self._now())
            if roll is not None:
                self._notifications = [one for one in self._notifications if not one.is_used_up]
                action = rule.order.actions[roll.pick(len(rule.order.actions))]
                self._note(rule, action, target="notification", mailbox=mailbox, path=what)
                return _effect(rule.order, action, roll)
        return Effect()

    def _rule(self, order: R) -> _Rule[R]:
        order.settled()
        self._given += 1
        return _Rule(self._given, order, Dice(self._seed, order.seed, self._given), self._now())

    def _drawn(self, rule: _Rule[RequestFault], method: str, path: str, mailbox: str) -> Act | None:
        order = rule.order
        if order.mailbox.lower() not in {"", mailbox}:
            return None
        if not (re.fullmatch(order.method, method, re.IGNORECASE) and re.search(order.path, path)):
            return None
        names = [name for name in order.kinds if KINDS[name].befalls(method, path)]
        if order.kinds and not names:
            return None
        roll = rule.roll(f"{method} {path}", self._now())
        if roll is None:
            return None
        if not names:
            return order.own_act()
        name = names[roll.pick(len(names))]
        act = replace(KINDS[name].act, kind=name)
        return act if not act.retry else replace(act, retry_after=_retry_after(act, roll, self._now()))

    def _note(self, rule: _Rule[Any], kind: str, **what: Any) -> None:
        self._happened += 1
        self.history.append(Done(number=self._happened, at=self._now(), rule=rule.number, kind=kind, **what))


def _retry_after(act: Act, roll: Roll, now: datetime) -> str:
    seconds = 1 + 9 * roll.share
    if act.retry == "fraction":
        return f"{seconds:.3f}"
    if act.retry == "seconds":
        return str(round(seconds))
    return format_datetime(now + timedelta(seconds=round(seconds)), usegmt=True)


def _effect(order: NotificationFault, action: NotificationAction, roll: Roll) -> Effect:
    if action == "drop":
        return Effect(is_dropped=True)
    if action == "duplicate":
        return Effect(copies=order.copies)
    return Effect(delay_s=order.delay_s if action == "delay" else order.delay_s * roll.share)
