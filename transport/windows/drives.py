r"""The drives of a Windows machine: their letters, their numbers, and what Windows says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from discstack.transport.system import DriveEntry
from discstack.transport.windows.calls import NO_ACCESS, CallFailed, Device, Windows
from discstack.transport.windows.declarations import CONSTANTS, ffi
from discstack.transport.windows.device import device_number, device_path
from discstack.transport.windows.interfaces import Interface, list_interfaces

ROOM: Final = 1024  # bytes for a STORAGE_DEVICE_DESCRIPTOR with its texts
# STORAGE_BUS_TYPE of ntddstor.h
BUSES: Final[Mapping[int, str]] = {
    0x01: "SCSI",
    0x02: "ATA",
    0x03: "ATA",
    0x04: "FireWire",
    0x07: "USB",
    0x08: "RAID",
    0x09: "iSCSI",
    0x0A: "SAS",
    0x0B: "ATA",
    0x0E: "virtual",
    0x0F: "virtual",
}


@dataclass(frozen=True, slots=True)
class _Descriptor:
    vendor: str = ""
    model: str = ""
    revision: str = ""
    serial: str = ""
    bus: str = ""


def list_drives(windows: Windows) -> tuple[DriveEntry, ...]:
    """Return the drives in the order of their numbers; CallFailed where Windows does not list them."""
    letters = dict(_letters(windows))
    found = [_drive(windows, interface, letters) for interface in list_interfaces(windows)]
    return tuple(entry for _, entry in sorted(found, key=lambda drive: (drive[0] is None, drive[0] or 0)))


def _letters(windows: Windows) -> Iterator[tuple[int, str]]:
    """Yield numbers of drives and the letters that lead to them."""
    there = windows.kernel32.GetLogicalDrives()
    for bit, name in enumerate(ascii_uppercase):
        if there >> bit & 1 and windows.kernel32.GetDriveTypeW(f"{name}:\\") == CONSTANTS["DRIVE_CDROM"]:
            number, _ = _look(windows, device_path(f"{name}:"))
            if number is not None:
                yield number, f"{name}:"


def _drive(windows: Windows, interface: Interface, letters: Mapping[int, str]) -> tuple[int | None, DriveEntry]:
    number, told = _look(windows, interface.path)
    numbered = None if number is None else rf"\\.\CdRom{number}"
    names = [letters.get(number) if number is not None else None, numbered, interface.path]
    address, *others = filter(None, names)
    entry = DriveEntry(
        address=address,
        identifier=interface.instance,
        names=tuple(others),
        vendor=told.vendor,
        model=told.model or interface.friendly_name,
        revision=told.revision,
        serial=told.serial,
        bus=told.bus,
    )
    return number, entry


def _look(windows: Windows, path: str) -> tuple[int | None, _Descriptor]:
    """Ask the system about a device; nothing is sent to the device itself."""
    try:
        device = Device(windows, path, NO_ACCESS)
    except CallFailed:
        return None, _Descriptor()
    try:
        return device_number(device), _descriptor(device)
    finally:
        device.close()


def _descriptor(device: Device) -> _Descriptor:
    query = ffi.new("STORAGE_PROPERTY_QUERY *", {"PropertyId": CONSTANTS["StorageDeviceProperty"]})
    try:
        answer = device.control(CONSTANTS["IOCTL_STORAGE_QUERY_PROPERTY"], query, ROOM)
    except CallFailed:
        return _Descriptor()
    told: Any = ffi.from_buffer("STORAGE_DEVICE_DESCRIPTOR *", answer.ljust(ROOM, b"\0"))
    offsets = (told.VendorIdOffset, told.ProductIdOffset, told.ProductRevisionOffset, told.SerialNumberOffset)
    vendor, model, revision, serial = (_text(answer, offset) for offset in offsets)
    return _Descriptor(vendor, model, revision, serial, BUSES.get(told.BusType, ""))


def _text(answer: bytes, offset: int) -> str:
    """Return the text at an offset, which is 0 or beyond the answer where there is none."""
    return answer[offset:].partition(b"\0")[0].decode("ascii", "replace").strip() if offset else ""
