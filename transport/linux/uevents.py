"""What the kernel tells of devices that come, go and change: uevents, from itself or from udev behind its rules.

Udev's come later: when its rules have given the nodes their names and rights. The kernel's own need no daemon.
"""

from __future__ import annotations

import errno
import math
import os
import select
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from discstack.transport.base import TransportError
from discstack.transport.linux.roots import Roots
from discstack.transport.system import Signal, SignalKind

NETLINK_KOBJECT_UEVENT: Final = 15  # include/uapi/linux/netlink.h of Linux
KERNEL_GROUP: Final = 1
LONGEST: Final = 16 << 10  # bytes of one uevent; the kernel's have 2 KiB and a line of 2 KiB at most
LONGEST_WAIT: Final = 86400.0  # seconds; poll counts milliseconds in 31 bits
QUEUE: Final = 1 << 20  # bytes of uevents that wait for us; all devices of a hub come at once
OVERFLOW: Final = (Signal(SignalKind.DRIVES), Signal(SignalKind.MEDIUM))
# The subsystem whose devices make up the list of drives. Those of sg come and go with them, but udev may be done with
# one before the other has its names and rights.
LISTED: Final = "block"


class UeventSource(Protocol):
    """Gives uevents as variables and their values."""

    def fileno(self) -> int:
        """What is readable when there is a uevent."""
        ...

    def receive(self) -> Mapping[str, str]:
        """Return the next uevent, nothing where none is there after all; OSError with ENOBUFS where some were lost."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class KernelUevents:
    """The kernel's own uevents, by netlink."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_KOBJECT_UEVENT)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
            self._socket.bind((0, KERNEL_GROUP))
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """What is readable when there is a uevent."""
        return self._socket.fileno()

    def receive(self) -> Mapping[str, str]:
        """Return the next uevent; what a process has sent, as any may, is none."""
        message, (sender, _) = self._socket.recvfrom(LONGEST)
        return parse_uevent(message) if sender == 0 else {}

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


class Silence:
    """No uevents: for machines that give none to this process."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_CLOEXEC)

    def fileno(self) -> int:
        """What is never readable."""
        return self._event

    def receive(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Let the descriptor go."""
        os.close(self._event)


def parse_uevent(message: bytes) -> dict[str, str]:
    """Read a uevent: `ACTION@DEVPATH`, then VARIABLE=VALUE, each ended by a zero byte (lib/kobject_uevent.c)."""
    _, *lines = message.decode("utf-8", "surrogateescape").split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


class UeventSignals:
    """Makes signals of uevents."""

    def __init__(self, source: UeventSource, roots: Roots) -> None:
        self._source, self._dev = source, roots.dev
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()  # not `select`: a large program may have more descriptors than that takes
        for descriptor in (source.fileno(), self._bell):
            self._poll.register(descriptor, select.POLLIN)

    def wait(self, timeout: float) -> tuple[Signal, ...]:
        """Block until there is a uevent, `wake` is called or the time is over."""
        ready = {descriptor for descriptor, _ in self._poll.poll(math.ceil(min(timeout, LONGEST_WAIT) * 1000))}
        if self._bell in ready:
            os.eventfd_read(self._bell)
        if self._source.fileno() not in ready:
            return ()
        try:
            return self._signals(self._source.receive())
        except OSError as error:
            if error.errno == errno.ENOBUFS:  # so many that some got lost
                return OVERFLOW
            raise TransportError(f"uevents: {error.strerror}", errno=error.errno) from error

    def wake(self) -> None:
        """End the running or the next `wait`."""
        os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Stop listening."""
        self._source.close()
        os.close(self._bell)

    def _signals(self, uevent: Mapping[str, str]) -> tuple[Signal, ...]:
        if uevent.get("SUBSYSTEM") != LISTED:
            return ()
        if uevent.get("ACTION") != "change":
            return (Signal(SignalKind.DRIVES),)
        address = str(self._dev / Path(uevent.get("DEVNAME", "")).name)  # the kernel says sr0, udev /dev/sr0
        found = list[Signal]()
        if uevent.get("DISK_EJECT_REQUEST") == "1":
            found.append(Signal(SignalKind.EJECT_REQUEST, address))
        if uevent.get("DISK_MEDIA_CHANGE") == "1":
            number = uevent.get("DISKSEQ", "")
            changes = int(number) if number.isdecimal() else None
            found.append(Signal(SignalKind.MEDIUM, address, _present(uevent), changes))
        return tuple(found)


def _present(uevent: Mapping[str, str]) -> bool | None:
    """Whether udev's cdrom_id has found a medium; None where it was not asked."""
    return "ID_CDROM_MEDIA" in uevent if "ID_CDROM" in uevent else None
