"""Runs a `Stream` on the native feeder, for every transport that has a C function to submit commands with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from discstack.native import FeederEnd, FeederResult, NativeFeeder, Priority
from discstack.native.feeder import NS
from discstack.transport.base import FeedCounters, FeedResult, Stream, TransportError

Failure = Callable[[FeederResult], TransportError]
_TIMES: Final = frozenset({"stall_time", "busy_time", "latency_max", "latency_total"})


class NativeFeed:
    """One stream on its way, submitted by the C function and context at these addresses."""

    def __init__(self, stream: Stream, submit: int, context: int) -> None:
        self.stream = stream
        self._feeder = NativeFeeder(
            stream.ring,
            submit=submit,
            context=context,
            template=stream.template,
            lba_place=stream.lba_place,
            length_place=stream.length_place,
            lba=stream.lba,
            blocks=stream.blocks,
            block_size=stream.block_size,
            unit=stream.unit,
            timeout=stream.timeout,
            nap=stream.nap,
            watch=stream.watch,
        )

    def run(self, failure: Failure) -> FeedResult:
        """Write the stream; `failure` makes the error out of a command that was not answered."""
        result = self._feeder.run()
        counters = self.counters()
        if result.end == FeederEnd.LOST:
            error = failure(result)
            error.counters = counters
            raise error
        if result.end != FeederEnd.ANSWERED:
            return FeedResult(counters, stopped=result.end == FeederEnd.STOPPED)
        return FeedResult(counters, result.status, result.sense, reply_lba=result.lba, residual=result.residual)

    def counters(self) -> FeedCounters:
        """Return a snapshot of the counters; callable from any thread."""
        amounts: dict[str, Any] = {
            name: value / NS if name in _TIMES else value for name, value in self._feeder.counters().items()
        }
        amounts["priority"] = Priority(amounts["priority"])
        return FeedCounters(latencies=self._feeder.latencies(), **amounts)
