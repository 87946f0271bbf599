"""Features about BD media."""

from __future__ import annotations

from typing import ClassVar

from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.value import declared


@declared
class BdRPow(Feature):
    """A BD-R takes overwrites by pseudo-overwriting; current where the disc is formatted for it."""

    layout: ClassVar[Layout] = descriptor("BD-R pseudo-overwrite", reserved(32), clause="MMC-6 5.3.30")
    feature_code: int = FeatureCode.BD_R_POW


@declared
class BdRead(Feature):
    """The BD classes and versions that the drive reads: bit n of a class's bitmap is version n."""

    layout: ClassVar[Layout] = descriptor(
        "BD read",
        *(reserved(7), "bca" / flag(), reserved(24)),
        *("class_0_bd_re" / bits(16), "class_1_bd_re" / bits(16), "class_2_bd_re" / bits(16)),
        *("class_3_bd_re" / bits(16), "class_0_bd_r" / bits(16), "class_1_bd_r" / bits(16)),
        *("class_2_bd_r" / bits(16), "class_3_bd_r" / bits(16), "class_0_bd_rom" / bits(16)),
        *("class_1_bd_rom" / bits(16), "class_2_bd_rom" / bits(16), "class_3_bd_rom" / bits(16)),
        clause="MMC-6 5.3.33",
    )
    feature_code: int = FeatureCode.BD_READ
    version: int = 1
    bca: bool = False
    class_0_bd_re: int = 0
    class_1_bd_re: int = 0
    class_2_bd_re: int = 0
    class_3_bd_re: int = 0
    class_0_bd_r: int = 0
    class_1_bd_r: int = 0
    class_2_bd_r: int = 0
    class_3_bd_r: int = 0
    class_0_bd_rom: int = 0
    class_1_bd_rom: int = 0
    class_2_bd_rom: int = 0
    class_3_bd_rom: int = 0


@declared
class BdWrite(Feature):
    """The BD classes and versions that the drive writes; `svnr` means that verify-not-required writes are supported."""

    layout: ClassVar[Layout] = descriptor(
        "BD write",
        *(reserved(7), "svnr" / flag(), reserved(24)),
        *("class_0_bd_re" / bits(16), "class_1_bd_re" / bits(16), "class_2_bd_re" / bits(16)),
        *("class_3_bd_re" / bits(16), "class_0_bd_r" / bits(16), "class_1_bd_r" / bits(16)),
        *("class_2_bd_r" / bits(16), "class_3_bd_r" / bits(16)),
        clause="MMC-6 5.3.34",
    )
    feature_code: int = FeatureCode.BD_WRITE
    version: int = 1
    svnr: bool = False
    class_0_bd_re: int = 0
    class_1_bd_re: int = 0
    class_2_bd_re: int = 0
    class_3_bd_re: int = 0
    class_0_bd_r: int = 0
    class_1_bd_r: int = 0
    class_2_bd_r: int = 0
    class_3_bd_r: int = 0


@declared
class Tsr(Feature):
    """The drive reports on certification and does timely, safe recording on BD-R and BD-RE."""

    layout: ClassVar[Layout] = descriptor("timely, safe recording", clause="MMC-6 5.3.35")
    feature_code: int = FeatureCode.TSR


@declared
class Aacs(Feature):
    """The drive takes part in AACS authentication."""

    layout: ClassVar[Layout] = descriptor(
        "AACS",
        *(reserved(3), "rdc" / flag(), "rmc" / flag(), "wbe" / flag(), "bec" / flag(), "bng" / flag()),
        *("block_count_for_binding_nonce" / bits(8), reserved(4), "number_of_agids" / bits(4)),
        "aacs_version" / bits(8),
        clause="MMC-6 5.3.53",
    )
    feature_code: int = FeatureCode.AACS
    version: int = 2
    rdc: bool = False
    rmc: bool = False
    wbe: bool = False
    bec: bool = False
    bng: bool = False
    block_count_for_binding_nonce: int = 0
    number_of_agids: int = 0
    aacs_version: int = 1


@declared
class BdCps(Feature):
    """The drive takes part in BD CPS, the forerunner of AACS."""

    layout: ClassVar[Layout] = descriptor(
        "BD CPS",
        *(reserved(8), "major_version" / bits(4), "minor_version" / bits(4)),
        *(reserved(6), "max_open_sacs" / bits(2), reserved(8)),
        clause="MMC-6 5.3.57",
    )
    feature_code: int = FeatureCode.BD_CPS
    major_version: int = 0
    minor_version: int = 0
    max_open_sacs: int = 0
