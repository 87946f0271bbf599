"""Recording management data: what a DVD-R or DVD-RW has kept of its own history (formats 0Ch and 0Dh).

A block of it is fields of 2048 bytes. Of its formats the first, of sequential recording, has border zones and RZones;
others share field 0, which tells what the disc is, and field 1, which tells who calibrated a laser on it.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import ClassVar, Final

from discstack.mmc.spec.counted import each
from discstack.mmc.spec.disc_structure.base import DiscStructure, structure
from discstack.mmc.spec.disc_structure.dvd import PreRecordedInformation
from discstack.mmc.spec.layout import Layout, Structure, bits, enumerated, raw, reserved, text
from discstack.mmc.spec.value import declared

FIELD: Final = 2048  # bytes
CALIBRATIONS: Final = 4  # sets of them in field 1
ZONE_FIELDS: Final = range(4, 13)  # of 256 RZones each, the first of two less for its head
BORDERS, ZONES = 3, 4  # fields
SEQUENTIAL: Final = 1  # format of the data


class RecordedStatus(IntEnum):
    """What was done to the disc."""

    EMPTY = 0
    DISC_AT_ONCE = 1
    INCREMENTAL = 2
    FINALIZED = 3


@declared
class ManagementSummary(Structure):
    """Field 0: what the disc is, the id that its first recorder gave it, and a copy of what its pre-pits hold."""

    layout: ClassVar[Layout] = Layout(
        "recording management data, field 0",
        *("rmd_format" / bits(16), "disc_status" / enumerated(8, RecordedStatus), reserved(24)),
        *("random_number" / bits(16), "year" / text(4), "month" / text(2), "day" / text(2), "hour" / text(2)),
        *("minute" / text(2), "second" / text(2), "pre_pit_information" / raw(64)),
        clause="ECMA-359, RMD field 0",
    )
    told: ClassVar[tuple[str, ...]] = ("media_id",)
    rmd_format: int = SEQUENTIAL
    disc_status: int = RecordedStatus.EMPTY
    random_number: int = 0
    year: str = ""
    month: str = ""
    day: str = ""
    hour: str = ""
    minute: str = ""
    second: str = ""
    pre_pit_information: bytes = bytes(64)

    @property
    def media_id(self) -> str | None:
        """Who made the disc, None where the copy of the pre-pits does not tell."""
        header = struct.pack(">H2x", len(self.pre_pit_information) + 2)
        return PreRecordedInformation.parse(header + self.pre_pit_information).media_id


@declared
class CalibrationRecord(Structure):
    """One of the four sets of field 1: a recorder that calibrated its laser on the disc, and with what result.

    `time_stamp`, `write_strategy`, `recording_power` and `running_opc` are codes of the recorder's.
    """

    layout: ClassVar[Layout] = Layout(
        "recording management data, field 1",
        *("drive_manufacturer" / text(32), "serial_number" / text(16), "model_number" / text(16)),
        *("write_strategy" / raw(4), "recording_power" / raw(4), "time_stamp" / raw(8)),
        *("power_calibration_address" / bits(32), "running_opc" / raw(24), reserved(160)),
        clause="ECMA-359, RMD field 1",
    )
    drive_manufacturer: str = ""
    serial_number: str = ""
    model_number: str = ""
    write_strategy: bytes = bytes(4)
    recording_power: bytes = bytes(4)
    time_stamp: bytes = bytes(8)
    power_calibration_address: int = 0
    running_opc: bytes = bytes(24)


@declared
class ZoneHead(Structure):
    """What field 4 begins with: the number of the invisible RZone, and those of the two that may be open (0: none)."""

    layout: ClassVar[Layout] = Layout(
        "recording management data, field 4",
        *("invisible_rzone_number" / bits(16), "first_open_rzone_number" / bits(16)),
        *("second_open_rzone_number" / bits(16), reserved(80)),
        clause="ECMA-359, RMD field 4",
    )
    invisible_rzone_number: int = 0
    first_open_rzone_number: int = 0
    second_open_rzone_number: int = 0


@declared
class RZone(Structure):
    """A track, by the physical sector numbers of its start and of its last recorded sector (0: it is open)."""

    layout: ClassVar[Layout] = Layout(
        "RZone",
        *("start_sector_number" / bits(32), "last_recorded_sector_number" / bits(32)),
        clause="ECMA-359, RMD fields 4 to 12",
    )
    start_sector_number: int
    last_recorded_sector_number: int = 0


def fields_of(data: bytes) -> list[bytes]:
    """Cut recording management data into its fields; in front of them may lie a sector that links the recording."""
    fields = [data[at : at + FIELD] for at in range(0, len(data), FIELD)]
    linked = len(fields) > 1 and not any(fields[0][:2]) and any(fields[1][:2])
    return fields[linked:]


@declared
class RecordingManagementData(DiscStructure):
    """Format 0Ch: the recording management data in the last border-out, in `data`."""

    told: ClassVar[tuple[str, ...]] = ("summary", "calibrations", "border_outs", "zone_head", "rzones")

    def field(self, number: int) -> bytes:
        """Return a field, empty where there is none."""
        found = fields_of(self.data)
        return found[number] if number < len(found) else b""

    @property
    def summary(self) -> ManagementSummary | None:
        """Field 0, None where there is no such data or it is cut off."""
        first = self.field(0)
        whole = len(first) >= ManagementSummary.layout.size and any(first[:2])
        return ManagementSummary.parse(first) if whole else None

    @property
    def calibrations(self) -> tuple[CalibrationRecord, ...]:
        """The recorders that have calibrated on the disc, the last one first."""
        sets = each(CalibrationRecord, self.field(1)[: CALIBRATIONS * CalibrationRecord.layout.size])
        return tuple(found for found in sets if found.drive_manufacturer.strip("\0"))

    @property
    def border_outs(self) -> tuple[int, ...]:
        """Where the border-outs start, by physical sector number."""
        field = self.field(BORDERS) if self._sequential else b""
        starts: tuple[int, ...] = struct.unpack(f">{len(field) // 4}I", field[: len(field) // 4 * 4])
        return tuple(start for start in starts if start)

    @property
    def zone_head(self) -> ZoneHead | None:
        """Which RZones are open, None where that is not told."""
        field = self.field(ZONES) if self._sequential else b""
        return ZoneHead.parse(field) if len(field) >= ZoneHead.layout.size else None

    @property
    def rzones(self) -> tuple[RZone, ...]:
        """The RZones in order, the invisible one included."""
        if not self._sequential:
            return ()
        rows = b"".join(self.field(number)[ZoneHead.layout.size if number == ZONES else 0 :] for number in ZONE_FIELDS)
        return tuple(zone for zone in each(RZone, rows) if zone.start_sector_number)

    @property
    def _sequential(self) -> bool:
        return self.summary is not None and self.summary.rmd_format == SEQUENTIAL


@declared
class SpecifiedManagementData(RecordingManagementData):
    """Format 0Dh: the data at the address that was asked for, and the number of the last sector of such in the RMA."""

    layout: ClassVar[Layout] = structure(
        "recording management area data", "last_recorded_rma_sector_number" / bits(32), clause="MMC-6 6.22.3.2.13"
    )
    required: ClassVar[int] = 8
    last_recorded_rma_sector_number: int = 0
