"""A virtual burner as tests want it: commands in, answers out, and a look at what is really on the disc."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from discstack.emulator.faults import Fault
from discstack.emulator.media.base import Medium
from discstack.emulator.open import open_disc, open_virtual
from discstack.emulator.store import BLOCK
from discstack.emulator.transport import VirtualTransport
from discstack.mmc.spec.cdb import Direction, lookup
from discstack.signatures import parameters_of
from discstack.transport.base import Clock, Command, Reply

__all__ = ["VirtualBurner", "VirtualBurners"]

TIMEOUT = 30.0  # seconds, for commands that discstack does not know


class VirtualBurner:
    """A drive with a disc in it, in this process.

    `options` are those of `discstack.emulator.open.open_virtual`. `execute` sends CDBs; `transport` is for programs
    that speak discstack's own seam. One command runs at a time; any thread may send it.
    """

    @parameters_of(open_virtual)
    def __init__(self, medium: str, **options: Any) -> None:
        self.transport: VirtualTransport = open_virtual(medium, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def execute(self, cdb: bytes, *, data: bytes | None = None, allocation: int = 0) -> Reply:
        """Send a CDB, with `data` for the drive or room for `allocation` bytes from it; raises TransportError only."""
        direction = Direction.TO_DEVICE if data is not None else Direction.FROM_DEVICE if allocation else Direction.NONE
        known = lookup(cdb)
        timeout = known.timeout if known is not None else TIMEOUT
        return self.transport.execute(Command(bytes(cdb), direction, data, allocation, timeout))

    @property
    def disc(self) -> Medium:
        """The disc in the drive."""
        medium = self.transport.drive.medium
        if medium is None:
            raise ValueError("there is no disc in the drive")
        return medium

    @property
    def clock(self) -> Clock:
        """The drive's clock; the virtual one passes only when somebody waits on it."""
        return self.transport.clock

    def contents(self, lba: int, blocks: int) -> bytes:
        """Return what is recorded, whatever READ would say; zeros where nothing is."""
        buffer = bytearray(blocks * BLOCK)
        self.disc.store.readinto(lba, memoryview(buffer))
        return bytes(buffer)

    def strike(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self.transport.faults.add(fault)

    def change_disc(self, medium: str, capacity: int | None = None) -> None:
        """Take the disc out and put a blank one in, as a hand would."""
        self.transport.drive.prevented = False
        self.transport.change(lambda clock: open_disc(medium, clock, capacity=capacity))

    def close(self) -> None:
        """Switch the drive off."""
        self.transport.close()


class VirtualBurners(ExitStack):
    """Virtual burners that are switched off together."""

    @parameters_of(VirtualBurner)
    def __call__(self, medium: str, **options: Any) -> VirtualBurner:
        """Switch another one on; the parameters are those of `VirtualBurner`."""
        return self.enter_context(VirtualBurner(medium, **options))
