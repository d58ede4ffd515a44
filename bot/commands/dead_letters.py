"""`app.py dead-letters`: lists what was given up on; does it again, where the service is stopped.

While the service runs, the file is its own: then an administrator says “dead letters” or “replay all” to Foyer.
"""

from datetime import UTC, datetime
from pathlib import Path

from bot.admin.letters import LetterDesk
from bot.config import Settings
from bot.domain.availability import Availability
from bot.edges import store_file
from bot.ports.clock import Clock
from bot.ports.store import StoreUnusable
from bot.store.sqlite import SqliteEngine
from bot.store.sqlite_peek import Peek


def listed(settings: Settings) -> list[str]:
    """A line for each: tenant, when it died, its key. Raises StoreUnusable."""
    with Peek(_existing(settings)) as peek:
        return [
            f"{tenant.tenant_id}  {datetime.fromtimestamp(one.died_at, UTC):%Y-%m-%d %H:%M}Z  {one.key}"
            for tenant in settings.tenants
            for one in peek.dead_letters(tenant.tenant_id)
        ]


async def replay(settings: Settings, which: str, clock: Clock) -> int:
    """How many are owed anew: those with the key, or "all"; done when the service starts. Raises StoreUnusable, also
    while the service runs."""
    engine = SqliteEngine.open(_existing(settings))
    try:
        count = 0
        for tenant in settings.tenants:
            desk = LetterDesk(engine.of(tenant.tenant_id), Availability(), clock)
            count += await (desk.replay_all() if which == "all" else desk.replay_key(which))
        return count
    finally:
        await engine.close()


def _existing(settings: Settings) -> Path:
    path = store_file(settings)
    if not path.exists():
        raise StoreUnusable(f"{path} is not there: name the data folder of the service (FOYER_DATA, or --data)")
    return path
