"""Linux as a `DriveSystem`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from discstack.transport.base import DeviceGone
from discstack.transport.linux.container import hears_kernel, hears_udev
from discstack.transport.linux.drives import LinuxDrive, list_drives
from discstack.transport.linux.polling import polling_interval
from discstack.transport.linux.process import Process
from discstack.transport.linux.roots import Roots, read_number
from discstack.transport.linux.udev import Udev
from discstack.transport.linux.uevents import KernelUevents, Silence, UeventSignals, UeventSource
from discstack.transport.linux.users import usage
from discstack.transport.linux_device import glance_at
from discstack.transport.system import DriveEntry, Signals, Usage

if TYPE_CHECKING:
    from discstack.transport.base import Transport
    from discstack.transport.diagnosis import Check


class LinuxSystem:
    """The drives of a Linux machine; `udev` is None where none runs, or none is heard."""

    def __init__(self, roots: Roots | None = None, udev: Udev | None = None) -> None:
        self.roots, self.udev = roots or Roots(), udev

    @classmethod
    def of_this_machine(cls) -> LinuxSystem:
        """Return the machine that this runs on."""
        return cls(udev=Udev.of_this_machine() if hears_udev(Roots()) else None)

    def linux_drives(self) -> tuple[LinuxDrive, ...]:
        """Return the drives with their places in sysfs."""
        return list_drives(self.roots, self.udev.properties if self.udev else _unknown)

    def drives(self) -> tuple[DriveEntry, ...]:
        """Return the drives in the order of their names."""
        return tuple(drive.entry for drive in self.linux_drives())

    def may_open(self, drive: DriveEntry) -> bool:
        """Whether this process may open the drive to look."""
        return os.access(drive.address, os.R_OK, effective_ids=True)

    def usage(self, drive: DriveEntry) -> Usage:
        """Find who uses the drive by one of its nodes."""
        return usage(self.roots, *(node for node in (drive.block, drive.generic) if node))

    def signals(self) -> Signals:
        """Listen to udev, else to the kernel; to nothing where neither may be heard."""
        return UeventSignals(self._uevents(), self.roots)

    def _uevents(self) -> UeventSource:
        if self.udev:
            return self.udev.uevents()
        return self._kernel() or Silence()

    def _kernel(self) -> KernelUevents | None:
        """Listen to the kernel; None where it is not heard, or may not be: in a sandbox without netlink."""
        try:
            return KernelUevents() if hears_kernel(self.roots) else None
        except OSError:
            return None

    def tells_media(self, drive: DriveEntry) -> bool:
        """Whether the kernel asks the drive for its events, as udev's rules tell it to, and its uevents get here."""
        if not polling_interval(self.roots, drive.block):
            return False
        if self.udev is None and (heard := self._kernel()):
            heard.close()
            return True
        return self.udev is not None

    def changes(self, drive: DriveEntry) -> int | None:
        """Return the kernel's number of the disc, which every change raises (since Linux 5.15)."""
        return read_number(self.roots.sys / "block" / Path(drive.block).name / "diskseq") if drive.block else None

    def glance(self, drive: DriveEntry) -> Transport | None:
        """Open the drive for a moment, unless somebody has it for himself."""
        from discstack.transport.sgio import SgioTransport

        descriptor = glance_at(drive.address)
        return None if descriptor is None else SgioTransport(descriptor, drive.address)

    def examine(self, drive: DriveEntry | None) -> tuple[Check, ...]:
        """Look for all that stands in the way of the drive, or of any."""
        from discstack.transport.linux.checks.drive import DRIVE_CHECKS
        from discstack.transport.linux.checks.examined import Examined, Machine
        from discstack.transport.linux.checks.machine import MACHINE_CHECKS

        machine = Machine(roots=self.roots, process=Process.current(self.roots), udev=self.udev is not None)
        if drive is None:
            return tuple(check(machine) for check in MACHINE_CHECKS)
        found = next((unit for unit in self.linux_drives() if unit.entry.identifier == drive.identifier), None)
        if found is None:
            raise DeviceGone(f"{drive.address}: the drive is gone")
        examined = Examined(machine=machine, drive=found, usage=self.usage(drive))
        return tuple(check(examined) for check in DRIVE_CHECKS)


def _unknown(_: Path) -> Mapping[str, str]:
    return {}
