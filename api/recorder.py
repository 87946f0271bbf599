"""One drive: its identity, what it can do, the medium in it, and raw access."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from threading import Event, RLock
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from discstack.address import Address, DeviceAddress, parse_address
from discstack.fs.system_paths import openable
from discstack.mmc.command import optional
from discstack.mmc.drive import Drive
from discstack.mmc.errors import MediumNotBlank, UnsupportedMedium
from discstack.mmc.inspection import Inspection, Question, inspect
from discstack.mmc.media import RECIPES
from discstack.mmc.medium import Action, DiscState
from discstack.mmc.planning import blanked
from discstack.mmc.procedure import Observer, Procedure, Waiting, run
from discstack.mmc.queries import read_capacity
from discstack.mmc.spec.cdb import Direction, lookup
from discstack.transport.base import CDB_LENGTHS, Command, DeviceGone
from discstack.transport.observe import ExchangeObserver, observe
from discstack.transport.record.observers import LastCommands
from discstack.transport.trace import Tracer

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus, WriteMode
    from discstack.mmc.spec.inquiry import InquiryData
    from discstack.transport.base import Reply, Transport

T = TypeVar("T")
TraceSink = Callable[[str], None]
DEFAULT_TIMEOUT = 30.0  # seconds, for opcodes that are not declared
LONGEST_TIMEOUT = 86400.0  # seconds; systems count milliseconds in 32 bits
BLANKED_FIRST = {DiscState.APPENDABLE, DiscState.FINALIZED, DiscState.DAMAGED}


class Recorder:
    """A drive, opened to look; writers open it exclusively for as long as they work.

    `address` is as on the command line (/dev/sr0, virtual:dvd+r?file=disc.img); `trace` is called with a line for each
    command, `record` gets every command with its data (see `recording_to`). The last commands are always kept:
    `save_last_commands` writes them. All methods may be called from any thread; they take turns, and a job keeps the
    others waiting until it is done. Use several recorders for several drives at once. A drive with a mounted disc is
    not to be had exclusively, unless `unmount` permits to unmount it. `on_wait` is called with words where the drive is
    waited for, as it is not ready, outside of jobs, which have events. Raises TransportError if the drive cannot be
    opened.
    """

    def __init__(
        self,
        address: str | Address,
        *,
        trace: TraceSink | None = None,
        record: ExchangeObserver | None = None,
        unmount: bool = False,
        on_wait: Callable[[str], None] | None = None,
    ) -> None:
        self.address = parse_address(address) if isinstance(address, str) else address
        self.unmount = unmount
        self._listener = _Listener(on_wait) if on_wait else Observer()
        self._last = LastCommands()
        self._observers: list[ExchangeObserver] = [self._last, *filter(None, [trace and Tracer(trace), record])]
        self._natively = record is None  # a recording holds the commands of streams too
        self._lock = RLock()
        self._exclusive = 0
        self._closed = False
        self._transport: Transport | None = self._open(write=False)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Recorder({str(self.address)!r})"

    def close(self) -> None:
        """Let the drive go; a virtual drive's disc is saved."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _open(self, *, write: bool) -> Transport:
        return observe(self.address.open(write=write), self._observers, natively=self._natively)

    @property
    def transport(self) -> Transport:
        """The transport as it is open now; opened anew where the drive was lost meanwhile."""
        with self._lock:
            if self._closed:
                raise DeviceGone(f"{self.address}: the recorder is closed")
            if self._transport is None:
                self._transport = self._open(write=False)
            return self._transport

    @contextmanager
    def hold(self, *, write: bool) -> Iterator[Transport]:
        """Keep other threads off the drive; with `write` hold it exclusively."""
        if write:
            with self.exclusive() as transport:
                yield transport
        else:
            with self._lock:
                yield self.transport

    @contextmanager
    def exclusive(self) -> Iterator[Transport]:
        """Hold the drive for oneself and for writing; may be nested.

        Raises DeviceBusy, which names who else has the drive, or where its disc is mounted.
        """
        with self._lock:
            if self._exclusive == 0 and self.address.shared and not self._closed:
                self._let_go()  # first: /dev/sgN cannot be had exclusively while anybody, we included, has it open
                if self.unmount:
                    self.address.unmount()
                self._transport = self._open(write=True)
            self._exclusive += 1
            try:
                yield self.transport
            finally:
                self._exclusive -= 1
                if self._exclusive == 0 and self.address.shared:
                    self._let_go()

    def check_available(self) -> None:
        """Raise what `exclusive` would, now: before much is read and planned for a burn that nobody can begin."""
        with self.exclusive():
            pass

    def _let_go(self) -> None:
        """Close the transport; the drive is opened to look at its next use."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def run(self, procedure: Procedure[T], *, observer: Observer | None = None, cancelled: Event | None = None) -> T:
        """Run a procedure of `discstack.mmc` on the drive as it is open now."""
        with self._lock:
            return run(procedure, self.transport, observer=observer or self._listener, cancelled=cancelled)

    @property
    def drive(self) -> Drive:
        """The drive's commands as methods with typed answers; they take their turn like the recorder's own."""
        return _HeldDrive(self)

    @cached_property
    def inquiry(self) -> InquiryData:
        """What the drive calls itself (SPC-4 6.6); asked once."""
        return self.drive.inquiry()

    @property
    def vendor_id(self) -> str:
        """The vendor, without padding."""
        return self.inquiry.t10_vendor_identification

    @property
    def product_id(self) -> str:
        """The product, without padding."""
        return self.inquiry.product_identification

    @property
    def product_revision(self) -> str:
        """The firmware's revision, without padding."""
        return self.inquiry.product_revision_level

    def supported_profiles(self) -> tuple[int, ...]:
        """Return the profiles that the drive knows, in its order of preference."""
        return self.drive.configuration().profiles

    def inspect(self, questions: Mapping[str, Question]) -> Inspection:
        """Ask the questions of one of the tables of `discstack.mmc.inspection`."""
        return self.run(inspect(questions))

    def medium(self) -> MediumStatus:
        """Return what the medium in the drive is and what can be done with it; a drive still loading is waited for."""
        return self.drive.identify()

    def writable_sectors(self, *, erase: bool = False, mode: WriteMode | None = None) -> int:
        """Return how many sectors can be written in one go now; with `erase`, once a rewritable medium is erased.

        `mode` is the way in which they shall be written, None for the usual one. Raises MediumNotBlank where nothing
        can be written until the medium is erased, UnsupportedMedium where nothing can be.
        """
        medium = self.medium()
        recipe = RECIPES.get(medium.profile)
        if recipe is not None and erase and medium.erasable and medium.state in BLANKED_FIRST:
            medium = blanked(recipe, medium)
        sectors = recipe.room(medium, mode or medium.usual_mode) if recipe is not None else 0
        if not sectors:
            refusal = MediumNotBlank if not erase and Action.ERASE in medium.actions else UnsupportedMedium
            raise refusal(f"{self.address}: nothing can be written here: {medium}")
        return sectors

    def write_unit(self, mode: WriteMode | None = None) -> int:
        """Return in units of how many sectors the medium is written, in a way or in the usual one."""
        medium = self.medium()
        recipe = RECIPES.get(medium.profile)
        return recipe.unit(recipe, medium, mode or medium.usual_mode) if recipe is not None else 1

    def eject(self) -> None:
        """Open the tray."""
        with self.exclusive():
            self.drive.eject()

    def close_tray(self) -> None:
        """Close the tray and wait for the medium."""
        with self.exclusive():
            self.drive.load()

    def reload(self) -> None:
        """Open the tray and close it again, so that the system looks at the medium anew; wait for the medium."""
        with self.exclusive():
            self.drive.eject()
            self._known_sectors()  # a system that is not told of events sees now that there is no medium
            self.drive.load()

    def stale_sectors(self) -> int | None:
        """Return how many sectors the system takes the medium to have, if those are fewer than the drive tells of.

        Linux looks at a medium when it comes, and mounts nothing that lies beyond the end that it saw then. None means
        that it sees all of the disc, or that the system keeps no such number.
        """
        with self._lock:
            known = self._known_sectors()
            told = self.run(optional(read_capacity())) if known is not None else None
        return known if known is not None and told is not None and told.blocks > known else None

    def _known_sectors(self) -> int | None:
        return self.address.known_sectors() if isinstance(self.address, DeviceAddress) else None

    def save_last_commands(self, path: str | os.PathLike[str]) -> int:
        """Write the last commands as a recording, serial numbers masked, and return how many; 0 writes nothing.

        Longer data is not kept. The address `replay:PATH` plays the file.
        """
        with self._lock:
            if count := len(self._last):
                with open(openable(path), "w", encoding="utf-8") as file:
                    self._last.write(file)
        return count

    def execute(
        self,
        cdb: bytes,
        *,
        allocation: int = 0,
        data: bytes | None = None,
        timeout: float | None = None,
        write: bool = False,
    ) -> Reply:
        """Send one command as it is and return its answer, whatever it is (CHECK CONDITION raises nothing).

        `allocation` bytes are expected from the drive, or `data` goes to it; `timeout` is in seconds. `write` opens the
        drive exclusively for the command, as the kernel demands for all that changes something. ValueError for a CDB
        that has not 6, 10, 12 or 16 bytes, for data in both directions or more than the transport moves in one command,
        and for a time-out of nothing or of more than a day.
        """
        if len(cdb) not in CDB_LENGTHS:
            raise ValueError(f"a CDB has 6, 10, 12 or 16 bytes, not {len(cdb)}")
        if data and allocation:
            raise ValueError("a command moves data to the drive or from it, not both")
        direction = Direction.TO_DEVICE if data else Direction.FROM_DEVICE if allocation else Direction.NONE
        known = lookup(cdb)
        seconds = timeout if timeout is not None else known.timeout if known else DEFAULT_TIMEOUT
        if not 0 < seconds <= LONGEST_TIMEOUT:
            raise ValueError(f"a time-out is more than 0 and up to {LONGEST_TIMEOUT:g} seconds, not {seconds:g}")
        command = Command(bytes(cdb), direction, data, allocation, seconds)
        with self.hold(write=write) as transport:
            if (size := max(allocation, len(data or b""))) > transport.max_transfer:
                most = transport.max_transfer
                raise ValueError(f"{size} bytes in one command; {self.address} takes at most {most}")
            return transport.execute(command)


class _Listener(Observer):
    """Passes on what the drive is waited for."""

    def __init__(self, on_wait: Callable[[str], None]) -> None:
        self._on_wait = on_wait

    def waiting(self, waiting: Waiting, /) -> None:
        self._on_wait(str(waiting))


class _HeldDrive(Drive):
    """The drive of a recorder, as that has it open whenever it is asked."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder.transport, observer=recorder._listener)
        self._recorder = recorder

    def close(self) -> None:
        """Do nothing: to let the drive go is up to its recorder."""

    def run(self, procedure: Procedure[T], *, observer: Observer | None = None) -> T:
        """Carry out any procedure on this drive, when no job has it any more."""
        with self._recorder.hold(write=False) as self.transport:
            return super().run(procedure, observer=observer)


def open_recorder(
    address: str, *, trace: TraceSink | None = None, record: ExchangeObserver | None = None, unmount: bool = False
) -> Recorder:
    """Open a drive by its address: `with discstack.open("/dev/sr0") as recorder: ...`."""
    return Recorder(address, trace=trace, record=record, unmount=unmount)
