"""Reasons become sentences that say what is in the way and what to do about it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time

from bot.cards.days import some_of
from bot.cards.places import feature
from bot.cards.safe import inert
from bot.cards.texts import Audience, mark
from bot.domain.bookings import Reason
from bot.domain.slots import Slot

_MOST_IN_COMMENT = 255  # what fits the notice that Exchange sends with an answer
_SAID = 60

_SENTENCES = {
    "past": mark("That time has already passed. Choose a later one."),
    "backwards": mark("The end comes before the start. Give a start and a later end, or a length."),
    "no_people": mark("A room needs at least one person. Say for how many people it is."),
    "too_long_time": mark("A meeting lasts at most {most}. Give a shorter length."),
    "too_long_text": mark("That message is too long for me. Keep it under {most} characters."),
    "no_such_day": mark("The calendar has no “{said}”. Choose the day on the card."),
    "unknown_building": mark("I know no building called “{said}”. Choose one on the card."),
    "unclear_repeat": mark("I could not read how “{said}” repeats. Choose it on the card."),
    "nth_weekday": mark(
        "A series cannot come back on “{said}” here. On the card, choose every few weeks on one weekday, "
        "or every month on the same date."
    ),
    "unclear_end": mark("A series cannot go on “{said}”. Choose its last day on the card."),
    "unknown_feature": mark("I know no equipment called “{said}”. Choose from the list on the card."),
    "left_out": mark("I made nothing of “{said}”. See whether the request is right without it."),
    "exception": mark(
        "I left nothing out for “{said}”. If that is a date of a series, book the series "
        "and cancel that date under Dates."
    ),
    "exception_given_up": mark(
        "I can leave nothing out (“{said}”) when I cancel or change bookings, so I did nothing. "
        "Say “my bookings” and press each one that is meant; those of a series are under Dates."
    ),
    "others_private": mark(
        "I can show you your own bookings only, not where somebody else is. Say “my bookings” to see yours."
    ),
    "unreadable_on": mark("I could not read “{said}” as a day. Say it like “tomorrow” or “24 November”."),
    "unreadable_minutes": mark("I could not read “{said}” as a length. Say it like “45 minutes”."),
    "unreadable_people": mark("I could not read “{said}” as a number of people. Say it like “6 people”."),
    "series_until": mark("You did not say until when, so I took it until {until_on}. Choose another end on the card."),
    "series_backwards": mark("The series ends before it begins. Choose a later end on the card."),
    "series_too_many": mark("A series has at most {most} meetings here. Let it end earlier."),
    "series_into_itself": mark("The meetings of that series run into each other. Make them shorter, or fewer."),
    "unreadable_repeat": mark("I could not read “{said}” as how often it repeats. Choose from the list on the card."),
    "unreadable_until": mark("I could not read “{said}” as the last day. Choose it on the card."),
    "not_known": mark(
        "I cannot see the calendar of {room} for that time. Choose another room or time, or look in Outlook."
    ),
    "not_managed": mark(
        "{room} takes no bookings here at the moment: I may not read its calendar. "
        "Choose another room, or use Outlook for this one."
    ),
    "no_rooms": mark("No rooms are connected yet. Ask an administrator to connect them."),
    "nothing_free": mark("No fitting room is free then. Choose another time, another building or fewer people."),
    "too_small": mark("{room} has {seats} seats, too few for {people} people. Choose another room or fewer people."),
    "elsewhere": mark("{room} is in {building}. Choose a room from the list, or another building."),
    "conflict": mark("{room} is taken {when}. Choose another room or another time."),
    "pending_first": mark("Somebody else asked for {room} first and waits for an answer. Choose another room or time."),
    "lead_time": mark("{room} must be reserved at least {minutes} ahead. Choose a later time or another room."),
    "watched": mark("{room} is only shown here. Choose another room, or use Outlook for this one."),
    "not_bookable": mark("{room} takes no reservations. Choose another room."),
    "external": mark("{room} takes no meetings from outside the organization. Ask a colleague inside to organize it."),
    "recurring_not_allowed": mark("{room} takes no recurring meetings. Ask for single meetings instead."),
    "series_too_long": mark("{room} takes at most {most} meetings of a series. Let it end earlier."),
    "series_no_zone": mark(
        "Outlook knows no time zone whose clocks fit this series. Choose another first day, or ask for single meetings."
    ),
    "series_own_times": mark(
        "The new times run into the series' own in {room}. Cancel it first, or choose another room or time."
    ),
    "slot_taken": mark("Somebody was just ahead of you: {room} is gone for that time. Choose another room or time."),
    "no_such_booking": mark("I cannot find that booking among yours. Say “my bookings” to see them."),
    "no_bookings": mark("You have no coming bookings, so there is nothing to change or cancel."),
    "one_by_one": mark("I cancel one at a time, so that none goes by mistake. Press each one that should go."),
    "no_series": mark(
        "You have no coming series. Say “my bookings” to see what you have, "
        "or book a series with words like “every Tuesday at 10”."
    ),
    "no_such_series": mark("I cannot find that series among yours. Say “my series” to see them."),
    "no_mailbox": mark("I find no mailbox of yours to make the meeting in. Ask an administrator."),
    "not_your_card": mark("That card is somebody else's. Say what you need, and you get your own."),
    "not_yours": mark("That booking is not yours to change. Ask the person who made it."),
    "card_old": mark("That card was out of date. Use this one instead."),
    "asked_already": mark(
        "You had asked for this one already, so nothing else was reserved or changed. "
        "If it should be otherwise, change or cancel this one."
    ),
    "replaces_first": mark(
        "This one has yet to take the place of another booking. Wait for the room's answer, or cancel this one first."
    ),
    "replaces_cancelled": mark("It was to take the place of a booking that you cancelled, so it is cancelled too."),
    "already_so": mark("It is like that already: nothing would change."),
    "card_expired": mark("That card has expired. Start again and I will look afresh."),
    "already_over": mark("That meeting is already over. Look for a room at a later time."),
    "starting": mark("I was just started and am still reading what I know. Try again in a minute."),
    "remote_busy": mark("Microsoft 365 is not answering right now. Try again in a few minutes."),
    "remote_denied": mark("Microsoft 365 does not let me do this. Ask an administrator to check my permissions."),
    "remote_missing": mark("Microsoft 365 cannot find the mailbox or the meeting. Tell an administrator."),
    "remote_rejected": mark("Microsoft 365 did not accept the meeting. Choose another room or time."),
    "remote_unknown": mark("Microsoft 365 refused without saying why. Try again, or tell an administrator."),
    "store_down": mark(
        "I cannot save anything right now. See later, with “my bookings”, whether it was done; try again if not."
    ),
    "store_down_reading": mark("I cannot look anything up right now. Ask again in a minute."),
    "not_admin": mark("Only administrators of this service may do that. Ask one of them."),
    "attempts_used_up": mark("I tried several times without success. Choose another time, or tell an administrator."),
    "restored": mark("I was restored from a backup, and your meeting is not there. Book again if you still need it."),
    "foreign_overlap": mark("Another meeting was put into {room} at that time. Choose another room or time."),
    "not_moved": mark("The meeting could not be moved and stands as it was. Choose another room or time."),
    "not_renamed": mark("The subject could not be changed in Outlook. Change it there."),
    "replaced": mark("Another booking took its place. Say “my bookings” to see it."),
    "rule_failed": mark("A rule for this room could not be applied, so a person has to look. Ask an administrator."),
    "room_removed": mark(
        "The room was taken out of the meeting in Outlook. Look for a room again if you still need one."
    ),
    "cancelled_elsewhere": mark("The meeting was cancelled in Outlook. Look for a room again if you still need one."),
}
_LENGTHS = {
    "too_long": mark(
        "{room} can be reserved for at most {most}, not {minutes}. Make it shorter or choose another room."
    ),
    "too_short": mark(
        "{room} can be reserved for no less than {least}, not {minutes}. Make it longer or choose another room."
    ),
}
_LENGTHS_OF_ALL = {
    "too_long": mark("Rooms can be reserved for at most {most}, not {minutes}. Make it shorter."),
    "too_short": mark("Rooms can be reserved for no less than {least}, not {minutes}. Make it longer."),
}
_DURATIONS = {
    "too_long_time": ("most",),
    "lead_time": ("minutes",),
}


def sentence(reason: Reason, audience: Audience) -> str:
    """In the reader's language. Never raises: an unknown code, or one without its parameters, is named as it is."""
    try:
        own = _OWN.get(reason.code)
        said = own(reason, audience) if own else _sentence(reason, audience)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        said = audience.say("This was refused for the reason “{code}”. Tell an administrator.", code=reason.code)
    return inert(said)


