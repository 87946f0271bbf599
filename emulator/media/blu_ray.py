"""BD-R in sequential recording mode, with or without spare areas, and BD-RE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

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
    FORMATTED,
    UNFORMATTED,
    DiscSummary,
    Job,
    Medium,
    TrackSummary,
    round_up,
)
from discstack.emulator.media.sequential import COMPLETE, FINALISED, SequentialMedium, Track
from discstack.emulator.media.structures import BD_R, BD_RE, bd_structures

FULL_SIZE: Final = 12219392  # blocks of a single layer of 25 GB without spares
DEFAULT_SPARES: Final = 393216  # blocks
LEAST_SPARES: Final = 131072
MOST_SPARES: Final = 6422528
CLUSTER: Final = 32
DEFAULT, WITH_SPARES, WITHOUT_SPARES, SEQUENTIAL_WITH_SPARES = 0x00, 0x30, 0x31, 0x32  # format types, MMC-6 6.4.3
ANY_SIZE: Final = frozenset({0, 0xFFFFFFFF})
PSEUDO_OVERWRITE, PLAIN = 0, 1  # sub-types of 32h
FULL_CERTIFICATION: Final = 2  # sub-type of 30h


def capacity_with(total: int, spares: int) -> int:
    """Return the blocks left for data, the spare areas scaled to a disc of `total` blocks."""
    return total - min(round_up(total * spares // FULL_SIZE, CLUSTER), total - CLUSTER)


def refuse_part_clusters(lba: int, count: int) -> None:
    """Streaming takes whole clusters only; a part of one comes out as junk on the disc."""
    if lba % CLUSTER or count % CLUSTER:
        raise Refusal(at(WRITE_ERROR, lba))


def sized(total: int, wanted: int) -> int:
    """Return the capacity that a format with a size of the host's choice gives; refuse what no spare area fits."""
    least, most = capacity_with(total, MOST_SPARES), capacity_with(total, LEAST_SPARES)
    if wanted in ANY_SIZE:
        return capacity_with(total, DEFAULT_SPARES)
    if wanted % CLUSTER or not least <= wanted <= most:
        raise invalid_parameter(4)
    return wanted


