"""Windows as it is called: the functions of its libraries, and devices that take DeviceIoControl."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from discstack.transport.base import BackendUnavailable
from discstack.transport.windows.declarations import CONSTANTS, ffi

NO_ACCESS: Final = 0  # enough to ask about a device, not enough to ask the device
READ_WRITE: Final = CONSTANTS["GENERIC_READ"] | CONSTANTS["GENERIC_WRITE"]
INVALID_HANDLE: Final = ffi.cast("void *", -1)
_SHARED: Final = CONSTANTS["FILE_SHARE_READ"] | CONSTANTS["FILE_SHARE_WRITE"]


class CallFailed(Exception):
    """A call of Windows failed; `number` is what GetLastError says."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Windows error {number}")
        self.number: Final = number


@dataclass(frozen=True, slots=True)
class Windows:
    """The libraries that are called, and our own with the C function for commands."""

    kernel32: Any
    setupapi: Any
    spti: Any

    def failure(self) -> CallFailed:
        """Return why the last call failed; for the thread that made it."""
        return CallFailed(self.kernel32.GetLastError())


@cache
def this_windows() -> Windows:
    """Return the libraries of the system that this runs on; BackendUnavailable where it is no Windows."""
    if sys.platform != "win32":
        raise BackendUnavailable(f"Windows drives are opened on Windows only, and this is {sys.platform}")
    from discstack.native.library import DLL

    return Windows(ffi.dlopen("kernel32.dll"), ffi.dlopen("setupapi.dll"), ffi.dlopen(str(DLL)))


class Device:
    """An open device. `access` is NO_ACCESS or READ_WRITE; others may have it open as well."""

    def __init__(self, windows: Windows, path: str, access: int) -> None:
        """Open it by its path; CallFailed if that fails."""
        handle = windows.kernel32.CreateFileW(path, access, _SHARED, ffi.NULL, CONSTANTS["OPEN_EXISTING"], 0, ffi.NULL)
        if handle == INVALID_HANDLE:
            raise windows.failure()
        self.windows: Final = windows
        self.handle: Final = handle

    def control(self, code: int, request: Any = None, room: int = 0) -> bytes:
        """Call DeviceIoControl with a structure, and return its answer of at most `room` bytes; CallFailed."""
        asked = bytes(ffi.buffer(request)) if request is not None else b""
        memory = ffi.new("unsigned char[]", max(len(asked), room, 1))  # of both, as Wine wants it
        ffi.memmove(memory, asked, len(asked))
        returned = ffi.new("uint32_t *")
        answer = memory if room else ffi.NULL
        if not self.windows.kernel32.DeviceIoControl(
            self.handle, code, memory, len(asked), answer, room, returned, ffi.NULL
        ):
            raise self.windows.failure()
        return bytes(ffi.buffer(memory, min(returned[0], room)))

    def close(self) -> None:
        """Close the handle, which releases whatever is held by it."""
        self.windows.kernel32.CloseHandle(self.handle)
