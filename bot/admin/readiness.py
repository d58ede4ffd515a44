"""Whether this process can serve now: each part asked for itself, all at once, within a second whatever hangs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.admin.catchup import CatchUp
from bot.domain.availability import Availability

WITHIN_S = 0.8

_ADVICE = {
    "store.down": "The store takes no writes: look for a full disk or a stopped Redis, and run `python app.py doctor`.",
    "reconcile.under_way": "The store was restored: nothing is decided or sent until every room was read again. Wait.",
    "reconcile.unknown": "The store does not tell whether it was restored: see what stands at “store”.",
    "sign-in.refused": "Microsoft 365 refused the sign-in: run `python app.py doctor`, check secret and consent.",
    "sign-in.not_tried": "The first sign-in is under way: wait some seconds. If it stays, run `python app.py doctor`.",
    "rooms.none": "No rooms are known yet: wait for the first reading of the directory, or run `python app.py doctor`.",
    "catch-up.under_way": "Rooms are read again after the start, for news of meanwhile is lost: wait some minutes.",
    "catch-up.unknown": "The store does not tell which rooms were read since the start: see what stands at “store”.",
    "index.loading": "What is stored is loaded, and notifications are taken meanwhile: wait. If it stays, see the log.",
    "index.behind": "What other processes wrote is not in this one's index: look for a Redis that is slow or away.",
}
_RECONCILE = {True: "", False: "reconcile.under_way", None: "reconcile.unknown"}
_CATCH_UP = {True: "", False: "catch-up.under_way", None: "catch-up.unknown"}
_SIGN_IN = {True: "", False: "sign-in.refused", None: "sign-in.not_tried"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that serving needs. `tenant` is the id of the tenant that it is about, '' for the whole service;
    `problem` is a word for programs and `what_to_do` a sentence, both '' where it is well. `told` is what else is known
    of it."""

    name: str
    tenant: str = ""
    problem: str = ""
    what_to_do: str = ""
    told: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


@dataclass(frozen=True, kw_only=True)
class TenantParts:
    """`signed_in` tells of the last sign-in, None where none was tried yet; nobody is asked for that. `loading` says
    how far the index is, '' where it is loaded."""

    tenant: str
    signed_in: Callable[[], bool | None]
    index: Availability
    loading: Callable[[], str]
    reconciling: Callable[[], Awaitable[bool]]
    behind: Callable[[], bool]
    catch_up: CatchUp


class Probe:
    """A question that may never be answered. However many ask at once, it is put once, and none waits for long."""

    def __init__(self, question: Callable[[], Awaitable[bool]]) -> None:
        self._question = question
        self._under_way: asyncio.Task[bool | None] | None = None

    async def answer(self, within_s: float = WITHIN_S) -> bool | None:
        """None where no answer comes in time, or the question raises."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._ask(), name="probe")
        done, _ = await asyncio.wait([self._under_way], timeout=within_s)
        return self._under_way.result() if done else None

    async def close(self) -> None:
        """Gives up what is still under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def _ask(self) -> bool | None:
        try:
            return await self._question()
        except Exception:  # noqa: BLE001 - whatever is wrong with it: nobody knows
            return None


class Readiness:
    """Looks at parts that cost nothing, one write or a few reads; never calls Microsoft 365."""

    def __init__(self, healthy: Callable[[], Awaitable[bool]], tenants: Sequence[TenantParts]) -> None:
        self._store = Probe(healthy)
        self._tenants = [(tenant, Probe(_settled(tenant)), Probe(tenant.catch_up.is_over)) for tenant in tenants]

    async def parts(self) -> list[Part]:
        """Every part, the service's own first."""
        of_tenants = asyncio.gather(*(self._of(*one) for one in self._tenants))
        store, found = await asyncio.gather(self._store.answer(), of_tenants)
        return [_part("store", "" if store else "store.down"), *(part for parts in found for part in parts)]

    async def _of(self, tenant: TenantParts, settled: Probe, caught_up: Probe) -> list[Part]:
        is_settled, is_caught_up = await asyncio.gather(settled.answer(), caught_up.answer())
        name, loading = tenant.tenant, tenant.loading()
        return [
            _part("reconcile", _RECONCILE[is_settled], name),
            _part("sign-in", _SIGN_IN[tenant.signed_in()], name),
            _part("rooms", "" if tenant.index.rooms or loading else "rooms.none", name),
            _part("index", "index.loading" if loading else "index.behind" if tenant.behind() else "", name, loading),
            _part(
                "catch-up",
                _CATCH_UP[is_caught_up],
                name,
                _left(tenant.catch_up, len(tenant.index.rooms)),
            ),
        ]

    async def close(self) -> None:
        of_tenants = (probe for _, settled, caught_up in self._tenants for probe in (settled, caught_up))
        await asyncio.gather(*(probe.close() for probe in (self._store, *of_tenants)))


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


def _left(catch_up: CatchUp, rooms: int) -> str:
    unread, unsubscribed = catch_up.unread, catch_up.unsubscribed
    if not unread and not unsubscribed:
        return ""
    said = f"Not read since the start: {unread} of {rooms} rooms; subscriptions not looked at: {unsubscribed}."
    return f"{said} That takes too long: run `python app.py doctor`." if catch_up.is_late else said


def _part(name: str, problem: str, tenant: str = "", told: str = "") -> Part:
    return Part(name=name, tenant=tenant, problem=problem, told=told, what_to_do=_ADVICE[problem] if problem else "")
