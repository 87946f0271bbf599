"""What the drive asks of a disc, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from discstack.emulator.conditions import (
    BLANK_CHECK,
    CANNOT_BLANK_MEDIUM,
    CANNOT_FORMAT_MEDIUM,
    CANNOT_READ_FORMAT,
    CANNOT_WRITE_MEDIUM,
    OUT_OF_RANGE,
    Refusal,
    at,
    invalid_field,
)
from discstack.emulator.media.defects import Defects
from discstack.emulator.media.kind import MediumKind
from discstack.emulator.store import BLOCK, BlockStore
from discstack.mmc.spec.capacities import CapacityType, CurrentMaximumCapacity, FormatCapacities, FormattableCapacity
from discstack.mmc.spec.cd.sector import SectorType
from discstack.mmc.spec.cue_sheet import CueSheetEntry
from discstack.mmc.spec.disc_information import DiscInformation
from discstack.mmc.spec.format_unit import FormatUnitParameters
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.mode_page_values import DataBlockType, WriteType
from discstack.mmc.spec.track_information import DATA_TRACK, DataMode, TrackInformation
from discstack.transport.base import Clock

FORMAT_IN_PROGRESS: Final = 0x04  # ASCQ of 2/04
OPERATION_IN_PROGRESS: Final = 0x07
INVISIBLE_TRACK: Final = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteParameters:
    """What the disc needs to know of mode page 05h (MMC-6 7.5)."""

    test_write: bool = False
    write_type: int = WriteType.TRACK_AT_ONCE
    multi_session: int = 0
    track_mode: int = 4
    data_block_type: int = DataBlockType.MODE_1
    session_format: int = 0
    fixed_packets: bool = False
    packet_size: int = 0
    catalogue: str = ""
    isrc: str = ""
    sub_header: bytes = bytes(4)
    copy: bool = False
    underrun_protection: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """Something that takes `seconds`, after which `finish` puts its effect on the disc."""

    seconds: float
    finish: Callable[[], None]
    ascq: int = OPERATION_IN_PROGRESS


def nothing() -> None:
    """Finish a job that leaves no mark on the disc."""


def capacities(blocks: int, kind: CapacityType, formats: Sequence[FormattableCapacity] = ()) -> FormatCapacities:
    """Return a medium's capacity, and what its formats offer."""
    current = CurrentMaximumCapacity(number_of_blocks=blocks, descriptor_type=kind)
    return FormatCapacities(current=current, formattable=tuple(formats))


def only_track(blocks: int, unit: int, *, blank: bool) -> TrackInformation:
    """Return the one track of a disc that is written at random."""
    return TrackInformation(
        logical_track_number=1,
        track_mode=DATA_TRACK,
        data_mode=DataMode.MODE_1,
        blank=blank,
        free_blocks=blocks if blank else 0,
        fixed_packet_size_blocking_factor=unit,
        logical_track_size=blocks,
    )


