"""The reply of READ TRACK INFORMATION (MMC-6 6.26)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar, Final

from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Layout, bits, enumerated, flag, reserved, signed
from discstack.mmc.spec.value import declared

DATA_TRACK: Final = 0x4  # the bit of track_mode (the Q sub-channel's control field) that tells data from audio


class AddressNumberType(IntEnum):
    """What the address field of the command holds."""

    LOGICAL_BLOCK_ADDRESS = 0
    LOGICAL_TRACK_NUMBER = 1
    SESSION_NUMBER = 2


class LayerJumpRecordingStatus(IntEnum):
    """How a track of a DVD-R DL is being written."""

    INCREMENTAL = 0
    UNSPECIFIED_INTERVAL = 1
    MANUAL = 2
    REGULAR_INTERVAL = 3


class DataMode(IntEnum):
    """The sector mode of a track."""

    MODE_1 = 1
    MODE_2 = 2
    NO_DATA = 15


@declared
class TrackInformation(Counted):
    """What there is to know of a logical track. Addresses and lengths are in blocks.

    Drives made to older standards send 28, 36 or 40 bytes; the fields they lack read as zero.
    """

    layout: ClassVar[Layout] = Layout(
        "track information",
        *("track_information_length" / bits(16), "logical_track_number_lsb" / bits(8), "session_number_lsb" / bits(8)),
        *(reserved(8), "ljrs" / enumerated(2, LayerJumpRecordingStatus), "damage" / flag(), "copy" / flag()),
        *("track_mode" / bits(4), "rt" / flag(), "blank" / flag(), "packet_inc" / flag(), "fp" / flag()),
        *("data_mode" / enumerated(4, DataMode), reserved(6), "lra_v" / flag(), "nwa_v" / flag()),
        *("logical_track_start_address" / signed(32), "next_writable_address" / signed(32), "free_blocks" / bits(32)),
        *("fixed_packet_size_blocking_factor" / bits(32), "logical_track_size" / bits(32)),
        *("last_recorded_address" / signed(32), "logical_track_number_msb" / bits(8), "session_number_msb" / bits(8)),
        *(reserved(16), "read_compatibility_lba" / signed(32), "next_layer_jump_address" / bits(32)),
        "last_layer_jump_address" / bits(32),
        clause="MMC-6 6.26.3",
    )
    length_field: ClassVar[str] = "track_information_length"
    joined: ClassVar[tuple[str, ...]] = ("logical_track_number", "session_number")
    required: ClassVar[int] = 28

    logical_track_number: int
    session_number: int = 1
    ljrs: int = LayerJumpRecordingStatus.INCREMENTAL
    damage: bool = False
    copy: bool = False
    track_mode: int = 0
    rt: bool = False
    blank: bool = False
    packet_inc: bool = False
    fp: bool = False
    data_mode: int = 0
    lra_v: bool = False
    nwa_v: bool = False
    logical_track_start_address: int = 0
    next_writable_address: int = 0
    free_blocks: int = 0
    fixed_packet_size_blocking_factor: int = 0
    logical_track_size: int = 0
    last_recorded_address: int = 0
    read_compatibility_lba: int = 0
    next_layer_jump_address: int = 0
    last_layer_jump_address: int = 0

    @property
    def is_data(self) -> bool:
        """Whether the track holds data, not audio."""
        return bool(self.track_mode & DATA_TRACK)

    @property
    def end(self) -> int:
        """The first address behind the track."""
        return self.logical_track_start_address + self.logical_track_size

    @property
    def valid_next_writable_address(self) -> int | None:
        """The next writable address, None where the drive gives none."""
        return self.next_writable_address if self.nwa_v else None

    @property
    def valid_last_recorded_address(self) -> int | None:
        """The last recorded address, None where the drive gives none."""
        return self.last_recorded_address if self.lra_v else None
