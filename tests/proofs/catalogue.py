"""All proofs, in the order of the table."""

from collections.abc import Sequence

from tests.proofs.kill9 import KILL9
from tests.proofs.power import CONTROL, POWER
from tests.proofs.proof import Proof
from tests.proofs.race import RACE

ALL: Sequence[Proof] = (RACE, KILL9, POWER, CONTROL)
