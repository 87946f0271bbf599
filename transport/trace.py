"""A transport that tells every command spelled out, with its time, its data and its sense.

    12.345  WRITE (10) lba=0x10 transfer_length=0x20 -> 65536 bytes: GOOD, 1.203 ms
    12.401  TEST UNIT READY: CHECK CONDITION, 0.211 ms: NOT READY 2/3A/00: Medium not present
    12.520  stream of WRITE (10) lba=0x10, 1024 blocks, 32 a command: done, 1024 blocks in 32 commands, ..., 52.100 ms

The times in front are seconds on the transport's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import Direction, describe
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    GOOD,
    RESERVATION_CONFLICT,
    TASK_SET_FULL,
    Clock,
    Command,
    FeedCounters,
    Feeder,
    FeedResult,
    Reply,
    Stream,
    Transport,
    TransportError,
)

Sink = Callable[[str], None]
_STATUS: Final = {
    GOOD: "GOOD",
    CHECK_CONDITION: "CHECK CONDITION",
    BUSY: "BUSY",
    RESERVATION_CONFLICT: "RESERVATION CONFLICT",
    TASK_SET_FULL: "TASK SET FULL",
}


class _FeedingTransport(Transport, Feeder, Protocol):
    """What a tracer of streams wraps."""


def trace(transport: Transport, sink: Sink) -> TraceTransport:
    """Return `transport` with a trace of one line a command, such as `sink=logger.debug`; a Feeder stays one."""
    if isinstance(transport, Feeder):
        return TraceFeeder(transport, sink)
    return TraceTransport(transport, sink)


class TraceTransport:
    """Passes everything on to a transport and tells about it."""

    def __init__(self, inner: Transport, sink: Sink) -> None:
        self._inner, self._sink = inner, sink

    @property
    def max_transfer(self) -> int:
        """The most bytes that one command may move."""
        return self._inner.max_transfer

    @property
    def clock(self) -> Clock:
        """The inner transport's clock."""
        return self._inner.clock

    def execute(self, command: Command, /) -> Reply:
        """Run one command; the trace gets a line however it ends."""
        start = self.clock.now()
        try:
            reply = self._inner.execute(command)
        except TransportError as error:
            self._tell(start, f"{_request(command)}: {_lost(error)}, {self._since(start)}")
            raise
        outcome = f"{_outcome(reply.status, reply.residual)}, {self._since(start)}{_sense(reply.sense)}"
        self._tell(start, f"{_request(command)}: {outcome}")
        return reply

    def close(self) -> None:
        """Release the device."""
        self._inner.close()

    def _tell(self, start: float, line: str) -> None:
        self._sink(f"{start:.3f}  {line}")

    def _since(self, start: float) -> str:
        return f"{(self.clock.now() - start) * 1000:.3f} ms"


class TraceFeeder(TraceTransport):
    """The same for a transport that feeds natively: a stream is one line."""

    def __init__(self, inner: _FeedingTransport, sink: Sink) -> None:
        super().__init__(inner, sink)
        self._feeder = inner

    def feed(self, stream: Stream, /) -> FeedResult:
        """Write the stream; the trace gets one line at its end."""
        start = self.clock.now()
        try:
            result = self._feeder.feed(stream)
        except TransportError as error:
            self._tell_stream(start, stream, _lost(error), self.feed_counters())
            raise
        self._tell_stream(start, stream, _end(result), result.counters)
        return result

    def feed_counters(self) -> FeedCounters:
        """Return a snapshot of the running or last stream's counters; callable from any thread."""
        return self._feeder.feed_counters()

    def _tell_stream(self, start: float, stream: Stream, end: str, counters: FeedCounters) -> None:
        self._tell(start, f"{_stream(stream)}: {end}, {_counted(counters)}, {self._since(start)}")


def _request(command: Command) -> str:
    size = command.allocation if command.data is None else memoryview(command.data).nbytes
    arrow = {Direction.NONE: "", Direction.FROM_DEVICE: f" <- {size} bytes", Direction.TO_DEVICE: f" -> {size} bytes"}
    return describe(command.cdb) + arrow[command.direction]


def _outcome(status: int, residual: int) -> str:
    short = f", {residual} bytes short" if residual else ""
    return _STATUS.get(status, f"status {status:#04x}") + short


def _sense(data: bytes) -> str:
    if not data:
        return ""
    sense = Sense.parse(data)
    return f": {'deferred ' if sense.deferred else ''}{sense}"


def _lost(error: TransportError) -> str:
    return f"no answer ({type(error).__name__}: {error})"


def _stream(stream: Stream) -> str:
    name = describe(stream.template)
    return f"stream of {name} lba={stream.lba:#x}, {stream.blocks} blocks, {stream.unit} a command"


def _end(result: FeedResult) -> str:
    if result.stopped:
        return "stopped by its ring"
    if result.status == GOOD and not result.residual:
        return "done"
    return f"{_outcome(result.status, result.residual)} at lba={result.reply_lba:#x}{_sense(result.sense)}"


def _counted(counters: FeedCounters) -> str:
    return (
        f"{counters.blocks} blocks in {counters.commands} commands, {counters.busy} busy answers, "
        f"{counters.stalls} stalls ({counters.stall_time:.3f} s), longest command {counters.latency_max * 1000:.3f} ms"
    )
