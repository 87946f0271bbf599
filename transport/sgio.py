"""SCSI commands by Linux's ioctl SG_IO, on /dev/srN and /dev/sgN."""

from __future__ import annotations

import errno
import math
import os
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from discstack.mmc.spec.cdb import Direction
from discstack.transport._sgio import ffi, lib
from discstack.transport.base import (
    Command,
    FeedCounters,
    FeedResult,
    Reply,
    Stream,
    SystemClock,
)
from discstack.transport.linux_device import max_transfer, open_device
from discstack.transport.native_feed import NativeFeed
from discstack.transport.sgio_errors import command_failure

if TYPE_CHECKING:
    from discstack.native import Ring

_CDB_LENGTHS: Final = frozenset({6, 10, 12, 16})
_DIRECTIONS: Final = {
    Direction.NONE: lib.SUBMIT_NO_DATA,
    Direction.FROM_DEVICE: lib.SUBMIT_FROM_DEVICE,
    Direction.TO_DEVICE: lib.SUBMIT_TO_DEVICE,
}
_submit = ffi.addressof(lib, "sgio_submit")
_EMPTY: Final = memoryview(b"")
_CLOSED: Final = -1


@dataclass(frozen=True, slots=True)
class _Unanswered:
    cdb: bytes
    error: int = 0
    host_status: int = 0
    driver_status: int = 0


class SgioTransport:
    """A logical unit behind a device file. One command at a time; another thread's waits for its turn."""

    def __init__(self, descriptor: int, path: str) -> None:
        """Take over an open descriptor; `open` is the usual way."""
        self.path: Final = path
        self.max_transfer: Final = max_transfer(descriptor)
        self.clock: Final = SystemClock()
        self._turn = Lock()
        self._closing = False
        self._feed: NativeFeed | None = None
        self._running: Ring | None = None
        self._descriptor = ffi.new("int *", descriptor)
        self._command = ffi.new("struct submit_command *")
        self._answer = ffi.new("struct submit_answer *")
        self._cdb = ffi.buffer(self._command.cdb)
        self._sense = ffi.buffer(self._answer.sense)

    @classmethod
    def open(cls, path: str, *, write: bool = False, exclusive: bool | None = None) -> Self:
        """Open a device file: for reading to look and to read, for writing and exclusively to change the disc.

        `exclusive` (the same as `write` unless given) keeps other exclusive users and mounts out. A device that is held
        is tried again for 2 s. Raises AccessDenied, DeviceBusy (naming the holder), DeviceGone or BackendUnavailable.
        """
        return cls(open_device(path, write=write, exclusive=write if exclusive is None else exclusive), path)

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
        if len(cdb) not in _CDB_LENGTHS:
            raise ValueError(f"a CDB has 6, 10, 12 or 16 bytes, not {len(cdb)}")
        if len(data) > self.max_transfer:
            raise ValueError(f"{len(data)} bytes do not fit into the largest transfer, {self.max_transfer} bytes")
        with self._turn:
            answer = self._submit(command, data)
            if not answer.answered:
                lost = _Unanswered(cdb, answer.error, answer.host_status, answer.driver_status)
                raise command_failure(self.path, lost)
            sense = self._sense[: answer.sense_length] if answer.sense_length else b""
            received = data[: len(data) - answer.residual] if receiving else _EMPTY
            return Reply(answer.status, sense, received, answer.residual)

    def feed(self, stream: Stream, /) -> FeedResult:
        """Write the stream by the native feeder, blocking this thread without the GIL."""
        stream.check(self.max_transfer)
        with self._turn:
            feed = NativeFeed(stream, _address(_submit), _address(self._descriptor))
            self._feed, self._running = feed, stream.ring  # before the look at `_closing`, which `close` sets first
            try:
                if self._closing:
                    raise command_failure(self.path, _Unanswered(stream.template, errno.EBADF))
                return feed.run(lambda lost: command_failure(self.path, lost))
            finally:
                self._running = None

    def feed_counters(self) -> FeedCounters:
        """Return a snapshot of the running or last stream's counters; callable from any thread."""
        feed = self._feed
        return feed.counters() if feed else FeedCounters()

    def close(self) -> None:
        """Release the device once the running command is answered; a running stream is cancelled."""
        self._closing = True
        if running := self._running:
            running.cancel()
        with self._turn:
            descriptor, self._descriptor[0] = self._descriptor[0], _CLOSED
            if descriptor != _CLOSED:
                os.close(descriptor)

    def _submit(self, command: Command, data: memoryview) -> Any:
        request = self._command
        self._cdb[0 : len(command.cdb)] = command.cdb
        request.cdb_length = len(command.cdb)
        request.direction = _DIRECTIONS[command.direction]
        request.length = len(data)
        request.timeout = math.ceil(command.timeout * 1000)
        with ffi.from_buffer(data) as held:
            request.data = held
            _submit(self._descriptor, request, self._answer)
        return self._answer


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def _buffer(command: Command, receiving: bool) -> memoryview:
    """Return the data of a command as bytes: its own, or room for what it allows to come."""
    if command.data is None:
        return memoryview(bytearray(command.allocation)) if receiving and command.allocation else _EMPTY
    view = memoryview(command.data).cast("B")
    if receiving and view.readonly:
        raise TypeError("a command from the device takes a writable buffer")
    return view