def sentences(reasons: Sequence[Reason], audience: Audience) -> list[str]:
    """Each said once, in their order."""
    return list(dict.fromkeys(sentence(reason, audience) for reason in reasons))


def comment(reasons: Sequence[Reason], audience: Audience) -> str:
    """What the organizer reads in an answer: as many whole sentences as fit 255 characters, plain text. It is read
    another day: no "tomorrow" in it."""
    said, told = "", sentences(reasons, audience.later())
    for text in told:
        longer = f"{said} {text}".strip()
        if len(longer) > _MOST_IN_COMMENT:
            break
        said = longer
    return said or inert(" ".join(told), _MOST_IN_COMMENT)


def _sentence(reason: Reason, audience: Audience) -> str:
    values = {key: _told(key, value, audience) for key, value in reason.params.items()}
    for key in _DURATIONS.get(reason.code, ()):
        values[key] = audience.duration(int(reason.params[key]))
    if "from_at" in reason.params:
        values["when"] = _span(reason, audience)
    return audience.say(_SENTENCES[reason.code], **values)


def _told(key: str, value: object, audience: Audience) -> str:
    if key.endswith("_at"):
        return audience.moment(datetime.fromisoformat(str(value)))
    if key.endswith("_on"):
        return audience.day(date.fromisoformat(str(value)))
    return inert(str(value), _SAID)


