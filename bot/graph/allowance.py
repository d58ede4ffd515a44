"""How many calls a mailbox takes: counted here, for the service counts those that it refuses, too. Pure."""

# Outlook takes 10,000 in ten minutes from an app for one mailbox (https://learn.microsoft.com/graph/throttling-limits):
# what was saved up and what comes in evenly stay below that in any ten minutes.
A_SECOND = 15.0
AT_ONCE = 900
_REMEMBERED = 4096
_SAME_MOMENT_S = 1e-6  # times are floats


class Allowance:
    """Per mailbox, for one app. `now_s` are monotonic seconds that never go back."""

    def __init__(self) -> None:
        self._spent_until_s: dict[str, float] = {}  # when all of it will have come in again

    def take(self, mailbox: str, calls: int, *, now_s: float) -> float:
        """Takes that many and gives 0.0; or takes none, and gives the seconds after which they can be had."""
        name = mailbox.casefold()
        until_s = max(self._spent_until_s.get(name, now_s), now_s) + calls / A_SECOND
        wait_s = until_s - now_s - AT_ONCE / A_SECOND
        if wait_s > _SAME_MOMENT_S:
            return wait_s
        if len(self._spent_until_s) >= _REMEMBERED and name not in self._spent_until_s:
            self._spent_until_s = {key: at_s for key, at_s in self._spent_until_s.items() if at_s > now_s}
        self._spent_until_s[name] = until_s
        return 0.0

    def __len__(self) -> int:
        return len(self._spent_until_s)
