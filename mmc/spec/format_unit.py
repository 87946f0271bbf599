"""The parameter list of FORMAT UNIT (MMC-6 6.4.3)."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from discstack.mmc.spec.counted import Counted
from discstack.mmc.spec.layout import Layout, bits, enumerated, flag, reserved
from discstack.mmc.spec.value import declared


class FormatType(IntEnum):
    """What formatting is to do; which of these a medium takes tells READ FORMAT CAPACITIES."""

    FULL = 0x00
    SPARE_AREA_EXPANSION = 0x01
    ZONE_REFORMAT = 0x04
    ZONE_FORMAT = 0x05
    CD_RW_DVD_RW_FULL = 0x10
    CD_RW_DVD_RW_GROW_SESSION = 0x11
    CD_RW_DVD_RW_ADD_SESSION = 0x12
    DVD_RW_QUICK_GROW = 0x13
    DVD_RW_QUICK_ADD_SESSION = 0x14
    DVD_RW_QUICK = 0x15
    HD_DVD_R_TEST_ZONE_EXPANSION = 0x16
    FULL_FORMAT_WITH_SPARING = 0x20
    MRW = 0x24
    DVD_PLUS_RW = 0x26
    BD_RE_SPARE_AREAS = 0x30
    BD_RE_NO_SPARE_AREAS = 0x31
    BD_R_SRM = 0x32


@declared
class FormatUnitParameters(Counted):
    """Format list header and the one format descriptor."""

    layout: ClassVar[Layout] = Layout(
        "format unit parameter list",
        *(reserved(8), "fov" / flag(), "dpry" / flag(), "dcrt" / flag(), "stpf" / flag(), "ip" / flag()),
        *("try_out" / flag(), "immed" / flag(), "vs" / flag(), "format_descriptor_length" / bits(16)),
        *("number_of_blocks" / bits(32), "format_type" / enumerated(6, FormatType), "format_sub_type" / bits(2)),
        "type_dependent_parameter" / bits(24),
        clause="MMC-6 6.4.3",
    )
    length_field: ClassVar[str] = "format_descriptor_length"
    required: ClassVar[int] = 12

    fov: bool = False
    dpry: bool = False
    dcrt: bool = False
    stpf: bool = False
    ip: bool = False
    try_out: bool = False
    immed: bool = False
    vs: bool = False
    number_of_blocks: int = 0
    format_type: int = FormatType.FULL
    format_sub_type: int = 0
    type_dependent_parameter: int = 0
