"""The cable: a transport whose device is a virtual drive in this process."""

from __future__ import annotations

from threading import RLock
from typing import Final

from discstack.emulator.discfile import DiscFile
from discstack.emulator.dispatch import execute
from discstack.emulator.drive import Drive
from discstack.emulator.faults import FaultPlan
from discstack.emulator.request import NOTHING, Request
from discstack.mmc.spec.cdb import Direction, describe
from discstack.transport.base import Clock, Command, DeviceGone, Reply, TransportError, TransportTimeout

MAX_TRANSFER: Final = 1 << 20


class VirtualTransport:
    """Carries commands to a virtual drive; any thread may call it, one command runs at a time."""

    def __init__(
        self, drive: Drive, disc: DiscFile | None = None, *, faults: FaultPlan, max_transfer: int = MAX_TRANSFER
    ) -> None:
        self.drive, self.disc, self.faults = drive, disc, faults
        self._max_transfer = max_transfer
        self._lock = RLock()
        self._closed = False

    @property
    def max_transfer(self) -> int:
        """The most bytes that one command may move."""
        return self._max_transfer

    @property
    def clock(self) -> Clock:
        """The drive's clock."""
        return self.drive.clock

    def execute(self, command: Command, /) -> Reply:
        """Run one command; raises DeviceGone after `close`, TransportTimeout if it took longer than allowed, faults."""
        request = self._request(command)
        with self._lock:
            if self._closed:
                raise DeviceGone("the virtual drive is closed")
            try:
                start = self.clock.now()
                reply = self.faults.execute(self.drive, request, execute)
            except OSError as error:
                raise failing(error) from error
            if (seconds := self.clock.now() - start) > command.timeout:
                raise TransportTimeout(
                    f"{describe(command.cdb)}: took {seconds:.0f} s, allowed are {command.timeout:g}"
                )
            return reply

    def _request(self, command: Command) -> Request:
        cdb, data = bytes(command.cdb), command.data
        if command.direction is Direction.NONE:
            return Request(cdb)
        if command.direction is Direction.TO_DEVICE:
            return Request(cdb, outgoing=self._sized(NOTHING if data is None else memoryview(data).cast("B")))
        buffer = memoryview(bytearray(command.allocation) if data is None else data).cast("B")
        if buffer.readonly:
            raise ValueError("the buffer of a command that receives data must be writable")
        return Request(cdb, incoming=self._sized(buffer[: command.allocation or None]))

    def _sized(self, data: memoryview) -> memoryview:
        if len(data) > self._max_transfer:
            raise ValueError(f"{len(data)} bytes in one command; this transport takes at most {self._max_transfer}")
        return data

    def close(self) -> None:
        """Let the drive finish what it does, and put the disc away."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self.drive.switch_off()
            except OSError as error:
                raise failing(error) from error
            finally:
                self._put_away()

    def _put_away(self) -> None:
        try:
            if self.disc is not None:
                self.disc.close()
            elif self.drive.medium is not None:
                self.drive.medium.store.close()
        except OSError as error:
            raise failing(error) from error


def failing(error: OSError) -> TransportError:
    """Return what a host hears when the disc's file cannot be used."""
    return TransportError(f"the file of the virtual disc fails: {error.strerror}", errno=error.errno)
