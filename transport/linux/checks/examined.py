"""What checks look at: the machine's trees, this process, and ways to try something out."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from discstack.transport.linux.container import container_of
from discstack.transport.linux.drives import LinuxDrive
from discstack.transport.linux.process import Process
from discstack.transport.linux.roots import Roots
from discstack.transport.system import Usage

Opener = Callable[[str, int], int]


def may_open(path: str, rights: int) -> bool:
    """Whether this process, as it is now, has such rights (os.R_OK, os.W_OK) to a path."""
    return os.access(path, rights, effective_ids=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine; `udev` says that its daemon can be asked.

    `open`, `may` (open a path with such rights) and `load` (a module) are the system's own ways to do so.
    """

    roots: Roots
    process: Process
    udev: bool
    open: Opener = os.open
    may: Callable[[str, int], bool] = may_open
    load: Callable[[str], object] = import_module

    @property
    def container(self) -> str:
        """What contains this process, empty where nothing seems to."""
        return container_of(self.roots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One drive of the machine, and who uses it."""

    machine: Machine
    drive: LinuxDrive
    usage: Usage

    def failure(self, node: str, flags: int) -> OSError | None:
        """Try to open a node so; return what the system said against it."""
        try:
            descriptor = self.machine.open(node, flags | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            return error
        os.close(descriptor)
        return None


def reason(error: OSError) -> str:
    """Return an errno by name and words."""
    number = error.errno or 0
    return f"{errno.errorcode.get(number, number)}: {os.strerror(number)}"
