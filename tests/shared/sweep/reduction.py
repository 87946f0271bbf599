"""What the suite takes of the sweep: each place in the code with what the code tells apart, and others in turn.

`make sweep` runs all of it. A command fails with each of TOLD_APART the first time that it comes from its place in the
code, and with two of the others, other ones at each place; of the commands that other rows send from the same places
every third one fails, each in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from sweep.mishaps import MISHAPS
from sweep.trial import Rehearsal, Spot, spots

TOLD_APART = ("1/17/01", "2/04/02", "3/0C/00", "5/24/00", "6/29/00", "dead")
OTHERS = tuple(name for name in MISHAPS if name not in TOLD_APART)
BESIDES = 2
ELSEWHERE = 3  # of commands from places that have failed before, one in so many


class Reduction:
    """Picks, row by row; what it has picked it remembers."""

    def __init__(self) -> None:
        self.covered: set[Spot] = set()
        self.turns, self.repeated = count(), count()

    def of(self, rehearsal: Rehearsal) -> Iterator[tuple[int, str]]:
        """Yield which commands of a row meet what."""
        for number, spot in spots(rehearsal):
            if spot not in self.covered:
                self.covered.add(spot)
                yield from ((number, name) for name in TOLD_APART)
                yield from ((number, self.next()) for _ in range(BESIDES))
            elif next(self.repeated) % ELSEWHERE == 0:
                yield number, self.next()

    def next(self) -> str:
        return OTHERS[next(self.turns) % len(OTHERS)]
