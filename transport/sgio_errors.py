"""What Linux says when a device cannot be opened or gives no answer, told apart and put into words."""

from __future__ import annotations

import errno
import grp
import os
from typing import Final

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import describe
from discstack.transport.base import (
    AccessDenied,
    BackendUnavailable,
    CommandFiltered,
    DeviceBusy,
    DeviceGone,
    TransferRefused,
    TransportError,
    TransportTimeout,
)
from discstack.transport.native_transport import Unanswered

Verdict = tuple[type[TransportError], str]

_GONE: Final = "the device is gone: unplugged, switched off or reset away"
OPEN_ERRORS: Final[dict[int, Verdict]] = {
    errno.ENOENT: (DeviceGone, "there is no such device"),
    errno.ENODEV: (DeviceGone, _GONE),
    errno.ENXIO: (DeviceGone, _GONE),
    errno.EACCES: (AccessDenied, "permission denied; members of the group {group} may use it (mode {mode})"),
    errno.EPERM: (AccessDenied, "the system does not permit this process to open it"),
    errno.EROFS: (AccessDenied, "the system has it as read-only"),
    errno.EBUSY: (DeviceBusy, "held exclusively by {holder}"),
    errno.EWOULDBLOCK: (DeviceBusy, "locked, as udev does while it looks at a disc; open by {holder}"),
    errno.ENOMEDIUM: (TransportError, "there is no medium in it"),
}
COMMAND_ERRORS: Final[dict[int, Verdict]] = {
    errno.ENODEV: (DeviceGone, _GONE),
    errno.ENXIO: (DeviceGone, _GONE),
    errno.EBADF: (DeviceGone, "the device was closed"),
    errno.EACCES: (AccessDenied, "the system did not let this process send it"),
    errno.EBUSY: (DeviceBusy, "the device is held by somebody else"),
    errno.EROFS: (AccessDenied, "the system has the device as read-only"),
    errno.ENOTTY: (BackendUnavailable, "this is no device that takes SCSI commands"),
    errno.ENOSYS: (BackendUnavailable, "this system cannot pass SCSI commands on"),
    errno.ENOMEDIUM: (TransportError, "there is no medium in the drive"),
    errno.ETIMEDOUT: (TransportTimeout, "no answer in time"),
    errno.ENOMEM: (TransferRefused, "the kernel has no memory for so large a transfer"),
    errno.EINVAL: (
        TransferRefused,
        "the kernel refuses the request as invalid (too large a transfer, or no device that takes SCSI commands?)",
    ),
    errno.EIO: (TransferRefused, "the kernel could not pass the command on (too large a transfer?)"),
}
# The host byte, include/scsi/scsi_status.h of Linux
HOST_STATUS: Final[dict[int, Verdict]] = {
    0x01: (DeviceGone, "DID_NO_CONNECT: no connection to the device"),
    0x02: (TransportError, "DID_BUS_BUSY: the bus stayed busy"),
    0x03: (TransportTimeout, "DID_TIME_OUT: no answer in time"),
    0x04: (DeviceGone, "DID_BAD_TARGET: the device does not respond to its address"),
    0x05: (TransportError, "DID_ABORT: the command was aborted"),
    0x06: (TransportError, "DID_PARITY: data was damaged on the way"),
    0x07: (TransportError, "DID_ERROR: the host adapter reports an error"),
    0x08: (TransportError, "DID_RESET: the device or its bus was reset"),
    0x09: (TransportError, "DID_BAD_INTR: the host adapter got an unexpected interrupt"),
    0x0A: (TransportError, "DID_PASSTHROUGH: the command was forced past the system"),
    0x0B: (TransportError, "DID_SOFT_ERROR: the host adapter reports an error and asks for a retry"),
    0x0C: (TransportError, "DID_IMM_RETRY: the host adapter asks for a retry"),
    0x0D: (TransportError, "DID_REQUEUE: the host adapter asks for a retry"),
    0x0E: (TransportError, "DID_TRANSPORT_DISRUPTED: the connection was disturbed"),
    0x0F: (DeviceGone, "DID_TRANSPORT_FAILFAST: the connection is lost"),
    0x14: (DeviceGone, "DID_TRANSPORT_MARGINAL: the connection is failing"),
}
# The driver byte of Linux before 5.14
DRIVER_STATUS: Final[dict[int, Verdict]] = {
    0x01: (TransportError, "DRIVER_BUSY: the driver is busy"),
    0x02: (TransportError, "DRIVER_SOFT: the driver reports a soft error"),
    0x03: (TransportError, "DRIVER_MEDIA: the driver reports a medium error"),
    0x04: (TransportError, "DRIVER_ERROR: the driver reports an error"),
    0x05: (TransportError, "DRIVER_INVALID: the driver refuses the command"),
    0x06: (TransportTimeout, "DRIVER_TIMEOUT: no answer in time"),
    0x07: (TransportError, "DRIVER_HARD: the driver reports a hard error"),
}
# The opcodes that the kernel's filter lets pass on any descriptor; drivers/scsi/scsi_ioctl.c of Linux
ALWAYS_PASS: Final = frozenset(
    bytes.fromhex(
        "00 03 08 12 1a 1b 1c 23 25 28 2b 2f 37 3c 3e 42 43 44 45 46 47 48 4a 4b 4d 4e 51 52 5a 5c 88 8f 95 9e a0 a3 a4"
        "a8 ac ad b9 ba bc be"
    )
)
# and those that it lets pass on one open for writing
NEED_WRITE: Final = frozenset(
    bytes.fromhex("04 0a 0d 15 19 1e 2a 2e 35 3f 41 4c 53 54 55 58 5b 5d 8a 93 94 a1 a2 a3 a6 a7 aa ae b6 bb bf ea")
)


