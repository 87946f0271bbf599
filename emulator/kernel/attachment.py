"""A virtual drive as a real /dev/srN and /dev/sgN of this machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from discstack.emulator.kernel.configfs import TargetDevice, exclusively, node_of, remove_abandoned, wait_for
from discstack.emulator.kernel.server import KernelServer
from discstack.emulator.kernel.support import prepare
from discstack.transport.base import Transport


class AttachedDrive:
    """A drive that the kernel has found, from making it to `detach`; also a context manager.

    `transport` carries the commands that the kernel hands over, in a thread of its own; it must be on a real clock, and
    is closed at the end. `block` is the node of the sr driver, `generic` that of the sg driver, `target` the device's
    folder in configfs, for other fabrics of the kernel's to export, such as iSCSI. What processes that were killed have
    left in the kernel is removed first. Raises AccessDenied without root, BackendUnavailable where the kernel lacks
    something; both say what.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        prepare()
        with exclusively(), contextlib.ExitStack() as undo:
            remove_abandoned()
            self._device = TargetDevice.create()
            undo.callback(self._device.remove)
            self.target = str(self._device.core)
            self._server = KernelServer(self._device.channel(), transport)
            self._server.start()
            undo.callback(self._server.stop)
            undo.callback(self._device.disconnect)
            unit = self._device.connect()
            self.block: str = wait_for(lambda: _node(unit / "block"), f"a block device of {unit.name}")
            self.generic = wait_for(lambda: _node(unit / "scsi_generic"), f"a generic device of {unit.name}")
            self._undo = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.detach()

    def detach(self) -> None:
        """Take the nodes away, finish the command that runs, and close the transport."""
        with contextlib.closing(self.transport), exclusively():
            self._undo.close()


def _node(folder: Path) -> str | None:
    """Return the device node whose sysfs entry is in a folder, once both are there."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if os.path.exists(node := node_of(entry)):
            return node
    return None