class BDR(SequentialMedium):
    """BD-R: whole clusters at the next writable address; formatting it once sets spare areas aside.

    With pseudo-overwrite the written blocks may be written again: the new data consumes clusters at the next writable
    address, where the drive keeps it.
    """

    close_functions = frozenset({1, 2, 6})
    whole_units = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.formatted = False

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        own = {"capacity": self.capacity, "formatted": self.formatted, "pseudo_overwrite": self.pseudo_overwrite}
        return {**super().state(), **own}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.capacity, self.formatted = int(state["capacity"]), bool(state["formatted"])
        self.pseudo_overwrite = bool(state["pseudo_overwrite"])
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")
        super().restore(state)

    def _appendable(self) -> bool:
        return self.formatted or super()._appendable()

    def format_capacities(self) -> tuple[tuple[int, int], list[tuple[int, int, int]]]:
        """Return the capacity and, once only, the formats."""
        if self._appendable() or self.final:
            return (self.capacity, FORMATTED), []
        sizes = [capacity_with(self.total, spares) for spares in (DEFAULT_SPARES, MOST_SPARES, LEAST_SPARES)]
        chosen = [(size, SEQUENTIAL_WITH_SPARES << 2, (self.total - size) // CLUSTER) for size in sizes]
        return (self.total, UNFORMATTED), [(sizes[0], DEFAULT << 2, 2048), *chosen]

    def format(self, format_type: int, sub_type: int, blocks: int, parameter: int) -> Job:
        """Format a blank disc for the first and only time."""
        if self._appendable() or self.final:
            raise Refusal(CANNOT_FORMAT_MEDIUM)
        if format_type not in (DEFAULT, SEQUENTIAL_WITH_SPARES) or sub_type not in (PSEUDO_OVERWRITE, PLAIN):
            raise invalid_parameter(8)
        default = capacity_with(self.total, DEFAULT_SPARES)
        if format_type == DEFAULT and blocks not in {*ANY_SIZE, default}:
            raise invalid_parameter(4)
        size = sized(self.total, blocks)
        finish = lambda: self._formatted(size, sub_type == PSEUDO_OVERWRITE)  # noqa: E731
        return Job(self.kind.durations.quick_format, finish, FORMAT_IN_PROGRESS)

    def _formatted(self, capacity: int, pseudo_overwrite: bool) -> None:
        self.capacity, self.formatted, self.pseudo_overwrite = capacity, True, pseudo_overwrite
        self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take clusters at the next writable address, or with pseudo-overwrite below it."""
        if streaming:
            refuse_part_clusters(lba, count)
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
        self._pad(growing.end)
        self.changed()

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the disc information."""
        return bd_structures(BD_R, self.total, self.kind.manufacturer, self.kind.media_type)


class BDRE(Medium):
    """BD-RE: formatted, then written anywhere."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.formatted = False

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {"capacity": self.capacity, "formatted": self.formatted}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.capacity, self.formatted = int(state["capacity"]), bool(state["formatted"])
        if not 0 < self.capacity <= self.total:
            raise ValueError("its capacity makes no sense")

    def disc(self) -> DiscSummary:
        """Describe the disc: blank until it is formatted, complete from then on."""
        if self.formatted:
            return DiscSummary(status=FINALISED, last_session=COMPLETE, erasable=True)
        return DiscSummary(status=0, last_session=0, erasable=True)

    def tracks(self) -> list[TrackSummary]:
        """Describe the one track."""
        return [TrackSummary(number=1, session=1, start=0, size=self.capacity, blank=not self.formatted)]

    def recorded(self) -> list[TrackSummary]:
        """Describe the one track, once there is one."""
        return self.tracks() if self.formatted else []

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.capacity

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.capacity if self.formatted else 0

    def format_capacities(self) -> tuple[tuple[int, int], list[tuple[int, int, int]]]:
        """Return the capacity and the formats."""
        sizes = [capacity_with(self.total, spares) for spares in (DEFAULT_SPARES, MOST_SPARES, LEAST_SPARES)]
        chosen = [(size, WITH_SPARES << 2, (self.total - size) // CLUSTER) for size in sizes]
        formats = [(sizes[0], DEFAULT << 2, 2048), *chosen, (self.total, WITHOUT_SPARES << 2, 2048)]
        return (self.capacity, FORMATTED if self.formatted else UNFORMATTED), formats

    def format(self, format_type: int, sub_type: int, blocks: int, parameter: int) -> Job:
        """Format, with certification of all blocks if that is asked for; what was on the disc is lost."""
        sizes = {
            DEFAULT: lambda: self._only(blocks, capacity_with(self.total, DEFAULT_SPARES)),
            WITH_SPARES: lambda: sized(self.total, blocks),
            WITHOUT_SPARES: lambda: self._only(blocks, self.total),
        }
        if format_type not in sizes or (format_type == DEFAULT and sub_type):
            raise invalid_parameter(8)
        size = sizes[format_type]()
        seconds = self.kind.durations.quick_format
        if sub_type == FULL_CERTIFICATION:
            seconds += 2 * size * 2048 / self.write_rate  # every block is written and read back
        return Job(seconds, lambda: self._formatted(size), FORMAT_IN_PROGRESS)

    def _only(self, wanted: int, size: int) -> int:
        if wanted not in {*ANY_SIZE, size}:
            raise invalid_parameter(4)
        return size

    def _formatted(self, capacity: int) -> None:
        self.capacity, self.formatted = capacity, True
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
        self.store.write(lba, data)

    def readable(self, lba: int, count: int) -> None:
        """Refuse what was never formatted."""
        if not self.formatted:
            raise self.unwritten(lba)

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the disc information."""
        return bd_structures(BD_RE, self.total, self.kind.manufacturer, self.kind.media_type)
