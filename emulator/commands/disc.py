"""What the medium is: disc and track information, capacities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discstack.emulator.conditions import invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import INVISIBLE_TRACK, Medium, capacities
from discstack.emulator.request import Request
from discstack.mmc.spec.capacities import Capacity, CapacityType
from discstack.mmc.spec.disc_information import DataType, DiscStatus
from discstack.mmc.spec.track_information import AddressNumberType, TrackInformation


def read_disc_information(drive: Drive, request: Request, *, data_type: int) -> bytes:
    """READ DISC INFORMATION: the standard data, or what is left for pseudo-overwriting (MMC-6 6.21)."""
    resources = drive.loaded.resources()
    if data_type == DataType.POW_RESOURCES and resources is not None:
        return resources.build()
    if data_type != DataType.STANDARD:
        raise invalid_field(1)
    return drive.loaded.disc().build()


def read_track_information(
    drive: Drive, request: Request, *, open: bool, address_number_type: int, address: int
) -> bytes:
    """READ TRACK INFORMATION by address, track or session (MMC-6 6.26)."""
    if open or address_number_type not in FINDERS:
        raise invalid_field(1)
    track = FINDERS[address_number_type](drive.loaded, address)
    if track is None:
        raise invalid_field(2)
    return track.build()


def _by_address(medium: Medium, address: int) -> TrackInformation | None:
    if address >= medium.capacity:
        return None
    return next((t for t in reversed(medium.tracks()) if t.logical_track_start_address <= address), None)


def _by_track(medium: Medium, number: int) -> TrackInformation | None:
    tracks = medium.tracks()
    if number == INVISIBLE_TRACK and len(tracks) < INVISIBLE_TRACK:
        return None if medium.disc().disc_status == DiscStatus.FINALIZED else tracks[-1]
    return next((track for track in tracks if track.logical_track_number == number), None)


def _by_session(medium: Medium, number: int) -> TrackInformation | None:
    return next((track for track in medium.tracks() if track.session_number == number), None)


FINDERS: Final[dict[int, Callable[[Medium, int], TrackInformation | None]]] = {
    AddressNumberType.LOGICAL_BLOCK_ADDRESS: _by_address,
    AddressNumberType.LOGICAL_TRACK_NUMBER: _by_track,
    AddressNumberType.SESSION_NUMBER: _by_session,
}


def read_capacity(drive: Drive, request: Request) -> bytes:
    """READ CAPACITY: the last block, run-out blocks of a track-at-once recording included (MMC-6 6.18)."""
    return Capacity(returned_lba=max(drive.loaded.blocks() - 1, 0)).build()


def read_format_capacities(drive: Drive, request: Request) -> bytes:
    """READ FORMAT CAPACITIES (MMC-6 6.23)."""
    if not drive.profile:
        return capacities(0, CapacityType.NO_MEDIUM_OR_UNKNOWN).build()
    return drive.loaded.format_capacities().build()
