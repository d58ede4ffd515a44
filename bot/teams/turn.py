"""One turn: who speaks, in which language and zone, and what they may do."""

from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from bot.cards.texts import Audience
from bot.dialogs.asking import Here
from bot.people.acquaintances import Met, stranger
from bot.ports.records import Acquaintance
from bot.teams.inbound import ConversationType, Inbound
from bot.teams.services import Services


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Decided from the verified activity alone: card data, names and the channel give no rights."""

    inbound: Inbound
    speaker: Acquaintance
    audience: Audience
    here: Here
    is_admin: bool

    @property
    def person_id(self) -> str:
        return self.speaker.person.id


async def begin(services: Services, inbound: Inbound) -> Turn:
    """Remembers the speaker (an installation for others may have none), and finds their language and zone: what the
    activity says, what was known, the default."""
    met = Met(
        person_id=inbound.actor_id,
        name=inbound.actor_name,
        zone=inbound.zone,
        language=inbound.locale,
        chat=asdict(inbound.reference) if inbound.conversation_type is ConversationType.PERSONAL else {},
    )
    speaker = await services.people.meet(met) if met.person_id else stranger(met)
    zone = ZoneInfo(speaker.person.zone or services.default_zone)
    now = services.clock.now()
    return Turn(
        inbound=inbound,
        speaker=speaker,
        audience=services.catalogue.audience(speaker.person.language, zone, now),
        here=Here(now=now, zone=zone, index=services.index),
        is_admin=inbound.actor_id in services.admins,
    )
