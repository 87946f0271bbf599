"""The drives of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from discstack.transport.base import BackendUnavailable

if TYPE_CHECKING:
    from discstack.drive_watch import DriveWatch
    from discstack.recorder import Recorder
    from discstack.transport.system import DriveEntry, DriveSystem, Usage

INTERVAL: Final = 2.0  # seconds; as often as kernels ask their drives


class DiscMaster:
    """The drives of this machine: iterate, count, pick one, or watch them come and go.

    Each look asks the system anew, and sends no command to a drive; any thread may look. Virtual drives that are
    attached are listed like any other. Raises BackendUnavailable where this build cannot list drives.
    """

    def __init__(self, system: DriveSystem | None = None) -> None:
        self.system = system or this_system()

    def __iter__(self) -> Iterator[DriveEntry]:
        return iter(self.drives())

    def __len__(self) -> int:
        return len(self.drives())

    def __getitem__(self, index: int) -> DriveEntry:
        drives = self.drives()
        try:
            return drives[index]
        except IndexError:
            raise IndexError(f"there is no drive {index}: this machine has {len(drives)}") from None

    @property
    def is_supported_environment(self) -> bool:
        """Whether there is a drive here that this process may open."""
        return any(map(self.system.may_open, self))

    def drives(self) -> tuple[DriveEntry, ...]:
        """Return the CD, DVD and BD drives in the order of their names."""
        return self.system.drives()

    def find(self, address: str) -> DriveEntry | None:
        """Return the drive that has this address, node, lasting name or identifier, or that a link leads to."""
        wanted = {address, os.path.realpath(address)}
        return next((d for d in self if wanted & {d.address, d.block, d.generic, d.identifier, *d.names}), None)

    def usage(self, drive: DriveEntry) -> Usage:
        """Find who uses a drive: processes, mounts, devices on top of it; and how many processes hide that."""
        return self.system.usage(drive)

    def watch(self, *, interval: float = INTERVAL) -> DriveWatch:
        """Start to watch drives and their media: a context manager to iterate over, or to `run` with a callback.

        `interval` is in seconds; each time everything is looked at, however little the system tells.
        """
        from discstack.drive_watch import DriveWatch

        return DriveWatch(self.system, interval=interval)

    def open(self, index: int = 0) -> Recorder:
        """Open a drive of the list; IndexError where there are fewer."""
        from discstack.recorder import Recorder

        return Recorder(self[index].address)


def this_system() -> DriveSystem:
    """Return the operating system's side of drives."""
    if sys.platform == "linux":
        from discstack.transport.linux.machine import LinuxSystem

        return LinuxSystem.of_this_machine()
    if sys.platform == "win32":
        from discstack.transport.windows.machine import WindowsSystem

        return WindowsSystem()
    raise BackendUnavailable(f"this build of discstack cannot list the drives of {sys.platform}; try virtual:dvd+r")
