"""Answers when a named room is free within a stretch of the day."""

from dataclasses import replace
from typing import Any

from bot.booking.within import Stretch, look_within, room_times
from bot.cards.room_times import room_times as card_of
from bot.cards.views import RoomTimesView
from bot.dialogs.asking import Asking, need_of, window_of
from bot.dialogs.drafts import Draft
from bot.ports import keys
from bot.ports.store import Batch
from bot.teams.services import Services
from bot.teams.turn import Turn


def stretch_of(turn: Turn, asking: Asking) -> Stretch | None:
    """None where one time was asked for, or too little is known."""
    asked, window = asking.asked, window_of(asking.asked, turn.here.zone)
    if window is None or not asking.ready or not asked.minutes:
        return None
    return Stretch(need=need_of(asked, turn.here.zone), window=window, minutes=asked.minutes)


async def times_card(services: Services, turn: Turn, asking: Asking, fresh: Draft) -> dict[str, Any] | Asking:
    """Or the request with why that cannot be told."""
    wanted = stretch_of(turn, asking)
    times = room_times(services.finder, asking.asked.room, wanted, turn.here.now) if wanted else None
    if wanted is None or times is None or times.reasons:
        return replace(asking, notes=(*asking.notes, *(times.reasons if times else ())))
    anywhere = replace(wanted, need=replace(wanted.need, room=""))
    others = () if times.options else look_within(services.finder, anywhere, turn.here.now).options
    draft = fresh.shown(asking.asked, (*times.options, *others))
    await services.documents.store.commit(Batch(puts=(services.documents.put(keys.draft(draft.id), draft, 0),)))
    view = RoomTimesView(
        draft_id=draft.id,
        version=draft.version,
        room=times.room,
        window=wanted.window,
        minutes=wanted.minutes,
        free=times.free,
        options=times.options,
        others=others,
    )
    return card_of(view, turn.audience)
