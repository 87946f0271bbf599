"""The unit itself: readiness, sense, events, tray, identity of the drive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from discstack.emulator.conditions import NO_SENSE, invalid_field
from discstack.emulator.drive import Drive
from discstack.emulator.media.base import Job, nothing
from discstack.emulator.request import Request
from discstack.mmc.spec.event_status import (
    BusyEvent,
    DeviceBusyEvent,
    DeviceStatus,
    EventStatus,
    ExternalRequestEvent,
    MediaEvent,
    MediaStatusEvent,
    NotificationClass,
    OperationalChangeEvent,
    PowerManagementEvent,
)
from discstack.mmc.spec.inquiry import (
    DesignationDescriptor,
    DeviceIdentification,
    InquiryData,
    SupportedVpdPages,
    UnitSerialNumber,
)
from discstack.mmc.spec.layout import Structure
from discstack.mmc.spec.mechanism import MechanismStatus

SPC_3: Final = 5  # version field of INQUIRY
ASCII, T10_VENDOR_ID = 2, 1  # code set and designator type, SPC-4 7.8.6


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
    if cmddt or (page_code and not evpd) or (evpd and page_code not in VPD_PAGES):
        raise invalid_field(2)
    return (VPD_PAGES[page_code] if evpd else _standard_inquiry)(drive).build()


def _standard_inquiry(drive: Drive) -> Structure:
    return InquiryData(
        version=SPC_3,
        t10_vendor_identification=drive.settings.vendor,
        product_identification=drive.settings.product,
        product_revision_level=drive.settings.revision,
    )


def _supported_pages(drive: Drive) -> Structure:
    return SupportedVpdPages(supported_page_list=tuple(VPD_PAGES))


def _serial_number(drive: Drive) -> Structure:
    return UnitSerialNumber(product_serial_number=drive.settings.serial)


def _identification(drive: Drive) -> Structure:
    settings = drive.settings
    name = f"{settings.vendor:8}{settings.product:16}{settings.serial}".encode("ascii")
    descriptor = DesignationDescriptor(code_set=ASCII, designator_type=T10_VENDOR_ID, designator=name)
    return DeviceIdentification(designation_descriptors=(descriptor,))


VPD_PAGES: Final[dict[int, Callable[[Drive], Structure]]] = {
    0x00: _supported_pages,
    0x80: _serial_number,
    0x83: _identification,
}


def get_event_status_notification(
    drive: Drive, request: Request, *, polled: bool, notification_class_request: int
) -> bytes:
    """GET EVENT STATUS NOTIFICATION: one event of the first class asked for that has one (MMC-6 6.6)."""
    if not polled:
        raise invalid_field(1)
    supported = sum(1 << notification_class for notification_class in EVENTS)
    asked = [c for c in EVENTS if notification_class_request & 1 << c]
    if not asked:
        return EventStatus(nea=True, supported_event_classes=supported).build()
    pending = [NotificationClass.MEDIA] if NotificationClass.MEDIA in asked and drive.media_events else asked
    event = EVENTS[pending[0]](drive)
    return EventStatus(notification_class=pending[0], supported_event_classes=supported, event=event).build()


def _media_event(drive: Drive) -> Structure:
    code = drive.media_events.popleft() if drive.media_events else MediaEvent.NO_CHANGE
    return MediaStatusEvent(event_code=code, media_present=drive.profile != 0, door_or_tray_open=drive.tray_open)


def _busy_event(drive: Drive) -> Structure:
    if drive.operation is None:
        return BusyEvent()
    left = min(0xFFFF, int((drive.operation.end - drive.clock.now()) * 10))  # in units of 100 ms
    return BusyEvent(event_code=DeviceBusyEvent.CHANGE, device_busy_status=DeviceStatus.TEMPORARY_BUSY, time=left)


EVENTS: Final[dict[NotificationClass, Callable[[Drive], Structure]]] = {
    NotificationClass.OPERATIONAL_CHANGE: lambda drive: OperationalChangeEvent(),
    NotificationClass.POWER_MANAGEMENT: lambda drive: PowerManagementEvent(),
    NotificationClass.EXTERNAL_REQUEST: lambda drive: ExternalRequestEvent(),
    NotificationClass.MEDIA: _media_event,
    NotificationClass.DEVICE_BUSY: _busy_event,
}


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
        drive.spinning = False
    return b""


def prevent_allow_medium_removal(drive: Drive, request: Request, *, prevent: bool) -> bytes:
    """PREVENT ALLOW MEDIUM REMOVAL (MMC-6 6.13)."""
    drive.prevented = prevent
    return b""


def mechanism_status(drive: Drive, request: Request) -> bytes:
    """MECHANISM STATUS of a drive without a changer (MMC-6 6.10)."""
    return MechanismStatus(door_open=drive.tray_open).build()


def log_sense(drive: Drive, request: Request, *, page_code: int, subpage_code: int) -> bytes:
    """LOG SENSE: the list of supported pages, which is all there is (SPC-4 7.3.16)."""
    if page_code or subpage_code:
        raise invalid_field(2)
    return bytes([0, 0, 0, 1, 0])


def report_luns(drive: Drive, request: Request) -> bytes:
    """REPORT LUNS: the one (SPC-4 6.33)."""
    return bytes([0, 0, 0, 8, 0, 0, 0, 0]) + bytes(8)
