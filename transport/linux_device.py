"""Device files of Linux: opening and locking them, and how much one command may move."""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from discstack.transport.base import BackendUnavailable, DeviceBusy, TransportError
from discstack.transport.linux.drives import on_usb
from discstack.transport.linux.exclusive import lock_out_probes, other_node
from discstack.transport.linux.roots import Roots, read_number
from discstack.transport.linux.users import mounts, usage
from discstack.transport.sgio_errors import open_error

BUSY_PATIENCE: Final = 2.0  # seconds that a device held by somebody else is tried again: looks are short
LOCK_PATIENCE: Final = 30.0  # seconds likewise for a lock: udev probes a disc that has to spin up first
BUSY_INTERVAL: Final = 0.1
SG_MAJOR: Final = 21  # SCSI_GENERIC_MAJOR, include/uapi/linux/major.h of Linux
FALLBACK_TRANSFER: Final = 64 << 10  # bytes, where the system does not tell


def open_device(path: str, *, write: bool, exclusive: bool) -> int:
    """Return a descriptor of a device file; raise a TransportError that says why there is none.

    What is held by somebody else is tried again for 2 s, what is locked for 30 s, as udev's probes are; a mount is not.
    """
    flags = (os.O_RDWR if write else os.O_RDONLY) | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_EXCL if exclusive else 0)
    deadlines = dict[int, float]()  # by the reason
    while True:
        try:
            descriptor = _open(path, flags)
            break
        except OSError as error:
            reason = error.errno or 0
            if reason not in deadlines:
                deadlines[reason] = time.monotonic() + _patience(path, reason)
            if time.monotonic() >= deadlines[reason]:
                held = reason in (errno.EBUSY, errno.EWOULDBLOCK)
                raise open_error(path, error, holder=str(usage(Roots(), path)) if held else "") from error
        time.sleep(BUSY_INTERVAL)
    if not _is_device(os.fstat(descriptor)):
        os.close(descriptor)
        raise BackendUnavailable(f"{path}: this is no device file", errno=errno.ENOTTY)
    return descriptor


def hold_other_node(descriptor: int) -> int | None:
    """Hold a drive, which is open exclusively, by the node of its other driver too.

    Returns its descriptor; None where there is none, or this process may not. Raises DeviceBusy as `open_device` does.
    Who has the sg node open without having it exclusively may keep it: he may only be looking.
    """
    status = os.fstat(descriptor)
    other = other_node(Roots(), status)
    if other is None:
        return None
    try:
        if not stat.S_ISBLK(status.st_mode):
            return open_device(other, write=True, exclusive=True)
        with suppress(OSError):  # while anybody at all has it open
            return os.open(other, os.O_RDWR | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC)
        return open_device(other, write=False, exclusive=False)
    except DeviceBusy:
        raise
    except TransportError:
        return None


def _patience(path: str, reason: int) -> float:
    """How long a device that does not open for this reason (errno) is tried again, in seconds."""
    if reason == errno.EBUSY:
        return 0.0 if mounts(Roots(), path) else BUSY_PATIENCE
    return LOCK_PATIENCE if reason == errno.EWOULDBLOCK else 0.0


def _open(path: str, flags: int) -> int:
    """Open a device file; exclusively also means that udev keeps away from a block device.

    Raises OSError as `open` does; with EWOULDBLOCK while udev, or who asks it to keep away, has locked the device.
    """
    descriptor = os.open(path, flags)
    if flags & os.O_EXCL and stat.S_ISBLK(os.fstat(descriptor).st_mode) and not lock_out_probes(descriptor):
        os.close(descriptor)
        raise OSError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
    return descriptor


def glance_at(path: str) -> int | None:
    """Return a descriptor of a device file for a short look; None while somebody has it for himself.

    A block device is opened exclusively: that keeps away from the drive of who burns, and of who has mounted the disc.
    An sg device can be opened by nobody else while it is held exclusively.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags | (os.O_EXCL if stat.S_ISBLK(os.stat(path).st_mode) else 0))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return None
        raise open_error(path, error) from error


def max_transfer(descriptor: int) -> int:
    """Return the most bytes that one command may move, as the system's request queue of the device has it."""
    status = os.fstat(descriptor)
    queue = _queue(status)
    return FALLBACK_TRANSFER if queue is None else largest_transfer(queue)


def is_generic(descriptor: int) -> bool:
    """Say whether a device file is a node of the sg driver, whatever its name."""
    status = os.fstat(descriptor)
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == SG_MAJOR


def behind_usb(descriptor: int) -> bool:
    """Say whether a USB bridge is on the way to the device: many hang on transfers that they say they take."""
    return on_usb(_sysfs(os.fstat(descriptor)).resolve())


def largest_transfer(queue: Path) -> int:
    """Return how many bytes one command may move through a request queue of sysfs."""
    page = os.sysconf("SC_PAGE_SIZE")
    limits = [limit << 10 for name in ("max_sectors_kb", "max_hw_sectors_kb") if (limit := read_number(queue / name))]
    if segments := read_number(queue / "max_segments"):
        limits.append(max(segments - 1, 1) * page)  # one segment a page; a buffer off the page boundary takes one more
    return (min(limits) // page * page or min(limits)) if limits else FALLBACK_TRANSFER


def _is_device(status: os.stat_result) -> bool:
    return stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode)


def _sysfs(status: os.stat_result) -> Path:
    kind = "block" if stat.S_ISBLK(status.st_mode) else "char"
    return Path(f"/sys/dev/{kind}/{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}")


def _queue(status: os.stat_result) -> Path | None:
    """Find the request queue of a block device, or of the block device that is the same unit as an sg device."""
    entry = _sysfs(status)
    candidates = [entry / "queue", *entry.glob("device/block/*/queue")]
    return next((queue for queue in candidates if queue.is_dir()), None)
