"""DVD-RAM: formatted by its maker, written anywhere, verified and repaired by the drive."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

from discstack.emulator.conditions import OUT_OF_RANGE, Refusal, at, invalid_parameter
from discstack.emulator.media.base import FORMAT_IN_PROGRESS, Job, Medium, capacities, only_track
from discstack.emulator.media.kept import number
from discstack.emulator.media.structures import DVD, SPARE_AREA, ram_structures
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.disc_information import DiscInformation, DiscStatus, LastSessionState
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.track_information import TrackInformation

UNIT: Final = 16
WHOLE: Final = 2295072  # blocks of a disc without supplementary spare area
DEFAULT: Final = 2236704  # as it is sold
SPARES: Final = 12800  # blocks of the primary spare area, which every disc has
EXPANSION: Final = 9728  # blocks by which the supplementary spare area grows, a sixth of it as the disc is sold


class DVDRAM(Medium):
    """DVD-RAM: one formatted state; formats choose how much is kept to replace defects with."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.capacity = self._sized(DEFAULT)
        self._spare()

    def _sized(self, blocks: int) -> int:
        """Scale a size of a real disc to this one."""
        return self.total * blocks // WHOLE // UNIT * UNIT

    def _spare(self) -> None:
        self.defects.spares = (self._sized(SPARES) + self.total - self.capacity) // UNIT
        self.defects.replaced.clear()

    @property
    def verifies(self) -> bool:
        """Each write is read back."""
        return True

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {"capacity": self.capacity, "spares": self.defects.spares, "replaced": sorted(self.defects.replaced)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.capacity, self.defects.spares = number(state["capacity"]), number(state["spares"], self.total)
        self.defects.replaced = {number(unit) for unit in state["replaced"]}
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")

    def disc(self) -> DiscInformation:
        """Describe the disc: of neither status, since it is written at random."""
        return DiscInformation(
            disc_status=DiscStatus.OTHERS, state_of_last_session=LastSessionState.COMPLETE, erasable=True, uru=True
        )

    def tracks(self) -> list[TrackInformation]:
        """Describe the one track."""
        return [only_track(self.capacity, UNIT, blank=False)]

    def recorded(self) -> list[TrackInformation]:
        """Describe the one track."""
        return self.tracks()

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.capacity

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity, the sizes as it is sold and without supplementary spares, and larger spare areas."""
        step = self._sized(EXPANSION)
        smaller = [self.capacity - step, self.capacity - 2 * step] if 0 < 2 * step < self.capacity else []
        sizes = {FormatType.FULL: [self._sized(DEFAULT), self.total], FormatType.SPARE_AREA_EXPANSION: smaller}
        rows = [
            FormattableCapacity(number_of_blocks=size, format_type=kind, type_dependent_parameter=BLOCK)
            for kind, blocks in sizes.items()
            for size in blocks
        ]
        return capacities(self.capacity, CapacityType.FORMATTED, rows)

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format to one of the sizes, with every block certified unless that is left out; or enlarge the spare area."""
        offered = [row.number_of_blocks for row in self.format_capacities().of_type(wanted.format_type)]
        if wanted.format_sub_type or not offered:
            raise invalid_parameter(8)
        if wanted.number_of_blocks not in offered:
            raise invalid_parameter(4)
        if wanted.format_type == FormatType.SPARE_AREA_EXPANSION:
            return Job(self.kind.durations.quick_format, lambda: self._resize(wanted.number_of_blocks))
        seconds = self.kind.durations.quick_format
        if not wanted.dcrt:
            seconds += 2 * wanted.number_of_blocks * BLOCK / self.write_rate
        return Job(seconds, lambda: self._formatted(wanted.number_of_blocks), FORMAT_IN_PROGRESS)

    def _formatted(self, blocks: int) -> None:
        self.store.cut(0)
        self.capacity = blocks
        self._spare()
        self.changed()

    def _resize(self, blocks: int) -> None:
        more = (self.capacity - blocks) // UNIT
        self.capacity, self.defects.spares = blocks, (self.defects.spares or 0) + more
        self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks anywhere."""
        if lba < 0 or lba + count > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, max(lba, self.capacity)))
        self.defects.written(lba, count, managed=not streaming)
        self.store.write(lba, data)

    def flush(self) -> None:
        """Keep what was replaced."""
        self.changed()

    def readable(self, lba: int, count: int) -> None:
        """Everything can be read."""

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return physical format, disc definition, medium status, and what is left to replace defects with."""
        primary, supplementary = self._sized(SPARES), self.total - self.capacity
        left = (self.defects.spares or 0) * UNIT
        unused = max(left - supplementary, 0)  # the primary ones are used first
        area = struct.pack(">III", unused, left - unused, supplementary)
        return {**ram_structures(self.kind, self.total, primary), (DVD, SPARE_AREA): area}
