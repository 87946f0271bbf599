"""Every command spelled out, with its time, its data and its sense.

    12.345  WRITE (10) lba=0x10 transfer_length=0x20 -> 65536 bytes: GOOD, 1.203 ms
    12.401  TEST UNIT READY: CHECK CONDITION, 0.211 ms: NOT READY 2/3A/00: Medium not present
    12.520  stream of WRITE (10) lba=0x10, 1024 blocks, 32 a command: done, 1024 blocks in 32 commands, ..., 52.100 ms

The times in front are seconds on the transport's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)
from discstack.mmc.spec.cdb import Direction, describe
from discstack.mmc.spec.sense import Sense
from discstack.transport.base import (
    BUSY,
    CHECK_CONDITION,
    GOOD,
    RESERVATION_CONFLICT,
    TASK_SET_FULL,
    Command,
    FeedCounters,
    Reply,
    Transport,
    TransportError,
)
from discstack.transport.observe import Exchange, ObservedTransport, Run, observe

Sink = Callable[[str], None]
STATUS_NAMES: Final = {
    GOOD: "GOOD",
    CHECK_CONDITION: "CHECK CONDITION",
    BUSY: "BUSY",
    RESERVATION_CONFLICT: "RESERVATION CONFLICT",
    TASK_SET_FULL: "TASK SET FULL",
}


def trace(transport: Transport, sink: Sink) -> ObservedTransport:
    """Return `transport` with a trace of one line a command, such as `sink=logger.debug`; a Feeder stays one."""
    return observe(transport, [Tracer(sink)])


class Tracer:
    """An observer that gives a line for each command, and one for a stream that was fed natively."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def opened(self, transport: Transport, /) -> None:
        """Say nothing of that."""

    def exchanged(self, exchange: Exchange, /) -> None:
        """Spell a command and its reply."""
        duration = spelled_time(exchange.duration)
        if exchange.reply is None:
            line = f"{_request(exchange.command)}: {_lost(exchange.error)}, {duration}"
        else:
            line = f"{_request(exchange.command)}: {_answer(exchange.reply, duration)}"
        self._sink(f"{exchange.start:.3f}  {line}")

    def streamed(self, run: Run, /) -> None:
        """Spell a stream and its end."""
        self._sink(f"{run.start:.3f}  {spelled_run(run)}")


def spelled_run(run: Run) -> str:
    """Return a stream in words: what it was to write, how it ended, and what was counted."""
    stream = run.stream
    name = f"stream of {describe(stream.template)} lba={stream.lba:#x}, {stream.blocks} blocks, {stream.unit} a command"
    return f"{name}: {_end(run)}, {_counted(run.counters)}, {spelled_time(run.duration)}"


def spelled_time(seconds: float) -> str:
    """Return a duration in milliseconds."""
    return f"{seconds * 1000:.3f} ms"


def _answer(reply: Reply, duration: str) -> str:
    return f"{_outcome(reply.status, reply.residual)}, {duration}{_sense(reply.sense)}"


def _request(command: Command) -> str:
    size = command.allocation if command.data is None else memoryview(command.data).nbytes
    arrow = {Direction.NONE: "", Direction.FROM_DEVICE: f" <- {size} bytes", Direction.TO_DEVICE: f" -> {size} bytes"}
    return describe(command.cdb) + arrow[command.direction]


def _outcome(status: int, residual: int) -> str:
    short = f", {residual} bytes short" if residual else ""
    return STATUS_NAMES.get(status, f"status {status:#04x}") + short


def _sense(data: bytes) -> str:
    if not data:
        return ""
    sense = Sense.parse(data)
    return f": {'deferred ' if sense.deferred else ''}{sense}"


def _lost(error: TransportError | None) -> str:
    return f"no answer ({type(error).__name__}: {error})"


def _end(run: Run) -> str:
    result = run.result
    if result is None:
        return _lost(run.error)
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
