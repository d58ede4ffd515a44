"""One turn: who speaks, in which language and zone, and what they may do."""

import contextlib
import logging
from dataclasses import asdict, dataclass, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cards.texts import Audience
from bot.dialogs.asking import Here
from bot.people.acquaintances import Met, stranger
from bot.ports.records import Acquaintance
from bot.ports.store import StoreError
from bot.teams.inbound import ConversationType, Inbound
from bot.teams.services import Services

log = logging.getLogger(__name__)


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

    @property
    def in_company(self) -> bool:
        """Others read along: neither subjects nor somebody's own bookings are shown here."""
        return self.inbound.conversation_type is not ConversationType.PERSONAL


async def begin(services: Services, inbound: Inbound) -> Turn:
    """Remembers the speaker (an installation for others may have none), and finds their language and zone: what the
    activity says, what was known, the default."""
    met = Met(
        person_id=inbound.actor_id,
        name=inbound.actor_name,
        zone=inbound.zone,
        language=inbound.locale,
        chat=asdict(inbound.reference) if inbound.conversation_type is ConversationType.PERSONAL else {},
        seen_at=services.clock.now(),
    )
    speaker = await _speaker(services, met)
    zone = _zone(speaker.person.zone) or ZoneInfo(services.default_zone)
    now = services.clock.now()
    return Turn(
        inbound=inbound,
        speaker=speaker,
        audience=services.catalogue.audience(language_of(inbound, speaker), zone, now),
        here=Here(now=now, zone=zone, index=services.index),
        is_admin=inbound.actor_id in services.admins,
    )


def language_of(inbound: Inbound, speaker: Acquaintance) -> str:
    """What the person wrote in last decides, save in a channel, where all read along: there it is their client's, until
    words in the channel tell."""
    in_channel = inbound.conversation_type is ConversationType.CHANNEL
    return (inbound.locale if in_channel else "") or speaker.language


async def speaking(services: Services, turn: Turn, language: str) -> Turn:
    """The turn, answered in the language that it was written in, as the country of the client has it where that is the
    client's own; remembered for the next ones."""
    own = turn.inbound.locale
    language = own if own.replace("_", "-").partition("-")[0].casefold() == language else language
    with contextlib.suppress(StoreError):
        await services.people.speaks(turn.person_id, language)
    audience = services.catalogue.audience(language, turn.here.zone, turn.here.now)
    return replace(turn, audience=audience, speaker=replace(turn.speaker, spoken=language))


async def _speaker(services: Services, met: Met) -> Acquaintance:
    """A store that is down keeps nobody from an answer, if only from the one that says so."""
    try:
        if met.person_id:
            return await services.people.meet(met)
    except StoreError as fault:
        log.error("turn.speaker_not_remembered", extra={"why": type(fault).__name__})
    unknown = stranger(met)
    return replace(unknown, person=replace(unknown.person, zone=met.zone, language=met.language))


def _zone(name: str) -> ZoneInfo | None:
    """None for no name, and for one that was known when it was stored and is no more."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
