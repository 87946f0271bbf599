"""Features about CD media."""

from __future__ import annotations

from typing import ClassVar

from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor
from discstack.mmc.spec.layout import Layout, bits, flag, reserved
from discstack.mmc.spec.value import declared


@declared
class MultiRead(Feature):
    """The drive reads all kinds of CD."""

    layout: ClassVar[Layout] = descriptor("multi-read", clause="MMC-6 5.3.7")
    feature_code: int = FeatureCode.MULTI_READ


@declared
class CdRead(Feature):
    """The drive reads CD structures."""

    layout: ClassVar[Layout] = descriptor(
        "CD read",
        *("dap" / flag(), reserved(5), "c2_flags" / flag(), "cd_text" / flag(), reserved(24)),
        clause="MMC-6 5.3.8",
    )
    feature_code: int = FeatureCode.CD_READ
    version: int = 2
    dap: bool = False
    c2_flags: bool = False
    cd_text: bool = False


@declared
class CdRwCavWrite(Feature):
    """The drive writes CD-RW at constant angular velocity."""

    layout: ClassVar[Layout] = descriptor("CD-RW CAV write", reserved(32), clause="MMC-6 5.3.17")
    feature_code: int = FeatureCode.CD_RW_CAV_WRITE


@declared
class Mrw(Feature):
    """The drive reads Mount Rainier media; `write` is for CD-RW."""

    layout: ClassVar[Layout] = descriptor(
        "MRW",
        *(reserved(5), "dvd_plus_write" / flag(), "dvd_plus_read" / flag(), "write" / flag(), reserved(24)),
        clause="MMC-6 5.3.18",
    )
    feature_code: int = FeatureCode.MRW
    version: int = 1
    dvd_plus_write: bool = False
    dvd_plus_read: bool = False
    write: bool = False


@declared
class CdTrackAtOnce(Feature):
    """The drive writes CDs track at once; bit n of `data_type_supported` is data block type n."""

    layout: ClassVar[Layout] = descriptor(
        "CD track at once",
        *(reserved(1), "buf" / flag(), reserved(1), "rw_raw" / flag(), "rw_pack" / flag(), "test_write" / flag()),
        *("cd_rw" / flag(), "rw_sub_code" / flag(), reserved(8), "data_type_supported" / bits(16)),
        clause="MMC-6 5.3.23",
    )
    feature_code: int = FeatureCode.CD_TRACK_AT_ONCE
    version: int = 2
    buf: bool = False
    rw_raw: bool = False
    rw_pack: bool = False
    test_write: bool = False
    cd_rw: bool = False
    rw_sub_code: bool = False
    data_type_supported: int = 0


@declared
class CdMastering(Feature):
    """The drive writes CDs session at once or raw; `maximum_cue_sheet_length` is in bytes."""

    layout: ClassVar[Layout] = descriptor(
        "CD mastering",
        *(reserved(1), "buf" / flag(), "sao" / flag(), "raw_ms" / flag(), "raw" / flag(), "test_write" / flag()),
        *("cd_rw" / flag(), "rw" / flag(), "maximum_cue_sheet_length" / bits(24)),
        clause="MMC-6 5.3.24",
    )
    feature_code: int = FeatureCode.CD_MASTERING
    version: int = 1
    buf: bool = False
    sao: bool = False
    raw_ms: bool = False
    raw: bool = False
    test_write: bool = False
    cd_rw: bool = False
    rw: bool = False
    maximum_cue_sheet_length: int = 0


@declared
class DdcdRead(Feature):
    """The drive reads double density CDs (obsolete)."""

    layout: ClassVar[Layout] = descriptor("DDCD read", clause="MMC-3 5.3.24")
    feature_code: int = FeatureCode.DDCD_READ


@declared
class DdcdRWrite(Feature):
    """The drive writes double density CD-R (obsolete)."""

    layout: ClassVar[Layout] = descriptor(
        "DDCD-R write", *(reserved(5), "test_write" / flag(), reserved(26)), clause="MMC-3 5.3.25"
    )
    feature_code: int = FeatureCode.DDCD_R_WRITE
    test_write: bool = False


@declared
class DdcdRwWrite(Feature):
    """The drive writes double density CD-RW (obsolete)."""

    layout: ClassVar[Layout] = descriptor(
        "DDCD-RW write",
        *(reserved(6), "intermediate" / flag(), "blank" / flag(), reserved(24)),
        clause="MMC-3 5.3.26",
    )
    feature_code: int = FeatureCode.DDCD_RW_WRITE
    intermediate: bool = False
    blank: bool = False


@declared
class CdRwMediaWriteSupport(Feature):
    """The CD-RW sub-types that the drive writes: bit n of `cd_rw_media_sub_type_support` is sub-type n."""

    layout: ClassVar[Layout] = descriptor(
        "CD-RW media write support",
        *(reserved(8), "cd_rw_media_sub_type_support" / bits(8), reserved(16)),
        clause="MMC-6 5.3.29",
    )
    feature_code: int = FeatureCode.CD_RW_MEDIA_WRITE_SUPPORT
    cd_rw_media_sub_type_support: int = 0


@declared
class CdAudioExternalPlay(Feature):
    """The drive plays audio by itself (obsolete)."""

    layout: ClassVar[Layout] = descriptor(
        "CD audio external play",
        *(reserved(5), "scan" / flag(), "scm" / flag(), "sv" / flag(), reserved(8)),
        "number_of_volume_levels" / bits(16),
        clause="MMC-4 5.3.37",
    )
    feature_code: int = FeatureCode.CD_AUDIO_EXTERNAL_PLAY
    scan: bool = False
    scm: bool = False
    sv: bool = False
    number_of_volume_levels: int = 0
