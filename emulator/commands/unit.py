"""The unit itself: readiness, sense, events, tray, identity of the drive."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from discstack.emulator.conditions import NO_SENSE, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Job, nothing
from discstack.emulator.request import Request

EVENT_CLASSES: Final = 0x5E  # operational change, power management, external request, media, device busy
OPERATIONAL, POWER, EXTERNAL, MEDIA, DEVICE_BUSY = 1, 2, 3, 4, 6  # notification classes, MMC-6 6.6.3
VPD_PAGES: Final = (0x00, 0x80, 0x83)


def test_unit_ready(drive: Drive, request: Request) -> bytes:
    """TEST UNIT READY: the preconditions are the answer."""
    return b""


def request_sense(drive: Drive, request: Request, *, desc: bool) -> bytes:
    """REQUEST SENSE: progress of what runs, else a pending unit attention, else nothing to say (SPC-4 6.39)."""
    if desc:
        raise invalid_field(1)
    condition = drive.busy_condition()
    if condition is None:
        condition = drive.attentions.popleft() if drive.attentions else drive.background_condition() or NO_SENSE
    return condition.build()


def inquiry(drive: Drive, request: Request, *, evpd: bool, cmddt: bool, page_code: int) -> bytes:
    """INQUIRY: the standard data or a page of vital product data (SPC-4 6.6, 7.8)."""
    if cmddt or (page_code and not evpd):
        raise invalid_field(2)
    if not evpd:
        return _standard_inquiry(drive)
    if page_code not in VPD_PAGES:
        raise invalid_field(2)
    body = _VPD[page_code](drive)
    return struct.pack(">BBH", 0x05, page_code, len(body)) + body


def _standard_inquiry(drive: Drive) -> bytes:
    settings = drive.settings
    names = f"{settings.vendor:8.8}{settings.product:16.16}{settings.revision:4.4}".encode("ascii")
    return bytes([0x05, 0x80, 0x05, 0x02, 31, 0, 0, 0]) + names


def _designators(drive: Drive) -> bytes:
    identifier = f"{drive.settings.vendor:8.8}{drive.settings.product:16.16}{drive.settings.serial}".encode("ascii")
    return bytes([0x02, 0x01, 0x00, len(identifier)]) + identifier  # ASCII, T10 vendor ID based


_VPD: Final[dict[int, Callable[[Drive], bytes]]] = {
    0x00: lambda drive: bytes(VPD_PAGES),
    0x80: lambda drive: drive.settings.serial.encode("ascii"),
    0x83: _designators,
}


def get_event_status_notification(
    drive: Drive, request: Request, *, polled: bool, notification_class_request: int
) -> bytes:
    """GET EVENT STATUS NOTIFICATION: one event of the first class asked for that has one (MMC-6 6.6)."""
    if not polled:
        raise invalid_field(1)
    asked = [c for c in range(1, 7) if notification_class_request & EVENT_CLASSES & 1 << c]
    if not asked:
        return bytes([0, 2, 0x80, EVENT_CLASSES])
    chosen = next((c for c in asked if c == MEDIA and drive.media_events), asked[0])
    return bytes([0, 6, chosen, EVENT_CLASSES]) + _event(drive, chosen)


def _event(drive: Drive, notification_class: int) -> bytes:
    if notification_class == MEDIA:
        event = drive.media_events.popleft() if drive.media_events else 0
        status = drive.tray_open | (drive.profile != 0) << 1
        return bytes([event, status, 0, 0])
    if notification_class == POWER:
        return bytes([0, 1, 0, 0])  # active
    if notification_class == DEVICE_BUSY and drive.operation is not None:
        left = min(0xFFFF, int((drive.operation.end - drive.clock.now()) * 10))  # in units of 100 ms
        return bytes([1, 1]) + left.to_bytes(2, "big")
    return bytes(4)


def start_stop_unit(
    drive: Drive, request: Request, *, immed: bool, power_conditions: int, loej: bool, start: bool
) -> bytes:
    """START STOP UNIT: spin, or move the tray (MMC-6 6.42)."""
    if power_conditions:
        return b""
    if loej and start:
        drive.load(immediate=immed)
    elif loej:
        drive.eject()
    elif not start and drive.profile:
        drive.flush()
        drive.run(Job(1.0, nothing), immediate=immed)
    return b""


def prevent_allow_medium_removal(drive: Drive, request: Request, *, prevent: bool) -> bytes:
    """PREVENT ALLOW MEDIUM REMOVAL (MMC-6 6.13)."""
    drive.prevented = prevent
    return b""


def mechanism_status(drive: Drive, request: Request) -> bytes:
    """MECHANISM STATUS of a drive without a changer (MMC-6 6.10)."""
    return bytes([0, 0x10 if drive.tray_open else 0, 0, 0, 0, 0, 0, 0])


def log_sense(drive: Drive, request: Request, *, page_code: int, subpage_code: int) -> bytes:
    """LOG SENSE: the list of supported pages, which is all there is (SPC-4 7.3.16)."""
    if page_code or subpage_code:
        raise invalid_field(2)
    return bytes([0, 0, 0, 1, 0])


def report_luns(drive: Drive, request: Request) -> bytes:
    """REPORT LUNS: the one (SPC-4 6.33)."""
    return bytes([0, 0, 0, 8, 0, 0, 0, 0]) + bytes(8)
