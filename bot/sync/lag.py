"""How long requests wait for their decision."""

from datetime import datetime, timedelta

from bot.ports.figures import Spread

_BOUNDS_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
_NEW_FOR = timedelta(hours=1)  # what is older was there before us, or was changed since: its age says nothing of us


class DecisionLag:
    """`took` is from when requests were made until they were decided."""

    def __init__(self) -> None:
        self.took = Spread(_BOUNDS_S)

    def note(self, made_at: datetime | None, decided_at: datetime) -> None:
        """Notes a request that was made within the last hour, and no other."""
        if made_at is not None and decided_at - made_at < _NEW_FOR:
            self.took.note(max((decided_at - made_at).total_seconds(), 0.0))
