"""Disc structures of DVD media (MMC-6 6.22.3.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, flag, raw, reserved, text
from discstack.mmc.spec.value import declared


class CopyrightProtectionSystem(IntEnum):
    """How the contents are protected."""

    NONE = 0x00
    CSS_CPPM = 0x01
    CPRM = 0x02
    AACS = 0x10


def readable(data: bytes) -> str:
    """Return an id that is ASCII by convention, without its padding."""
    return data.decode("ascii", "replace").strip(" \0")


@declared
class CopyrightInformation(DiscStructure):
    """Format 01h: copy protection, and in which regions the disc plays not (a bit set for each)."""

    layout: ClassVar[Layout] = structure(
        "DVD copyright information",
        "copyright_protection_system_type" / enumerated(8, CopyrightProtectionSystem),
        *("region_management_information" / bits(8), reserved(16)),
        clause="MMC-6 6.22.3.2.2",
    )
    required: ClassVar[int] = 5
    told: ClassVar[tuple[str, ...]] = ("regions",)
    copyright_protection_system_type: int = CopyrightProtectionSystem.NONE
    region_management_information: int = 0

    @property
    def regions(self) -> tuple[int, ...]:
        """The regions, from 1 to 8, that the disc plays in."""
        return tuple(region for region in range(1, 9) if not self.region_management_information >> region - 1 & 1)


@declared
class BcaRecord(Structure):
    """A record of a burst cutting area; the ids are registered ones, such as that of CPRM's media identifier."""

    layout: ClassVar[Layout] = Layout(
        "BCA record",
        *("bca_record_id" / bits(16), "version_number" / bits(8), "data_length" / bits(8)),
        clause="DVD specifications for read-only disc, annex on BCA records",
    )
    bca_record_id: int
    version_number: int = 0
    data_length: int = 0


@declared
class BurstCuttingArea(DiscStructure):
    """Format 03h: the bar code at the hub, in `data`: 12 to 188 bytes on DVD (ECMA-267 annex H), 64 on BD.

    What they mean is whose use of it is agreed on; `records` holds for DVDs that keep to the form of records.
    """

    told: ClassVar[tuple[str, ...]] = ("records",)

    @property
    def records(self) -> tuple[tuple[BcaRecord, bytes], ...]:
        """The records with their data, none unless all bytes up to the padding are records."""
        found, rest, head = [], self.data, BcaRecord.layout.size
        while len(rest) >= head and any(rest):
            record = BcaRecord.parse(rest)
            data = rest[head : head + record.data_length]
            if not record.data_length or len(data) < record.data_length:
                return ()
            found.append((record, data))
            rest = rest[head + record.data_length :]
        return tuple(found)


@declared
class ManufacturingInformation(DiscStructure):
    """Format 04h: what the maker wrote into the lead-in, 2048 bytes, in `data`."""


@declared
class MediumStatus(DiscStructure):
    """Format 09h: the cartridge and write protection of a DVD-RAM."""

    layout: ClassVar[Layout] = structure(
        "DVD-RAM medium status",
        *("cartridge" / flag(), "out" / flag(), reserved(2), "mswi" / flag(), "cwp" / flag(), "pwp" / flag()),
        *(reserved(1), "disc_type_identification" / bits(8), reserved(8)),
        "dvd_ram_specific_write_inhibit_information" / bits(8),
        clause="MMC-6 6.22.3.2.9",
    )
    required: ClassVar[int] = 5
    cartridge: bool = False
    out: bool = False
    mswi: bool = False
    cwp: bool = False
    pwp: bool = False
    disc_type_identification: int = 0
    dvd_ram_specific_write_inhibit_information: int = 0


@declared
class SpareAreaInformation(DiscStructure):
    """Format 0Ah: what is left to replace defects of a DVD-RAM with, in blocks."""

    layout: ClassVar[Layout] = structure(
        "DVD-RAM spare area information",
        *("number_of_unused_primary_spare_blocks" / bits(32), "number_of_unused_supplementary_spare_blocks" / bits(32)),
        "number_of_allocated_supplementary_spare_blocks" / bits(32),
        clause="MMC-6 6.22.3.2.10",
    )
    required: ClassVar[int] = 16
    number_of_unused_primary_spare_blocks: int = 0
    number_of_unused_supplementary_spare_blocks: int = 0
    number_of_allocated_supplementary_spare_blocks: int = 0


@declared
class RecordingType(DiscStructure):
    """Format 0Bh: whether a DVD-RAM was recorded in real time, without replacing defects, around an address."""

    layout: ClassVar[Layout] = structure(
        "DVD-RAM recording type",
        *(reserved(3), "real_time_data" / flag(), reserved(28)),
        clause="MMC-6 6.22.3.2.11",
    )
    required: ClassVar[int] = 5
    real_time_data: bool = False


@declared
class HdDvdRMediumStatus(DiscStructure):
    """Format 19h: how much recording management data an HD DVD-R still has room for."""

    layout: ClassVar[Layout] = structure(
        "HD DVD-R medium status",
        *(reserved(7), "extended_test_zone" / flag(), "number_of_remaining_rmds_in_rdz" / bits(8)),
        "number_of_remaining_rmds_in_current_rmz" / bits(16),
        clause="MMC-6 6.22.3.3",
    )
    required: ClassVar[int] = 8
    extended_test_zone: bool = False
    number_of_remaining_rmds_in_rdz: int = 0
    number_of_remaining_rmds_in_current_rmz: int = 0


