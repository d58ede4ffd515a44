"""Bugs in the stores, and in who works off what is owed."""

from tests.mutants.mutant import Mutant, Patch, Proof, Schedules, Suite

_MEMORY, _SQLITE, _REDIS = "bot/store/memory.py", "bot/store/sqlite.py", "bot/store/redis.py"
_SCHEMA, _COMMIT = "bot/store/sqlite_schema.py", "bot/store/lua/commit.lua"
_WORKER = "bot/sync/worker.py"
_LOOK_FIRST = """        given_back = {{release.holder for release in batch.releases}}
        for one in batch.claims:
            held = await self.claims(one.room, one.start, one.end)
            if others := [other for other in held if other.holder not in given_back]:
                raise Overlap(one, others[0].holder)
{commit}"""
_SQLITE_COMMIT = "        await self._writer.do(partial(apply, tenant=self._tenant, batch=batch))\n"
_REDIS_COMMIT = "        refusal = await self._writer.commit(self._stem, _packed(batch))\n"

STORING = (
    Mutant(
        name="look-then-insert-memory",
        sentence="whether a slot is free is looked up first and not asked when it is taken (memory)",
        breaks=("I1", "I1b"),
        patches=(
            Patch(
                _MEMORY,
                "        self._require_open()\n        changes = _Changes()\n",
                "        given_back = {release.holder for release in batch.releases}\n"
                "        for one in batch.claims:\n"
                "            held = await self.claims(one.room, one.start, one.end)\n"
                "            if others := [other for other in held if other.holder not in given_back]:\n"
                "                raise Overlap(one, others[0].holder)\n"
                "        await asyncio.sleep(0.05 if batch.claims else 0)\n"
                "        self._require_open()\n        changes = _Changes()\n",
            ),
            Patch(
                _MEMORY,
                "    if held := _overlapping(tenant, claim.room, claim.start, claim.end):\n"
                "        raise Overlap(claim, held[0].holder)\n",
                "",
            ),
            Patch(
                _MEMORY,
                "from collections.abc import Callable, Iterable, Sequence\n",
                "import asyncio\nfrom collections.abc import Callable, Iterable, Sequence\n",
            ),
        ),
        by=Schedules(store="memory", any_store=False),
    ),
    Mutant(
        name="look-then-insert-sqlite",
        sentence="whether a slot is free is looked up first and not asked when it is taken (SQLite)",
        breaks=("I1",),
        patches=(
            Patch(_SQLITE, _SQLITE_COMMIT, _LOOK_FIRST.format(commit=_SQLITE_COMMIT)),
            Patch(
                _SQLITE,
                "Document, Lease, Owed, StoreDown, StoreUnusable\n",
                "Document, Lease, Overlap, Owed, StoreDown, StoreUnusable\n",
            ),
            Patch(_SCHEMA, "WHEN NEW.end_at > (\n", "WHEN 0 > (\n"),
        ),
        by=Proof(proof="race", store="sqlite", size=20),
    ),
    Mutant(
        name="look-then-insert-redis",
        sentence="whether a slot is free is looked up first and not asked when it is taken (Redis)",
        breaks=("I1",),
        patches=(
            Patch(_REDIS, _REDIS_COMMIT, _LOOK_FIRST.format(commit=_REDIS_COMMIT)),
            Patch(
                _COMMIT,
                "  if other then return { 'overlap', tostring(number - 1), other } end\n",
                "",
            ),
        ),
        by=Proof(proof="race", store="redis", size=20),
    ),
    Mutant(
        name="same-slot-only",
        sentence="a claim is refused only where another one begins at the same moment (SQLite's trigger)",
        breaks=("I1", "I1b"),
        patches=(
            Patch(
                _SCHEMA,
                "WHERE tenant = NEW.tenant AND room = NEW.room AND end_at > NEW.start_at\n",
                "WHERE tenant = NEW.tenant AND room = NEW.room AND start_at = NEW.start_at\n",
            ),
        ),
        by=Schedules(store="sqlite", any_store=False),
    ),
    Mutant(
        name="flushed-now-and-then",
        sentence="SQLite answers before the disk has it (synchronous = NORMAL)",
        breaks=("I8", "I13"),
        patches=(Patch(_SCHEMA, "PRAGMA synchronous = FULL;", "PRAGMA synchronous = NORMAL;"),),
        by=Proof(proof="power", store="sqlite", size=1_000),
    ),
    Mutant(
        name="lease-without-fence",
        sentence="a job is finished by whoever once had it, though another has it now",
        breaks=("I12",),
        patches=(Patch(_MEMORY, "    if job is None or job.fence != lease.fence:\n", "    if job is None:\n"),),
        by=Schedules(store="memory", any_store=False),
    ),
    Mutant(
        name="finish-forgets-news",
        sentence="what was owed anew while a job was worked on is finished with it",
        breaks=("I9", "I9w", "I7", "I7c"),
        patches=(Patch(_MEMORY, "    if job.generation != lease.generation:\n", "    if job.generation < 0:\n"),),
        by=Schedules(store="memory", any_store=False),
    ),
    Mutant(
        name="jobs-dropped-at-last-attempt",
        sentence="a job whose attempts are used up is deleted, and nobody hears of it",
        breaks=("I13",),
        patches=(
            Patch(
                "bot/store/lua/take.lua",
                "    redis.call('ZADD', DEAD, now, key)\n",
                "    redis.call('DEL', name)\n",
            ),
        ),
        by=Suite(("tests/contract/test_store_jobs.py",)),
    ),
    Mutant(
        name="put-off-for-ever",
        sentence="a job that the service was too busy for is not tried again",
        breaks=("I9", "I7", "I5", "I4e"),
        patches=(Patch(_WORKER, "finishes=(Finish(lease, again_at=at),)", "finishes=(Finish(lease),)"),),
        by=Schedules(),
    ),
    Mutant(
        name="feed-without-deletions",
        sentence="the change feed between processes tells of what was written, not of what was deleted",
        breaks=("I2", "I9"),
        patches=(
            Patch(
                _MEMORY,
                "self._tenant.feed.add([*(part.key for part in batch.deletes), *(part.key for part in batch.puts)])",
                "self._tenant.feed.add([part.key for part in batch.puts])",
            ),
        ),
        by=Suite(("tests/contract/test_change_feed.py",)),
    ),
)
