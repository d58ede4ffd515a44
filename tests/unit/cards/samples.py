"""One view for each card and state, as people would meet them, and the same with names as long as names get."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.admin.letters import Letter
from bot.admin.status import RoomStatus
from bot.cards.booking import booking
from bot.cards.bookings import bookings
from bot.cards.confirmation import confirmation
from bot.cards.courtesy import courtesy, press_instead
from bot.cards.help import help_card
from bot.cards.letters import letters
from bot.cards.not_understood import not_understood
from bot.cards.refusal import refusal
from bot.cards.room_free import room_free
from bot.cards.room_times import room_times
from bot.cards.search import search
from bot.cards.status import PAGE, status
from bot.cards.texts import Audience, Catalogue
from bot.cards.views import (
    Asked,
    BookingView,
    Chosen,
    LettersView,
    ListView,
    ManagerView,
    NotUnderstoodView,
    RoomFreeView,
    RoomTimesView,
    SearchView,
    StatusView,
    Within,
)
from bot.cards.welcome import channel, personal
from bot.domain.bookings import Booking, Occurrence, Reason, State
from bot.domain.ranking import Option
from bot.domain.rooms import Control, Evidence, Room
from bot.domain.series import Frequency, Rhythm
from bot.domain.slots import Slot
from bot.ports.records import Comparison, Untold
from tests.unit.cards.samples_lists import LISTS

CATALOGUE = Catalogue.load()
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Amsterdam
ASKED = Slot(datetime(2026, 11, 24, 14, 0, tzinfo=UTC), datetime(2026, 11, 24, 15, 0, tzinfo=UTC))
HOUR = timedelta(hours=1)
ID, DRAFT, NONCE = "5f" * 16, "d7" * 16, "0c" * 11

OSLO = Room(
    address="oslo@contoso.com",
    name="Oslo",
    capacity=8,
    building="Building A",
    floor="3",
    features=frozenset({"display", "video", "whiteboard"}),
    zone="Europe/Amsterdam",
)
BERGEN = replace(
    OSLO, address="bergen@contoso.com", name="Bergen", capacity=12, floor="1", features=frozenset({"display"})
)
HUDSON = Room(address="hudson@contoso.com", name="Hudson", capacity=6, building="NYC-1", zone="America/New_York")
LONG = Room(
    address="long@contoso.com",
    name="Vergaderzaal Van der Waals-Zeemangebouw noordvleugel (Nobelprijswinnaars)",
    capacity=140,
    building="Multifunctioneel Bedrijfsverzamelgebouw Kennispark Twente",
    floor="tussenverdieping",
    features=frozenset({"display", "video", "whiteboard", "wheelchair", "Gehoorversterking met ringleiding", "audio"}),
    zone="Europe/Amsterdam",
)

REQUEST = Asked(
    on=date(2026, 11, 24), at=time(15), minutes=60, people=6, building="Building A", subject="Design review"
)

Make = Callable[[Audience], dict[str, Any]]


def audience(language: str = "en-GB", zone: str = "Europe/Amsterdam") -> Audience:
    return CATALOGUE.audience(language, zone, NOW)


def option(room: Room, *, later: int = 0, fits: tuple[str, ...] = (), until: datetime | None = None) -> Option:
    slot = Slot(ASKED.start_at + later * HOUR, ASKED.end_at + later * HOUR)
    return Option(room=room, slot=slot, free_until=until, fits=fits)


OPTIONS = (
    option(OSLO, fits=("asked_for", "spare_seats:2"), until=ASKED.end_at + 2 * HOUR),
    option(BERGEN, fits=("building", "feature:display", "larger")),
    option(HUDSON, fits=("capacity", "usual"), until=ASKED.end_at + 18 * HOUR),
    option(
        LONG, fits=("feature:wheelchair", "feature:Gehoorversterking met ringleiding", "larger"), until=ASKED.end_at
    ),
)


def search_view(**changes: Any) -> SearchView:
    full = SearchView(
        draft_id=DRAFT,
        version=3,
        asked=REQUEST,
        buildings=("Building A", "Building B", "NYC-1"),
        features=("display", "video", "whiteboard"),
        searched=True,
    )
    return replace(full, **changes)


def booking_view(state: State, *, room: Room = OSLO, options: tuple[Option, ...] = (), **changes: Any) -> BookingView:
    made = Booking(
        id=ID,
        person_id="11111111-2222-3333-4444-555555555555",
        organizer="alex@contoso.com",
        room=room.address,
        slot=ASKED,
        subject="Design review",
        state=state,
        made_at=NOW,
        people=6,
        zone="Europe/Amsterdam",
        web_link="https://outlook.office365.com/owa/?itemid=AAMkAGI1&exvsurl=1&path=/calendar/item",
        number=4,
    )
    made = replace(made, **changes)
    return BookingView(booking=made, room=room, options=options, draft_id=DRAFT, draft_version=1)


def reason(code: str, **params: Any) -> Reason:
    return Reason(code=code, params=params)


DECLINED = (
    reason("conflict", room="Oslo", from_at="2026-11-24T14:30:00+00:00", to_at="2026-11-24T15:30:00+00:00"),
    reason("too_long", room="Oslo", most=30, minutes=60),
)


def _room_status(number: int) -> RoomStatus:
    trouble = ("", "", "polling", "behind", "denied", "missing")[number % 6]
    return RoomStatus(
        room=replace(OSLO, name=f"Room {number}") if number % 5 else replace(LONG, address=f"long{number}@contoso.com"),
        control=tuple(Control)[number % 3],
        evidence=tuple(Evidence)[number % 4],
        evidence_at=NOW - number * HOUR if number % 4 else None,
        synced_at=None if trouble in ("denied", "missing") else NOW - timedelta(minutes=number),
        lag_s=(None, 0.4, 42.0, 5400.0)[number % 4],
        subscription_expires_at=None if trouble == "polling" else NOW + (number - 3) * 9 * HOUR,
        trouble=trouble,
    )


def letters_view() -> LettersView:
    kinds = {"sync": OSLO, "decide": LONG, "drive": None, "tell": None, "compare": None, "x": None}
    found = tuple(
        Letter(number=number, key=f"{kind}/k", kind=kind, room=room, attempts=5, died_at=NOW - number * HOUR)
        for number, (kind, room) in enumerate(kinds.items(), 1)
    )
    return LettersView(letters=found, in_all=17, next_page=1)


def status_view(rooms: int = PAGE) -> StatusView:
    return StatusView(
        tenant="Contoso",
        version="0.1.0",
        store="sqlite",
        store_healthy=True,
        rooms=tuple(_room_status(number) for number in range(rooms)),
        rooms_in_all=40 if rooms else 0,
        rooms_read=(40 if rooms == PAGE else 12) if rooms else 0,
        open_bookings=2,
        dead_letters=1 if rooms else 0,
        started_at=NOW - 30 * HOUR,
        compared=Comparison(started_at=NOW - 7 * HOUR, finished_at=NOW - 6 * HOUR, rooms=40) if rooms else None,
        next_page=1 if rooms else None,
    )


def free_view(**changes: Any) -> RoomFreeView:
    full = RoomFreeView(draft_id=DRAFT, version=1, room=OSLO, asked=ASKED, option=OPTIONS[0])
    return replace(full, **changes)


_TAKEN = free_view(
    option=None,
    busy=Slot(ASKED.start_at - HOUR / 2, ASKED.end_at + HOUR / 2),
    next_free_at=ASKED.end_at + HOUR / 2,
    others=(option(BERGEN), option(OSLO, later=2)),
    as_of=NOW - timedelta(minutes=12),
)
_TIMES = RoomTimesView(
    draft_id=DRAFT,
    version=1,
    room=OSLO,
    window=Slot(ASKED.start_at, ASKED.start_at + 4 * HOUR),
    minutes=60,
    free=(Slot(ASKED.start_at, ASKED.end_at), Slot(ASKED.end_at + HOUR, ASKED.start_at + 4 * HOUR)),
    options=(option(OSLO), option(OSLO, later=2)),
)
_MISSING = search_view(
    asked=Asked(people=6, minutes=50),
    missing=("on", "at"),
    searched=False,
    notes=(reason("unreadable_on", said="nxt tuseday"),),
)
_NOTHING = search_view(
    other_times=(option(OSLO, later=1), option(LONG, later=-3), option(HUDSON, later=20)),
    notes=(reason("nothing_free"),),
)
_UNCOUNTED = replace(REQUEST, people=None, building="")
_CHANGING = search_view(options=OPTIONS[:2], changes=booking_view(State.CONFIRMED).booking)
_LISTED = (
    booking_view(State.CONFIRMED),
    booking_view(State.REQUESTED, room=LONG, subject="Kwartaaloverleg medezeggenschapsraad en ondernemingsraad"),
    booking_view(State.HELD, room=HUDSON, subject=""),
)
_TOMORROW_IN_OSLO = Within(first_on=date(2026, 11, 24), last_on=date(2026, 11, 24), room=OSLO.address)
_MANAGED = ManagerView(booking=booking_view(State.CONFIRMED).booking, room=OSLO, person_name="Alex Wilber")


def series_view(*states: State | None, page: int | None = None, **changes: Any) -> BookingView:
    """Every Tuesday; an occurrence without a state was not free."""
    week = timedelta(weeks=1)
    occurrences = tuple(
        Occurrence(
            slot=Slot(ASKED.start_at + at * week, ASKED.end_at + at * week),
            booking_id=f"{ID}-{at:03d}" if state else "",
            state=state,
        )
        for at, state in enumerate(states)
    )
    whole = State.CONFIRMED if State.CONFIRMED in states else State.REQUESTED
    return replace(booking_view(whole, rhythm=WEEKLY, occurrences=occurrences, **changes), page=page)


def series_elsewhere(page: int | None = None) -> BookingView:
    """Every Tuesday, but one in another room."""
    view = series_view(*_BOOKED, page=page)
    one, other, *rest = view.booking.occurrences
    dates = (one, replace(other, room=LONG.address), *rest)
    return replace(view, booking=replace(view.booking, occurrences=dates), elsewhere={LONG.address: LONG})


def series_moved(times: int = 1) -> BookingView:
    """Every Tuesday, but some of them two hours later, one of these in another room."""
    view = series_view(*_BOOKED * 2)
    later = (
        replace(one, planned=one.slot, slot=Slot(one.slot.start_at + 2 * HOUR, one.slot.end_at + 2 * HOUR))
        for one in view.booking.occurrences[1 : times + 1]
    )
    moved = [replace(one, room=LONG.address if at else "") for at, one in enumerate(later)]
    dates = (view.booking.occurrences[0], *moved, *view.booking.occurrences[times + 1 :])
    return replace(view, booking=replace(view.booking, occurrences=dates), elsewhere={LONG.address: LONG})


def series_cancelled(times: int, *, before: int) -> BookingView:
    """Every Tuesday, cancelled after one of its dates, which was `before` in their order."""
    view = series_view(*[State.CANCELLED] * times)
    gone = tuple(replace(one, with_all=at != before) for at, one in enumerate(view.booking.occurrences))
    return replace(view, booking=replace(view.booking, state=State.CANCELLED, occurrences=gone))


WEEKLY = Rhythm(frequency=Frequency.WEEKLY, until_on=date(2026, 12, 29))
_TAKEN_ONCE = replace(OPTIONS[1], times=6, missing=(Slot(ASKED.start_at + 168 * HOUR, ASKED.end_at + 168 * HOUR),))
_GIVEN_UP = tuple(Slot(ASKED.start_at + 168 * at * HOUR, ASKED.end_at + 168 * at * HOUR) for at in range(1, 10))
_GIVING_UP_MANY = replace(OPTIONS[0], times=20, missing=_GIVEN_UP, gives_up=_GIVEN_UP)
_BOOKED = (State.CONFIRMED,) * 5
SERIES: dict[str, Make] = {
    "series_found": lambda who: search(
        search_view(asked=replace(REQUEST, repeats=WEEKLY), options=(replace(OPTIONS[0], times=6), _TAKEN_ONCE)), who
    ),
    "series_requested": lambda who: booking(series_view(*[State.REQUESTED] * 6), who),
    "series_booked": lambda who: booking(series_view(*_BOOKED, State.CONFIRMED), who),
    "series_partly": lambda who: booking(series_view(*_BOOKED, None, State.DECLINED, State.CANCELLED), who),
    "series_fewer": lambda who: booking(series_view(*_BOOKED, State.CANCELLED), who),
    "series_cancelled": lambda who: booking(series_cancelled(6, before=2), who),
    "series_long": lambda who: booking(series_view(*_BOOKED, *[State.DECLINED] * 9, room=LONG), who),
    "series_dates": lambda who: booking(series_view(*_BOOKED, None, *_BOOKED, page=0), who),
    "series_elsewhere": lambda who: booking(series_elsewhere(), who),
    "series_dates_elsewhere": lambda who: booking(series_elsewhere(page=0), who),
    "series_dates_last": lambda who: booking(series_view(*_BOOKED, None, State.REQUESTED, page=1), who),
    "series_occurrence": lambda who: booking(booking_view(State.CONFIRMED, series=ID), who),
    "series_manager": lambda who: confirmation(
        replace(_MANAGED, booking=series_view(*_BOOKED, State.DECLINED).booking), who
    ),
    "series_manager_cancelled": lambda who: confirmation(
        replace(_MANAGED, booking=series_cancelled(6, before=2).booking), who
    ),
    "series_to_cancel": lambda who: bookings(
        ListView(bookings=(series_view(*_BOOKED, State.CANCELLED),), choose_for=Chosen.CANCEL), who
    ),
    "series_to_cancel_moved": lambda who: bookings(ListView(bookings=(series_moved(),), choose_for=Chosen.CANCEL), who),
    "series_listed_moved": lambda who: bookings(ListView(bookings=(series_moved(2),)), who),
    "series_manager_moved": lambda who: confirmation(
        replace(_MANAGED, booking=series_moved().booking, changed=True), who
    ),
    "series_to_cancel_partly": lambda who: bookings(
        ListView(bookings=(series_view(*_BOOKED),), choose_for=Chosen.CANCEL, part=True), who
    ),
    "series_to_change": lambda who: bookings(
        ListView(
            bookings=tuple(
                replace(one, draft_id=f"20261123-{number}", draft_version=1)
                for number, one in enumerate((series_view(*_BOOKED), series_view(*_BOOKED, room=LONG)))
            ),
            choose_for=Chosen.CHANGE,
        ),
        who,
    ),
    "series_changing": lambda who: search(
        search_view(
            asked=replace(REQUEST, repeats=WEEKLY),
            options=(replace(OPTIONS[0], times=6),),
            changes=series_view(*_BOOKED).booking,
        ),
        who,
    ),
    "series_giving_up": lambda who: search(
        search_view(
            asked=replace(REQUEST, repeats=WEEKLY),
            options=(replace(_TAKEN_ONCE, gives_up=_TAKEN_ONCE.missing), _GIVING_UP_MANY),
            changes=series_view(*_BOOKED).booking,
        ),
        who,
    ),
    "series_date": lambda who: search(search_view(options=OPTIONS[:2], date_of=ID), who),
    "series_listed": lambda who: bookings(
        ListView(bookings=(series_view(*_BOOKED), booking_view(State.CONFIRMED))), who
    ),
}


def _booking_cards() -> dict[str, Make]:
    made: dict[str, Make] = {}
    for state in State:
        ended = state in (State.DECLINED, State.FAILED, State.EXPIRED)
        view = booking_view(
            state, reasons=DECLINED if ended else (), options=OPTIONS[1:3] if state is State.DECLINED else ()
        )
        made[f"booking_{state}"] = lambda who, view=view: booking(view, who)  # type: ignore[misc]  # mypy drops the default
    slow = NOW - timedelta(minutes=3)
    made["booking_creating_slow"] = lambda who: booking(booking_view(State.CREATING, made_at=slow), who)
    made["booking_compensating_slow"] = lambda who: booking(booking_view(State.COMPENSATING, made_at=slow), who)
    made["booking_unseen"] = lambda who: booking(booking_view(State.REQUESTED, unseen=True), who)
    made["booking_long"] = lambda who: booking(booking_view(State.CONFIRMED, room=LONG, people=140), who)
    already = replace(booking_view(State.REQUESTED), notes=(reason("asked_already"),))
    made["booking_asked_already"] = lambda who: booking(already, who)
    made["booking_abroad"] = lambda who: booking(booking_view(State.CONFIRMED, room=HUDSON), who)
    return made


CARDS: dict[str, Make] = {
    "welcome_personal": personal,
    "welcome_channel": lambda who: channel(who, "Megan Bowen"),
    "courtesy": courtesy,
    "courtesy_yes_or_no": press_instead,
    "courtesy_leaving": lambda who: courtesy(who, leaving=True),
    "help": help_card,
    "help_administrator": lambda who: help_card(who, administrator=True),
    "search_missing": lambda who: search(_MISSING, who),
    "search_stopped": lambda who: search(search_view(searched=False, notes=(reason("past"),)), who),
    "search_looking": lambda who: search(search_view(searched=False), who),
    "search_found": lambda who: search(search_view(options=OPTIONS[:3]), who),
    "search_uncounted": lambda who: search(search_view(asked=_UNCOUNTED, options=OPTIONS[:3]), who),
    "search_long": lambda who: search(search_view(options=OPTIONS), who),
    "search_nothing": lambda who: search(_NOTHING, who),
    "search_dead_end": lambda who: search(search_view(), who),
    "search_changing": lambda who: search(_CHANGING, who),
    "search_change_asked": lambda who: search(replace(_CHANGING, options=(), missing=("at",), searched=False), who),
    **_booking_cards(),
    **SERIES,
    **LISTS,
    "bookings": lambda who: bookings(ListView(bookings=_LISTED, more=3), who),
    "bookings_cancel": lambda who: bookings(ListView(bookings=_LISTED[:2], choose_for=Chosen.CANCEL), who),
    "bookings_cancel_one": lambda who: bookings(ListView(bookings=_LISTED[:1], choose_for=Chosen.CANCEL), who),
    "bookings_within": lambda who: bookings(
        ListView(bookings=_LISTED[:2], within=Within(first_on=date(2026, 11, 23), last_on=date(2026, 11, 29))), who
    ),
    "bookings_within_none": lambda who: bookings(
        ListView(bookings=(), within=_TOMORROW_IN_OSLO, room="Oslo", next=_LISTED[0]), who
    ),
    "room_free": lambda who: room_free(free_view(), who),
    "room_times": lambda who: room_times(_TIMES, who),
    "room_times_all": lambda who: room_times(replace(_TIMES, free=(_TIMES.window,), options=(option(OSLO),)), who),
    "room_times_short": lambda who: room_times(replace(_TIMES, minutes=150, options=(), others=(option(BERGEN),)), who),
    "room_times_none": lambda who: room_times(replace(_TIMES, free=(), options=(), others=()), who),
    "search_within": lambda who: search(
        search_view(asked=replace(REQUEST, until=time(18)), options=OPTIONS[:3], room="Oslo"), who
    ),
    "room_taken": lambda who: room_free(_TAKEN, who),
    "not_understood": lambda who: not_understood(
        NotUnderstoodView(said="bananas for 6", understood=Asked(people=6)), who
    ),
    "not_understood_administrator": lambda who: not_understood(
        NotUnderstoodView(said="bananas", administrator=True), who
    ),
    "refusal": lambda who: refusal((reason("unknown_room", said="Osloo", near=["Oslo", "Oslo 2"]),), who),
    "manager_booked": lambda who: confirmation(_MANAGED, who),
    "manager_changed": lambda who: confirmation(replace(_MANAGED, changed=True), who),
    "manager_cancelled": lambda who: confirmation(
        replace(_MANAGED, booking=booking_view(State.CANCELLED).booking), who
    ),
    "status": lambda who: status(status_view(), who),
    "status_stopped": lambda who: status(replace(status_view(3), declines_stopped_at=NOW - HOUR / 2), who),
    "status_untold": lambda who: status(
        replace(status_view(3), untold={why: 30 + number for number, why in enumerate(Untold)}, odd_items=2), who
    ),
    "status_restored": lambda who: status(replace(status_view(3), reconciling=True), who),
    "status_doctor": lambda who: status(replace(status_view(2), doctor=True), who),
    "letters": lambda who: letters(letters_view(), who),
    "letters_replayed": lambda who: letters(LettersView(letters=(), in_all=0, replayed=3), who),
    "status_empty": lambda who: status(status_view(0), who),
}
READERS = {"en": ("en-GB", "Europe/Amsterdam"), "nl": ("nl-NL", "Europe/Amsterdam")}


def every_card() -> dict[str, dict[str, Any]]:
    """All cards in all languages, by the name of their golden file."""
    return {
        f"{name}.{language}": make(audience(*reader))
        for language, reader in READERS.items()
        for name, make in CARDS.items()
    }
