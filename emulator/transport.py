"""The cable: a transport whose device is a virtual drive in this process."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Final, NamedTuple

from discstack.emulator.discfile import DiscFile
from discstack.emulator.dispatch import execute
from discstack.emulator.drive import Drive
from discstack.emulator.faults import FaultPlan
from discstack.emulator.media.base import Medium
from discstack.emulator.request import NOTHING, Request
from discstack.mmc.spec.cdb import Direction, describe
from discstack.mmc.spec.event_status import MediaEvent
from discstack.transport.base import (
    SMALL_TRANSFER,
    Clock,
    Command,
    DeviceBusy,
    DeviceGone,
    Reply,
    TransportError,
    TransportTimeout,
)

MAX_TRANSFER: Final = 1 << 20


class Disc(NamedTuple):
    """A disc, and the file that keeps it, if one does."""

    medium: Medium
    file: DiscFile | None = None


class VirtualTransport:
    """Carries commands to a virtual drive; any thread may call it, one command runs at a time."""

    def __init__(
        self,
        drive: Drive,
        disc: DiscFile | None = None,
        *,
        faults: FaultPlan,
        max_transfer: int = MAX_TRANSFER,
        usual_transfer: int = SMALL_TRANSFER,
    ) -> None:
        self.drive, self.disc, self.faults = drive, disc, faults
        self._max_transfer, self._usual_transfer = max_transfer, min(usual_transfer, max_transfer)
        self._lock = RLock()
        self._closed = False

    @property
    def max_transfer(self) -> int:
        """The most bytes that one command may move."""
        return self._max_transfer

    @property
    def usual_transfer(self) -> int:
        """The bytes that one WRITE moves unless somebody asks for more or less."""
        return self._usual_transfer

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

    def change(self, take: Callable[[Clock], Disc] | None) -> None:
        """Press the button, change the disc by hand, and close the tray; without `take` no disc is put in.

        Raises DeviceBusy where the host keeps the tray locked: it hears then that somebody has pressed the button.
        What `take` raises leaves everything as it was.
        """
        with self._lock:
            drive = self.drive
            drive.finish_operation()
            if drive.prevented and not drive.tray_open:
                drive.media_events.append(MediaEvent.EJECT_REQUEST)
                raise DeviceBusy("the tray of the virtual drive is locked by a program, or by a mount of the disc")
            new = take(self.clock) if take is not None else None
            if drive.medium is not None:
                self._put_away(drive.remove())
            self.disc = new.file if new is not None else None
            if new is not None:
                drive.insert(new.medium)
            else:
                drive.load(immediate=True)

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
                self._put_away(self.drive.medium)

    def _put_away(self, medium: Medium | None) -> None:
        try:
            if self.disc is not None:
                self.disc.close()
            elif medium is not None:
                medium.store.close()
        except OSError as error:
            raise failing(error) from error


def failing(error: OSError) -> TransportError:
    """Return what a host hears when the disc's file cannot be used."""
    return TransportError(f"the file of the virtual disc fails: {error.strerror}", errno=error.errno)
