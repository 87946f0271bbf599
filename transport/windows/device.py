"""Drives of Windows: opening and locking them, and how much one command may move."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Final

from discstack.transport.windows.calls import READ_WRITE, CallFailed, Device, Windows
from discstack.transport.windows.declarations import CDROM_CONSTANTS, CONSTANTS, ffi
from discstack.transport.windows.errors import (
    ERROR_ACCESS_DENIED,
    ERROR_BAD_COMMAND,
    HELD,
    UNSUPPORTED,
    busy_error,
    open_error,
)

CALLER: Final = "discstack"  # what others are told of who has the drive
PAGE: Final = 4096
LARGEST_TRANSFER: Final = 1 << 20  # bytes; nothing gains from more
FALLBACK_TRANSFER: Final = 64 << 10  # bytes, where the system does not tell
FALLBACK_MASK: Final = 511  # no adapter is known to want more
BUS_TYPE_USB: Final = 0x07  # STORAGE_BUS_TYPE
OPTICAL: Final = frozenset({0x02, 0x33})  # FILE_DEVICE_CD_ROM, FILE_DEVICE_DVD
LETTER: Final = re.compile(r"([A-Za-z]:)\\?")


@dataclass(frozen=True, slots=True)
class AdapterLimits:
    """The most bytes that one command may move, and the bits that the address of its data may not have.

    `usb` says that a bridge is on the way, and many hang on transfers that they say they take.
    """

    max_transfer: int = FALLBACK_TRANSFER
    alignment_mask: int = FALLBACK_MASK
    usb: bool = False


def device_path(name: str) -> str:
    r"""Return the path of a drive given as D:, D:\ or a path such as \\.\CdRom0 or that of a device interface."""
    letter = LETTER.fullmatch(name)
    return rf"\\.\{letter[1].upper()}" if letter else name


def open_device(windows: Windows, name: str) -> Device:
    """Open a drive that others may have open as well: Windows takes commands only on handles that may read and write.

    Raises AccessDenied, DeviceBusy or DeviceGone.
    """
    try:
        return Device(windows, device_path(name), READ_WRITE)
    except CallFailed as failed:
        if failed.number in HELD:
            raise busy_error(name, failed.number, "another program") from failed
        raise open_error(name, failed.number) from failed


def hold_device(device: Device, name: str) -> None:
    """Lock and dismount the volume, and then the drive, so that nobody has to be asked to look away.

    Raises DeviceBusy, with the holder's name where Windows tells it, and AccessDenied.
    """
    try:
        if _told(device, "FSCTL_LOCK_VOLUME"):
            _told(device, "FSCTL_DISMOUNT_VOLUME")
        _lock_device(device)
    except CallFailed as failed:
        if _is_held(failed):
            holder = exclusive_holder(device) or "programs that have files of the disc open"
            raise busy_error(name, failed.number, holder) from failed
        if failed.number == ERROR_BAD_COMMAND:
            raise busy_error(name, failed.number, "a file system that is mounted and cannot be locked") from failed
        raise open_error(name, failed.number) from failed


def release_device(device: Device) -> None:
    """Let others have the drive again; closing it would do so in any case."""
    with contextlib.suppress(CallFailed):
        device.control(CDROM_CONSTANTS["IOCTL_CDROM_EXCLUSIVE_ACCESS"], _access("ExclusiveAccessUnlockDevice"))
    with contextlib.suppress(CallFailed):
        device.control(CONSTANTS["FSCTL_UNLOCK_VOLUME"])


def exclusive_holder(device: Device) -> str | None:
    """Return what who has the drive exclusively calls himself; None where nobody has, or the system does not tell."""
    room = ffi.sizeof("CDROM_EXCLUSIVE_LOCK_STATE")
    try:
        answer = device.control(
            CDROM_CONSTANTS["IOCTL_CDROM_EXCLUSIVE_ACCESS"], _access("ExclusiveAccessQueryState"), room
        )
    except CallFailed:
        return None
    state = ffi.from_buffer("CDROM_EXCLUSIVE_LOCK_STATE *", answer.ljust(room, b"\0"))
    if not state.LockState:
        return None
    return bytes(ffi.buffer(state.CallerName)).partition(b"\0")[0].decode("ascii", "replace") or "somebody"


def adapter_limits(device: Device) -> AdapterLimits:
    """Return what the system says of the host adapter, or what any adapter takes."""
    room = ffi.sizeof("STORAGE_ADAPTER_DESCRIPTOR")
    query = ffi.new("STORAGE_PROPERTY_QUERY *", {"PropertyId": CONSTANTS["StorageAdapterProperty"]})
    try:
        answer = device.control(CONSTANTS["IOCTL_STORAGE_QUERY_PROPERTY"], query, room)
    except CallFailed:
        return AdapterLimits()
    if len(answer) < ffi.offsetof("STORAGE_ADAPTER_DESCRIPTOR", "AdapterUsesPio"):  # what follows the limits
        return AdapterLimits()
    adapter = ffi.from_buffer("STORAGE_ADAPTER_DESCRIPTOR *", answer.ljust(room, b"\0"))
    limits = [LARGEST_TRANSFER, adapter.MaximumTransferLength or FALLBACK_TRANSFER]
    if adapter.MaximumPhysicalPages > 1:
        limits.append((adapter.MaximumPhysicalPages - 1) * PAGE)  # a buffer off the page boundary takes one more
    mask = (1 << adapter.AlignmentMask.bit_length()) - 1
    return AdapterLimits(max(min(limits) // PAGE, 1) * PAGE, mask, usb=adapter.BusType == BUS_TYPE_USB)


def device_number(device: Device) -> int | None:
    r"""Return the N of \\.\CdRomN; None where the system does not say that it is an optical drive."""
    room = ffi.sizeof("STORAGE_DEVICE_NUMBER")
    try:
        answer = device.control(CONSTANTS["IOCTL_STORAGE_GET_DEVICE_NUMBER"], room=room)
    except CallFailed:
        return None
    if len(answer) < room:
        return None
    number = ffi.from_buffer("STORAGE_DEVICE_NUMBER *", answer)
    return int(number.DeviceNumber) if number.DeviceType in OPTICAL else None


def _is_held(failed: CallFailed) -> bool:
    return failed.number == ERROR_ACCESS_DENIED or failed.number in HELD


def _told(device: Device, order: str) -> bool:
    """Tell the volume something; False where there is none that takes it, as without a medium."""
    try:
        device.control(CONSTANTS[order])
    except CallFailed as failed:
        if _is_held(failed):
            raise
        return False
    return True


def _lock_device(device: Device) -> None:
    """Take exclusive access; where the driver has no such thing, the volume's lock has to do."""
    access = {"RequestType": CDROM_CONSTANTS["ExclusiveAccessLockDevice"]}
    lock = ffi.new("CDROM_EXCLUSIVE_LOCK *", {"Access": access, "CallerName": CALLER.encode()})
    try:
        device.control(CDROM_CONSTANTS["IOCTL_CDROM_EXCLUSIVE_ACCESS"], lock)
    except CallFailed as failed:
        if failed.number not in UNSUPPORTED:
            raise


def _access(request: str) -> object:
    return ffi.new("CDROM_EXCLUSIVE_ACCESS *", {"RequestType": CDROM_CONSTANTS[request]})
