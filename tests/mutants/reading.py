"""Bugs in how rooms are read: feeds, notifications, polls."""

from tests.mutants.mutant import Mutant, Patch, Schedules, Suite

_ROUND, _FEED, _PLAN = "bot/sync/round.py", "bot/sync/feed.py", "bot/sync/plan.py"
_HINTS, _HOUSE = "bot/sync/hints.py", "bot/sync/house.py"

READING = (
    Mutant(
        name="cursor-first",
        sentence="the cursor is saved before the rows that it stands for",
        breaks=("I10", "I9", "I9w"),
        patches=(
            Patch(
                _ROUND,
                "                await self._documents.store.commit(batch)\n                break\n",
                "                await self._documents.store.commit(Batch(puts=(this.put,)))\n"
                "                await self._documents.store.commit(replace_batch(batch, puts=batch.puts[:-1]))\n"
                "                break\n",
            ),
            Patch(
                _ROUND,
                "from dataclasses import dataclass, replace\n",
                "from dataclasses import dataclass, replace\nfrom dataclasses import replace as replace_batch\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="one-page",
        sentence="of several pages of a feed only the first is taken, with the last one's cursor",
        breaks=("I10", "I9", "I9w"),
        patches=(
            Patch(
                _FEED,
                "        pages.append(await calendar.changes(room, window, following))\n    return pages\n",
                "        pages.append(await calendar.changes(room, window, following))\n"
                "    return [replace(pages[0], delta_link=pages[-1].delta_link)]\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="removals-passed-over",
        sentence="what the feed calls removed stays in the mirror",
        breaks=("I10", "I9", "I9w"),
        patches=(Patch(_PLAN, "    news |= dict.fromkeys(remote.removed)\n", ""),),
        by=Schedules(),
    ),
    Mutant(
        name="occurrences-passed-over",
        sentence="occurrences that vanish from a series without a word stay in the mirror",
        breaks=("I10", "I9", "I9w"),
        patches=(Patch(_PLAN, "    gone |= _missing_occurrences(known, remote)\n", ""),),
        by=Schedules(),
    ),
    Mutant(
        name="resync-only-adds",
        sentence="a feed that is read from nothing drops nothing",
        breaks=("I10", "I9", "I9w"),
        patches=(Patch(_PLAN, "        gone |= known.keys() - news.keys()\n", "        pass\n"),),
        by=Schedules(),
    ),
    Mutant(
        name="dead-cursor-kept",
        sentence="a cursor that the service declares dead is kept, as if nothing had changed",
        breaks=("I9",),
        patches=(
            Patch(
                _FEED,
                '        window, link = window_at(now, horizon), ""\n'
                "        pages = await _pages(calendar, room, window, link)\n",
                "        pages = [Page(changed=(), delta_link=link)]\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="empty-believed",
        sentence="a calendar that is suddenly empty is believed at once",
        breaks=("I10", "I9", "I9w"),
        patches=(Patch(_PLAN, "and known and not doubted_before:", "and known and doubted_before is None:"),),
        by=Schedules(),
    ),
    Mutant(
        name="hints-dropped",
        sentence="notifications within half a minute of the last one are dropped",
        breaks=("I8", "I9w"),
        patches=(
            Patch(
                _HINTS,
                "        rooms = {record.room for _, record in believed}\n",
                "        rooms = {one.room for _, one in believed if now - self._last.get(one.room, 0.0) > 30.0}\n"
                "        self._last |= dict.fromkeys(rooms, now)\n",
            ),
            Patch(
                _HINTS,
                "        self._waiting: list[_Waiting] = []\n",
                "        self._waiting: list[_Waiting] = []\n        self._last: dict[str, float] = {}\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="no-poll",
        sentence="the poll reads nothing: who is not notified never hears",
        breaks=("I9",),
        patches=(Patch(_HOUSE, "(Schedule(keys.sync(room), now),)\n        await", "()\n        await"),),
        by=Schedules(),
    ),
    Mutant(
        name="told-before-durable",
        sentence="a notification is answered 202 before its mark is in the store",
        breaks=("I8",),
        patches=(
            Patch(
                _HINTS,
                "        return await mine.counted\n",
                "        mine.counted.add_done_callback(lambda done: done.cancelled() or done.exception())\n"
                "        return len(hints)\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="store-down-told-202",
        sentence="a notification is answered 202 although the store is down",
        breaks=("I8",),
        patches=(
            Patch(
                "bot/web/notifications.py",
                '        except StoreDown:\n            raise Unfit(503, "store.down") from None\n',
                '        except StoreDown:\n            log.warning("notifications.lost")\n',
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="first-secret-only",
        sentence="of a notification's items only the first one's secret is checked",
        breaks=("I18",),
        patches=(
            Patch(
                _HINTS,
                "for hint in hints if _is_right(hint, records)] for hints in calls",
                "for hint in hints if hint.subscription_id in records and _is_right(hints[0], records)]\n"
                "            for hints in calls",
            ),
        ),
        by=Suite(("tests/unit/core/test_house_and_hints.py",)),
    ),
    Mutant(
        name="overlap-unreported",
        sentence="a meeting that was written over another one is not recorded as an overlap",
        breaks=("I3",),
        patches=(Patch(_ROUND, "            if event_id not in before:\n", "            if event_id in before:\n"),),
        by=Schedules(),
    ),
)
