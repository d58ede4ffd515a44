"""Scripted faults of outside calls: each goes wrong once, before or after its effect."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Goes wrong once, at the next call of `method` ('' for any). `done` says whether the call had its effect."""

    error: BaseException
    method: str = ""
    done: bool = False


class Calls:
    """What was called, and the faults that are still to come. `before_call` hears of each call, and of its success."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.before_call: Callable[[str], None] = lambda _: None


class Call:
    """Counts a call and lets the next scripted fault that fits happen, before or after its effect."""

    def __init__(self, calendar: Calls, method: str) -> None:
        self._calendar = calendar
        self._method = method
        self._fault: Fault | None = None

    def __enter__(self) -> None:
        self._calendar.calls.append(self._method)
        self._calendar.before_call(self._method)
        faults = self._calendar.faults
        self._fault = next((fault for fault in faults if fault.method in ("", self._method)), None)
        if self._fault is not None:
            faults.remove(self._fault)
            if not self._fault.done:
                raise self._fault.error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._calendar.before_call(f"{self._method}:done")
            if self._fault is not None:
                raise self._fault.error
