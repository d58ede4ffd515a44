"""Keeps applications out of mailboxes, as an application access policy does.

https://learn.microsoft.com/graph/auth-limit-mailbox-access
"""

from typing import Literal

import msgspec

from sandbox.limits.errors import access_policy


class AccessPolicy(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`allow` opens these mailboxes alone, `deny` closes them; it stays until it is changed."""

    mailboxes: tuple[str, ...] = ()
    mode: Literal["allow", "deny"] = "deny"

    def check(self, mailbox: str) -> None:
        """Raises GraphError."""
        if (mailbox in self.mailboxes) == (self.mode == "deny"):
            raise access_policy()
