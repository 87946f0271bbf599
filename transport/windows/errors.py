"""What Windows says when a device cannot be opened or gives no answer, told apart and put into words."""

from __future__ import annotations

import sys
from typing import Final

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import describe
from discstack.transport.base import (
    AccessDenied,
    BackendUnavailable,
    DeviceBusy,
    DeviceGone,
    TransferRefused,
    TransportError,
    TransportTimeout,
)
from discstack.transport.native_transport import Unanswered

Verdict = tuple[type[TransportError], str]

NO_STATUS: Final = -1  # SPTI_NO_STATUS of native/src/spti.h
# winerror.h
ERROR_INVALID_FUNCTION: Final = 1
ERROR_FILE_NOT_FOUND: Final = 2
ERROR_PATH_NOT_FOUND: Final = 3
ERROR_ACCESS_DENIED: Final = 5
ERROR_INVALID_HANDLE: Final = 6
ERROR_NOT_ENOUGH_MEMORY: Final = 8
ERROR_WRITE_PROTECT: Final = 19
ERROR_BAD_UNIT: Final = 20
ERROR_NOT_READY: Final = 21
ERROR_BAD_COMMAND: Final = 22
ERROR_CRC: Final = 23
ERROR_GEN_FAILURE: Final = 31
ERROR_SHARING_VIOLATION: Final = 32
ERROR_NOT_SUPPORTED: Final = 50
ERROR_DEV_NOT_EXIST: Final = 55
ERROR_INVALID_PARAMETER: Final = 87
ERROR_SEM_TIMEOUT: Final = 121
ERROR_INSUFFICIENT_BUFFER: Final = 122
ERROR_INVALID_NAME: Final = 123
ERROR_BUSY: Final = 170
ERROR_NO_MORE_ITEMS: Final = 259
ERROR_NO_SUCH_DEVICE: Final = 433
ERROR_OPERATION_ABORTED: Final = 995
ERROR_NOACCESS: Final = 998
ERROR_MEDIA_CHANGED: Final = 1110
ERROR_BUS_RESET: Final = 1111
ERROR_NO_MEDIA_IN_DRIVE: Final = 1112
ERROR_IO_DEVICE: Final = 1117
ERROR_DEVICE_NOT_CONNECTED: Final = 1167
ERROR_NO_SYSTEM_RESOURCES: Final = 1450
ERROR_TIMEOUT: Final = 1460
ERROR_DEVICE_IN_USE: Final = 2404
ERROR_DEVICE_REMOVED: Final = 1617

# What says that somebody else has the device
HELD: Final = frozenset({ERROR_SHARING_VIOLATION, ERROR_BUSY, ERROR_DEVICE_IN_USE})
# What says that the system has no such thing as what was asked for
UNSUPPORTED: Final = frozenset({ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED})

