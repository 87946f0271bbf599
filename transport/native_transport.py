"""What is common to all transports whose commands are submitted by a C function."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from discstack.mmc.spec.cdb import Direction
from discstack.native.library import ffi, lib
from discstack.transport.base import (
    CDB_LENGTHS,
    LARGE_TRANSFER,
    SMALL_TRANSFER,
    Command,
    DeviceGone,
    FeedCounters,
    FeedResult,
    Reply,
    Stream,
    SystemClock,
    TransportError,
)
from discstack.transport.native_feed import NativeFeed

if TYPE_CHECKING:
    from discstack.native import Ring

_DIRECTIONS: Final = {
    Direction.NONE: lib.SUBMIT_NO_DATA,
    Direction.FROM_DEVICE: lib.SUBMIT_FROM_DEVICE,
    Direction.TO_DEVICE: lib.SUBMIT_TO_DEVICE,
}
_EMPTY: Final = memoryview(b"")


class Unanswered(Protocol):
    """A command without an answer, as `struct submit_answer` tells it."""

    @property
    def cdb(self) -> bytes:
        """The command."""
        ...

    @property
    def error(self) -> int:
        """The system's number for what went wrong."""
        ...

    @property
    def host_status(self) -> int:
        """What the host adapter's driver says."""
        ...

    @property
    def driver_status(self) -> int:
        """What the system's SCSI layer says."""
        ...


@dataclass(frozen=True, slots=True)
class _Unanswered:
    cdb: bytes
    error: int
    host_status: int
    driver_status: int


class NativeTransport(ABC):
    """A logical unit that a C function submits commands to, one at a time; another thread's waits for its turn.

    `submit` is the address of a `submit_function` (native/src/submit.h), `context` what it is called with.
    `wary` of a way that is known to break above SMALL_TRANSFER, whatever it says of itself.
    """

    def __init__(self, name: str, max_transfer: int, *, wary: bool, submit: int, context: int) -> None:
        self.name: Final = name
        self.max_transfer: Final = max_transfer
        self.usual_transfer: Final = min(max_transfer, SMALL_TRANSFER if wary else LARGE_TRANSFER)
        self.clock: Final = SystemClock()
        self._addresses: Final = (submit, context)
        self._submit_function = ffi.cast("submit_function", submit)
        self._context = ffi.cast("void *", context)
        self._turn = Lock()
        self._closing = self._released = False
        self._feed: NativeFeed | None = None
        self._running: Ring | None = None
        self._fed = FeedCounters()
        self._command = ffi.new("struct submit_command *")
        self._answer = ffi.new("struct submit_answer *")
        self._cdb = ffi.buffer(self._command.cdb)
        self._sense = ffi.buffer(self._answer.sense)

    @abstractmethod
    def _failure(self, lost: Unanswered) -> TransportError:
        """Return the error for a command that was not answered."""

    @abstractmethod
    def _release(self) -> None:
        """Give the device back to the system; called once, while no command runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def execute(self, command: Command, /) -> Reply:
        """Run one command; raise TransportError only when the device never answered."""
        cdb = command.cdb
        receiving = command.direction is Direction.FROM_DEVICE
        data = _buffer(command, receiving)
        if len(cdb) not in CDB_LENGTHS:
            raise ValueError(f"a CDB has 6, 10, 12 or 16 bytes, not {len(cdb)}")
        if len(data) > self.max_transfer:
            raise ValueError(f"{len(data)} bytes do not fit into the largest transfer, {self.max_transfer} bytes")
        with self._turn:
            self._check_open()
            answer = self._submit(command, data)
            if not answer.answered:
                raise self._failure(_Unanswered(cdb, answer.error, answer.host_status, answer.driver_status))
            sense = self._sense[: answer.sense_length] if answer.sense_length else b""
            received = data[: len(data) - answer.residual] if receiving else _EMPTY
            return Reply(answer.status, sense, received, answer.residual)

    def feed(self, stream: Stream, /) -> FeedResult:
        """Write the stream by the native feeder, blocking this thread without the GIL."""
        stream.check(self.max_transfer)
        with self._turn:
            feed = NativeFeed(stream, *self._addresses)
            self._feed, self._running = feed, stream.ring  # before the look at `_closing`, which `close` sets first
            try:
                self._check_open()
                return feed.run(self._failure)
            finally:
                self._fed = feed.counters()
                self._feed = self._running = None  # a feeder keeps its ring, and that much memory

    def feed_counters(self) -> FeedCounters:
        """Return a snapshot of the running or last stream's counters; callable from any thread."""
        feed = self._feed
        return feed.counters() if feed else self._fed

    def close(self) -> None:
        """Release the device once the running command is answered; a running stream is cancelled."""
        self._closing = True
        if running := self._running:
            running.cancel()
        with self._turn:
            if not self._released:
                self._released = True
                self._release()

    def _check_open(self) -> None:
        if self._closing:
            raise DeviceGone(f"{self.name}: the device was closed")

    def _submit(self, command: Command, data: memoryview) -> Any:
        request = self._command
        self._cdb[0 : len(command.cdb)] = command.cdb
        request.cdb_length = len(command.cdb)
        request.direction = _DIRECTIONS[command.direction]
        request.length = len(data)
        request.timeout = math.ceil(command.timeout * 1000)
        with ffi.from_buffer(data) as held:
            request.data = held
            self._submit_function(self._context, request, self._answer)
        return self._answer


def _buffer(command: Command, receiving: bool) -> memoryview:
    """Return the data of a command as bytes: its own, or room for what it allows to come."""
    if command.data is None:
        return memoryview(bytearray(command.allocation)) if receiving and command.allocation else _EMPTY
    view = memoryview(command.data).cast("B")
    if receiving and view.readonly:
        raise TypeError("a command from the device takes a writable buffer")
    return view
