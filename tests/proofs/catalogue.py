"""All proofs, in the order of the table."""

from collections.abc import Sequence

from tests.proofs.fleet_kills import FLEET
from tests.proofs.hang import HANG
from tests.proofs.intervals import INTERVALS
from tests.proofs.kill9 import KILL9
from tests.proofs.power import CONTROL, POWER
from tests.proofs.proof import Proof
from tests.proofs.race import RACE
from tests.proofs.redis_faults import KILLED, PAUSED, RESTARTED
from tests.proofs.rehearsal import CRASHES, SCHEDULES
from tests.proofs.second import SECOND
from tests.proofs.stale import STALE
from tests.proofs.virtual import RESTORED, UNNOTIFIED
from tests.proofs.webhook import WEBHOOK

ALL: Sequence[Proof] = (
    RACE,
    INTERVALS,
    SCHEDULES,
    CRASHES,
    UNNOTIFIED,
    RESTORED,
    KILL9,
    WEBHOOK,
    POWER,
    CONTROL,
    SECOND,
    KILLED,
    RESTARTED,
    PAUSED,
    STALE,
    FLEET,
    HANG,
)
