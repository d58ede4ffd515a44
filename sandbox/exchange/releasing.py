"""Releases rooms in which nobody checked in, on the clock.

https://learn.microsoft.com/microsoft-365/places/enable-auto-release
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.calendar import ids
from sandbox.calendar.mailboxes import Mailbox
from sandbox.calendar.models import Answer, Item, Kind
from sandbox.exchange import copies, replies
from sandbox.exchange.attending import Attending
from sandbox.exchange.models import Exchange
from sandbox.exchange.steps import Release

_AHEAD = timedelta(days=1100)


class Releasing:
    """`later` puts a step on the clock. Of a series the next occurrence is watched."""

    def __init__(
        self, exchange: Exchange, attending: Attending, later: Callable[[datetime, Release], None]
    ) -> None:  # fmt: skip
        self._exchange = exchange
        self._attending = attending
        self._later = later
        self._watched: set[Release] = set()

    def watch(self, mailbox: Mailbox, item: Item) -> None:
        """To be called for everything that a room accepts."""
        config = self._exchange.configs.get(mailbox.address)
        if config is None or not config.enable_auto_release:
            return
        now, claim = self._exchange.now(), timedelta(minutes=config.post_reservation_max_claim_time_in_minutes)
        coming = [one for one in item.instances(now - claim, now + _AHEAD) if one.when.start_at + claim > now]
        if coming:
            self._put(min(coming, key=lambda one: one.when.start_at), claim)

    def restore(self, release: Release) -> None:
        """What another run watched."""
        self._watched.add(release)

    def run(self, release: Release) -> None:
        """Declines what was accepted and not claimed, and goes on with the series."""
        self._watched.discard(release)
        mailbox = self._exchange.mailboxes[release.room]
        item = copies.standing(mailbox, release.uid, release.original_start_at)
        if item is not None and self._is_due(item, release):
            self._attending.record(mailbox, item, Answer.DECLINED)
            self._exchange.send(self._attending.response(item, Answer.DECLINED, replies.RELEASED_TEXT))
        master = mailbox.by_uid(release.uid)
        if master is not None and master.kind is Kind.MASTER:
            self.watch(mailbox, master)

    def _put(self, one: Item, claim: timedelta) -> None:
        release = Release(
            room=one.mailbox, uid=one.uid, original_start_at=one.original_start_at, start_at=one.when.start_at
        )
        if release not in self._watched:
            self._watched.add(release)
            self._later(release.start_at + claim, release)

    def _is_due(self, item: Item, release: Release) -> bool:
        is_on = self._exchange.configs[release.room].enable_auto_release
        stands = item.response.answer is Answer.ACCEPTED and not item.is_cancelled
        is_claimed = self._exchange.is_claimed(release.room, ids.ical_uid(item))
        return is_on and stands and not is_claimed and item.when.start_at == release.start_at
