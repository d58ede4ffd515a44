"""`app.py dead-letters`: lists what was given up on, and has it done again.

While the service runs, a SQLite file is its own: then an administrator says “replay all” to Foyer. In Redis it may be
done at any time.
"""

from datetime import UTC, datetime

from bot.admin.letters import LetterDesk
from bot.config import Settings, TenantSettings
from bot.domain.availability import Availability
from bot.edges import open_store, store_file
from bot.ports.clock import Clock
from bot.ports.store import DeadLetter, StoreUnusable
from bot.store.redis_peek import RedisPeek
from bot.store.sqlite_peek import Peek


async def listed(settings: Settings, clock: Clock) -> list[str]:
    """A line for each: tenant, when it died, its key. Raises StoreUnusable or StoreDown."""
    if settings.redis_url:
        async with RedisPeek(settings.redis_url, clock) as there:
            found = [(tenant, await there.dead_letters(tenant.tenant_id)) for tenant in settings.tenants]
    else:
        _require_file(settings)
        with Peek(store_file(settings)) as here:
            found = [(tenant, here.dead_letters(tenant.tenant_id)) for tenant in settings.tenants]
    return [_line(tenant, one) for tenant, letters in found for one in letters]


def _line(tenant: TenantSettings, dead: DeadLetter) -> str:
    return f"{tenant.tenant_id}  {datetime.fromtimestamp(dead.died_at, UTC):%Y-%m-%d %H:%M}Z  {dead.key}"


async def replay(settings: Settings, which: str, clock: Clock) -> int:
    """How many are owed anew: those with the key, or "all". Raises StoreUnusable (of a SQLite file also while the
    service runs) or StoreDown."""
    if not settings.redis_url:
        _require_file(settings)
    store = await open_store(settings, clock)
    try:
        count = 0
        for tenant in settings.tenants:
            desk = LetterDesk(store.engine.of(tenant.tenant_id), Availability(), clock)
            count += await (desk.replay_all() if which == "all" else desk.replay_key(which))
        return count
    finally:
        await store.engine.close()


def _require_file(settings: Settings) -> None:
    path = store_file(settings)
    if not path.exists():
        raise StoreUnusable(f"{path} is not there: name the data folder of the service (FOYER_DATA, or --data)")
