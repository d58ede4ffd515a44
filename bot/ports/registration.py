"""The registration port: what the directory tells of the app itself. Raises the calendar port's RemoteError tree."""

from datetime import datetime
from typing import Protocol


class Registration(Protocol):
    async def secret_ends_at(self) -> datetime | None:
        """When the secret in use ends; None where the registration lists none that it can be. Raises Denied where the
        app may not read its own registration."""
