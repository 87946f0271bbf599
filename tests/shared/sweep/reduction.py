"""What the suite takes of the sweep: each place in the code with each sense key, and everything else in turn.

`make sweep` runs all of it. A command fails with each of EACH the first time that it comes from its place in the code,
and with a few of the others, other ones at each place; each command that another row sends from the same place fails
once, each in another way. Which ones these are hangs on the rows before, so the rows of a file are one process's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from sweep.mishaps import MISHAPS
from sweep.trial import Rehearsal, Spot, spots

KEYS = (
    *("0/00/00", "1/17/01", "2/04/02", "3/0C/00", "4/44/00", "5/24/00", "6/29/00", "7/27/00"),
    *("8/00/00", "9/80/00", "A/00/00", "B/00/00", "C/00/00", "D/00/00", "E/1D/00", "F/00/00"),
)
EACH = (*KEYS, "dead")
OTHERS = tuple(name for name in MISHAPS if name not in EACH)
BESIDES = 2


class Reduction:
    """Picks, row by row; what it has picked it remembers."""

    def __init__(self) -> None:
        self.covered: set[Spot] = set()
        self.turns = count()

    def of(self, rehearsal: Rehearsal) -> Iterator[tuple[int, str]]:
        """Yield which commands of a row meet what."""
        for number, spot in spots(rehearsal):
            if spot in self.covered:
                yield number, self.next()
                continue
            self.covered.add(spot)
            yield from ((number, name) for name in EACH)
            yield from ((number, self.next()) for _ in range(BESIDES))

    def next(self) -> str:
        return OTHERS[next(self.turns) % len(OTHERS)]
