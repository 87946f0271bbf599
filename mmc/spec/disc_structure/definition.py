"""Disc definition structures: how a disc with defect management is divided (format 08h, MMC-6 6.22.3)."""

from __future__ import annotations

import struct
from typing import ClassVar, Final

from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.layout import Layout, bits, flag, raw, reserved
from discstack.mmc.spec.value import declared

RAM_IDENTIFIER: Final = b"\x0a\x0a"
BD_IDENTIFIER: Final = b"DS"
ZONE_TABLE: Final = 164  # where the first sectors of the zones begin in `data` of a DVD-RAM of 4.7 GB


@declared
class DvdRamDefinition(DiscStructure):
    """Format 08h of a DVD-RAM. Sector numbers are physical ones; what follows them is in `data`.

    A disc of 2.6 GB has 24 groups and flags of their own where these numbers are.
    """

    layout: ClassVar[Layout] = structure(
        "disc definition structure of DVD-RAM",
        *("dds_identifier" / raw(2), reserved(8), "in_process" / flag(), "partial_certification" / flag()),
        *("formatting_only_a_group" / flag(), reserved(3), "user_certification" / flag()),
        *("disk_manufacturer_certification" / flag(), "dds_pdl_update_counter" / bits(32)),
        *("number_of_groups" / bits(16), "number_of_zones" / bits(16), reserved(544)),
        *(reserved(8), "first_sector_of_primary_spare_area" / bits(24)),
        *(reserved(8), "last_sector_of_primary_spare_area" / bits(24)),
        *(reserved(8), "first_logical_sector" / bits(24)),
        clause="ECMA-330, disk definition structure",
    )
    required: ClassVar[int] = 20
    told: ClassVar[tuple[str, ...]] = ("zone_starts",)
    dds_identifier: bytes = RAM_IDENTIFIER
    in_process: bool = False
    partial_certification: bool = False
    formatting_only_a_group: bool = False
    user_certification: bool = False
    disk_manufacturer_certification: bool = False
    dds_pdl_update_counter: int = 0
    number_of_groups: int = 1
    number_of_zones: int = 0
    first_sector_of_primary_spare_area: int = 0
    last_sector_of_primary_spare_area: int = 0
    first_logical_sector: int = 0

    @property
    def zone_starts(self) -> tuple[int, ...]:
        """The logical block addresses that the zones of a disc of one group begin with, as far as they are there."""
        count = min(self.number_of_zones, max(len(self.data) - ZONE_TABLE, 0) // 4) if self.number_of_groups == 1 else 0
        starts: tuple[int, ...] = struct.unpack_from(f">{count}I", self.data, ZONE_TABLE) if count else ()
        return tuple(start & 0xFFFFFF for start in starts)


@declared
class BdDefinition(DiscStructure):
    """Format 08h of a BD. Sector numbers are physical ones, spare areas are in clusters of 32 blocks.

    `status_of_certification` are flags of areas in the lead-in, `data` is what the type of the disc adds.
    """

    layout: ClassVar[Layout] = structure(
        "disc definition structure of BD",
        *("dds_identifier" / raw(2), "dds_format" / bits(8), reserved(8), "dds_update_count" / bits(32)),
        *(reserved(64), "first_sector_of_drive_area" / bits(32), reserved(32)),
        *("first_sector_of_defect_list" / bits(32), reserved(32), "first_sector_of_user_data_area" / bits(32)),
        *("last_logical_sector" / bits(32), "size_of_inner_spare_area_0" / bits(32)),
        *("size_of_outer_spare_area" / bits(32), "size_of_inner_spare_area_1" / bits(32)),
        *("spare_area_full_flags" / bits(8), reserved(8), "disc_type_specific_1" / bits(8), reserved(8)),
        *("disc_type_specific_2" / bits(32), reserved(32), "status_of_certification" / raw(32)),
        clause="MMC-6 6.22.3.4, disc definition structure",
    )
    required: ClassVar[int] = 56
    dds_identifier: bytes = BD_IDENTIFIER
    dds_format: int = 0
    dds_update_count: int = 0
    first_sector_of_drive_area: int = 0
    first_sector_of_defect_list: int = 0
    first_sector_of_user_data_area: int = 0
    last_logical_sector: int = 0
    size_of_inner_spare_area_0: int = 0
    size_of_outer_spare_area: int = 0
    size_of_inner_spare_area_1: int = 0
    spare_area_full_flags: int = 0
    disc_type_specific_1: int = 0
    disc_type_specific_2: int = 0
    status_of_certification: bytes = bytes(32)
