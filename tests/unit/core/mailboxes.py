"""An organisation's mailboxes in memory behind the calendar port, behaving towards rooms as Exchange does."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.events import Kind, Response, RoomEvent
from bot.domain.people import same_address
from bot.domain.slots import Slot
from bot.ports.calendar import Answer, Meeting, Missing, NewMeeting, Page, Rejected, ResyncNeeded, Subscription
from bot.ports.clock import Clock
from tests.unit.core.faults import Call, Calls


class Mode(StrEnum):
    """What Exchange's attendant does with a room's requests."""

    DELEGATED = "delegated"  # leaves them tentative
    AUTO = "auto"  # accepts what is free, declines the rest
    SILENT = "silent"  # never looks at them


@dataclass(frozen=True, kw_only=True)
class Held:
    """The organizer's copy."""

    id: str
    uid: str
    organizer: str
    room: str
    slot: Slot
    transaction_id: str = ""
    room_response: Response = Response.NONE
    subject: str = ""
    master: str = ""  # of an occurrence
    slots: tuple[Slot, ...] = ()  # of a series


@dataclass
class _RoomBox:
    items: dict[str, RoomEvent] = field(default_factory=dict)
    delivered_at: dict[str, datetime] = field(default_factory=dict)
    series: dict[str, RoomEvent] = field(default_factory=dict)  # masters, by id
    log: list[str] = field(default_factory=list)  # ids in the order of their changes
    mode: Mode = Mode.DELEGATED


