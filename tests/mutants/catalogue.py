"""All mutants, in the order of the table."""

from collections.abc import Sequence

from tests.mutants.around import AROUND
from tests.mutants.booking import BOOKING
from tests.mutants.deciding import DECIDING
from tests.mutants.mutant import Mutant
from tests.mutants.reading import READING
from tests.mutants.showing import SHOWING
from tests.mutants.storing import STORING

ALL: Sequence[Mutant] = (*READING, *DECIDING, *BOOKING, *SHOWING, *STORING, *AROUND)
