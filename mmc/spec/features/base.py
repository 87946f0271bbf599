"""What every feature descriptor has: code, version, persistent, current (MMC-6 5.2.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from discstack.mmc.spec.counted import Bytes, Counted
from discstack.mmc.spec.layout import Layout, bits, enumerated, flag, reserved
from discstack.mmc.spec.value import declared

if TYPE_CHECKING:
    from discstack.mmc.spec.layout import Field


class FeatureCode(IntEnum):
    """A feature number (MMC-6 5.2.3; obsolete ones from MMC-5 and the HD DVD commands)."""

    PROFILE_LIST = 0x0000
    CORE = 0x0001
    MORPHING = 0x0002
    REMOVABLE_MEDIUM = 0x0003
    WRITE_PROTECT = 0x0004
    RANDOM_READABLE = 0x0010
    MULTI_READ = 0x001D
    CD_READ = 0x001E
    DVD_READ = 0x001F
    RANDOM_WRITABLE = 0x0020
    INCREMENTAL_STREAMING_WRITABLE = 0x0021
    SECTOR_ERASABLE = 0x0022
    FORMATTABLE = 0x0023
    HARDWARE_DEFECT_MANAGEMENT = 0x0024
    WRITE_ONCE = 0x0025
    RESTRICTED_OVERWRITE = 0x0026
    CD_RW_CAV_WRITE = 0x0027
    MRW = 0x0028
    ENHANCED_DEFECT_REPORTING = 0x0029
    DVD_PLUS_RW = 0x002A
    DVD_PLUS_R = 0x002B
    RIGID_RESTRICTED_OVERWRITE = 0x002C
    CD_TRACK_AT_ONCE = 0x002D
    CD_MASTERING = 0x002E
    DVD_R_RW_WRITE = 0x002F
    DDCD_READ = 0x0030
    DDCD_R_WRITE = 0x0031
    DDCD_RW_WRITE = 0x0032
    LAYER_JUMP_RECORDING = 0x0033
    LJ_RIGID_RESTRICTED_OVERWRITE = 0x0034
    STOP_LONG_OPERATION = 0x0035
    CD_RW_MEDIA_WRITE_SUPPORT = 0x0037
    BD_R_POW = 0x0038
    DVD_PLUS_RW_DL = 0x003A
    DVD_PLUS_R_DL = 0x003B
    BD_READ = 0x0040
    BD_WRITE = 0x0041
    TSR = 0x0042
    HD_DVD_READ = 0x0050
    HD_DVD_WRITE = 0x0051
    HD_DVD_RW_FRAGMENT_RECORDING = 0x0052
    HYBRID_DISC = 0x0080
    POWER_MANAGEMENT = 0x0100
    SMART = 0x0101
    EMBEDDED_CHANGER = 0x0102
    CD_AUDIO_EXTERNAL_PLAY = 0x0103
    MICROCODE_UPGRADE = 0x0104
    TIMEOUT = 0x0105
    DVD_CSS = 0x0106
    REAL_TIME_STREAMING = 0x0107
    DRIVE_SERIAL_NUMBER = 0x0108
    MEDIA_SERIAL_NUMBER = 0x0109
    DISC_CONTROL_BLOCKS = 0x010A
    DVD_CPRM = 0x010B
    FIRMWARE_INFORMATION = 0x010C
    AACS = 0x010D
    DVD_CSS_MANAGED_RECORDING = 0x010E
    VCPS = 0x0110
    SECUR_DISC = 0x0113
    BD_CPS = 0x0120
    OSSC = 0x0142


HEADER_SIZE: Final = 4


def descriptor(name: str, *body: Field, clause: str) -> Layout:
    """Return the layout of a feature descriptor: the header, then `body`."""
    header = ("feature_code" / enumerated(16, FeatureCode), reserved(2), "version" / bits(4))
    flags = ("persistent" / flag(), "current" / flag(), "additional_length" / bits(8))
    return Layout(f"{name} feature", *header, *flags, *body, clause=clause)


@declared
class Feature(Counted):
    """A feature descriptor. Older versions of a feature are shorter; the fields they lack read as zero."""

    length_field: ClassVar[str] = "additional_length"
    selector: ClassVar[str] = "feature_code"
    required: ClassVar[int] = HEADER_SIZE

    feature_code: int
    version: int = 0
    persistent: bool = False
    current: bool = False


@declared
class RawFeature(Feature):
    """A feature that is not in MMC-6: reserved, newer or vendor-specific."""

    layout: ClassVar[Layout] = descriptor("unknown", clause="MMC-6 5.2.2")
    data: bytes = b""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Keep the feature dependent data."""
        return {"data": bytes(data)}

    def build_tail(self) -> bytes:
        """Return the feature dependent data."""
        return self.data


def padded(size: int, tail: bytes) -> bytes:
    """Return `tail` filled up so that it and the `size` bytes before it take a multiple of 4 bytes."""
    return tail + bytes(-(size + len(tail)) % 4)
