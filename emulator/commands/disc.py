"""What the medium is: disc and track information, capacities, table of contents."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from discstack.emulator.conditions import invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import INVISIBLE_TRACK, NO_MEDIUM, Medium, TrackSummary
from discstack.emulator.request import Request
from discstack.emulator.store import BLOCK

BY_ADDRESS, BY_TRACK, BY_SESSION = range(3)  # address/number type, MMC-6 6.26.2.2


def read_disc_information(drive: Drive, request: Request, *, data_type: int) -> bytes:
    """READ DISC INFORMATION: the standard data; other types are of media with a resource table (MMC-6 6.21)."""
    medium = drive.loaded
    if data_type:
        raise invalid_field(1)
    disc = medium.disc()
    first, last = disc.first_track_in_last, disc.last_track_in_last
    head = bytes(
        [disc.erasable << 4 | disc.last_session << 2 | disc.status, 1, disc.sessions & 0xFF, first & 0xFF, last & 0xFF]
    )
    tail = bytes([0x20 | disc.background_format, 0x00, disc.sessions >> 8, first >> 8, last >> 8])
    return struct.pack(">H", 32) + head + tail + bytes(4) + medium.lead_in() + medium.last_lead_out() + bytes(10)


def read_track_information(
    drive: Drive, request: Request, *, open: bool, address_number_type: int, address: int
) -> bytes:
    """READ TRACK INFORMATION by address, track or session (MMC-6 6.26)."""
    if open:
        raise invalid_field(1)
    if address_number_type not in FINDERS:
        raise invalid_field(1)
    track = FINDERS[address_number_type](drive.loaded, address)
    if track is None:
        raise invalid_field(2)
    return _track_information(drive.loaded, track)


def _by_address(medium: Medium, address: int) -> TrackSummary | None:
    return next((t for t in reversed(medium.tracks()) if t.start <= address < medium.capacity), None)


def _by_track(medium: Medium, number: int) -> TrackSummary | None:
    tracks = medium.tracks()
    if number == INVISIBLE_TRACK and len(tracks) < INVISIBLE_TRACK:
        return tracks[-1] if medium.disc().status != 2 else None
    return tracks[number - 1] if 1 <= number <= len(tracks) else None


def _by_session(medium: Medium, number: int) -> TrackSummary | None:
    return next((t for t in medium.tracks() if t.session == number), None)


FINDERS: Final[dict[int, Callable[[Medium, int], TrackSummary | None]]] = {
    BY_ADDRESS: _by_address,
    BY_TRACK: _by_track,
    BY_SESSION: _by_session,
}


def _track_information(medium: Medium, track: TrackSummary) -> bytes:
    nwa, lra = track.next_writable, track.last_recorded
    flags = track.reserved << 7 | track.blank << 6
    valid = (lra is not None) << 1 | (nwa is not None)
    return struct.pack(
        ">HBBBBBBIIIIIIBBHI",
        *(38, track.number & 0xFF, track.session & 0xFF, 0, track.damaged << 5 | 4, flags | 1, valid),
        *(track.start, nwa or 0, track.free, _blocking_factor(medium), track.size, lra or 0),
        *(track.number >> 8, track.session >> 8, 0, 0),
    )


def _blocking_factor(medium: Medium) -> int:
    return medium.kind.write_unit if medium.kind.write_unit > 1 else 0


def read_capacity(drive: Drive, request: Request) -> bytes:
    """READ CAPACITY: the last block, run-out blocks of a track-at-once recording included (MMC-6 6.18)."""
    return struct.pack(">II", max(drive.loaded.blocks() - 1, 0), BLOCK)


def read_format_capacities(drive: Drive, request: Request) -> bytes:
    """READ FORMAT CAPACITIES (MMC-6 6.23)."""
    if not drive.profile:
        return struct.pack(">III", 8, 0, NO_MEDIUM << 24 | BLOCK)
    (blocks, descriptor), formats = drive.loaded.format_capacities()
    body = struct.pack(">II", blocks, descriptor << 24 | BLOCK)
    body += b"".join(struct.pack(">IB", b, code) + parameter.to_bytes(3, "big") for b, code, parameter in formats)
    return struct.pack(">I", len(body)) + body
