"""SCSI commands by Linux's ioctl SG_IO, on /dev/srN and /dev/sgN."""

from __future__ import annotations

import os
from typing import Any, Final, Self

from discstack.transport._sgio import ffi, lib
from discstack.transport.base import TransportError
from discstack.transport.linux_device import behind_usb, hold_other_node, is_generic, max_transfer, open_device
from discstack.transport.native_transport import NativeTransport, Unanswered
from discstack.transport.sgio_errors import command_failure

_submit = ffi.addressof(lib, "sgio_submit")


class SgioTransport(NativeTransport):
    """A logical unit behind a device file. One command at a time; another thread's waits for its turn."""

    def __init__(self, descriptor: int, path: str, *, also: int | None = None) -> None:
        """Take over an open descriptor, and one to be held as long; `open` is the usual way."""
        generic = is_generic(descriptor)
        if generic:
            os.set_blocking(descriptor, True)  # answers are waited for by reading
        self._device: Final = ffi.new("struct sgio_device *", {"fd": descriptor, "generic": generic})
        self._also = also
        submit, context = _address(_submit), _address(self._device)
        most, wary = max_transfer(descriptor), behind_usb(descriptor)
        super().__init__(path, most, wary=wary, submit=submit, context=context)

    @classmethod
    def open(cls, path: str, *, write: bool = False, exclusive: bool | None = None) -> Self:
        """Open a device file: for reading to look and to read, for writing and exclusively to change the disc.

        `exclusive` (the same as `write` unless given) keeps out mounts, udev's probes and other exclusive users, by the
        nodes of both drivers. A device that is held is tried again for 2 s. Raises AccessDenied, DeviceBusy (naming the
        holder), DeviceGone or BackendUnavailable.
        """
        exclusive = write if exclusive is None else exclusive
        descriptor = open_device(path, write=write, exclusive=exclusive)
        also: int | None = None
        try:
            also = hold_other_node(descriptor) if exclusive else None
            return cls(descriptor, path, also=also)
        except BaseException:
            os.close(descriptor)
            if also is not None:
                os.close(also)
            raise

    def _failure(self, lost: Unanswered) -> TransportError:
        return command_failure(self.name, lost)

    def _release(self) -> None:
        os.close(self._device.fd)
        if self._also is not None:
            os.close(self._also)


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
