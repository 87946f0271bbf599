"""BD-RE: formatted with or without spare areas, then written anywhere (MMC-6 4.5.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    OUT_OF_RANGE,
    Refusal,
    at,
    invalid_parameter,
)
from discstack.emulator.media.base import (
    FORMAT_IN_PROGRESS,
    Job,
    Medium,
    capacities,
    only_track,
)
from discstack.emulator.media.bd_formats import (
    CLUSTER,
    chosen_size,
    default_size,
    formats_with_spares,
    refuse_part_clusters,
    size_of,
    spares_of,
    take_spares,
    whole_size,
)
from discstack.emulator.media.kept import number
from discstack.emulator.media.structures import BD_RE, bd_structures
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.disc_information import (
    DiscInformation,
    DiscStatus,
    LastSessionState,
)
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.track_information import TrackInformation

FULL_CERTIFICATION: Final = 2  # sub-type of 30h


class BDRE(Medium):
    """BD-RE: formatted, then written anywhere."""

    size_rules: ClassVar[Mapping[int, Callable[[int, int], int]]] = {
        FormatType.FULL: default_size,
        FormatType.BD_RE_SPARE_AREAS: chosen_size,
        FormatType.BD_RE_NO_SPARE_AREAS: whole_size,
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.formatted = False

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {"capacity": self.capacity, "formatted": self.formatted, **spares_of(self)}

    @property
    def verifies(self) -> bool:
        """With spare areas each write is read back."""
        return self.defects.spares is not None

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.capacity, self.formatted = number(state["capacity"]), bool(state["formatted"])
        take_spares(self, state)
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")

    def disc(self) -> DiscInformation:
        """Describe the disc: blank until it is formatted, complete from then on."""
        if not self.formatted:
            return DiscInformation(erasable=True, uru=True)
        return DiscInformation(
            disc_status=DiscStatus.FINALIZED,
            state_of_last_session=LastSessionState.COMPLETE,
            erasable=True,
            uru=True,
        )

    def tracks(self) -> list[TrackInformation]:
        """Describe the one track."""
        return [only_track(self.capacity, self.kind.write_unit, blank=not self.formatted)]

    def recorded(self) -> list[TrackInformation]:
        """Describe the one track, once there is one."""
        return self.tracks() if self.formatted else []

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.capacity if self.formatted else 0

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity and the formats."""
        kind = CapacityType.FORMATTED if self.formatted else CapacityType.UNFORMATTED_OR_BLANK
        without = FormattableCapacity(
            number_of_blocks=self.total,
            format_type=FormatType.BD_RE_NO_SPARE_AREAS,
            type_dependent_parameter=BLOCK,
        )
        return capacities(
            self.capacity, kind, [*formats_with_spares(self.total, FormatType.BD_RE_SPARE_AREAS), without]
        )

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format, with certification of all blocks if that is asked for; what was on the disc is lost."""
        if wanted.format_type == FormatType.FULL and wanted.format_sub_type:
            raise invalid_parameter(8)
        size = size_of(self.size_rules, self.total, wanted)
        seconds = self.kind.durations.quick_format
        if wanted.format_sub_type == FULL_CERTIFICATION:
            seconds += 2 * size * BLOCK / self.write_rate  # every block is written and read back
        return Job(seconds, lambda: self._formatted(size), FORMAT_IN_PROGRESS)

    def _formatted(self, capacity: int) -> None:
        self.capacity, self.formatted = capacity, True
        self.defects.spares = (self.total - capacity) // CLUSTER if capacity < self.total else None
        self.defects.replaced.clear()
        self.store.cut(0)
        self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks anywhere on a formatted disc."""
        if not self.formatted:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        if lba < 0 or lba + count > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, max(lba, self.capacity)))
        if streaming:
            refuse_part_clusters(lba, count)
        self.defects.written(lba, count, managed=not streaming)
        self.store.write(lba, data)

    def readable(self, lba: int, count: int) -> None:
        """Refuse what was never formatted."""
        if not self.formatted:
            raise self.unwritten(lba)

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the disc information."""
        return bd_structures(
            self.kind, BD_RE, self.capacity, (self.total - self.capacity) // CLUSTER, self.defects.spares or 0
        )
