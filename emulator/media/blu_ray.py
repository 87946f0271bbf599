"""BD-R in sequential recording mode, with or without spare areas, and BD-RE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    CANNOT_FORMAT_MEDIUM,
    CANNOT_WRITE_MEDIUM,
    OUT_OF_RANGE,
    WRITE_ERROR,
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
    round_up,
)
from discstack.emulator.media.sequential import SequentialMedium, Track
from discstack.emulator.media.structures import BD_R, BD_RE, bd_structures
from discstack.emulator.store import BLOCK
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.disc_information import (
    DiscInformation,
    DiscStatus,
    LastSessionState,
    PowResourcesInformation,
)
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.track_information import TrackInformation

FULL_SIZE: Final = 12219392  # blocks of a single layer of 25 GB without spares
DEFAULT_SPARES: Final = 393216  # blocks
LEAST_SPARES: Final = 131072
MOST_SPARES: Final = 6422528
LARGEST: Final = {24438784: 24307712, 48878592: 48854016}  # by capacity: with two and three layers
CLUSTER: Final = 32
ANY_SIZE: Final = frozenset({0, 0xFFFFFFFF})
PSEUDO_OVERWRITE, PLAIN = 0, 1  # sub-types of 32h
FULL_CERTIFICATION: Final = 2  # sub-type of 30h
MAP_ENTRIES: Final = 1 << 16  # replacements that the drive can keep a map of


def capacity_with(total: int, spares: int) -> int:
    """Return the blocks left for data, the spare areas scaled to a disc of `total` blocks."""
    return total - min(round_up(total * spares // FULL_SIZE, CLUSTER), total - CLUSTER)


def refuse_part_clusters(lba: int, count: int) -> None:
    """Streaming takes whole clusters only; a part of one comes out as junk on the disc."""
    if lba % CLUSTER or count % CLUSTER:
        raise Refusal(at(WRITE_ERROR, lba))


def largest_with_spares(total: int) -> int:
    """Return the capacity with the smallest spare areas, which discs with more layers have less of."""
    return LARGEST.get(total) or capacity_with(total, LEAST_SPARES)


def formats_with_spares(total: int, chosen: FormatType) -> list[FormattableCapacity]:
    """Return the default format, and the one with spare areas of the host's choice by default, most and least."""
    sizes = [capacity_with(total, spares) for spares in (DEFAULT_SPARES, MOST_SPARES)] + [largest_with_spares(total)]
    return [
        FormattableCapacity(number_of_blocks=sizes[0], format_type=FormatType.FULL, type_dependent_parameter=BLOCK),
        *(
            FormattableCapacity(
                number_of_blocks=size, format_type=chosen, type_dependent_parameter=(total - size) // CLUSTER
            )
            for size in sizes
        ),
    ]


def default_size(total: int, wanted: int) -> int:
    """Return the capacity with the default spare areas, the only one that this format gives."""
    return _only(wanted, capacity_with(total, DEFAULT_SPARES))


def whole_size(total: int, wanted: int) -> int:
    """Return the capacity without spare areas."""
    return _only(wanted, total)


def _only(wanted: int, size: int) -> int:
    if wanted not in {*ANY_SIZE, size}:
        raise invalid_parameter(4)
    return size


def chosen_size(total: int, wanted: int) -> int:
    """Return the capacity of the host's choice; refuse what no spare area fits."""
    least, most = capacity_with(total, MOST_SPARES), largest_with_spares(total)
    if wanted in ANY_SIZE:
        return capacity_with(total, DEFAULT_SPARES)
    if wanted % CLUSTER or not least <= wanted <= most:
        raise invalid_parameter(4)
    return wanted


def size_of(rules: Mapping[int, Callable[[int, int], int]], total: int, wanted: FormatUnitParameters) -> int:
    """Return the capacity that a format gives by the rule for its type."""
    if wanted.format_type not in rules:
        raise invalid_parameter(8)
    return rules[wanted.format_type](total, wanted.number_of_blocks)


def spares_of(medium: Medium) -> dict[str, Any]:
    """Return what the sidecar keeps of the spare areas."""
    return {"spares": medium.defects.spares, "replaced": sorted(medium.defects.replaced)}


def take_spares(medium: Medium, state: Mapping[str, Any]) -> None:
    """Take up the state of the spare areas."""
    spares = state.get("spares")
    medium.defects.spares = None if spares is None else int(spares)
    medium.defects.replaced = {int(unit) for unit in state.get("replaced", ())}


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
        self.capacity, self.formatted = int(state["capacity"]), bool(state["formatted"])
        self.pseudo_overwrite = bool(state["pseudo_overwrite"])
        self.replacements = int(state.get("replacements", 0))
        take_spares(self, state)
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")
        super().restore(state)

    def _appendable(self) -> bool:
        return self.formatted or super()._appendable()

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
        self.capacity, self.formatted = int(state["capacity"]), bool(state["formatted"])
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
