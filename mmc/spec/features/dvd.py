"""Features about DVD and HD DVD media."""

from __future__ import annotations

from typing import ClassVar

from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.value import declared


@declared
class DvdRead(Feature):
    """The drive reads DVD structures."""

    layout: ClassVar[Layout] = descriptor(
        "DVD read",
        *(reserved(7), "multi_110" / flag(), reserved(8), reserved(6), "dual_rw" / flag(), "dual_r" / flag()),
        reserved(8),
        clause="MMC-6 5.3.9",
    )
    feature_code: int = FeatureCode.DVD_READ
    version: int = 2
    multi_110: bool = False
    dual_rw: bool = False
    dual_r: bool = False


@declared
class DvdPlusRw(Feature):
    """The drive reads DVD+RW, and writes it where `write` is set."""

    layout: ClassVar[Layout] = descriptor(
        "DVD+RW",
        *(reserved(7), "write" / flag(), reserved(6), "quick_start" / flag(), "close_only" / flag(), reserved(16)),
        clause="MMC-6 5.3.20",
    )
    feature_code: int = FeatureCode.DVD_PLUS_RW
    write: bool = False
    quick_start: bool = False
    close_only: bool = False


@declared
class DvdPlusR(Feature):
    """The drive reads DVD+R, and writes it where `write` is set."""

    layout: ClassVar[Layout] = descriptor(
        "DVD+R", *(reserved(7), "write" / flag(), reserved(24)), clause="MMC-6 5.3.21"
    )
    feature_code: int = FeatureCode.DVD_PLUS_R
    write: bool = False


@declared
class DvdRRwWrite(Feature):
    """The drive writes DVD-R; `rdl` adds DVD-R DL, `dvd_rw_sl` single layer DVD-RW."""

    layout: ClassVar[Layout] = descriptor(
        "DVD-R/-RW write",
        *(reserved(1), "buf" / flag(), reserved(2), "rdl" / flag(), "test_write" / flag(), "dvd_rw_sl" / flag()),
        reserved(25),
        clause="MMC-6 5.3.25",
    )
    feature_code: int = FeatureCode.DVD_R_RW_WRITE
    version: int = 2
    buf: bool = False
    rdl: bool = False
    test_write: bool = False
    dvd_rw_sl: bool = False


@declared
class DvdPlusRwDl(Feature):
    """The drive reads DVD+RW DL, and writes it where `write` is set."""

    layout: ClassVar[Layout] = descriptor(
        "DVD+RW dual layer",
        *(reserved(7), "write" / flag(), reserved(6), "quick_start" / flag(), "close_only" / flag(), reserved(16)),
        clause="MMC-6 5.3.31",
    )
    feature_code: int = FeatureCode.DVD_PLUS_RW_DL
    write: bool = False
    quick_start: bool = False
    close_only: bool = False


@declared
class DvdPlusRDl(Feature):
    """The drive reads DVD+R DL, and writes it where `write` is set."""

    layout: ClassVar[Layout] = descriptor(
        "DVD+R dual layer", *(reserved(7), "write" / flag(), reserved(24)), clause="MMC-6 5.3.32"
    )
    feature_code: int = FeatureCode.DVD_PLUS_R_DL
    write: bool = False


@declared
class HdDvdRead(Feature):
    """The drive reads HD DVD."""

    layout: ClassVar[Layout] = descriptor(
        "HD DVD read",
        *(reserved(7), "hd_dvd_r" / flag(), reserved(8), reserved(7), "hd_dvd_ram" / flag(), reserved(8)),
        clause="MMC-6 5.3.36",
    )
    feature_code: int = FeatureCode.HD_DVD_READ
    hd_dvd_r: bool = False
    hd_dvd_ram: bool = False


@declared
class HdDvdWrite(Feature):
    """The drive writes HD DVD."""

    layout: ClassVar[Layout] = descriptor(
        "HD DVD write",
        *(reserved(7), "hd_dvd_r" / flag(), reserved(8), reserved(7), "hd_dvd_ram" / flag(), reserved(8)),
        clause="MMC-6 5.3.37",
    )
    feature_code: int = FeatureCode.HD_DVD_WRITE
    hd_dvd_r: bool = False
    hd_dvd_ram: bool = False


@declared
class HdDvdRwFragmentRecording(Feature):
    """The drive writes HD DVD-RW in fragments; `bgp` means background padding."""

    layout: ClassVar[Layout] = descriptor(
        "HD DVD-RW fragment recording", *(reserved(7), "bgp" / flag(), reserved(24)), clause="MMC-6 5.3.38"
    )
    feature_code: int = FeatureCode.HD_DVD_RW_FRAGMENT_RECORDING
    bgp: bool = False


@declared
class DvdCss(Feature):
    """The drive takes part in CSS authentication."""

    layout: ClassVar[Layout] = descriptor("DVD CSS", *(reserved(24), "css_version" / bits(8)), clause="MMC-6 5.3.46")
    feature_code: int = FeatureCode.DVD_CSS
    css_version: int = 1


@declared
class DvdCprm(Feature):
    """The drive takes part in CPRM authentication."""

    layout: ClassVar[Layout] = descriptor("DVD CPRM", *(reserved(24), "cprm_version" / bits(8)), clause="MMC-6 5.3.51")
    feature_code: int = FeatureCode.DVD_CPRM
    cprm_version: int = 1


@declared
class DvdCssManagedRecording(Feature):
    """The drive writes DVD-Download discs under CSS."""

    layout: ClassVar[Layout] = descriptor(
        "DVD CSS managed recording",
        *("maximum_number_of_scrambled_extent_information_entries" / bits(8), reserved(24)),
        clause="MMC-6 5.3.54",
    )
    feature_code: int = FeatureCode.DVD_CSS_MANAGED_RECORDING
    maximum_number_of_scrambled_extent_information_entries: int = 0


@declared
class Vcps(Feature):
    """The drive takes part in VCPS (DVD+RW copy protection)."""

    layout: ClassVar[Layout] = descriptor("VCPS", reserved(32), clause="MMC-6 5.3.55")
    feature_code: int = FeatureCode.VCPS
