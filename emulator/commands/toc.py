"""READ TOC/PMA/ATIP (MMC-6 6.25): the formats of all media; those of CDs come from the disc."""

from __future__ import annotations

import struct
from typing import Final

from discstack.emulator.conditions import NO_TABLE_OF_CONTENTS, Refusal, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Medium
from discstack.emulator.request import Request
from discstack.mmc.spec.msf import HIGHEST, Msf

DATA_TRACK: Final = 0x14  # ADR 1, control 4: data, copy prohibited
LEAD_OUT_TRACK: Final = 0xAA
FORMATTED_TOC, SESSION_INFORMATION = 0, 1


def read_toc_pma_atip(drive: Drive, request: Request, *, msf: bool, format: int, track_session_number: int) -> bytes:
    """READ TOC/PMA/ATIP; drives made to SFF-8020 find the format in the control byte too."""
    medium, code = drive.loaded, format or request.cdb[9] >> 6
    if code == FORMATTED_TOC:
        return _formatted_toc(medium, msf, track_session_number)
    if code == SESSION_INFORMATION:
        return _session_information(medium, msf)
    answer = medium.raw_toc(code, track_session_number)
    if answer is None:
        raise invalid_field(2)
    return answer


def _address(lba: int, msf: bool) -> bytes:
    # a DVD or BD has addresses that no time can tell
    return b"\0" + Msf.from_lba(min(lba, HIGHEST)).build() if msf else struct.pack(">i", lba)


def _entry(number: int, lba: int, msf: bool) -> bytes:
    return bytes([0, DATA_TRACK, number & 0xFF, 0]) + _address(lba, msf)


def _formatted_toc(medium: Medium, msf: bool, first: int) -> bytes:
    tracks = medium.recorded()
    if not tracks:
        raise Refusal(NO_TABLE_OF_CONTENTS)
    if first > tracks[-1].logical_track_number and first != LEAD_OUT_TRACK:
        raise invalid_field(6)
    body = b"".join(
        _entry(t.logical_track_number, t.logical_track_start_address, msf)
        for t in tracks
        if t.logical_track_number >= first
    )
    body += _entry(LEAD_OUT_TRACK, medium.lead_out(tracks[-1].session_number), msf)
    return (
        struct.pack(
            ">HBB", len(body) + 2, tracks[0].logical_track_number & 0xFF, tracks[-1].logical_track_number & 0xFF
        )
        + body
    )


def _session_information(medium: Medium, msf: bool) -> bytes:
    tracks = medium.recorded()
    if not tracks:
        return struct.pack(">HBB", 2, 1, 1)
    last = tracks[-1].session_number
    first_track = next(track for track in tracks if track.session_number == last)
    return struct.pack(">HBB", 10, 1, last & 0xFF) + _entry(
        first_track.logical_track_number, first_track.logical_track_start_address, msf
    )
