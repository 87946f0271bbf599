r"""SCSI commands by Windows's IOCTL_SCSI_PASS_THROUGH_DIRECT, on D: and \\.\CdRom0."""

from __future__ import annotations

import time
from typing import Any, Final, Self

from discstack.mmc.spec.cdb import Direction
from discstack.mmc.spec.commands import INQUIRY
from discstack.mmc.spec.inquiry import MMC_DEVICE
from discstack.transport.base import GOOD, BackendUnavailable, Command, DeviceBusy, TransportError
from discstack.transport.native_transport import NativeTransport, Unanswered
from discstack.transport.windows.calls import Device, Windows, this_windows
from discstack.transport.windows.declarations import ffi
from discstack.transport.windows.device import (
    adapter_limits,
    exclusive_holder,
    hold_device,
    open_device,
    release_device,
)
from discstack.transport.windows.errors import ERROR_ACCESS_DENIED, busy_error, command_failure

BUSY_PATIENCE: Final = 2.0  # seconds that a device held by somebody else is tried again: Explorer's looks are short
BUSY_INTERVAL: Final = 0.1
INQUIRY_LENGTH: Final = 36
DEVICE_TYPE: Final = 0x1F  # the bits of the first byte, SPC-4 6.6.2


class SptiTransport(NativeTransport):
    """A logical unit behind an open device. One command at a time; another thread's waits for its turn."""

    def __init__(self, device: Device, name: str) -> None:
        """Take over an open device; `open` is the usual way."""
        self._device: Final = device
        self._held = False
        windows, limits = device.windows, adapter_limits(device)
        self._spti: Final = windows.spti.spti_new(
            device.handle,
            _address(windows.kernel32.DeviceIoControl),
            _address(windows.kernel32.GetLastError),
            limits.alignment_mask,
            limits.max_transfer,
        )
        if not self._spti:
            raise MemoryError("no memory for a device")
        submit, context = _address(windows.spti.spti_submit), _address(self._spti)
        super().__init__(name, limits.max_transfer, wary=limits.usb, submit=submit, context=context)

    @classmethod
    def open(cls, name: str, *, write: bool = False, windows: Windows | None = None) -> Self:
        """Open a drive: shared to look and to read; exclusively, its volume dismounted, to change the disc.

        A device that is held is tried again for 2 s. Raises AccessDenied, DeviceBusy (naming the holder where Windows
        does), DeviceGone or BackendUnavailable.
        """
        system = windows or this_windows()
        deadline = time.monotonic() + BUSY_PATIENCE
        while True:
            try:
                return cls._open(system, name, write)
            except DeviceBusy:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(BUSY_INTERVAL)

    @classmethod
    def _open(cls, windows: Windows, name: str, write: bool) -> Self:
        transport = cls(open_device(windows, name), name)
        try:
            if write:
                transport._hold()
        except BaseException:
            transport.close()
            raise
        return transport

    def _hold(self) -> None:
        """Take the drive for ourselves, once it says that it is one: `-d C:` must not dismount anything."""
        inquiry = Command(INQUIRY.build(allocation_length=INQUIRY_LENGTH), Direction.FROM_DEVICE, None, INQUIRY_LENGTH)
        reply = self.execute(inquiry)
        if reply.status != GOOD or not reply.data or reply.data[0] & DEVICE_TYPE != MMC_DEVICE:
            raise BackendUnavailable(f"{self.name}: this is no CD, DVD or BD drive")
        self._held = True
        hold_device(self._device, self.name)

    def _failure(self, lost: Unanswered) -> TransportError:
        holder = exclusive_holder(self._device) if lost.error == ERROR_ACCESS_DENIED else None
        if holder is not None:
            return busy_error(self.name, lost.error, holder)
        return command_failure(self.name, lost)

    def _release(self) -> None:
        if self._held:
            release_device(self._device)
        self._device.close()
        self._device.windows.spti.spti_free(self._spti)


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
