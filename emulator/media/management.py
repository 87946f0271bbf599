"""What a virtual DVD-R or DVD-RW keeps of its history: recording management data and the unique disc identifier."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from discstack.emulator.media.structures import DATA_ZONE, DVD, PRE_RECORDED, Structures
from discstack.emulator.settings import DEFAULTS
from discstack.mmc.spec.counted import join
from discstack.mmc.spec.disc_structure import (
    CalibrationRecord,
    ManagementSummary,
    RecordedStatus,
    RZone,
    UniqueDiscIdentifier,
    ZoneHead,
)
from discstack.mmc.spec.disc_structure.recording_management import BORDERS, FIELD, ZONE_FIELDS

if TYPE_CHECKING:
    from discstack.emulator.media.track_medium import Track

LAST_BORDER_OUT, MANAGEMENT_AREA, UNIQUE_ID = 0x0C, 0x0D, 0x0F
RMA: Final = 0x203C0  # physical sector number of the first sector of the recording management area
RMA_BLOCK: Final = 16  # sectors
FIELDS: Final = 15
PCA_END: Final = 0x203B0  # behind the area where the laser is calibrated, from its outer end inwards


def management_structures(
    tracks: Sequence[Track], disc_id: int, status: RecordedStatus, calibrations: int, pits: Structures
) -> Structures:
    """Return the disc structures of a disc that something was recorded on, the last of `tracks` invisible."""
    if not disc_id:
        return {}
    fields = [b""] * FIELDS
    fields[0] = ManagementSummary(
        disc_status=status, random_number=disc_id, pre_pit_information=pits[DVD, PRE_RECORDED].ljust(64, b"\0")
    ).build()
    if calibrations:
        fields[1] = CalibrationRecord(
            drive_manufacturer=DEFAULTS.vendor,
            model_number=DEFAULTS.product,
            power_calibration_address=PCA_END - RMA_BLOCK * calibrations,
        ).build()
    borders = _border_outs(tracks)
    fields[BORDERS] = struct.pack(f">{len(borders)}I", *borders)
    zones = _zones(tracks)[: len(ZONE_FIELDS) * FIELD]
    for number, at in zip(ZONE_FIELDS, range(0, len(zones), FIELD), strict=False):
        fields[number] = zones[at : at + FIELD]
    data = b"".join(field.ljust(FIELD, b"\0") for field in fields)
    written = sum(bool(track.written) + track.closed for track in tracks)  # each of that was told to the RMA
    area = struct.pack(">I", RMA + RMA_BLOCK * written - 1) + data
    identifier = UniqueDiscIdentifier(random_number=disc_id).build()[4:]
    found: Structures = {(DVD, MANAGEMENT_AREA): area, (DVD, UNIQUE_ID): identifier}
    return {**found, (DVD, LAST_BORDER_OUT): data} if borders else found


def _border_outs(tracks: Sequence[Track]) -> list[int]:
    """Return where the border-outs begin: behind the last track of each session that another one follows."""
    ends = {track.session: track.end for track in tracks if track.closed}
    last = tracks[-1]
    return [DATA_ZONE + end for session, end in ends.items() if session < last.session or last.closed]


def _zones(tracks: Sequence[Track]) -> bytes:
    zones = [
        RZone(
            start_sector_number=DATA_ZONE + track.start,
            last_recorded_sector_number=DATA_ZONE + track.end - 1 if track.closed else 0,
        )
        for track in tracks
    ]
    still = [number for number, track in enumerate(tracks, 1) if track.size is not None and not track.closed]
    first, second, *_ = [*still, 0, 0]
    head = ZoneHead(
        invisible_rzone_number=0 if tracks[-1].closed else len(tracks),
        first_open_rzone_number=first,
        second_open_rzone_number=second,
    )
    return head.build() + join(zones)
