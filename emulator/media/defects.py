"""Blocks that cannot be recorded, and the spare ones that take their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from discstack.emulator.conditions import NO_SPARE_LEFT, UNRECOVERED_READ, WRITE_ERROR, Refusal, at


@dataclass(slots=True)
class Defects:
    """The bad units of a disc, units of `unit` blocks; `spares` are left to replace them, None without management.

    Without management a bad unit is written as if nothing were wrong, and cannot be read; a write-once disc notices.
    """

    unit: int
    bad: frozenset[int] = frozenset()
    spares: int | None = None
    replaced: set[int] = field(default_factory=set)
    notices: bool = False

    def mark(self, blocks: Iterable[range]) -> None:
        """Make the units bad that these blocks lie in."""
        self.bad = frozenset(
            unit for run in blocks for unit in range(run.start // self.unit, -(-run.stop // self.unit))
        )

    def touched(self, lba: int, count: int) -> list[int]:
        """Return the bad units, not replaced so far, that a run of blocks lies in."""
        if not self.bad or not count:
            return []
        units = range(lba // self.unit, (lba + count - 1) // self.unit + 1)
        return [unit for unit in units if unit in self.bad and unit not in self.replaced]

    def written(self, lba: int, count: int, *, managed: bool = True) -> None:
        """Replace what is bad of blocks that are written, or refuse; unmanaged (streaming) writes stay as they are."""
        for unit in self.touched(lba, count):
            if self.spares is None:
                if self.notices:
                    raise Refusal(at(WRITE_ERROR, max(unit * self.unit, lba)))
            elif managed:
                if not self.spares:
                    raise Refusal(at(NO_SPARE_LEFT, max(unit * self.unit, lba)))
                self.spares -= 1
                self.replaced.add(unit)

    def readable(self, lba: int, count: int) -> None:
        """Refuse what lies in bad units."""
        for unit in self.touched(lba, count):
            raise Refusal(at(UNRECOVERED_READ, max(unit * self.unit, lba)))
