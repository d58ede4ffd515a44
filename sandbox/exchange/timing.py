"""How long Exchange and the notification service take, on the tenant's clock."""

import random
from dataclasses import dataclass

_JITTER = 0.3


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds. `pace` scales all of them; the last three are the network's own and run on the machine's clock.

    The steps of the Resource Booking Attendant count from its start; they follow the stamps of the log extract in
    the tests of microsoft/CSS-Exchange (Calendar/Get-RBASummary).
    """

    pace: float = 1.0
    deliver_s: float = 1.5
    attendant_start_s: float = 0.5
    decide_s: float = 3.0
    act_s: float = 8.0
    forward_s: float = 10.0
    reply_s: float = 11.0
    process_reply_s: float = 5.0
    notify_s: float = 2.0
    handshake_timeout_s: float = 10.0
    first_delivery_timeout_s: float = 3.0
    retry_timeout_s: float = 10.0

    def stretch(self, rng: random.Random) -> float:
        """One factor for all steps of one errand, so that jitter never changes their order."""
        return self.pace * rng.uniform(1 - _JITTER, 1 + _JITTER)
