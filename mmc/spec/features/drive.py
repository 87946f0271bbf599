"""Features of the drive as a device (0100h and above, copy protection apart)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from discstack.mmc.spec.counted import Bytes
from discstack.mmc.spec.features.base import Feature, FeatureCode, descriptor, padded
from discstack.mmc.spec.layout import Layout, Structure, bits, flag, reserved, text
from discstack.mmc.spec.value import declared


@declared
class PowerManagement(Feature):
    """The drive has power conditions."""

    layout: ClassVar[Layout] = descriptor("power management", clause="MMC-6 5.3.40")
    feature_code: int = FeatureCode.POWER_MANAGEMENT
    persistent: bool = True
    current: bool = True


@declared
class Smart(Feature):
    """The drive predicts its failures; `pp` means that mode page 1Ch is there."""

    layout: ClassVar[Layout] = descriptor("SMART", *(reserved(7), "pp" / flag(), reserved(24)), clause="MMC-6 5.3.41")
    feature_code: int = FeatureCode.SMART
    pp: bool = False


@declared
class EmbeddedChanger(Feature):
    """The drive changes discs; slots are numbered from 0 to `highest_slot_number`."""

    layout: ClassVar[Layout] = descriptor(
        "embedded changer",
        *(reserved(3), "scc" / flag(), reserved(1), "sdp" / flag(), reserved(2), reserved(16)),
        *(reserved(3), "highest_slot_number" / bits(5)),
        clause="MMC-6 5.3.42",
    )
    feature_code: int = FeatureCode.EMBEDDED_CHANGER
    scc: bool = False
    sdp: bool = False
    highest_slot_number: int = 0


@declared
class MicrocodeUpgrade(Feature):
    """The firmware can be changed in place; `m5` means with WRITE BUFFER mode 5."""

    layout: ClassVar[Layout] = descriptor(
        "microcode upgrade", *(reserved(7), "m5" / flag(), reserved(24)), clause="MMC-6 5.3.44"
    )
    feature_code: int = FeatureCode.MICROCODE_UPGRADE
    version: int = 1
    m5: bool = False


@declared
class Timeout(Feature):
    """Commands answer within set times; `unit_length` is in blocks."""

    layout: ClassVar[Layout] = descriptor(
        "time-out", *(reserved(7), "group_3" / flag(), reserved(8), "unit_length" / bits(16)), clause="MMC-6 5.3.45"
    )
    feature_code: int = FeatureCode.TIMEOUT
    version: int = 1
    persistent: bool = True
    current: bool = True
    group_3: bool = False
    unit_length: int = 0


@declared
class RealTimeStreaming(Feature):
    """The host can set speeds; by which of the ways that MMC offers."""

    layout: ClassVar[Layout] = descriptor(
        "real time streaming",
        *(reserved(3), "rbcb" / flag(), "scs" / flag(), "mp2a" / flag(), "wspd" / flag(), "sw" / flag()),
        reserved(24),
        clause="MMC-6 5.3.47",
    )
    feature_code: int = FeatureCode.REAL_TIME_STREAMING
    version: int = 5
    rbcb: bool = False
    scs: bool = False
    mp2a: bool = False
    wspd: bool = False
    sw: bool = False


@declared
class DriveSerialNumber(Feature):
    """The drive's serial number."""

    layout: ClassVar[Layout] = descriptor("drive serial number", clause="MMC-6 5.3.48")
    feature_code: int = FeatureCode.DRIVE_SERIAL_NUMBER
    persistent: bool = True
    current: bool = True
    serial_number: str = ""

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the serial number without its padding."""
        return {"serial_number": bytes(data).decode("ascii", "replace").strip(" \0")}

    def build_tail(self) -> bytes:
        """Return the serial number, padded with spaces."""
        return self.serial_number.encode("ascii").ljust(-(-len(self.serial_number) // 4) * 4)


@declared
class MediaSerialNumber(Feature):
    """The medium in the drive has a serial number of its own."""

    layout: ClassVar[Layout] = descriptor("media serial number", clause="MMC-6 5.3.49")
    feature_code: int = FeatureCode.MEDIA_SERIAL_NUMBER


@declared
class DcbEntry(Structure):
    """The content descriptor of a disc control block that the drive knows, four characters read as a number."""

    layout: ClassVar[Layout] = Layout("DCB entry", "content_descriptor" / bits(32), clause="MMC-6 5.3.50")
    content_descriptor: int


@declared
class DiscControlBlocks(Feature):
    """The disc control blocks that the drive reads or writes."""

    layout: ClassVar[Layout] = descriptor("disc control blocks", clause="MMC-6 5.3.50")
    repeated: ClassVar[tuple[str, type[Structure]]] = ("entries", DcbEntry)
    feature_code: int = FeatureCode.DISC_CONTROL_BLOCKS
    entries: tuple[DcbEntry, ...] = ()


@declared
class FirmwareInformation(Feature):
    """When the firmware was made, as decimal digits in UTC."""

    layout: ClassVar[Layout] = descriptor(
        "firmware information",
        *("century" / text(2), "year" / text(2), "month" / text(2), "day" / text(2)),
        *("hour" / text(2), "minute" / text(2), "second" / text(2), reserved(16)),
        clause="MMC-6 5.3.52",
    )
    told: ClassVar[tuple[str, ...]] = ("created",)
    feature_code: int = FeatureCode.FIRMWARE_INFORMATION
    persistent: bool = True
    current: bool = True
    century: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    hour: str = ""
    minute: str = ""
    second: str = ""

    @property
    def created(self) -> datetime | None:
        """The creation time in UTC, None where the digits are no date."""
        digits = self.century + self.year + self.month + self.day + self.hour + self.minute + self.second
        try:
            return datetime.strptime(digits, "%Y%m%d%H%M%S")
        except ValueError:
            return None


@declared
class SecurDisc(Feature):
    """The drive supports SecurDisc."""

    layout: ClassVar[Layout] = descriptor("SecurDisc", reserved(32), clause="MMC-6 5.3.56")
    feature_code: int = FeatureCode.SECUR_DISC


@declared
class Ossc(Feature):
    """The drive has the TCG's Optical Security Subsystem Class, for the media in `profile_numbers`."""

    layout: ClassVar[Layout] = descriptor(
        "OSSC",
        *("psau" / flag(), "lospb" / flag(), reserved(5), "me" / flag()),
        clause="MMC-6 5.3.58",
    )
    feature_code: int = FeatureCode.OSSC
    psau: bool = False
    lospb: bool = False
    me: bool = False
    profile_numbers: tuple[int, ...] = ()

    @classmethod
    def tail(cls, data: Bytes) -> dict[str, Any]:
        """Read the number of profiles and the profiles."""
        count = min(data[0], (len(data) - 1) // 2) if data else 0
        numbers = (int.from_bytes(data[at : at + 2], "big") for at in range(1, 1 + 2 * count, 2))
        return {"profile_numbers": tuple(numbers)}

    def build_tail(self) -> bytes:
        """Return the number of profiles and the profiles."""
        numbers = b"".join(number.to_bytes(2, "big") for number in self.profile_numbers)
        return padded(self.layout.size, bytes([len(self.profile_numbers)]) + numbers)