class FakeCalendar(Calls):
    """The calendar port over mailboxes in memory, as Exchange behaves towards rooms; not for more than one loop.

    `double` collects every acceptance that put two accepted meetings into one room at one time, `seen_accepted` what a
    read has shown as accepted, `answers` every answer that took effect.
    """

    def __init__(self, clock: Clock, rooms: Sequence[str] = (), *, attendant_s: float = 0.0) -> None:
        super().__init__()
        self.clock = clock
        self.rooms: dict[str, _RoomBox] = {room: _RoomBox() for room in rooms}
        self.held: dict[str, Held] = {}
        self.attendant_s = attendant_s
        self.reply_s = 0.0  # how long after an attendant left a request tentative the organizer is told so
        self._replies: list[tuple[datetime, str]] = []  # when, and on which meeting
        self.page_size = 50
        self.keeps_cancelled = True
        self.generation = 1
        self.odd: dict[str, bool] = {}  # ids of items in a shape that nobody knows, and whether their times are legible
        self.deleted_series: dict[str, list[RoomEvent]] = {}  # in Deleted Items, where ids still lead to them
        self.empty = False  # answers full reads with nothing, as after a lost permission
        self.answers: list[tuple[str, str, Answer]] = []
        self.creates: list[str] = []
        self.double: list[tuple[str, Slot]] = []
        self.answers_exceptions = False  # whether an answer to a series counts for dates changed by themselves
        self.seen_accepted: set[tuple[str, Slot]] = set()
        self.subscribed: dict[str, Subscription] = {}
        self._ids = itertools.count(1)

    # The port -------------------------------------------------------------------------------------------------------

    async def create(self, meeting: NewMeeting) -> Meeting:
        with Call(self, "create"):
            self.creates.append(meeting.transaction_id)
            there = self._by_transaction(meeting.organizer, meeting.transaction_id)
            if there is None and meeting.rhythm is not None:
                there = self._make_series(meeting)
            elif there is None:
                there = self.outlook_book(
                    meeting.room,
                    meeting.slot,
                    meeting.organizer,
                    transaction_id=meeting.transaction_id,
                    subject=meeting.subject,
                )
        return _meeting(there)

    async def find(self, organizer: str, transaction_id: str, slot: Slot) -> Meeting | None:
        with Call(self, "find"):
            there = self._by_transaction(organizer, transaction_id)
        return _meeting(there) if there else None

    async def read(self, organizer: str, event_id: str) -> Meeting:
        with Call(self, "read"):
            self._attend()
            there = self._one(organizer, event_id)
        return _meeting(there)

    async def move(self, organizer: str, event_id: str, slot: Slot, zone: str) -> Meeting:
        with Call(self, "move"):
            there = self._one(organizer, event_id)
            if there.slot != slot:
                self.outlook_move(there.id, slot)
        return _meeting(self.held[event_id])

    async def instances(self, organizer: str, event_id: str, window: Slot) -> Sequence[Meeting]:
        with Call(self, "instances"):
            self._one(organizer, event_id)
            found = [held for held in self.held.values() if held.master == event_id and held.slot.overlaps(window)]
        return [_meeting(held) for held in found]

    async def drop(self, organizer: str, event_id: str) -> None:
        with Call(self, "drop"):
            if event_id in self.held:
                self.outlook_cancel(event_id)

    async def invite(self, organizer: str, event_id: str, room: str, room_name: str) -> None:
        with Call(self, "invite"):
            if self._one(organizer, event_id).room != room:
                self._invite(event_id, room)

    async def rename(self, organizer: str, event_id: str, subject: str) -> None:
        with Call(self, "rename"):
            self.held[event_id] = replace(self._one(organizer, event_id), subject=subject)

    async def cancel(self, organizer: str, event_id: str, comment: str) -> None:
        with Call(self, "cancel"):
            self._one(organizer, event_id)
            self.outlook_cancel(event_id)

    async def read_room_event(self, room: str, event_id: str) -> RoomEvent:
        with Call(self, "read_room_event"):
            self._attend()
            box = self._box(room)
            row = box.items.get(event_id) or box.series.get(event_id)
            if row is None:
                raise Missing("ErrorItemNotFound", 404)
            self._show(row)
        return row

    async def answer(self, room: str, event_id: str, answer: Answer, comment: str) -> None:
        with Call(self, "answer"):
            self._attend()
            box = self._box(room)
            kinds = (Kind.OCCURRENCE, Kind.EXCEPTION) if self.answers_exceptions else (Kind.OCCURRENCE,)
            series = [row for row in box.items.values() if row.master_id == event_id and row.kind in kinds]
            rows = series or [row for row in box.items.values() if row.id == event_id]
            if not rows:
                raise Missing("ErrorItemNotFound", 404)
            rows = [row for row in rows if not row.is_organizer and not row.is_cancelled]
            if not rows:
                raise Rejected("ErrorInvalidRequest", 400)
            self.answers.append((room, event_id, answer))
            if event_id in box.series and answer is Answer.ACCEPT:
                box.series[event_id] = replace(box.series[event_id], response=Response.ACCEPTED)
            for row in rows:
                self._respond(row, Response.ACCEPTED if answer is Answer.ACCEPT else Response.DECLINED)

    async def changes(self, room: str, window: Slot, link: str) -> Page:
        with Call(self, "changes"):
            self._attend()
            box = self._box(room)
            if not link:
                ids = [] if self.empty else [row.id for row in box.items.values() if row.slot.overlaps(window)]
                mark = len(box.log)
            else:
                generation, mark_text, *rest = link.split("|")
                if int(generation) != self.generation:
                    raise ResyncNeeded("SyncStateNotFound", 410)
                mark = int(mark_text)
                ids = rest or list(dict.fromkeys(box.log[mark:]))
                mark = mark if rest else len(box.log)
            page, later = ids[: self.page_size], ids[self.page_size :]
            shown = self._page(box, page, window)
            delta = f"{self.generation}|{mark}"
        if later:
            return replace(shown, next_link="|".join((delta, *later)))
        return replace(shown, delta_link=delta)

    async def occurrences(self, room: str, master_id: str, window: Slot) -> Sequence[RoomEvent]:
        with Call(self, "occurrences"):
            self._attend()
            box = self._box(room)
            if master_id in self.deleted_series:
                return self.deleted_series[master_id]
            if master_id not in box.series:
                raise Missing("ErrorItemNotFound", 404)
            found = [row for row in box.items.values() if row.master_id == master_id and row.slot.overlaps(window)]
            for row in found:
                self._show(row)
        return found

    async def view(self, room: str, window: Slot) -> Sequence[RoomEvent]:
        with Call(self, "view"):
            self._attend()
            found = [row for row in self._box(room).items.values() if row.slot.overlaps(window)]
        return [replace(row, created_at=None, recurrence="") for row in found]

    async def subscribe(self, room: str, *, url: str, client_state: str, expires_at: datetime) -> Subscription:
        with Call(self, "subscribe"):
            self._box(room)
            made = Subscription(id=f"sub-{next(self._ids)}", resource=room, expires_at=expires_at, notification_url=url)
            self.subscribed[made.id] = made
        return made

    async def renew(self, subscription_id: str, expires_at: datetime) -> Subscription:
        with Call(self, "renew"):
            if subscription_id not in self.subscribed:
                raise Missing("ResourceNotFound", 404)
            renewed = replace(self.subscribed[subscription_id], expires_at=expires_at)
            self.subscribed[subscription_id] = renewed
        return renewed

    async def subscriptions(self) -> Sequence[Subscription]:
        with Call(self, "subscriptions"):
            return list(self.subscribed.values())

    async def unsubscribe(self, subscription_id: str) -> None:
        with Call(self, "unsubscribe"):
            self.subscribed.pop(subscription_id, None)

    # What people do in Outlook --------------------------------------------------------------------------------------

    def outlook_book(
        self, room: str, slot: Slot, organizer: str, *, transaction_id: str = "", subject: str = ""
    ) -> Held:
        number = next(self._ids)
        held = Held(
            id=f"org-{number}",
            uid=f"uid-{number}",
            organizer=organizer,
            room=room,
            slot=slot,
            transaction_id=transaction_id,
            subject=subject,
        )
        self.held[held.id] = held
        self._deliver(held)
        self._attend()
        return self.held[held.id]

    def outlook_series(self, room: str, slots: Sequence[Slot], organizer: str, recurrence: str = "daily") -> str:
        """Returns the master's id in the room's mailbox."""
        number = next(self._ids)
        box, master_id = self.rooms[room], f"room-{number}-master"
        base = RoomEvent(
            id=master_id,
            room=room,
            ical_uid=f"uid-{number}",
            slot=slots[0],
            kind=Kind.MASTER,
            response=Response.NOT_RESPONDED,
            organizer_address=organizer,
            recurrence=recurrence,
            attendees=1,
            created_at=self.clock.now(),
        )
        box.series[master_id] = base
        for at, slot in enumerate(slots):
            self._write(
                replace(
                    base,
                    id=f"room-{number}-{at}",
                    ical_uid=f"uid-{number}-{at}",
                    kind=Kind.OCCURRENCE,
                    slot=slot,
                    master_id=master_id,
                    recurrence="",
                )
            )
            box.delivered_at[f"room-{number}-{at}"] = self.clock.now()
        self._attend()
        return master_id

    def outlook_move(self, event_id: str, slot: Slot) -> None:
        held = replace(self.held[event_id], slot=slot, room_response=Response.NONE)
        self.held[event_id] = held
        row = self.row_of(held)
        if not held.room:
            return
        if row is None:  # declined before: the update arrives as a new request, with a new id
            self._deliver(held)
        else:
            kind = Kind.EXCEPTION if row.kind is Kind.OCCURRENCE else row.kind
            self._write(replace(row, slot=slot, kind=kind, response=Response.NOT_RESPONDED, show_as="tentative"))
            self.rooms[held.room].delivered_at[row.id] = self.clock.now()
        self._attend()

    def outlook_cancel(self, event_id: str) -> None:
        """Of a series, all of it."""
        for occurrence in [held.id for held in self.held.values() if held.master == event_id]:
            self.outlook_cancel(occurrence)
        held = self.held.pop(event_id)
        row = self.row_of(held)
        if row is not None:
            self._end(row)

    def outlook_change_room(self, event_id: str, room: str) -> None:
        """Takes the meeting to another room, or out of all rooms ('')."""
        before = self.held[event_id]
        if before.room == room:
            return
        if before.room and (row := self.row_of(before)) is not None:
            self._end(row)
        self.held[event_id] = replace(before, room=room, room_response=Response.NONE)
        if room:
            self._deliver(self.held[event_id])
            self._attend()

    def accept_behind_our_back(self, held: Held) -> None:
        row = self.row_of(held)
        assert row is not None
        self._respond(row, Response.ACCEPTED)

    # What is so -----------------------------------------------------------------------------------------------------

    def row_of(self, held: Held) -> RoomEvent | None:
        box = self.rooms.get(held.room, _RoomBox())
        rows = [row for row in box.items.values() if row.ical_uid == held.uid]
        return next((row for row in rows if not row.is_cancelled), rows[0] if rows else None)

    def made_by(self, transaction_id: str) -> list[Held]:
        """Live events with that transaction id: more than one is a duplicate."""
        return [held for held in self.held.values() if held.transaction_id == transaction_id]

    def live_rows(self, room: str) -> dict[str, RoomEvent]:
        self._attend()
        return {row.id: row for row in self.rooms[room].items.values()}

    # Inside ---------------------------------------------------------------------------------------------------------

    def _box(self, room: str) -> _RoomBox:
        if room not in self.rooms:
            raise Missing("MailboxNotFound", 404)
        return self.rooms[room]

    def _end(self, row: RoomEvent) -> None:
        if self.keeps_cancelled:
            self._write(replace(row, is_cancelled=True, show_as="free"))
        else:
            self._remove(row)

    def _one(self, organizer: str, event_id: str) -> Held:
        held = self.held.get(event_id)
        if held is None or not same_address(held.organizer, organizer):
            raise Missing("ErrorItemNotFound", 404)
        return held

    def _by_transaction(self, organizer: str, transaction_id: str) -> Held | None:
        made = [held for held in self.made_by(transaction_id) if same_address(held.organizer, organizer)]
        return made[0] if made else None

    def _make_series(self, meeting: NewMeeting) -> Held:
        assert meeting.rhythm is not None
        number, zone = next(self._ids), ZoneInfo(meeting.zone or "UTC")
        first = meeting.slot.start_at.astimezone(zone)
        slots = meeting.rhythm.slots(first.date(), first.time(), meeting.slot.minutes, zone)
        master = Held(
            id=f"org-{number}",
            uid=f"uid-{number}",
            organizer=meeting.organizer,
            room="",
            slot=meeting.slot,
            transaction_id=meeting.transaction_id,
            subject=meeting.subject,
            slots=slots,
        )
        self.held[master.id] = master
        for at, slot in enumerate(slots):
            one = replace(master, id=f"{master.id}-{at}", uid=f"{master.uid}-{at}", slot=slot, slots=())
            self.held[one.id] = replace(one, transaction_id="", master=master.id)
        if meeting.room:
            self._invite(master.id, meeting.room)
        return self.held[master.id]

    def _invite(self, event_id: str, room: str) -> None:
        master = self.held[event_id] = replace(self.held[event_id], room=room)
        left = [held for held in self.held.values() if held.master == event_id]
        base = self._row(master, kind=Kind.MASTER, recurrence="series")
        self.rooms[room].series[base.id] = base
        for one in left:
            self.held[one.id] = replace(one, room=room)
            row = self._row(self.held[one.id], kind=Kind.OCCURRENCE, master_id=base.id)
            self._write(row)
            self.rooms[room].delivered_at[row.id] = self.clock.now()
        self._attend()

    def _deliver(self, held: Held) -> None:
        row = self._row(held)
        self._write(row)
        self.rooms[held.room].delivered_at[row.id] = self.clock.now()

    def _row(self, held: Held, *, kind: Kind = Kind.SINGLE, master_id: str = "", recurrence: str = "") -> RoomEvent:
        return RoomEvent(
            id=f"room-{next(self._ids)}",
            room=held.room,
            ical_uid=held.uid,
            slot=held.slot,
            kind=kind,
            master_id=master_id,
            recurrence=recurrence,
            response=Response.NOT_RESPONDED,
            show_as="tentative",
            organizer_address=held.organizer,
            attendees=1,
            created_at=self.clock.now(),
        )

    def _attend(self) -> None:
        """What the attendants have done by now. Their late replies overwrite ours in the organizers' copies."""
        told = [uid for at, uid in self._replies if at <= self.clock.now()]
        self._replies = [(at, uid) for at, uid in self._replies if at > self.clock.now()]
        for held in [held for held in self.held.values() if held.uid in told]:
            self.held[held.id] = replace(held, room_response=Response.TENTATIVE)
        for box in self.rooms.values():
            if box.mode is Mode.SILENT:
                continue
            for row in list(box.items.values()):
                waited_s = (self.clock.now() - box.delivered_at.get(row.id, self.clock.now())).total_seconds()
                if row.response is Response.NOT_RESPONDED and not row.is_cancelled and waited_s >= self.attendant_s:
                    self._decide_alone(box, row)

    def _decide_alone(self, box: _RoomBox, row: RoomEvent) -> None:
        if box.mode is Mode.DELEGATED:
            self._respond(row, Response.TENTATIVE)
            if self.reply_s:
                self._replies.append((self.clock.now() + timedelta(seconds=self.reply_s), row.ical_uid))
            return
        others = [other for other in box.items.values() if other.id != row.id and _accepted(other)]
        taken = any(other.slot.overlaps(row.slot) for other in others)
        self._respond(row, Response.DECLINED if taken else Response.ACCEPTED)

    def _respond(self, row: RoomEvent, response: Response) -> None:
        box = self.rooms[row.room]
        if response is Response.DECLINED:
            self._remove(row)
        else:
            others = [other for other in box.items.values() if other.id != row.id and _accepted(other)]
            if response is Response.ACCEPTED and any(other.slot.overlaps(row.slot) for other in others):
                self.double.append((row.room, row.slot))
            show_as = "busy" if response is Response.ACCEPTED else "tentative"
            self._write(replace(row, response=response, show_as=show_as))
        for held in self.held.values():
            if held.uid == row.ical_uid:
                self.held[held.id] = replace(held, room_response=response)

    def _write(self, row: RoomEvent) -> None:
        self.rooms[row.room].items[row.id] = row
        self.rooms[row.room].log.append(row.id)

    def _remove(self, row: RoomEvent) -> None:
        self.rooms[row.room].items.pop(row.id, None)
        self.rooms[row.room].log.append(row.id)

    def _page(self, box: _RoomBox, ids: Sequence[str], window: Slot) -> Page:
        """What left the window is told as removed (https://learn.microsoft.com/graph/api/event-delta)."""
        rows = [box.items[one] for one in ids if one in box.items and box.items[one].slot.overlaps(window)]
        shown = {row.id for row in rows}
        for row in rows:
            self._show(row)
        strange = [row for row in rows if row.id in self.odd]
        rows = [row for row in rows if row.id not in self.odd]
        return Page(
            changed=(
                *(row for row in rows if row.kind is not Kind.OCCURRENCE),
                *(_opaque(row) for row in strange if self.odd[row.id]),
            ),
            thin=tuple(_thin(row) for row in rows if row.kind is Kind.OCCURRENCE),
            removed=tuple(one for one in ids if one not in shown),
            odd=tuple(row.id for row in strange),
        )

    def _show(self, row: RoomEvent) -> None:
        if _accepted(row):
            self.seen_accepted.add((row.ical_uid, row.slot))


def _accepted(row: RoomEvent) -> bool:
    return row.response is Response.ACCEPTED and not row.is_cancelled


def _thin(row: RoomEvent) -> RoomEvent:
    return RoomEvent(
        id=row.id, room=row.room, ical_uid="", slot=row.slot, kind=Kind.OCCURRENCE, master_id=row.master_id
    )


def _opaque(row: RoomEvent) -> RoomEvent:
    return RoomEvent(id=row.id, room=row.room, ical_uid="", slot=row.slot, response=Response.ACCEPTED)


def _meeting(held: Held) -> Meeting:
    return Meeting(
        id=held.id,
        ical_uid=held.uid,
        web_link=f"https://outlook.example/{held.id}",
        slot=held.slot,
        room_response=held.room_response,
        rooms=(held.room,) if held.room else (),
    )
