"""The replies of READ DISC INFORMATION (MMC-6 6.21)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar, Final

from discstack.mmc.spec.counted import Bytes, Counted, each, join
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, raw, reserved
from discstack.mmc.spec.msf import Msf
from discstack.mmc.spec.value import declared

NO_ADDRESS: Final = 0xFFFFFFFF


class DataType(IntEnum):
    """What READ DISC INFORMATION is asked for."""

    STANDARD = 0
    TRACK_RESOURCES = 1
    POW_RESOURCES = 2


class DiscStatus(IntEnum):
    """What can still be recorded; `OTHERS` are the media that are written at random."""

    EMPTY = 0
    INCOMPLETE = 1
    FINALIZED = 2
    OTHERS = 3


class LastSessionState(IntEnum):
    """The state of the last session."""

    EMPTY = 0
    INCOMPLETE = 1
    RESERVED_DAMAGED = 2
    COMPLETE = 3


class BackgroundFormat(IntEnum):
    """How far the background formatting of an MRW or DVD+RW disc has come."""

    NONE = 0
    STARTED = 1
    RUNNING = 2
    COMPLETE = 3


class DiscType(IntEnum):
    """What a CD was begun as."""

    CD_DA_OR_CD_ROM = 0x00
    CD_I = 0x10
    CD_ROM_XA_OR_DDCD = 0x20
    UNDEFINED = 0xFF


@declared
class OpcTable(Structure):
    """The result of a power calibration at one speed; also the parameter data of SEND OPC INFORMATION."""

    layout: ClassVar[Layout] = Layout(
        "OPC table entry", *("speed" / bits(16), "opc_values" / raw(6)), clause="MMC-6 6.21.3"
    )
    speed: int
    opc_values: bytes = bytes(6)


@declared
class DiscInformation(Counted):
    """Standard disc information. Addresses are those of the medium: on CD they hold a time, see the properties.

    The number of OPC tables (byte 33) and the tables follow the layout.
    """

    layout: ClassVar[Layout] = Layout(
        "disc information",
        *("disc_information_length" / bits(16), "data_type" / enumerated(3, DataType), "erasable" / flag()),
        *("state_of_last_session" / enumerated(2, LastSessionState), "disc_status" / enumerated(2, DiscStatus)),
        *("number_of_first_track" / bits(8), "number_of_sessions_lsb" / bits(8)),
        *("first_track_number_in_last_session_lsb" / bits(8), "last_track_number_in_last_session_lsb" / bits(8)),
        *("did_v" / flag(), "dbc_v" / flag(), "uru" / flag(), "dac_v" / flag(), reserved(1), "dbit" / flag()),
        *("bg_format_status" / enumerated(2, BackgroundFormat), "disc_type" / enumerated(8, DiscType)),
        *("number_of_sessions_msb" / bits(8), "first_track_number_in_last_session_msb" / bits(8)),
        *("last_track_number_in_last_session_msb" / bits(8), "disc_identification" / bits(32)),
        *("last_session_lead_in_start_address" / bits(32), "last_possible_lead_out_start_address" / bits(32)),
        *("disc_bar_code" / raw(8), "disc_application_code" / bits(8)),
        clause="MMC-6 6.21.3",
    )
    length_field: ClassVar[str] = "disc_information_length"
    selector: ClassVar[str] = "data_type"
    joined: ClassVar[tuple[str, ...]] = (
        "number_of_sessions",
        "first_track_number_in_last_session",
        "last_track_number_in_last_session",
    )
    required: ClassVar[int] = 8

    data_type: int = DataType.STANDARD
    erasable: bool = False
    state_of_last_session: int = LastSessionState.EMPTY
    disc_status: int = DiscStatus.EMPTY
    number_of_first_track: int = 1
    number_of_sessions: int = 1
    first_track_number_in_last_session: int = 1
    last_track_number_in_last_session: int = 1
    did_v: bool = False
    dbc_v: bool = False
    uru: bool = False
    dac_v: bool = False
    dbit: bool = False
    bg_format_status: int = BackgroundFormat.NONE
    disc_type: int = DiscType.CD_DA_OR_CD_ROM
    disc_identification: int = 0
    last_session_lead_in_start_address: int = NO_ADDRESS
    last_possible_lead_out_start_address: int = NO_ADDRESS
    disc_bar_code: bytes = bytes(8)
    disc_application_code: int = 0
    opc_tables: tuple[OpcTable, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the number of OPC tables and the tables."""
        return {"opc_tables": each(OpcTable, data[1 : 1 + data[0] * OpcTable.layout.size]) if data else ()}

    def build_tail(self) -> bytes:
        """Return the number of OPC tables and the tables."""
        return bytes([len(self.opc_tables)]) + join(self.opc_tables)

    @property
    def last_session_lead_in_start_time(self) -> Msf | None:
        """On CD, where the lead-in of the last, incomplete session starts; None where the drive gives no time."""
        return _time(self.last_session_lead_in_start_address)

    @property
    def last_possible_lead_out_start_time(self) -> Msf | None:
        """On CD, where the last lead-out can start at the latest; None where the drive gives no time."""
        return _time(self.last_possible_lead_out_start_address)


def _time(address: int) -> Msf | None:
    time = Msf.from_number(address)
    return time if time.valid and not address >> 24 else None


@declared
class TrackResourcesInformation(Counted):
    """How many tracks the medium can have, and has."""

    layout: ClassVar[Layout] = Layout(
        "track resources information",
        *("disc_information_length" / bits(16), "data_type" / enumerated(3, DataType), reserved(13)),
        *("maximum_possible_number_of_tracks" / bits(16), "number_of_assigned_tracks" / bits(16)),
        *("maximum_possible_number_of_appendable_tracks" / bits(16), "current_number_of_appendable_tracks" / bits(16)),
        clause="MMC-6 6.21.4",
    )
    length_field: ClassVar[str] = "disc_information_length"
    selector: ClassVar[str] = "data_type"
    required: ClassVar[int] = 12

    data_type: int = DataType.TRACK_RESOURCES
    maximum_possible_number_of_tracks: int = 0
    number_of_assigned_tracks: int = 0
    maximum_possible_number_of_appendable_tracks: int = 0
    current_number_of_appendable_tracks: int = 0


@declared
class PowResourcesInformation(Counted):
    """What is left for pseudo-overwriting on a BD-R."""

    layout: ClassVar[Layout] = Layout(
        "POW resources information",
        *("disc_information_length" / bits(16), "data_type" / enumerated(3, DataType), reserved(13)),
        *("remaining_pow_replacements" / bits(32), "remaining_pow_reallocation_map_entries" / bits(32)),
        "number_of_remaining_pow_updates" / bits(32),
        clause="MMC-6 6.21.5",
    )
    length_field: ClassVar[str] = "disc_information_length"
    selector: ClassVar[str] = "data_type"
    required: ClassVar[int] = 16

    data_type: int = DataType.POW_RESOURCES
    remaining_pow_replacements: int = 0
    remaining_pow_reallocation_map_entries: int = 0
    number_of_remaining_pow_updates: int = 0