def _span(reason: Reason, audience: Audience) -> str:
    from_at, to_at = (datetime.fromisoformat(str(reason.params[key])) for key in ("from_at", "to_at"))
    return audience.span(Slot(from_at, to_at))


def _too_many_people(reason: Reason, audience: Audience) -> str:
    people, most = int(reason.params["people"]), reason.params.get("most")
    if most:
        return audience.say(
            "No room here seats {people} people: the largest seats {most}. Ask for fewer people, or for two rooms.",
            people=people,
            most=int(most),
        )
    return audience.say("No room here seats {people} people. Ask for fewer people, or for two rooms.", people=people)


def _ambiguous_day(reason: Reason, audience: Audience) -> str:
    if "one_on" not in reason.params:
        said = inert(str(reason.params["said"]), _SAID)
        return audience.say("“{said}” can be more than one day. Choose the day on the card.", said=said)
    values = {key: _told(key, reason.params[key], audience) for key in ("day", "one_on", "other_on")}
    return audience.say("“{day}” can be {one_on} or {other_on}. Choose the day on the card.", **values)


def _ambiguous_room(reason: Reason, audience: Audience) -> str:
    said, near = inert(str(reason.params["said"]), _SAID), _near(reason)
    if not near:
        return audience.say("More than one room goes by “{said}”. Say the whole name.", said=said)
    rooms = audience.any_of(near)
    return audience.say("“{said}” can be {rooms}. Say the whole name.", said=said, rooms=rooms)


def _near(reason: Reason) -> list[str]:
    return [inert(str(one), _SAID) for one in reason.params.get("near") or ()][:3]


def _unknown_room(reason: Reason, audience: Audience) -> str:
    said, near = inert(str(reason.params["said"]), _SAID), _near(reason)
    if near:
        return audience.say(
            "I know no room called “{said}”. Did you mean {rooms}?", said=said, rooms=audience.any_of(near)
        )
    return audience.say("I know no room called “{said}”. Check the name, or say for how many people it is.", said=said)


def _skipped(reason: Reason, audience: Audience) -> str:
    at, taken = (audience.clock(time.fromisoformat(str(reason.params[key]))) for key in ("at", "taken"))
    night = audience.later().day(date.fromisoformat(str(reason.params["night_on"])))
    text = mark("The clocks go forward on {day}: {at} does not exist then, so I took {taken}.")
    return audience.say(text, day=night, at=at, taken=taken)


def _city(reason: Reason, audience: Audience) -> str:
    buildings = [inert(str(name), _SAID) for name in reason.params["buildings"]][:5]
    return audience.say(
        "{city} has several buildings: {buildings}. Choose one on the card.",
        city=inert(str(reason.params["said"]), _SAID),
        buildings=audience.all_of(buildings),
    )


def _too_far(reason: Reason, audience: Audience) -> str:
    if "days" not in reason.params:
        return audience.say("That is further ahead than rooms can be reserved. Choose an earlier day.")
    if "room" not in reason.params:
        return audience.count(
            "Rooms can be reserved at most {n} day ahead, until {until}. Choose an earlier day.",
            "Rooms can be reserved at most {n} days ahead, until {until}. Choose an earlier day.",
            int(reason.params["days"]),
            until=audience.later().day(datetime.fromisoformat(str(reason.params["until_at"]))),
        )
    return audience.count(
        "{room} can be reserved at most {n} day ahead, until {until}. Choose an earlier time.",
        "{room} can be reserved at most {n} days ahead, until {until}. Choose an earlier time.",
        int(reason.params["days"]),
        room=inert(str(reason.params["room"]), _SAID),
        until=_told("until_at", reason.params["until_at"], audience),
    )


