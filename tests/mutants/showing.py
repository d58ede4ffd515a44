"""Bugs in what people are shown of bookings beside the booking's own state: lists, managers' cards, buttons."""

from tests.mutants.mutant import Mutant, Patch, Schedules

_DRIVE, _DESK, _MANAGERS = "bot/booking/drive.py", "bot/booking/desk.py", "bot/booking/managers.py"

SHOWING = (
    Mutant(
        name="manager-not-repainted",
        sentence="a manager who was told of a booking never hears that it was cancelled",
        breaks=("I7m",),
        patches=(
            Patch(
                _MANAGERS,
                "self._end(lease, tell=booking.id)  # told once already",
                "self._end(lease)  # told once already",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="manager-forgotten",
        sentence="a manager does not hear of a booking that is confirmed",
        breaks=("I7n",),
        patches=(
            Patch(
                _DRIVE,
                "        if (confirmed or lost or not booking.live) and not booking.series:\n",
                "        if (lost or not booking.live) and not booking.series:\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="cancelled-still-listed",
        sentence="“my bookings” goes on listing what was cancelled",
        breaks=("I7l",),
        patches=(
            Patch(
                _DESK,
                "for kept in found.values() if kept.value.takes_room and kept.value.slot.end_at > since]",
                "for kept in found.values() if kept.value.rhythm is None and kept.value.slot.end_at > since]",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="listed-without-the-rest",
        sentence="“my bookings” does not list a date that outlives its series",
        breaks=("I7l",),
        patches=(
            Patch(
                "bot/teams/bookings.py",
                "        whole = {one.id: series.get(one.series, one) for one in bookings}\n",
                "        bookings = [one for one in bookings if not one.series or one.series in series]\n"
                "        whole = {one.id: series.get(one.series, one) for one in bookings}\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="over-and-cancellable",
        sentence="the card of a booking that is over still offers to cancel it",
        breaks=("I7b",),
        patches=(
            Patch(
                "bot/cards/booking.py",
                "    if not made.live:\n        return ways(audience, Verb.START, Verb.MINE)\n",
                "    if not made.live:\n        return [cancel(view, audience)]\n",
            ),
        ),
        by=Schedules(),
    ),
)
