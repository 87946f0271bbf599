"""Before and after the data: calibration, reservation, closing, blanking, formatting."""

from __future__ import annotations

from typing import Final

from discstack.emulator.conditions import (
    CALIBRATION_AREA_ALMOST_FULL,
    CALIBRATION_AREA_FULL,
    CANNOT_WRITE_MEDIUM,
    PARAMETER_LIST_LENGTH,
    Refusal,
    invalid_field,
    invalid_parameter,
)
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Job, nothing
from discstack.emulator.request import Request
from discstack.mmc.spec.cue_sheet import parse_cue_sheet
from discstack.mmc.spec.disc_information import DiscStatus
from discstack.mmc.spec.format_unit import FormatUnitParameters

ALMOST_FULL: Final = 10  # calibrations left at which the drive begins to warn
FORMAT_DESCRIPTOR: Final = 8  # bytes
FORMAT_LIST: Final = 4 + FORMAT_DESCRIPTOR
CUE_ENTRY: Final = 8  # bytes
LONGEST_CUE_SHEET: Final = 3072  # bytes, as feature 2Eh says


def send_opc_information(drive: Drive, request: Request, *, do_opc: bool, parameter_list_length: int) -> bytes:
    """SEND OPC INFORMATION: calibrate the laser (MMC-6 6.38)."""
    medium = drive.loaded
    if parameter_list_length:
        raise invalid_field(7)
    disc = medium.disc()
    if disc.disc_status == DiscStatus.FINALIZED and not disc.erasable:
        raise Refusal(CANNOT_WRITE_MEDIUM)
    if do_opc:
        if medium.calibrations_left == 0:
            raise Refusal(CALIBRATION_AREA_FULL)
        drive.run(Job(medium.kind.durations.calibrate, nothing), immediate=False)
        if medium.calibrations_left is not None:
            medium.calibrations_left -= 1
            medium.changed()
            if medium.calibrations_left < ALMOST_FULL:
                raise Refusal(CALIBRATION_AREA_ALMOST_FULL)
    return b""


def reserve_track(
    drive: Drive, request: Request, *, rmz: bool, arsv: bool, logical_track_reservation_parameter: int
) -> bytes:
    """RESERVE TRACK by its size (MMC-6 6.31)."""
    if rmz or arsv:
        raise invalid_field(1)
    drive.loaded.reserve(logical_track_reservation_parameter)
    return b""


def send_cue_sheet(drive: Drive, request: Request, *, parameter_list_length: int) -> bytes:
    """SEND CUE SHEET; the drive may insist on a lead-in without a time (MMC-6 6.35)."""
    if parameter_list_length > LONGEST_CUE_SHEET:
        raise invalid_field(6)
    data = bytes(request.parameters(parameter_list_length))
    if len(data) % CUE_ENTRY:
        raise Refusal(PARAMETER_LIST_LENGTH)
    entries = parse_cue_sheet(data)
    for number, entry in enumerate(entries):
        if drive.settings.untimed_lead_in and not entry.tno and entry.adr == 1 and entry.time.minute:
            raise invalid_parameter(number * CUE_ENTRY + 5)
    drive.loaded.cue_sheet(entries)
    return b""


def close_track_session(
    drive: Drive, request: Request, *, immed: bool, close_function: int, logical_track_number: int
) -> bytes:
    """CLOSE TRACK/SESSION (MMC-6 6.3)."""
    drive.run(drive.loaded.close(close_function, logical_track_number), immediate=immed)
    return b""


def blank(drive: Drive, request: Request, *, immed: bool, blanking_type: int, start_address: int) -> bytes:
    """BLANK (MMC-6 6.2)."""
    drive.run(drive.loaded.blank(blanking_type, start_address), immediate=immed)
    return b""


def format_unit(drive: Drive, request: Request, *, fmt_data: bool, cmp_list: bool, format_code: int) -> bytes:
    """FORMAT UNIT with its list of one descriptor (MMC-6 6.4)."""
    if not fmt_data or format_code != 1:
        raise invalid_field(1)
    if len(request.outgoing) < FORMAT_LIST:
        raise Refusal(PARAMETER_LIST_LENGTH)
    data = bytes(request.outgoing[:FORMAT_LIST])
    if data[2:4] != FORMAT_DESCRIPTOR.to_bytes(2, "big"):
        raise invalid_parameter(2)
    wanted = FormatUnitParameters.parse(data)
    drive.run(drive.loaded.format(wanted), immediate=wanted.immed)
    return b""