def round_up(value: int, unit: int) -> int:
    """Return the multiple of `unit` at or above `value`."""
    return -(-value // unit) * unit


class Medium:
    """A disc; the families override what they can do, and what stays here is refused.

    `changed` is called whenever the state that must survive has moved.
    """

    close_functions: ClassVar[frozenset[int]] = frozenset()
    lossless: ClassVar[bool] = True  # writing can stop and go on anywhere

    def __init__(self, kind: MediumKind, store: BlockStore, clock: Clock, capacity: int) -> None:
        self.kind, self.store, self.clock = kind, store, clock
        self.total = self.capacity = capacity  # blocks of the disc; of what its format leaves for data
        self.pseudo_overwrite = False
        self.restricted_overwrite = False
        self.mount_rainier = False
        self.parameters = WriteParameters()
        self.write_rate: float = kind.speeds.payload  # bytes a second, kept up to date by the drive
        self.changed: Callable[[], None] = nothing
        self.defects = Defects(kind.write_unit)
        self.calibrations_left = kind.calibrations

    @property
    def profile(self) -> int:
        """The current profile."""
        return self.kind.profile

    @property
    def incremental(self) -> bool:
        """Whether the disc can be written piece by piece now, which feature 0021h tells."""
        return True

    @property
    def recording_at_once(self) -> bool:
        """Whether a session that was announced as a whole is not complete."""
        return False

    @property
    def rehearsing(self) -> bool:
        """Whether a test write pretends now that the disc were written."""
        return False

    @property
    def verifies(self) -> bool:
        """Whether the drive reads back what it writes, at the cost of half the speed, unless it is streaming."""
        return False

    @property
    def flush_duration(self) -> float:
        """Seconds that a flush takes besides writing what is buffered."""
        return self.kind.durations.flush

    def state(self) -> dict[str, Any]:
        """Return what the sidecar keeps of the disc."""
        raise NotImplementedError

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the state of a disc that was put away; raises ValueError or KeyError where it makes no sense."""
        raise NotImplementedError

    def disc(self) -> DiscInformation:
        """Describe the disc."""
        raise NotImplementedError

    def resources(self) -> Structure | None:
        """Return what is left for pseudo-overwriting, None on other media."""
        return None

    def raw_toc(self, format: int, session: int) -> Structure | None:
        """Return the answer to READ TOC/PMA/ATIP formats that only CDs have, None if there is none."""
        return None

    def structures(self) -> Mapping[tuple[int, int], bytes]:
        """Return the disc structures by (media type, format code), without their headers."""
        return {}

    def settable(self) -> Collection[tuple[int, int]]:
        """Return the (media type, format code) of the structures that the host may send now or could have sent."""
        return ()

    def set_structure(self, media_type: int, format: int, data: bytes) -> None:
        """Take a disc structure, without its header."""
        raise invalid_field(7)

    def tracks(self) -> list[TrackInformation]:
        """Describe all tracks, the invisible one included."""
        raise NotImplementedError

    def recorded(self) -> list[TrackInformation]:
        """Describe the tracks of the complete sessions: those a player sees."""
        raise NotImplementedError

    def lead_out(self, session: int) -> int:
        """Return where the lead-out of a complete session begins."""
        raise NotImplementedError

    def blocks(self) -> int:
        """Return how many blocks READ CAPACITY counts."""
        raise NotImplementedError

    def format_capacities(self) -> FormatCapacities:
        """Return the capacity and what formats offer."""
        raise NotImplementedError

    def block_size(self, lba: int) -> int:
        """Return how many bytes a block has that the host sends for an address."""
        return BLOCK

    def cue_sheet(self, entries: Sequence[CueSheetEntry]) -> None:
        """Hear what a session at once will hold."""
        raise Refusal(CANNOT_WRITE_MEDIUM)

    def sector(self, lba: int) -> tuple[SectorType, bytes, bytes]:
        """Return the kind of a sector, its 2352 bytes, its sub-channels one after the other; only CDs have such."""
        raise Refusal(CANNOT_READ_FORMAT)

    def error_bits(self, lba: int) -> bytes:
        """Return the 294 bytes of bits that tell which bytes of a sector could not be corrected (C2)."""
        return bytes(294)

    def corrected_packs(self, lba: int) -> bytes:
        """Return the R to W packs of a sector, in 96 symbols."""
        raise Refusal(CANNOT_READ_FORMAT)

    def position(self, lba: int) -> tuple[int, int, int, int]:
        """Return control field, track, index and the blocks from the track's start, or in a pre-gap to it."""
        raise Refusal(CANNOT_READ_FORMAT)

    def catalogue(self) -> str:
        """Return the media catalogue number, empty without one."""
        raise Refusal(CANNOT_READ_FORMAT)

    def isrc(self, track: int) -> str:
        """Return the ISRC of a track, empty without one."""
        raise Refusal(CANNOT_READ_FORMAT)

    def write(self, lba: int, count: int, data: memoryview, *, streaming: bool = False) -> None:
        """Take `count` blocks."""
        raise NotImplementedError

    def readable(self, lba: int, count: int) -> None:
        """Raise the Refusal that reading these blocks ends in, if it does."""
        raise NotImplementedError

    def read(self, lba: int, count: int, buffer: memoryview) -> None:
        """Fill `buffer` with `count` blocks."""
        end = max(self.capacity, self.blocks())  # a CD may have been overburnt
        if lba < 0 or lba + count > end:
            raise Refusal(at(OUT_OF_RANGE, max(lba, end)))
        self.readable(lba, count)
        self.defects.readable(lba, count)
        self.store.readinto(lba, buffer[: count * BLOCK])

    def prepare(self, parameters: WriteParameters) -> None:
        """Hear of new write parameters."""
        self.parameters = parameters

    @property
    def fragile(self) -> bool:
        """Whether an underrun now costs what is being recorded."""
        return not (self.lossless or self.parameters.underrun_protection or self.parameters.test_write)

    def interrupt(self) -> None:
        """Hear that the buffer ran empty without an end to what is being recorded, and that nothing links it."""

    def put_away(self) -> None:
        """Leave the drive in good order."""

    def lose_power(self) -> None:
        """Be left as a power cut leaves a disc that is being written."""

    def flush(self) -> None:
        """Put what is buffered on the disc; part of an ECC block is padded."""

    def close(self, function: int, number: int) -> Job:
        """Close a track, a session or the disc."""
        raise invalid_field(2)

    def reserve(self, size: int) -> None:
        """Set blocks aside for a track of their own."""
        raise invalid_field(5)

    def blank(self, blanking_type: int, address: int) -> Job:
        """Erase."""
        raise Refusal(CANNOT_BLANK_MEDIUM)

    def format(self, wanted: FormatUnitParameters) -> Job:
        """Format."""
        raise Refusal(CANNOT_FORMAT_MEDIUM)

    def background_progress(self) -> float | None:
        """Return how far the background format is, 0 to 1, while one runs."""
        return None

    def unwritten(self, lba: int) -> Refusal:
        """Return the answer to reading a block that was never recorded."""
        return Refusal(at(BLANK_CHECK, lba))