_GONE: Final = "the device is gone: unplugged, switched off or reset away"
_TAKES_NONE: Final = "this is no device that takes SCSI commands"
OPEN_ERRORS: Final[dict[int, Verdict]] = {
    ERROR_FILE_NOT_FOUND: (DeviceGone, "there is no such device"),
    ERROR_PATH_NOT_FOUND: (DeviceGone, "there is no such device"),
    ERROR_INVALID_NAME: (DeviceGone, "there is no such device"),
    ERROR_BAD_UNIT: (DeviceGone, "there is no such device"),
    ERROR_DEV_NOT_EXIST: (DeviceGone, _GONE),
    ERROR_NO_SUCH_DEVICE: (DeviceGone, _GONE),
    ERROR_DEVICE_NOT_CONNECTED: (DeviceGone, _GONE),
    ERROR_DEVICE_REMOVED: (DeviceGone, _GONE),
    ERROR_ACCESS_DENIED: (AccessDenied, "access denied; sending commands may take an administrator"),
    ERROR_NOT_READY: (TransportError, "the drive is not ready"),
}
COMMAND_ERRORS: Final[dict[int, Verdict]] = {
    NO_STATUS: (TransportError, "Windows says that all went well, but not how the device answered"),
    ERROR_INVALID_FUNCTION: (BackendUnavailable, _TAKES_NONE),
    ERROR_NOT_SUPPORTED: (BackendUnavailable, _TAKES_NONE),
    ERROR_FILE_NOT_FOUND: (DeviceGone, _GONE),
    ERROR_INVALID_HANDLE: (DeviceGone, "the device was closed"),
    ERROR_DEV_NOT_EXIST: (DeviceGone, _GONE),
    ERROR_NO_SUCH_DEVICE: (DeviceGone, _GONE),
    ERROR_DEVICE_NOT_CONNECTED: (DeviceGone, _GONE),
    ERROR_DEVICE_REMOVED: (DeviceGone, _GONE),
    ERROR_ACCESS_DENIED: (
        AccessDenied,
        "Windows does not let this process send it: another program has the drive, or it takes an administrator",
    ),
    ERROR_SHARING_VIOLATION: (DeviceBusy, "the device is held by somebody else"),
    ERROR_BUSY: (DeviceBusy, "the device is held by somebody else"),
    ERROR_DEVICE_IN_USE: (DeviceBusy, "the device is held by somebody else"),
    ERROR_WRITE_PROTECT: (AccessDenied, "the system has the device as read-only"),
    ERROR_NOT_READY: (TransportError, "the system says that the drive is not ready"),
    ERROR_NO_MEDIA_IN_DRIVE: (TransportError, "there is no medium in the drive"),
    ERROR_MEDIA_CHANGED: (TransportError, "the medium was changed, and the system has not looked at the new one"),
    ERROR_BAD_COMMAND: (TransportError, "the driver does not take it in the state that the device is in"),
    ERROR_CRC: (TransportError, "data was damaged on the way"),
    ERROR_GEN_FAILURE: (TransportError, "the host adapter reports an error"),
    ERROR_IO_DEVICE: (TransportError, "the host adapter reports an error"),
    ERROR_BUS_RESET: (TransportError, "the device or its bus was reset"),
    ERROR_OPERATION_ABORTED: (TransportError, "the command was aborted"),
    ERROR_SEM_TIMEOUT: (TransportTimeout, "no answer in time"),
    ERROR_TIMEOUT: (TransportTimeout, "no answer in time"),
    ERROR_NOT_ENOUGH_MEMORY: (TransferRefused, "there is no memory for the transfer"),
    ERROR_NO_SYSTEM_RESOURCES: (TransferRefused, "the system has no resources for so large a transfer"),
    ERROR_NOACCESS: (TransportError, "the system cannot reach the data"),
    ERROR_INVALID_PARAMETER: (
        TransferRefused,
        "the system refuses the request as invalid (too large or badly aligned a transfer?)",
    ),
}


def open_error(name: str, number: int) -> TransportError:
    """Return the error for a device that could not be opened, or not be had for oneself."""
    known = OPEN_ERRORS.get(number) or COMMAND_ERRORS.get(number)
    kind, words = known or (TransportError, system_words(number))
    return kind(f"{name}: {words}", errno=number)


def busy_error(name: str, number: int, holder: str) -> DeviceBusy:
    """Return the error for a device that somebody else holds, with what is known of whom."""
    return DeviceBusy(f"{name}: held by {holder}", errno=number)


def command_failure(name: str, command: Unanswered) -> TransportError:
    """Return the error for a command that was not answered."""
    kind, words = COMMAND_ERRORS.get(command.error, (TransportError, system_words(command.error)))
    return kind(f"{name}: {describe(command.cdb)}: {words}", errno=command.error)


def system_words(number: int) -> str:
    """Return what the system calls an error."""
    if sys.platform == "win32":
        from ctypes import FormatError

        return f"{FormatError(number)} (Windows error {number})"
    return f"Windows error {number}"
