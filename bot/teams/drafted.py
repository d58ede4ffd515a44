"""Drafts behind the buttons of cards: made, kept and found again by who they are for."""

from bot.cards.views import Asked
from bot.dialogs.drafts import Draft
from bot.domain.bookings import Reason
from bot.domain.errors import NotFound, NotYours
from bot.ports import keys
from bot.ports.documents import Kept
from bot.ports.store import Batch
from bot.teams.services import Services
from bot.teams.successors import draft_id
from bot.teams.turn import Turn


def fresh_draft(services: Services, turn: Turn, asked: Asked, *, name: str = "") -> Kept[Draft]:
    """A draft that is not stored yet, of that name or of none."""
    named = draft_id(name or services.new_id(), turn.here.now)
    return Kept(keys.draft(named), Draft(id=named, person_id=turn.person_id, asked=asked, version=1), 0)


async def kept_draft(services: Services, turn: Turn, asked: Asked) -> Draft:
    """A request for which nothing is looked for yet, stored for a button."""
    fresh = fresh_draft(services, turn, asked)
    put = services.documents.put(fresh.key, fresh.value, 0)
    await services.documents.store.commit(Batch(puts=(put,)))
    return fresh.value


async def own_draft(services: Services, turn: Turn, named: str) -> Kept[Draft]:
    """Anybody in a chat can press anybody's card; only the person who asked is served by it. Raises NotFound and
    NotYours."""
    kept = await services.documents.get(keys.draft(named), Draft)
    if kept is None:
        raise NotFound(Reason(code="card_expired", params={}))
    if kept.value.person_id != turn.person_id:
        raise NotYours(Reason(code="not_your_card", params={}))
    return kept
