"""One tenant's services over a store in memory, and a channel that keeps what it is given."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.admin.letters import LetterDesk
from bot.admin.status import StatusDesk
from bot.booking.desk import Desk
from bot.booking.search import Finder
from bot.booking.series_desk import SeriesDesk
from bot.cards.texts import Catalogue
from bot.domain.availability import Availability
from bot.domain.people import Person
from bot.domain.rooms import Room
from bot.language.reader import load_reader
from bot.people.acquaintances import People
from bot.policy.loading import Policies
from bot.ports.documents import Documents
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine
from bot.teams.adapter import ChannelAdapter
from bot.teams.claims import Claims
from bot.teams.handler import Handler
from bot.teams.inbound import parse
from bot.teams.references import ConversationReference, Recipient
from bot.teams.services import About, Services
from tests.fakes import FakeDirectory, ManualClock
from tests.unit.teams.kit import APP_ID, ISSUER, SERVICE_URL, TENANT, activity

READER, CATALOGUE = load_reader(), Catalogue.load()
OSLO = Room(address="oslo@c.example", name="Oslo", capacity=8, building="Harbour", zone="Europe/Oslo")
PERSON = activity()["from"]["aadObjectId"].lower()


@dataclass
class Channel:
    """The connector port: what was sent and changed, in order; the next calls fail with what is in `failing`."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    updated: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    typed: int = 0
    failing: list[Exception] = field(default_factory=list)

    async def send(self, to: ConversationReference, activity: Mapping[str, Any], *, reply_to: str = "") -> str:
        await asyncio.sleep(0)  # noqa: TID251 - lets another turn run, waits for nothing
        self._fail()
        self.sent.append(dict(activity))
        return f"m{len(self.sent)}"

    async def update(self, to: ConversationReference, activity_id: str, activity: Mapping[str, Any]) -> None:
        self._fail()
        self.updated.append((activity_id, dict(activity)))

    async def delete(self, to: ConversationReference, activity_id: str) -> None:
        self._fail()

    async def create_conversation(self, recipient: Recipient) -> str:
        self._fail()
        return f"a:{recipient.member_id}"

    async def typing(self, to: ConversationReference) -> None:
        self.typed += 1

    def cards(self) -> list[dict[str, Any]]:
        return [one["attachments"][0]["content"] for one in self.sent if one.get("attachments")]

    def _fail(self) -> None:
        if self.failing:
            raise self.failing.pop(0)


class House:
    """Turns of one or more tenants, driven by activities."""

    def __init__(self, *tenants: str, default_zone: str = "Europe/Amsterdam") -> None:
        self.clock = ManualClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
        self.channel = Channel()
        self.starting = False
        self.engine = MemoryEngine()
        self.directory = FakeDirectory()
        self.directory.people[PERSON] = Person(id=PERSON, name="Mia", address="mia@c.example")
        self.tenants = {tenant: self._services(tenant, default_zone) for tenant in tenants or (TENANT,)}
        self.handler = Handler(self.tenants.get)
        self._adapter = ChannelAdapter(self.channel)

    @property
    def services(self) -> Services:
        return self.tenants[TENANT]

    async def turn(self, raw: dict[str, Any]) -> tuple[int, Any]:
        inbound = parse(raw)
        claims = Claims(app_id=APP_ID, issuer=ISSUER, service_url=SERVICE_URL, tenant=inbound.tenant)
        return await self._adapter.process(raw, claims, lambda context: self.handler.on_turn(context, inbound))

    def _services(self, tenant: str, default_zone: str) -> Services:
        documents = Documents(self.engine.of(tenant), JsonCodec())
        index, policies = Availability((OSLO,)), Policies()

        async def healthy() -> bool:
            return True

        async def opened() -> bool:
            return not self.starting

        return Services(
            tenant=tenant,
            tenant_name=tenant,
            documents=documents,
            index=index,
            people=People(documents, self.directory),
            finder=Finder(index, policies),
            desk=(desk := Desk(documents, index, policies, self.clock)),
            series=SeriesDesk(documents, desk),
            status=StatusDesk(documents, index, policies, self.clock),
            letters=LetterDesk(documents.store, index, self.clock),
            catalogue=CATALOGUE,
            reader=READER,
            connector=self.channel,
            clock=self.clock,
            admins=frozenset(),
            default_zone=default_zone,
            new_id=iter(f"{number:032x}" for number in range(1, 1000)).__next__,
            about=About(version="1", store="memory", healthy=healthy, started_at=self.clock.now()),
            opened=opened,
        )
