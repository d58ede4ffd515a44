"""The conversation: words and presses in, a card out. Every refusal is an answer in the reader's language."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from bot.cards.actions import Press, Verb
from bot.cards.courtesy import courtesy, press_instead
from bot.cards.help import help_card
from bot.cards.letters import letters as letters_card
from bot.cards.not_understood import not_understood
from bot.cards.reasons import sentences
from bot.cards.refusal import refusal
from bot.cards.status import status as status_card
from bot.cards.views import Chosen, LettersView, ListView, NotUnderstoodView, StatusView
from bot.cards.welcome import channel, personal
from bot.dialogs import moves
from bot.dialogs.lists import ListRooms
from bot.dialogs.moves import changeable
from bot.domain.bookings import Reason
from bot.domain.errors import NotAllowed, NotFound, NotReady, NotYours, Refusal
from bot.domain.rooms import Room
from bot.domain.zones import same_clock
from bot.language.request import City, Known, Place, Wish
from bot.ports import keys
from bot.ports.calendar import RemoteError
from bot.ports.store import StoreError
from bot.teams.bookings import MOST_LISTED, Bookings
from bot.teams.inbound import ConversationType
from bot.teams.progress import Progress
from bot.teams.rooms import Rooms
from bot.teams.searching import Searching
from bot.teams.services import Services
from bot.teams.turn import Turn, language_of, speaking

Card = dict[str, Any]

# Teams store validation guidelines, bots: personal workflows belong into the personal chat. In a group chat a room may
# be looked for together; what somebody has booked elsewhere is nobody's business there.
_OWN = (moves.ListMine, moves.CancelMine, moves.ChangeMine)
_SEARCHES = (moves.LookForRooms, moves.CheckRoom, moves.ShowRoom, ListRooms)

_SAVING = (Verb.BOOK, Verb.CANCEL, Verb.DECLINE_AGAIN, Verb.REPLAY)

_STARTING = Reason(code="starting", params={})


class Conversation:
    """One tenant's. Returns a card for everything; raises only what is a fault of ours."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bookings = Bookings(services)
        self._progress = Progress(services)
        self._searching = Searching(services, self._bookings)
        self._rooms = Rooms(services, self._searching)
        self._known: tuple[object, Known] | None = None
        self._pressed: dict[Verb, Callable[[Turn, Press], Awaitable[Card]]] = {
            Verb.SEARCH: self._searching.edit,
            Verb.BOOK: self._searching.book,
            Verb.START: lambda turn, _: self._start(turn),
            Verb.CANCEL: lambda turn, press: self._bookings.cancel(turn, press.id, press.version),
            Verb.SHOW: lambda turn, press: self._bookings.show(turn, press.id),
            Verb.DATES: lambda turn, press: self._bookings.dates(turn, press.id, press.option),
            Verb.DATE: self._searching.date,
            Verb.CHANGE: self._change,
            Verb.MINE: lambda turn, _: self._mine(turn),
            Verb.HELP: lambda turn, _: self._help(turn),
            Verb.STATUS: lambda turn, press: self._status(turn, moves.ShowStatus(page=press.option)),
            Verb.DECLINE_AGAIN: lambda turn, _: self._decline_again(turn),
            Verb.ROOMS: self._rooms.page,
            Verb.LETTERS: lambda turn, press: self._letters(turn, moves.ShowLetters(page=press.option)),
            Verb.REPLAY: lambda turn, _: self._letters(turn, moves.ShowLetters(replay=0)),
        }

    async def said(self, turn: Turn, text: str) -> Card:
        """What to answer to typed words. Before the index is loaded, a search would find nothing, and what is booked or
        cancelled would not be seen in it."""
        opened = await self._services.opened()
        request = self._services.reader.read(
            text or "?",
            now=turn.here.now,
            zone=turn.here.zone,
            language=language_of(turn.inbound, turn.speaker) or "en",
            known=self._places(),
        )
        told = request.language if request.wish is not Wish.UNKNOWN else ""
        language = moves.ordered_in(text) or told or turn.audience.language
        if language != turn.audience.language:
            turn = await speaking(self._services, turn, language)
        if not opened:
            return refusal((_STARTING,), turn.audience)
        move = moves.said(text, request, turn.here)
        saves = isinstance(move, moves.ShowLetters) and move.replay is not None
        return await self._answered(turn, self._moved(turn, move), saves=saves)

    async def pressed(self, turn: Turn, press: Press | None) -> Card | str:
        """What to answer to a button: the card that takes the place of the one that was pressed; or a sentence, where
        the card is somebody else's, or was pressed too soon after a start, and stays as it is."""
        leaving = (NotReady, NotYours, NotFound) if turn.in_company else (NotReady, NotYours)
        try:
            saves = press is not None and press.verb in _SAVING
            return await self._answered(turn, self._do(turn, press), leaving, saves=saves)
        except leaving as refused:
            return " ".join(sentences(refused.reasons, turn.audience))

    def welcome(self, turn: Turn) -> Card:
        """For whoever installed the bot."""
        in_channel = turn.inbound.conversation_type is ConversationType.CHANNEL
        return channel(turn.audience, turn.inbound.actor_name) if in_channel else personal(turn.audience)

    async def _do(self, turn: Turn, press: Press | None) -> Card:
        """A verb that is not known is one of a later version, or nobody's."""
        if not await self._services.opened():
            raise NotReady(_STARTING)
        if press is None:
            raise NotFound(Reason(code="card_expired", params={}))
        return await self._pressed[press.verb](turn, press)

    async def _moved(self, turn: Turn, move: moves.Move) -> Card:
        if _is_private(turn, move):
            return channel(turn.audience)
        match move:
            case moves.LookForRooms(asking=asking):
                return await self._searching.look(turn, asking)
            case moves.CheckRoom(room=room, asking=asking):
                return await self._searching.check(turn, room, asking)
            case ListRooms() | moves.ShowRoom():
                return await self._rooms.shown(turn, move)
            case moves.ListMine(series=False) if move.notes or not move.within.everything:
                return await self._bookings.list_within(turn, move)
            case moves.ListMine(series=series):
                return await self._bookings.list_mine(turn, series=series)
            case moves.CancelMine():
                return await self._bookings.cancel_meant(turn, move)
            case moves.ChangeMine():
                return await self._change_meant(turn, move)
            case moves.ShowStatus() | moves.ShowLetters():
                return await self._administered(turn, move)
            case _:
                return await self._told(turn, move)

    async def _told(self, turn: Turn, move: moves.Words) -> Card:
        """What is answered without looking at anything."""
        match move:
            case moves.Explain(greeted=greeted):
                return self._greeting(turn) if greeted else await self._help(turn)
            case moves.Answer(leaving=leaving, yes_or_no=yes_or_no):
                return press_instead(turn.audience) if yes_or_no else courtesy(turn.audience, leaving=leaving)
            case moves.Refuse(reason=reason):
                return refusal((reason,), turn.audience)
            case moves.NotUnderstood(said=said, understood=understood):
                view = NotUnderstoodView(
                    said=said,
                    understood=understood,
                    room=turn.here.name(understood.room) if understood.room else "",
                    administrator=turn.is_admin,
                    in_channel=turn.inbound.conversation_type is ConversationType.CHANNEL,
                )
                return not_understood(view, turn.audience)

    async def _answered(
        self, turn: Turn, answer: Awaitable[Card], leaving: tuple[type[Refusal], ...] = (), *, saves: bool
    ) -> Card:
        """Refusals become cards, save those of `leaving`, which are raised; a store or a service that is down is told
        as what it is: of what `saves` something, nobody knows whether it was done."""
        try:
            return await answer
        except Refusal as refused:
            if isinstance(refused, leaving):
                raise
            return refusal(refused.reasons, turn.audience)
        except StoreError:
            code = "store_down" if saves else "store_down_reading"
            return refusal((Reason(code=code, params={}),), turn.audience)
        except RemoteError:
            return refusal((Reason(code="remote_busy", params={}),), turn.audience)

    async def _change(self, turn: Turn, press: Press) -> Card:
        kept = await self._services.desk.owned(press.id, turn.person_id)
        if not changeable(kept.value, turn.here.now):
            return await self._bookings.show(turn, press.id)
        return await self._searching.change(turn, kept.value)

    async def _change_meant(self, turn: Turn, move: moves.ChangeMine) -> Card:
        """The one that is meant, as the words want it; of several, each as they want it, to choose from."""
        fitting = await self._bookings.meant(turn, move)
        if len(fitting) == 1 and not changeable(fitting[0], turn.here.now):
            return await self._bookings.show(turn, fitting[0].id)
        if len(fitting) == 1:
            return await self._searching.change(turn, fitting[0], moves.wanted(fitting[0], move.request, turn.here))
        coming = [one for one in fitting[:MOST_LISTED] if changeable(one, turn.here.now)]
        wanted = [(one, moves.wanted(one, move.request, turn.here)) for one in coming]
        return self._bookings.listed(
            turn, fitting, ListView(choose_for=Chosen.CHANGE), await self._searching.kept(turn, wanted)
        )

    async def _start(self, turn: Turn) -> Card:
        in_channel = turn.inbound.conversation_type is ConversationType.CHANNEL
        return channel(turn.audience) if in_channel else await self._searching.start(turn)

    async def _mine(self, turn: Turn) -> Card:
        return channel(turn.audience) if turn.in_company else await self._bookings.list_mine(turn)

    def _greeting(self, turn: Turn) -> Card:
        """To "hello": nobody has just installed anything."""
        return channel(turn.audience) if turn.in_company else personal(turn.audience)

    async def _help(self, turn: Turn) -> Card:
        return help_card(turn.audience, administrator=turn.is_admin)

    async def _status(self, turn: Turn, move: moves.ShowStatus) -> Card:
        if not turn.is_admin:
            raise NotAllowed(Reason(code="not_admin", params={}))
        status, about = await self._services.status.status(move.page), self._services.about
        view = StatusView(
            tenant=self._services.tenant_name,
            version=about.version,
            store=about.store,
            store_healthy=await about.healthy(),
            rooms=status.rooms,
            rooms_in_all=status.rooms_in_all,
            rooms_read=status.rooms_read,
            open_bookings=status.open_bookings,
            dead_letters=status.dead_letters,
            started_at=about.started_at,
            compared=status.compared,
            declines_stopped_at=status.declines_stopped_at,
            odd_items=status.odd_items,
            untold=status.untold,
            page=status.page,
            next_page=status.next_page,
            reconciling=bool(await self._services.documents.store.read([keys.RECONCILE])),
            doctor=move.doctor,
            progress=move.progress,
        )
        return status_card(view, turn.audience)

    async def _status_with_progress(self, turn: Turn, move: moves.ShowStatus) -> Card:
        """During a first import a card that goes on telling how far it is follows."""
        card = await self._status(turn, move)
        read, rooms = self._services.status.imported()
        if read < rooms:
            await self._progress.begin(turn)
        return card

    async def _decline_again(self, turn: Turn) -> Card:
        if not turn.is_admin:
            raise NotAllowed(Reason(code="not_admin", params={}))
        await self._services.status.decline_again()
        return await self._status(turn, moves.ShowStatus())

    async def _administered(self, turn: Turn, move: moves.ShowStatus | moves.ShowLetters) -> Card:
        if isinstance(move, moves.ShowStatus):
            return await self._status_with_progress(turn, move)
        return await self._letters(turn, move)

    async def _letters(self, turn: Turn, move: moves.ShowLetters) -> Card:
        if not turn.is_admin:
            raise NotAllowed(Reason(code="not_admin", params={}))
        desk, replayed = self._services.letters, None
        if move.replay is not None:
            replayed = await (desk.replay_number(move.replay) if move.replay else desk.replay_all())
        found = await desk.letters(move.page)
        view = LettersView(letters=found.letters, in_all=found.in_all, next_page=found.next_page, replayed=replayed)
        return letters_card(view, turn.audience)

    def _places(self) -> Known:
        """Made anew only when the rooms changed: the reader keeps an index for it."""
        rooms = self._services.index.rooms
        if self._known is None or self._known[0] is not rooms:
            places = tuple(Place(key=room.address, name=room.name, building=room.building) for room in rooms)
            buildings = tuple(sorted({room.building for room in rooms if room.building}))
            features = tuple(sorted({feature for room in rooms for feature in room.features}))
            known = Known(rooms=places, buildings=buildings, features=features, cities=self._cities(rooms))
            self._known = (rooms, known)
        return self._known[1]

    def _cities(self, rooms: Iterable[Room]) -> tuple[City, ...]:
        """The cities after which the rooms' zones are named, as the cards write them; where the clocks are those of the
        organisation, its own: Exchange knows Amsterdam's zone as Berlin's."""
        own, now = self._services.default_zone, self._services.clock.now()
        buildings: dict[str, set[str]] = {}
        for room in filter(lambda one: one.building, rooms):
            zone = own if not room.zone or same_clock(room.zone, own, now) else room.zone
            buildings.setdefault(zone, set()).add(room.building)
        names = self._services.catalogue.cities
        return tuple(City(names=names(zone), buildings=tuple(sorted(found))) for zone, found in buildings.items())


def _is_private(turn: Turn, move: moves.Move) -> bool:
    match turn.inbound.conversation_type:
        case ConversationType.PERSONAL:
            return False
        case ConversationType.CHANNEL:
            return isinstance(move, _OWN + _SEARCHES)
        case _:
            return isinstance(move, _OWN)