def open_error(path: str, error: OSError, *, holder: str = "") -> TransportError:
    """Return the error for a device that could not be opened."""
    number = error.errno or 0
    kind, words = OPEN_ERRORS.get(number, (TransportError, os.strerror(number)))
    return kind(f"{path}: {words.format(holder=holder, **_ownership(path))}", errno=number)


def command_failure(path: str, command: Unanswered) -> TransportError:
    """Return the error for a command that was not answered."""
    name = f"{path}: {describe(command.cdb)}"
    if command.error == errno.EPERM:
        return CommandFiltered(f"{name}: {_filter_advice(path, command.cdb[0])}", errno=errno.EPERM)
    if command.error:
        kind, words = COMMAND_ERRORS.get(command.error, (TransportError, os.strerror(command.error)))
        return kind(f"{name}: {words}", errno=command.error)
    if command.host_status:
        unknown = (TransportError, f"the host adapter reports status {command.host_status:#04x}")
        kind, words = HOST_STATUS.get(command.host_status, unknown)
        return kind(f"{name}: {words}")
    unknown = (TransportError, f"the driver reports status {command.driver_status:#04x}")
    kind, words = DRIVER_STATUS.get(command.driver_status & 0x0F, unknown)
    return kind(f"{name}: {words}")


def _filter_advice(path: str, opcode: int) -> str:
    """Say what it would take; an sg node that is open for writing has no filter (drivers/scsi/sg.c of Linux)."""
    if opcode in NEED_WRITE or os.path.basename(path).startswith("sg"):
        return f"the kernel's command filter passes opcode {opcode:#04x} only on a device opened for writing"
    other = "or the drive's sg node opened for writing"
    return f"opcode {opcode:#04x} is not in the kernel's command filter; it takes the capability CAP_SYS_RAWIO, {other}"


def _ownership(path: str) -> dict[str, str]:
    try:
        status = os.stat(path)
    except OSError:
        return {"group": "of the device", "mode": "unknown"}
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return {"group": group, "mode": f"{status.st_mode & 0o777:03o}"}