@declared
class HdDvdRManagementData(DiscStructure):
    """Format 1Ah: the recording management data that an HD DVD-R recorded last, in `data`, as the DVD Forum has it."""


@declared
class MtaEccBlock(DiscStructure):
    """Format 31h: an ECC block of the main table area of a Mount Rainier DVD+RW, in `data`, as that format has it."""


@declared
class PreRecordedInformation(DiscStructure):
    """Format 0Eh: what the pre-pits of a DVD-R or DVD-RW hold, in fields of 8 bytes that begin with their id."""

    layout: ClassVar[Layout] = structure(
        "pre-recorded information in lead-in",
        *("field_id_1" / bits(8), "disc_application_code" / bits(8), "disc_physical_code" / bits(8)),
        *("last_address_of_data_recordable_area" / bits(24), "part_version" / bits(4), "extension_code" / bits(4)),
        *(reserved(8), "field_id_2" / bits(8), "opc_suggested_code" / bits(8), "wavelength_code" / bits(8)),
        *("write_strategy_code" / raw(4), reserved(8), "field_id_3" / bits(8), "manufacturer_id_1" / raw(6)),
        *(reserved(8), "field_id_4" / bits(8), "manufacturer_id_2" / raw(6), reserved(8)),
        *("field_id_5" / bits(8), "manufacturer_id_3" / raw(6), reserved(8)),
        clause="MMC-6 6.22.3.2.14",
    )
    required: ClassVar[int] = 36
    told: ClassVar[tuple[str, ...]] = ("media_id",)
    field_id_1: int = 1
    disc_application_code: int = 0
    disc_physical_code: int = 0
    last_address_of_data_recordable_area: int = 0
    part_version: int = 0
    extension_code: int = 0
    field_id_2: int = 2
    opc_suggested_code: int = 0
    wavelength_code: int = 0
    write_strategy_code: bytes = bytes(4)
    field_id_3: int = 3
    manufacturer_id_1: bytes = bytes(6)
    field_id_4: int = 4
    manufacturer_id_2: bytes = bytes(6)
    field_id_5: int = 5
    manufacturer_id_3: bytes = bytes(6)

    @property
    def media_id(self) -> str | None:
        """Who made the disc; None where the fields do not have the ids that they should."""
        if (self.field_id_3, self.field_id_4) != (3, 4):
            return None
        return readable(self.manufacturer_id_1 + self.manufacturer_id_2)


@declared
class UniqueDiscIdentifier(DiscStructure):
    """Format 0Fh: the number and the time, as digits, that a DVD-R or DVD-RW got when it was first written to."""

    layout: ClassVar[Layout] = structure(
        "unique disc identifier",
        *(reserved(16), "random_number" / bits(16), "year" / text(4), "month" / text(2), "day" / text(2)),
        *("hour" / text(2), "minute" / text(2), "second" / text(2)),
        clause="MMC-6 6.22.3.2.15",
    )
    required: ClassVar[int] = 8
    random_number: int = 0
    year: str = ""
    month: str = ""
    day: str = ""
    hour: str = ""
    minute: str = ""
    second: str = ""


@declared
class LayerBoundaryInformation(DiscStructure):
    """Format 20h: how many blocks layer 0 of a DVD+R DL takes, and whether that is settled (`init_status`)."""

    layout: ClassVar[Layout] = structure(
        "layer boundary information",
        *("init_status" / flag(), reserved(31), "capacity_of_l0" / bits(32)),
        clause="MMC-6 6.22.3.2.20",
    )
    required: ClassVar[int] = 12
    init_status: bool = False
    capacity_of_l0: int


@declared
class ShiftedMiddleAreaStartAddress(DiscStructure):
    """Format 21h: where the middle area of a DVD-R DL starts, and whether that is settled (`init_status`)."""

    layout: ClassVar[Layout] = structure(
        "shifted middle area start address",
        *("init_status" / flag(), reserved(31), "shifted_middle_area_start_address" / bits(32)),
        clause="MMC-6 6.22.3.2.21",
    )
    required: ClassVar[int] = 12
    init_status: bool = False
    shifted_middle_area_start_address: int


@declared
class JumpIntervalSize(DiscStructure):
    """Format 22h: after how many blocks a DVD-R DL jumps to the other layer."""

    layout: ClassVar[Layout] = structure(
        "jump interval size", *(reserved(32), "jump_interval_size" / bits(32)), clause="MMC-6 6.22.3.2.22"
    )
    required: ClassVar[int] = 12
    jump_interval_size: int


@declared
class ManualLayerJumpAddress(DiscStructure):
    """Format 23h: the address from which a DVD-R DL jumps to the other layer."""

    layout: ClassVar[Layout] = structure(
        "manual layer jump address", *(reserved(32), "manual_layer_jump_address" / bits(32)), clause="MMC-6 6.22.3.2.23"
    )
    required: ClassVar[int] = 12
    manual_layer_jump_address: int


@declared
class RemappingAddress(DiscStructure):
    """Format 24h: the address that is to be the anchor point of a DVD-R DL."""

    layout: ClassVar[Layout] = structure(
        "remapping address", *(reserved(32), "remapping_address" / bits(32)), clause="MMC-6 6.22.3.2.24"
    )
    required: ClassVar[int] = 12
    remapping_address: int
