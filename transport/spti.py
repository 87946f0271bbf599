r"""SCSI commands by Windows's IOCTL_SCSI_PASS_THROUGH_DIRECT, on D: and \\.\CdRom0."""

from __future__ import annotations

from typing import Any, Final, Self

from discstack.transport.base import TransportError
from discstack.transport.native_transport import NativeTransport, Unanswered
from discstack.transport.windows.calls import Device, Windows, this_windows
from discstack.transport.windows.declarations import ffi
from discstack.transport.windows.device import adapter_limits, open_device, release_device
from discstack.transport.windows.errors import command_failure


class SptiTransport(NativeTransport):
    """A logical unit behind an open device. One command at a time; another thread's waits for its turn."""

    def __init__(self, device: Device, name: str, *, write: bool = False) -> None:
        """Take over an open device, which is held exclusively if it is open to `write`; `open` is the usual way."""
        self._device: Final = device
        self._write: Final = write
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
        super().__init__(name, limits.max_transfer, submit=submit, context=context)

    @classmethod
    def open(cls, name: str, *, write: bool = False, windows: Windows | None = None) -> Self:
        """Open a drive: shared to look and to read; exclusively, its volume dismounted, to change the disc.

        A device that is held is tried again for 2 s. Raises AccessDenied, DeviceBusy (naming the holder where Windows
        does), DeviceGone or BackendUnavailable.
        """
        return cls(open_device(windows or this_windows(), name, write=write), name, write=write)

    def _failure(self, lost: Unanswered) -> TransportError:
        return command_failure(self.name, lost)

    def _release(self) -> None:
        release_device(self._device, write=self._write)
        self._device.windows.spti.spti_free(self._spti)


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