def _length(reason: Reason, audience: Audience) -> str:
    """A limit of one room, or without one that of all."""
    key = "most" if reason.code == "too_long" else "least"
    values = {name: audience.duration(int(reason.params[name])) for name in (key, "minutes")}
    if "room" in reason.params:
        return audience.say(_LENGTHS[reason.code], room=inert(str(reason.params["room"]), _SAID), **values)
    return audience.say(_LENGTHS_OF_ALL[reason.code], **values)


def _closed(reason: Reason, audience: Audience) -> str:
    room, when = inert(str(reason.params["room"]), _SAID), _span(reason, audience)
    note = inert(str(reason.params.get("note") or ""), 100).rstrip(".")
    if note:
        return audience.say("{room} is closed {when}: {note}. Choose another room.", room=room, when=when, note=note)
    return audience.say("{room} is closed {when}. Choose another room.", room=room, when=when)


def _room_declined(reason: Reason, audience: Audience) -> str:
    room = inert(str(reason.params["room"]), _SAID)
    said = inert(str(reason.params.get("comment") or ""), 160)
    if said:
        return audience.say("{room} declined: “{comment}” Choose another room or time.", room=room, comment=said)
    return audience.say("{room} declined without saying why. Choose another room or time.", room=room)


def _not_invited(reason: Reason, audience: Audience) -> str:
    names = [inert(str(name), _SAID) for name in reason.params["names"]][:5]
    return audience.say(
        "I reserve the room and invite nobody else. Add {names} to the meeting in Outlook afterwards.",
        names=audience.all_of(names),
    )


def _unreadable_at(reason: Reason, audience: Audience) -> str:
    said = inert(str(reason.params["said"]), _SAID)
    return audience.say("I could not read “{said}” as a time. Say it like “{time}”.", said=said, time=audience.hour(15))


def _lacks(reason: Reason, audience: Audience) -> str:
    room, features = inert(str(reason.params["room"]), _SAID), sorted(reason.params["features"])
    named = audience.all_of([feature(audience, str(code)) for code in features[:5]])
    return audience.say("{room} has no {features}. Choose another room, or do without.", room=room, features=named)


def _series_put_back(reason: Reason, audience: Audience) -> str:
    text = mark("Dates that you moved by themselves go to the time of the series, too: {days}.")
    return audience.say(text, days=_days_moved(reason, audience))


def _series_taken(reason: Reason, audience: Audience) -> str:
    room, often, every = inert(str(reason.params["room"]), _SAID), reason.params["often"], reason.params["all"]
    if not often:
        text = mark("{room} is free none of the {all} times. Choose another room or another time.")
        return audience.say(text, room=room, all=every)
    text = mark("{room} is free {often} of {all} times. Choose another room or another time.")
    return audience.say(text, room=room, often=often, all=every)


def _series_kept_here(reason: Reason, audience: Audience) -> str:
    text = mark("Dates that you moved by themselves ({days}) keep their own time in {room} only, not in another room.")
    room = inert(str(reason.params["room"]), _SAID)
    return audience.say(text, room=room, days=_days_moved(reason, audience))


def _days_moved(reason: Reason, audience: Audience) -> str:
    days = [date.fromisoformat(str(day)) for day in reason.params["days"]]
    return some_of(days, 3, audience.later())


_OWN: dict[str, Callable[[Reason, Audience], str]] = {
    "ambiguous_day": _ambiguous_day,
    "ambiguous_room": _ambiguous_room,
    "too_many_people": _too_many_people,
    "unknown_room": _unknown_room,
    "unreadable_at": _unreadable_at,
    "too_far": _too_far,
    "lacks": _lacks,
    "not_invited": _not_invited,
    "city": _city,
    "series_kept_here": _series_kept_here,
    "series_put_back": _series_put_back,
    "series_taken": _series_taken,
    "skipped": _skipped,
    "too_long": _length,
    "too_short": _length,
    "closed": _closed,
    "room_declined": _room_declined,
}
CODES = frozenset(_SENTENCES) | frozenset(_OWN)
