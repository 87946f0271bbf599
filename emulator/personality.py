"""What a personality is, and what one of the named drives looks at before it goes its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.emulator import lies
from discstack.emulator.conditions import INVALID_OPCODE
from discstack.emulator.drive import BECOMING_READY_ASCQ, Drive
from discstack.emulator.faults import Fault
from discstack.mmc.spec.disc_information import DiscStatus
from discstack.mmc.spec.mode_page_values import WriteType
from discstack.mmc.spec.profiles import Profile
from discstack.mmc.spec.sense import Sense

CONFIGURATION, MODE_SENSE = 0x46, 0x5A
CDS: Final = frozenset({Profile.CD_R, Profile.CD_RW})
DVDS: Final = range(0x10, 0x30)  # their profiles
BDS: Final = frozenset({Profile.BD_R_SRM, Profile.BD_RE})
OVERWRITTEN: Final = frozenset({Profile.DVD_PLUS_RW, Profile.DVD_RW_RESTRICTED_OVERWRITE, Profile.BD_RE})
PAGE: Final = slice(8, None)  # of the parameter list of MODE SELECT (10)
WRITE_PARAMETERS: Final = 0x05
INCREMENTAL: Final = 0x5  # track mode of data that is written incrementally
WHOLE_BUFFER: Final = 64 << 10  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Personality:
    """A drive: its name, and what it does; `source` says who saw that.

    `untimed_lead_in` and `loads_when_told` are settings. Drives for `cds_only` are of MMC's first edition, or older.
    """

    vendor: str
    product: str
    does: str
    source: str
    faults: tuple[Fault, ...] = ()
    untimed_lead_in: bool = False
    loads_when_told: bool = False
    cds_only: bool = False


def is_full(drive: Drive) -> bool:
    """Whether the drive has a disc that nothing can be added to, nor written over."""
    if drive.profile in OVERWRITTEN or not drive.profile:
        return False
    return drive.loaded.disc().disc_status == DiscStatus.FINALIZED


def is_full_dvd(drive: Drive) -> bool:
    """Whether that disc is a DVD."""
    return is_full(drive) and drive.profile in DVDS


def is_dvd_r(drive: Drive) -> bool:
    """Whether the disc is a DVD-R."""
    return drive.profile == Profile.DVD_R_SEQUENTIAL


def is_bd(drive: Drive) -> bool:
    """Whether the disc is a BD."""
    return drive.profile in BDS


def is_at_once(drive: Drive) -> bool:
    """Whether the write parameters ask for a session at once."""
    return _write_type(drive) == WriteType.SESSION_AT_ONCE


def is_raw(drive: Drive) -> bool:
    """Whether the write parameters ask for raw recording."""
    return _write_type(drive) == WriteType.RAW


def has_whole_tracks(drive: Drive) -> bool:
    """Whether the disc is a CD, none of whose tracks is damaged or consists of packets."""
    return drive.profile in CDS and not any(track.damage or track.packet_inc for track in drive.loaded.tracks())


def is_loading(drive: Drive) -> bool:
    """Whether the drive is getting to know a disc."""
    return drive.operation is not None and drive.operation.ascq == BECOMING_READY_ASCQ


def _write_type(drive: Drive) -> int | None:
    return drive.loaded.parameters.write_type if drive.profile else None


def not_incremental(data: memoryview) -> bool:
    """Whether MODE SELECT (10) brings write parameters with another track mode than that of incremental data."""
    page = data[PAGE]
    return len(page) > 3 and page[0] & 0x3F == WRITE_PARAMETERS and page[3] & 0x0F != INCREMENTAL


def part_of_a_buffer(data: memoryview) -> bool:
    """Whether a WRITE brings less than 64 KiB."""
    return len(data) < WHOLE_BUFFER


def refusing(opcode: int, sense: Sense = INVALID_OPCODE, **fields: int) -> Fault:
    """Return the fault of a drive that never does something."""
    return Fault(opcode=opcode, fields=fields, sense=sense, times=None)


FIRST_EDITION: Final = (
    refusing(CONFIGURATION),
    Fault(opcode=MODE_SENSE, fields={"page_code": 0x2A}, alter=lies.compact_discs_only, times=None),
)
