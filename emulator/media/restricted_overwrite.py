"""DVD-RW in restricted overwrite: whole ECC blocks, anywhere up to where it is formatted (MMC-6 4.3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    CANNOT_WRITE_MEDIUM,
    INVALID_ADDRESS_FOR_WRITE,
    OUT_OF_RANGE,
    UNRECOVERED_READ,
    Refusal,
    at,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.media.base import FORMAT_IN_PROGRESS, Job, Medium, capacities, nothing, only_track, round_up
from discstack.emulator.media.kept import number
from discstack.emulator.media.kind import MediumKind
from discstack.emulator.store import BLOCK, BlockStore
from discstack.mmc.spec.capacities import CapacityType, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.disc_information import DiscInformation, DiscStatus, LastSessionState
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.track_information import TrackInformation
from discstack.transport.base import Clock

UNIT: Final = 16
ANY_SIZE: Final = frozenset({0, 0xFFFFFFFF})


class RestrictedOverwrite(Medium):
    """The face that is written in whole ECC blocks, anywhere up to where it is formatted.

    While the session is open (the intermediate state) the formatted part grows with what is written at its end.
    """

    close_functions: ClassVar[frozenset[int]] = frozenset({2, 3})

    def __init__(self, kind: MediumKind, store: BlockStore, clock: Clock, capacity: int) -> None:
        super().__init__(kind, store, clock, capacity)
        self.formatted = 0
        self.open = False

    @property
    def profile(self) -> int:
        """The current profile."""
        return Profile.DVD_RW_RESTRICTED_OVERWRITE

    @property
    def incremental(self) -> bool:
        """Nothing is written piece by piece here."""
        return False

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps."""
        return {"formatted": self.formatted, "open": self.open}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc."""
        self.formatted, self.open = number(state["formatted"]), bool(state["open"])
        if not 0 <= self.formatted <= self.capacity:
            raise ValueError("what is formatted of it makes no sense")
        if self.open:
            self.formatted = min(max(self.formatted, round_up(self.store.blocks, UNIT)), self.capacity)

    def disc(self) -> DiscInformation:
        """Describe the disc: complete, its session only when it is closed."""
        return DiscInformation(
            disc_status=DiscStatus.FINALIZED,
            state_of_last_session=LastSessionState.INCOMPLETE if self.open else LastSessionState.COMPLETE,
            erasable=True,
            uru=True,
        )

    def tracks(self) -> list[TrackInformation]:
        """Describe the one track, which is one of fixed packets (MMC-6 6.26)."""
        return [replace(only_track(self.formatted, UNIT, blank=not self.formatted), packet_inc=True, fp=True)]

    def recorded(self) -> list[TrackInformation]:
        """Describe the one track, if its session is closed."""
        return [] if self.open else self.tracks()

    def lead_out(self, session: int) -> int:
        """Return where the lead-out begins."""
        return self.formatted

    def blocks(self) -> int:
        """Return how many blocks there are."""
        return self.formatted

    def format_capacities(self) -> FormatCapacities:
        """Return what is formatted (unknown while the session is open), and what formats offer."""
        kind = CapacityType.NO_MEDIUM_OR_UNKNOWN if self.open else CapacityType.FORMATTED
        grow = FormattableCapacity(
            number_of_blocks=0 if self.open else self.capacity - self.formatted,
            format_type=FormatType.DVD_RW_QUICK_GROW,
            type_dependent_parameter=UNIT,
        )
        size = self.capacity if self.open else self.formatted
        return capacities(size, kind, [*formats_of(self.capacity), grow])

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Let the formatted part grow: at once by writing (13h), or by formatting as many blocks as are asked for."""
        left = self.capacity - self.formatted
        if self.open or not left:
            raise invalid_parameter(8)
        if wanted.format_type == FormatType.DVD_RW_QUICK_GROW:
            return Job(self.kind.durations.quick_format, self._reopen, FORMAT_IN_PROGRESS)
        blocks = left if wanted.number_of_blocks in ANY_SIZE else wanted.number_of_blocks
        if blocks % UNIT or blocks > left:
            raise invalid_parameter(4)
        return Job(blocks * BLOCK / self.write_rate, lambda: self.grow(blocks), FORMAT_IN_PROGRESS)

    def _reopen(self) -> None:
        self.open = True
        self.changed()

    def grow(self, blocks: int) -> None:
        """Format so many more blocks."""
        self.formatted += blocks
        self.changed()

    def close(self, function: int, number: int) -> Job:
        """Close the session; a closed one stays as it is."""
        if function not in self.close_functions:
            raise invalid_field(2)
        if not self.open:
            return Job(0.0, nothing)
        if not self.formatted:
            raise Refusal(CANNOT_WRITE_MEDIUM)
        return Job(self.kind.durations.close_session, self._closed)

    def _closed(self) -> None:
        self.open = False
        self.changed()

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take whole ECC blocks."""
        if lba < 0 or lba + count > self.capacity:
            raise Refusal(at(OUT_OF_RANGE, max(lba, self.capacity)))
        limit = self.capacity if self.open and lba <= self.formatted else self.formatted
        if lba % UNIT or count % UNIT or lba + count > limit:
            raise Refusal(at(INVALID_ADDRESS_FOR_WRITE, lba))
        self.store.write(lba, data)
        self.formatted = max(self.formatted, lba + count)

    def flush(self) -> None:
        """Keep how far the formatted part has grown."""
        self.changed()

    def readable(self, lba: int, count: int) -> None:
        """Refuse what is not formatted, and everything while the session is open."""
        if lba + count > self.formatted:
            raise self.unwritten(max(lba, self.formatted))
        if self.open:
            raise Refusal(at(UNRECOVERED_READ, lba))


def formats_of(capacity: int) -> list[FormattableCapacity]:
    """Return the formats that a DVD-RW offers in whatever state it is."""
    parameters = {FormatType.FULL: BLOCK, FormatType.CD_RW_DVD_RW_FULL: UNIT, FormatType.DVD_RW_QUICK: UNIT}
    return [
        FormattableCapacity(number_of_blocks=capacity, format_type=kind, type_dependent_parameter=parameter)
        for kind, parameter in parameters.items()
    ]
