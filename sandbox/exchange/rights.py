"""Who may act in whose mailbox beside its owner.

https://learn.microsoft.com/exchange/recipients-in-exchange-online/manage-permissions-for-recipients; a room's
ResourceDelegates are given the editor's right: https://learn.microsoft.com/powershell/module/exchange/set-calendarprocessing
"""

from typing import Literal

import msgspec

Right = Literal["editor", "fullAccess"]


class MailboxRights(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """`given` is by the mailbox's address, then by the person's. Either right opens the calendar."""

    given: dict[str, dict[str, Right]] = {}

    def of(self, mailbox: str) -> dict[str, Right]:
        return self.given.get(mailbox, {})

    def granted(self, mailbox: str, person: str, right: Right) -> "MailboxRights":
        return MailboxRights(self.given | {mailbox: self.of(mailbox) | {person: right}})

    def taken(self, mailbox: str, person: str) -> "MailboxRights":
        """Without the person's right; nothing happens where there is none."""
        left = {who: right for who, right in self.of(mailbox).items() if who != person}
        return MailboxRights({**self.given, mailbox: left} if left else _without(self.given, mailbox))


def _without(given: dict[str, dict[str, Right]], mailbox: str) -> dict[str, dict[str, Right]]:
    return {address: rights for address, rights in given.items() if address != mailbox}
