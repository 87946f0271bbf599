"""Speeds: SET CD SPEED, SET STREAMING, GET PERFORMANCE; and the mode pages, of which 2Ah shows them again."""

from __future__ import annotations

import struct
from typing import Final

from discstack.emulator.conditions import (
    PARAMETER_LIST_LENGTH,
    SAVING_NOT_SUPPORTED,
    Refusal,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.drive import AS_FAST_AS_CAN_BE, Drive
from discstack.emulator.modes import SAVED, parameter_list
from discstack.emulator.request import Request

PERFORMANCE, WRITE_SPEEDS = 0x00, 0x03  # types, MMC-6 6.7.2
STREAMING_DESCRIPTOR: Final = 28
RDD: Final = 0x04
MOST: Final = 0xFFFF  # what a field of 16 bits can hold; in SET CD SPEED: as fast as can be
READS: Final = 0x3F  # page 2Ah byte 2: CD-R, CD-RW, DVD-ROM, DVD-R, DVD-RAM
WRITES: Final = 0x07  # byte 3: CD-R, CD-RW, test write
MULTI_SESSION, BURN_FREE = 0x40, 0x80  # byte 4
TRAY_WITH_LOCK: Final = 0x29  # byte 6: tray, eject, lock
NOMINAL: Final = 0b10  # tolerance: 10 % nominal, 20 % exceptions


def set_cd_speed(
    drive: Drive, request: Request, *, logical_unit_read_speed: int, logical_unit_write_speed: int
) -> bytes:
    """SET CD SPEED (MMC-6 6.39)."""
    drive.asked_read_speed = _asked(logical_unit_read_speed)
    drive.asked_write_speed = _asked(logical_unit_write_speed)
    drive.apply_speed()
    return b""


def _asked(speed: int) -> int:
    return AS_FAST_AS_CAN_BE if speed == MOST else speed


def set_streaming(drive: Drive, request: Request, *, type: int, parameter_list_length: int) -> bytes:
    """SET STREAMING with a performance descriptor, or back to the defaults with RDD (MMC-6 6.41)."""
    if type:
        raise invalid_field(8)
    if parameter_list_length != STREAMING_DESCRIPTOR:
        raise Refusal(PARAMETER_LIST_LENGTH)
    data = bytes(request.parameters(parameter_list_length))
    if data[0] & RDD:
        drive.asked_read_speed = drive.asked_write_speed = AS_FAST_AS_CAN_BE
    else:
        read_size, read_time, write_size, write_time = struct.unpack(">4I", data[12:28])
        if not read_time or not write_time:
            raise invalid_parameter(16 if not read_time else 24)
        drive.asked_read_speed = read_size * 1000 // read_time
        drive.asked_write_speed = write_size * 1000 // write_time
    drive.apply_speed()
    return b""


def get_performance(
    drive: Drive,
    request: Request,
    *,
    tolerance: int,
    write: bool,
    except_: int,
    starting_lba: int,
    maximum_number_of_descriptors: int,
    type: int,
) -> bytes:
    """GET PERFORMANCE: nominal performance or write speed descriptors (MMC-6 6.7)."""
    if type == WRITE_SPEEDS:
        last = max(drive.loaded.capacity - 1, 0)
        descriptors = [struct.pack(">B3xIII", 0, last, drive.read_speed, speed) for speed in drive.write_speeds()]
        return struct.pack(">IB3x", 4 + 16 * len(descriptors), 0) + b"".join(
            descriptors[:maximum_number_of_descriptors]
        )
    if type != PERFORMANCE:
        raise invalid_field(10)
    if except_ or tolerance not in {0, NOMINAL}:
        raise invalid_field(1)
    last = max((drive.loaded.capacity if write else drive.loaded.blocks()) - 1, 0)
    if starting_lba > last:
        raise invalid_field(2)
    speed = drive.write_speed if write else drive.read_speed
    nominal = struct.pack(">IIII", starting_lba, speed, last, speed)
    return struct.pack(">IB3x", 4 + 16, write << 1) + (nominal if maximum_number_of_descriptors else b"")


def capabilities(drive: Drive) -> bytes:
    """Return mode page 2Ah as of now (MMC-5 7.11, kept by every drive and host since)."""
    speeds = [min(speed, MOST) for speed in drive.write_speeds()] if drive.profile else []
    current_write = min(drive.write_speed, MOST) if drive.profile else 0
    read = min(drive.read_speed, MOST) if drive.profile else 0
    body = bytes([READS, WRITES, MULTI_SESSION | BURN_FREE, 0, TRAY_WITH_LOCK | drive.prevented << 1, 0])
    body += struct.pack(">HHHH", read, 0, min(drive.settings.buffer >> 10, MOST), read)
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
