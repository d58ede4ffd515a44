"""Rows found by their times as they are stored are those that overlap."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.events import RoomEvent
from bot.domain.slots import Slot
from bot.ports import keys
from bot.ports.documents import Documents
from bot.ports.mirror import rows_within
from bot.ports.store import Batch
from bot.store.codec import JsonCodec
from bot.store.memory import MemoryEngine
from tests.fakes import START_AT

OSLO = "oslo@contoso.example"
moments = st.one_of(st.integers(0, 6).map(float), st.floats(0, 6).map(lambda at: round(at, 6)))


@st.composite
def slots(draw: st.DrawFn) -> Slot:
    start_at = START_AT + timedelta(seconds=draw(moments))
    return Slot(start_at, start_at + timedelta(seconds=max(draw(moments), 0.000001)))


@settings(max_examples=100, deadline=None)
@given(kept=st.lists(slots(), max_size=6), asked=slots())
async def test_those_that_overlap_to_the_microsecond_and_no_others(kept: list[Slot], asked: Slot) -> None:
    documents = Documents(MemoryEngine().of("contoso"), JsonCodec())
    rows = [RoomEvent(id=str(at), room=OSLO, ical_uid=f"u{at}", slot=slot) for at, slot in enumerate(kept)]
    await documents.store.commit(Batch(puts=[documents.put(keys.event(OSLO, row.id), row) for row in rows]))

    found = await rows_within(documents, OSLO, asked)

    assert found == [row for row in rows if row.slot.overlaps(asked)]
