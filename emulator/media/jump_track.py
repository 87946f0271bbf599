"""Where the blocks of a track with layer jumps lie (MMC-6 4.3.4).

The addresses of both layers stay where they are. With layer 1 beginning at `middle`, a jump behind the address J leads
to 2 * middle - 1 - J, which lies right above J; from there the track goes on up to what layer 1 holds of it already,
and then back on layer 0 behind J.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def opposite(lba: int, middle: int) -> int:
    """Return the address on the other layer that lies above or below one."""
    return 2 * middle - 1 - lba


@dataclass(slots=True)
class JumpTrack:
    """A run of both layers: from `start` on layer 0, and what lies above it on layer 1.

    `jumps` are the last addresses on layer 0 before each jump, `front` the first address on layer 0 that is not
    recorded, `back` the blocks recorded on layer 1 since the last jump.
    """

    session: int
    start: int
    front: int
    back: int = 0
    jumps: list[int] = field(default_factory=list)
    closed: bool = False

    @property
    def piece(self) -> int:
        """How many blocks lie on layer 0 between the last jump and the one before, as many as fit above them."""
        before = self.jumps[-2] if len(self.jumps) > 1 else self.start - 1
        return self.jumps[-1] - before

    @property
    def above(self) -> bool:
        """Whether it goes on on layer 1."""
        return bool(self.jumps) and self.front == self.jumps[-1] + 1 and self.back < self.piece

    @property
    def left_above(self) -> int:
        """How many blocks above what is recorded on layer 0 are not recorded."""
        if self.above:
            return self.piece - self.back
        return self.front - (self.jumps[-1] + 1 if self.jumps else self.start)

    def next_writable(self, middle: int) -> int:
        """Return where writing goes on."""
        return opposite(self.jumps[-1], middle) + self.back if self.above else self.front

    def last_recorded(self, middle: int) -> int:
        """Return the address recorded last: on layer 1, unless layer 0 was gone on with since the last jump."""
        if self.jumps and self.back and self.front == self.jumps[-1] + 1:
            return opposite(self.jumps[-1], middle) + self.back - 1
        return self.front - 1

    def end(self, middle: int) -> int:
        """Return the address behind the highest one that is recorded: what lies above the first piece comes last."""
        if len(self.jumps) > 1 or (self.jumps and self.back == self.piece):
            return opposite(self.start, middle) + 1
        return opposite(self.jumps[0], middle) + self.back if self.jumps and self.back else self.front

    def holds(self, lba: int, middle: int) -> bool:
        """Say whether a block is recorded in it."""
        if lba < middle:
            return self.start <= lba < self.front
        if not self.jumps:
            return False
        below = opposite(lba, middle)
        complete = self.jumps[-1] - self.piece  # up to there on layer 0 all is recorded above, too
        return self.start <= below <= complete or self.jumps[-1] - self.back < below <= self.jumps[-1]

    def advance(self, count: int, jump: int) -> None:
        """Record so many blocks where it goes on; behind the address `jump` it jumps."""
        if self.above:
            self.back += count
            return
        self.front += count
        if self.front > jump:
            self.jump(jump)

    def jump(self, behind: int) -> None:
        """Go on above an address."""
        self.jumps.append(behind)
        self.back = 0
