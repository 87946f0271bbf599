"""udev, where it runs: what it knows of a device, and its uevents. By pyudev, which needs the system's libudev."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from discstack.transport.linux.roots import Roots
from discstack.transport.linux.uevents import LISTED

if TYPE_CHECKING:
    from typing import Self

CONTROL: Final = "udev/control"  # the daemon's socket, as libudev looks for it


class Udev:
    """The running udev."""

    def __init__(self, context: Any) -> None:
        self._context = context

    @classmethod
    def of_this_machine(cls) -> Self | None:
        """Return the machine's udev; None where its daemon does not run, or there is no libudev to reach it by."""
        if not is_running(Roots()):
            return None
        try:
            import pyudev

            return cls(pyudev.Context())
        except ImportError:
            return None

    def properties(self, device: Path) -> Mapping[str, str]:
        """Return what udev has found out about a device in sysfs."""
        import pyudev

        try:
            return dict(pyudev.Devices.from_sys_path(self._context, str(device)).properties)
        except pyudev.DeviceNotFoundError:  # gone meanwhile
            return {}

    def uevents(self) -> UdevUevents:
        """Start to listen."""
        import pyudev

        monitor = pyudev.Monitor.from_netlink(self._context)
        monitor.filter_by(LISTED)
        return UdevUevents(monitor)


class UdevUevents:
    """Uevents that have passed udev's rules."""

    def __init__(self, monitor: Any) -> None:
        self._monitor = monitor
        monitor.start()

    def fileno(self) -> int:
        """What is readable when there is a uevent."""
        descriptor: int = self._monitor.fileno()
        return descriptor

    def receive(self) -> Mapping[str, str]:
        """Return the next uevent."""
        device = self._monitor.poll(0)
        return dict(device.properties) if device else {}

    def close(self) -> None:
        """Stop listening."""
        self._monitor = None  # libudev closes the socket with the last reference


def is_running(roots: Roots) -> bool:
    """Whether the daemon runs."""
    return (roots.run / CONTROL).exists()
