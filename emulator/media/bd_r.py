"""BD-R in sequential recording mode, with or without spare areas, or with pseudo-overwrite (MMC-6 4.5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from discstack.emulator.conditions import (
    CANNOT_FORMAT_MEDIUM,
    OUT_OF_RANGE,
    Refusal,
    at,
    invalid_parameter,
)
from discstack.emulator.media.base import (
    FORMAT_IN_PROGRESS,
    Job,
    capacities,
    round_up,
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
)
from discstack.emulator.media.kept import number
from discstack.emulator.media.sequential import SequentialMedium
from discstack.emulator.media.structures import BD_R, bd_structures
from discstack.emulator.media.track_medium import Track
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities
from discstack.mmc.spec.disc_information import (
    PowResourcesInformation,
)
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.track_information import TrackInformation

PSEUDO_OVERWRITE, PLAIN = 0, 1  # sub-types of 32h
MAP_ENTRIES: Final = 1 << 16  # replacements that the drive can keep a map of


class BDR(SequentialMedium):
    """BD-R: written at the next writable address, parts of clusters too; formatting it once sets spare areas aside.

    With pseudo-overwrite the written blocks may be written again: the new data consumes clusters at the next writable
    address, where the drive keeps it.
    """

    close_functions = frozenset({1, 2, 6})

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.formatted = False
        self.defects.notices = True
        self.replacements = 0  # clusters that pseudo-overwriting has put elsewhere

    @property
    def verifies(self) -> bool:
        """With spare areas each write is read back."""
        return self.defects.spares is not None

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        own = {"capacity": self.capacity, "formatted": self.formatted, "pseudo_overwrite": self.pseudo_overwrite}
        return {**super().state(), **own, "replacements": self.replacements, **spares_of(self)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.capacity, self.formatted = number(state["capacity"]), bool(state["formatted"])
        self.pseudo_overwrite = bool(state["pseudo_overwrite"])
        self.replacements = number(state.get("replacements", 0))
        take_spares(self, state)
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")
        super().restore(state)

    def _appendable(self) -> bool:
        return self.formatted or super()._appendable()

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks, which are written piece by piece."""
        return [replace(track, packet_inc=True) for track in super().tracks()]

    def blocks(self) -> int:
        """Return how many blocks READ CAPACITY counts: all, where they can be written over, once any are written."""
        return self.capacity if self.pseudo_overwrite and super().blocks() else super().blocks()

    def recorded(self) -> list[TrackInformation]:
        """Describe the tracks of the complete sessions, or as one what can be written over."""
        if not self.pseudo_overwrite or not self.blocks():
            return super().recorded()
        return [replace(self.tracks()[0], logical_track_size=self.capacity)]

    def lead_out(self, session: int) -> int:
        """Return where the lead-out of a session begins: at the end of a disc that can be written over."""
        return self.capacity if self.pseudo_overwrite else super().lead_out(session)

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity and, once only, the formats."""
        if self._appendable() or self.final:
            return capacities(self.capacity, CapacityType.FORMATTED)
        return capacities(
            self.total, CapacityType.UNFORMATTED_OR_BLANK, formats_with_spares(self.total, FormatType.BD_R_SRM)
        )

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format a blank disc for the first and only time."""
        if self._appendable() or self.final:
            raise Refusal(CANNOT_FORMAT_MEDIUM)
        if wanted.format_sub_type not in (PSEUDO_OVERWRITE, PLAIN):
            raise invalid_parameter(8)
        size = size_of({FormatType.FULL: default_size, FormatType.BD_R_SRM: chosen_size}, self.total, wanted)
        finish = lambda: self._formatted(size, wanted.format_sub_type == PSEUDO_OVERWRITE)  # noqa: E731
        return Job(self.kind.durations.quick_format, finish, FORMAT_IN_PROGRESS)

    def _formatted(self, capacity: int, pseudo_overwrite: bool) -> None:
        self.capacity, self.formatted, self.pseudo_overwrite = capacity, True, pseudo_overwrite
        self.defects.spares = (self.total - capacity) // CLUSTER
        self.changed()

    def resources(self) -> PowResourcesInformation | None:
        """Return what is left for pseudo-overwriting: replacements, map entries and updates, all by free clusters."""
        if not self.pseudo_overwrite:
            return None
        left = (self.capacity - self.track_list[-1].end) // CLUSTER
        return PowResourcesInformation(
            remaining_pow_replacements=left,
            remaining_pow_reallocation_map_entries=max(MAP_ENTRIES - self.replacements, 0),
            number_of_remaining_pow_updates=max(MAP_ENTRIES - self.replacements, 0),
        )

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take blocks at the next writable address, or with pseudo-overwrite below it."""
        if streaming:
            refuse_part_clusters(lba, count)
        self.defects.written(lba, count, managed=not streaming)
        growing = self.track_list[-1]
        if self.pseudo_overwrite and not self.final and lba >= 0 and lba + count <= growing.end and count:
            self._overwrite(growing, lba, count, data)
        else:
            super().write(lba, count, data, streaming=streaming)

    def _overwrite(self, growing: Track, lba: int, count: int, data: memoryview) -> None:
        consumed = round_up(lba % CLUSTER + count, CLUSTER)
        if growing.end + consumed > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, lba))
        self._record(lba, data)
        growing.written += consumed
        self.replacements += consumed // CLUSTER
        self._pad(growing.end)
        self.changed()

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the disc information."""
        return bd_structures(
            self.kind, BD_R, self.capacity, (self.total - self.capacity) // CLUSTER, self.defects.spares or 0
        )
