"""Windows as a `DriveSystem`."""

from __future__ import annotations

from threading import TIMEOUT_MAX, Event
from typing import TYPE_CHECKING

from discstack.transport.base import BackendUnavailable, DeviceBusy
from discstack.transport.spti import SptiTransport
from discstack.transport.system import DriveEntry, Holder, Signal, Usage
from discstack.transport.windows.calls import READ_WRITE, CallFailed, Device, Windows, this_windows
from discstack.transport.windows.checks import check_drive
from discstack.transport.windows.device import device_path, exclusive_holder, open_device
from discstack.transport.windows.drives import list_drives
from discstack.transport.windows.errors import system_words

if TYPE_CHECKING:
    from discstack.transport.base import Transport
    from discstack.transport.diagnosis import Check


class Silence:
    """Nothing is told: who watches has to look."""

    def __init__(self) -> None:
        self._woken = Event()

    def wait(self, timeout: float, /) -> tuple[Signal, ...]:
        """Let the time, in seconds, pass, less if `wake` is called."""
        self._woken.wait(min(timeout, TIMEOUT_MAX))
        self._woken.clear()
        return ()

    def wake(self) -> None:
        """End the running or the next `wait`."""
        self._woken.set()

    def close(self) -> None:
        """Stop listening."""


class WindowsSystem:
    """The drives of a Windows machine."""

    def __init__(self, windows: Windows | None = None) -> None:
        self.windows = windows or this_windows()

    def drives(self) -> tuple[DriveEntry, ...]:
        """Return the drives in the order of their numbers."""
        try:
            return list_drives(self.windows)
        except CallFailed as failed:
            words = f"Windows does not list its drives: {system_words(failed.number)}"
            raise BackendUnavailable(words, errno=failed.number) from failed

    def may_open(self, drive: DriveEntry) -> bool:
        """Whether this process may open the drive to send it commands."""
        try:
            Device(self.windows, device_path(drive.address), READ_WRITE).close()
        except CallFailed:
            return False
        return True

    def usage(self, drive: DriveEntry) -> Usage:
        """Find who has the drive exclusively; Windows tells of nobody else."""
        try:
            device = Device(self.windows, device_path(drive.address), READ_WRITE)
        except CallFailed:
            return Usage()
        holder = exclusive_holder(device)
        device.close()
        return Usage(holders=() if holder is None else (Holder(what=holder, node=drive.address),))

    def examine(self, drive: DriveEntry | None) -> tuple[Check, ...]:
        """Look for all that stands in the way of the drive; of any there is nothing more than the list of drives."""
        return () if drive is None else check_drive(self.windows, drive)

    def signals(self) -> Silence:
        """Listen to nothing: what Windows tells goes to windows, which this process has none of."""
        return Silence()

    def tells_media(self, drive: DriveEntry) -> bool:
        """Tell that the drive has to be asked."""
        return False

    def changes(self, drive: DriveEntry) -> None:
        """Return nothing: what Windows counts belongs to each volume."""

    def glance(self, drive: DriveEntry) -> Transport | None:
        """Open the drive for a moment, unless somebody has it for himself."""
        try:
            device = open_device(self.windows, drive.address)
        except DeviceBusy:
            return None
        if exclusive_holder(device) is not None:
            device.close()
            return None
        return SptiTransport(device, drive.address)
