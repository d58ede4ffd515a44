"""Whether this process can serve now: each part asked for itself, all at once, within a second whatever hangs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.domain.availability import Availability

WITHIN_S = 0.8

_ADVICE = {
    "store": "The store takes no writes: look for a full disk or a stopped Redis, and run `python app.py doctor`.",
    "reconcile": "The store was restored: nothing is decided or sent until every room was read again. Wait for that.",
    "sign-in": "Microsoft 365 refused the sign-in: run `python app.py doctor`, and check the app's secret and consent.",
    "sign-in not tried": "The first sign-in is under way: wait some seconds. If it stays, run `python app.py doctor`.",
    "rooms": "No rooms are known yet: wait for the first reading of the directory, or run `python app.py doctor`.",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that serving needs. `tenant` is the id of the tenant that it is about, '' for the whole service;
    `what_to_do` is '' where it is well."""

    name: str
    ok: bool
    tenant: str = ""
    what_to_do: str = ""


@dataclass(frozen=True, kw_only=True)
class TenantParts:
    """`signed_in` tells of the last sign-in, None where none was tried yet; nobody is asked for that."""

    tenant: str
    signed_in: Callable[[], bool | None]
    index: Availability
    reconciling: Callable[[], Awaitable[bool]]


class Probe:
    """A question that may never be answered. However many ask at once, it is put once, and none waits for long."""

    def __init__(self, question: Callable[[], Awaitable[bool]]) -> None:
        self._question = question
        self._under_way: asyncio.Task[bool] | None = None

    async def answer(self, within_s: float = WITHIN_S) -> bool:
        """False also where no answer comes in time, or the question raises."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._ask(), name="probe")
        done, _ = await asyncio.wait([self._under_way], timeout=within_s)
        return bool(done) and self._under_way.result()

    async def close(self) -> None:
        """Gives up what is still under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def _ask(self) -> bool:
        try:
            return await self._question()
        except Exception:  # noqa: BLE001 - whatever is wrong with it: it is not well
            return False


class Readiness:
    """Looks at parts that cost nothing or one write; never calls Microsoft 365."""

    def __init__(self, healthy: Callable[[], Awaitable[bool]], tenants: Sequence[TenantParts]) -> None:
        self._store = Probe(healthy)
        self._tenants = [(tenant, Probe(_settled(tenant))) for tenant in tenants]

    async def parts(self) -> list[Part]:
        """Every part, the service's own first."""
        store, *settled = await asyncio.gather(
            self._store.answer(), *(settled.answer() for _, settled in self._tenants)
        )
        parts = [_part("store", ok=store)]
        for (tenant, _), ok in zip(self._tenants, settled, strict=True):
            parts += [_part("reconcile", ok=ok, tenant=tenant.tenant), _sign_in(tenant)]
            parts.append(_part("rooms", ok=bool(tenant.index.rooms), tenant=tenant.tenant))
        return parts

    async def close(self) -> None:
        await asyncio.gather(self._store.close(), *(settled.close() for _, settled in self._tenants))


def is_ready(parts: Sequence[Part]) -> bool:
    """One tenant whose secret ran out must not take the others' bot away: the service is ready when its own parts are
    well, and all parts of at least one tenant."""
    by_tenant: dict[str, bool] = {}
    for part in parts:
        by_tenant[part.tenant] = by_tenant.get(part.tenant, True) and part.ok
    own = by_tenant.pop("", True)
    return own and (not by_tenant or any(by_tenant.values()))


def _settled(tenant: TenantParts) -> Callable[[], Awaitable[bool]]:
    async def settled() -> bool:
        return not await tenant.reconciling()

    return settled


def _sign_in(tenant: TenantParts) -> Part:
    signed_in = tenant.signed_in()
    advice = "sign-in not tried" if signed_in is None else "sign-in"
    return _part("sign-in", ok=bool(signed_in), tenant=tenant.tenant, advice=advice)


def _part(name: str, *, ok: bool, tenant: str = "", advice: str = "") -> Part:
    return Part(name=name, ok=ok, tenant=tenant, what_to_do="" if ok else _ADVICE[advice or name])
