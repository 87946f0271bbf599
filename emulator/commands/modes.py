"""The mode pages: MODE SENSE and MODE SELECT, and page 2Ah, which shows the speeds once more."""

from __future__ import annotations

import struct
from typing import Final

from discstack.emulator.conditions import SAVING_NOT_SUPPORTED, Refusal, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.modes import SAVED, parameter_list
from discstack.emulator.request import Request

MOST: Final = 0xFFFF  # what a field of 16 bits can hold
READS: Final = 0x3F  # page 2Ah byte 2: CD-R, CD-RW, DVD-ROM, DVD-R, DVD-RAM
WRITES: Final = 0x37  # byte 3: CD-R, CD-RW, test write, DVD-R, DVD-RAM
FORMS: Final = 0xF0  # byte 4: mode 2 forms 1 and 2, several sessions, BURN-Free
AUDIO: Final = 0x7F  # byte 5: READ CD of audio to the sample, R-W raw and corrected, C2 bits, ISRC, catalogue number
TRAY_WITH_LOCK: Final = 0x29  # byte 6: tray, eject, lock


def capabilities(drive: Drive) -> bytes:
    """Return mode page 2Ah as of now (MMC-5 7.11, kept by every drive and host since)."""
    speeds = [min(speed, MOST) for speed in drive.pace.write_speeds] if drive.profile else []
    current_write = min(drive.pace.write_speed, MOST) if drive.profile else 0
    read = min(drive.pace.read_speed, MOST) if drive.profile else 0
    fastest_read = min(drive.pace.fastest_read_speed, MOST) if drive.profile else 0
    body = bytes([READS, WRITES, FORMS, AUDIO, TRAY_WITH_LOCK | drive.prevented << 1, 0])
    body += struct.pack(">HHHH", fastest_read, 0, min(drive.settings.buffer >> 10, MOST), read)
    body += struct.pack(">BBHHHBBBB", 0, 0, speeds[0] if speeds else 0, current_write, 1, 0, 0, 0, 0)
    body += struct.pack(">HH", current_write, len(speeds))
    body += b"".join(struct.pack(">BBH", 0, 0, speed) for speed in speeds)
    return bytes([0x2A, len(body)]) + body


def mode_sense_6(drive: Drive, request: Request, *, page_control: int, page_code: int, subpage_code: int) -> bytes:
    """MODE SENSE (6) (SPC-4 6.11)."""
    pages = _pages(drive, page_control, page_code, subpage_code)
    return bytes([min(0xFF, len(pages) + 3), 0, 0, 0]) + pages


def mode_sense_10(drive: Drive, request: Request, *, page_control: int, page_code: int, subpage_code: int) -> bytes:
    """MODE SENSE (10) (SPC-4 6.12)."""
    pages = _pages(drive, page_control, page_code, subpage_code)
    return struct.pack(">HBBHH", len(pages) + 6, 0, 0, 0, 0) + pages


def _pages(drive: Drive, page_control: int, page_code: int, subpage_code: int) -> bytes:
    if page_control == SAVED:
        raise Refusal(SAVING_NOT_SUPPORTED)
    if subpage_code:
        raise invalid_field(3)
    return drive.modes.sense(page_code, page_control, capabilities(drive))


def mode_select_6(drive: Drive, request: Request, *, pf: bool, sp: bool, parameter_list_length: int) -> bytes:
    """MODE SELECT (6) (SPC-4 6.9)."""
    return _mode_select(drive, request, pf, sp, parameter_list_length, 4)


def mode_select_10(drive: Drive, request: Request, *, pf: bool, sp: bool, parameter_list_length: int) -> bytes:
    """MODE SELECT (10) (SPC-4 6.10)."""
    return _mode_select(drive, request, pf, sp, parameter_list_length, 8)


def _mode_select(drive: Drive, request: Request, pf: bool, sp: bool, length: int, header: int) -> bytes:
    if sp or not pf:
        raise invalid_field(1)
    if length:
        drive.modes.select(*parameter_list(bytes(request.parameters(length)), header))
        if drive.medium is not None:
            drive.medium.prepare(drive.modes.write_parameters())
    return b""
