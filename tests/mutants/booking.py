"""Bugs in how bookings are made and undone, and in what people are shown of them."""

from tests.mutants.mutant import Mutant, Patch, Schedules, Suite

_DRIVE, _SEARCHING = "bot/booking/drive.py", "bot/teams/searching.py"

BOOKING = (
    Mutant(
        name="fresh-transaction-id",
        sentence="each try to create a meeting has a transactionId of its own",
        breaks=("I4", "I4e"),
        patches=(
            Patch(
                "bot/graph/calls.py",
                '                "transactionId": meeting.transaction_id,\n',
                '                "transactionId": uuid.uuid4().hex,\n',
            ),
            Patch(
                "bot/graph/calls.py",
                "from collections.abc import Callable\n",
                "import uuid\nfrom collections.abc import Callable\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="no-intent",
        sentence="nothing is written down before the meeting's creation is sent",
        breaks=("I4e", "I4"),
        patches=(
            Patch(
                _DRIVE,
                "        work = await self._intending(work, trying)\n        try:\n            meeting",
                "        work = _Work(Kept(work.kept.key, trying, work.kept.version), work.lease)\n"
                "        try:\n            meeting",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="booked-once-created",
        sentence="a booking counts as confirmed once its meeting exists, whatever the room says",
        breaks=("I6",),
        patches=(
            Patch(
                _DRIVE,
                "        booking = created(work.booking, meeting)\n",
                "        booking = created(work.booking, meeting)\n"
                "        booking = booking.to(State.CONFIRMED) if booking.state is State.REQUESTED else booking\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="unclear-is-refused",
        sentence="a creation whose answer was lost is taken for refused",
        breaks=("I4e",),
        patches=(
            Patch(
                _DRIVE,
                '        except (Denied, Rejected, Missing) as fault:\n            log.warning("booking.refused"',
                "        except (Denied, Rejected, Missing, Unclear) as fault:\n"
                '            log.warning("booking.refused"',
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="unclear-is-undone",
        sentence="a cancellation whose answer was lost is taken for done",
        breaks=("I4e",),
        patches=(
            Patch(
                _DRIVE,
                "        except (Missing, Rejected, Denied) as fault:\n            over =",
                "        except Unclear:\n            pass\n"
                "        except (Missing, Rejected, Denied) as fault:\n            over =",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="claim-outlives-booking",
        sentence="a booking that came to nothing goes on holding its room",
        breaks=("I4c",),
        patches=(Patch(_DRIVE, "claims=(claim(booking),) if booking.live else (),", "claims=(claim(booking),),"),),
        by=Schedules(),
    ),
    Mutant(
        name="press-written-over",
        sentence="what a person pressed while a booking was driven is written over",
        breaks=("I11b",),
        patches=(
            Patch(
                _DRIVE,
                "        return documents.put(self.kept.key, booking, expected=self.kept.version)\n",
                "        return documents.put(self.kept.key, booking)\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="press-without-version",
        sentence="two presses on one card make two bookings: the card's version is not compared",
        breaks=("I11",),
        patches=(
            Patch(
                _SEARCHING,
                "            self._put(draft.taken(booking_id), expected=kept.version),\n",
                "            self._services.documents.put(keys.draft(draft.id), draft.taken(booking_id)),\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="told-too-soon",
        sentence="a card is changed before the answer to the press on it has arrived, and painted over by it",
        breaks=("I7c", "I7"),
        patches=(Patch("bot/booking/telling.py", "QUIET = timedelta(seconds=2)", "QUIET = timedelta(seconds=0)"),),
        by=Schedules(),
    ),
    Mutant(
        name="only-good-news",
        sentence="people hear of a booking only when it is confirmed",
        breaks=("I7", "I7c"),
        patches=(
            Patch(
                _DRIVE,
                "        schedules = [*told(booking, at)] if tell else []\n",
                "        schedules = [*told(booking, at)] if tell and booking.state is State.CONFIRMED else []\n",
            ),
        ),
        by=Schedules(),
    ),
    Mutant(
        name="anybodys-booking",
        sentence="whoever knows a booking's id may cancel it",
        breaks=("I18",),
        patches=(
            Patch(
                "bot/booking/desk.py",
                "        if kept is None or kept.value.person_id != person_id:\n",
                "        if kept is None:\n",
            ),
        ),
        by=Suite(("tests/unit/core/test_booking_flows.py",)),
    ),
)
