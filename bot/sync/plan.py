"""What a round changes, from what was known and what the feed said: pure, and deaf to order and repetition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.events import RoomEvent


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A whole feed answer, all pages, in page order. `series` hold every occurrence in the window of each series that
    the pages touched (None for a series whose master is gone). `full` where the feed started from nothing. `odd` are
    ids of items that could not be understood: busy rows of `changed`, if they have times."""

    changed: Sequence[RoomEvent]
    removed: Sequence[str]
    series: Mapping[str, Sequence[RoomEvent] | None]
    full: bool = False
    odd: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Rows to write (new or different) and rows to drop. `changed` are ids of upserts that were known otherwise,
    `still` the iCalUIds of dropped rows that other rows go on with, `renamed` rows as they were before they got another
    iCalUId. `doubtful`: a full answer is empty where there was
    something, and must be seen twice before it is believed."""

    upserts: tuple[RoomEvent, ...]
    drops: tuple[RoomEvent, ...]
    changed: frozenset[str] = frozenset()
    still: frozenset[str] = frozenset()
    renamed: tuple[RoomEvent, ...] = ()
    doubtful: bool = False


def plan(known: Mapping[str, RoomEvent], remote: Remote, *, doubted_before: bool) -> Plan:
    """`known` by event id. The last word on an id within the answer wins; a removal of an unknown id means nothing, for
    Graph announces those outside the window too (https://learn.microsoft.com/graph/api/event-delta). What was known and
    cannot be understood any more, not even its times, stays as it was."""
    news = _last_words(remote)
    if remote.full and not any(news.values()) and not remote.odd and known and not doubted_before:
        return Plan(upserts=(), drops=(), doubtful=True)
    upserts = tuple(row for row in news.values() if row is not None and known.get(row.id) != row)
    gone = {event_id for event_id, row in news.items() if row is None}
    gone |= _missing_occurrences(known, remote)
    gone |= remote.series.keys() & known.keys() - news.keys()  # once a meeting of its own, a series by now
    if remote.full:
        gone |= known.keys() - news.keys()
    drops = tuple(known[event_id] for event_id in sorted(gone - remote.odd) if event_id in known)
    return Plan(
        upserts=upserts,
        drops=drops,
        changed=frozenset(row.id for row in upserts if row.id in known),
        still=_still(known, news, drops),
        renamed=tuple(was for row in upserts if (was := known.get(row.id)) and was.ical_uid != row.ical_uid),
    )


def odd_news(before: Iterable[str], remote: Remote) -> tuple[frozenset[str], frozenset[str]]:
    """Of items that are not understood: which are news, and which of those `before` are understood by now, or gone."""
    told = {row.id for row in remote.changed} | set(remote.removed)
    kept = frozenset(before)
    over = kept - remote.odd if remote.full else kept & told - remote.odd
    return remote.odd - kept, over


def _still(
    known: Mapping[str, RoomEvent], news: Mapping[str, RoomEvent | None], drops: Sequence[RoomEvent]
) -> frozenset[str]:
    """A request that was declined and sent again has the same iCalUId under a new id."""
    dropped = {row.id for row in drops}
    staying = {row.ical_uid for row in known.values() if row.id not in dropped}
    staying |= {row.ical_uid for row in news.values() if row is not None}
    return frozenset(row.ical_uid for row in drops if row.ical_uid in staying) - {""}


def _last_words(remote: Remote) -> dict[str, RoomEvent | None]:
    """Occurrences were read after the pages, and know better: what a page tells of a series may be over by then."""
    news: dict[str, RoomEvent | None] = {row.id: row for row in remote.changed}
    news |= dict.fromkeys(remote.removed)
    news |= {row.id: None for row in remote.changed if remote.series.get(row.master_id) is not None}
    for occurrences in remote.series.values():
        news |= {row.id: row for row in occurrences or ()}
    return news


def _missing_occurrences(known: Mapping[str, RoomEvent], remote: Remote) -> set[str]:
    """The delta can pass over deleted occurrences in silence: a series is the set of its occurrences."""
    standing = {row.id for rows in remote.series.values() for row in rows or ()}
    return {row.id for row in known.values() if row.master_id in remote.series and row.id not in standing}
