"""A transport whose observers see every command with what came of it: tracers, recorders, the last commands kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from discstack.transport.base import (
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


class Exchange(NamedTuple):
    """One command and its reply, or the error where none came. Times in seconds on the transport's clock.

    The buffers in it are the ones that were used: whoever wants to keep their contents copies them. (A tuple, because
    one is made for every command, and a frozen dataclass takes twice as long.)
    """

    start: float
    duration: float
    command: Command
    reply: Reply | None = None
    error: TransportError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One stream that was fed natively, how it ended and how far it got."""

    start: float
    duration: float
    stream: Stream
    counters: FeedCounters
    result: FeedResult | None = None
    error: TransportError | None = None


class ExchangeObserver(Protocol):
    """Hears of everything that passes, on the thread that runs it; must not raise."""

    def opened(self, transport: Transport, /) -> None:
        """A transport is observed from now on; perhaps another one than before, for the same drive."""
        ...

    def exchanged(self, exchange: Exchange, /) -> None:
        """A command was answered, or was not."""
        ...

    def streamed(self, run: Run, /) -> None:
        """A stream ended."""
        ...


class _FeedingTransport(Transport, Feeder, Protocol):
    """What is wrapped where streams pass."""


def observe(transport: Transport, observers: Sequence[ExchangeObserver], *, natively: bool = True) -> ObservedTransport:
    """Return `transport` with observers; a Feeder stays one, unless they want to see each command (not `natively`)."""
    if natively and isinstance(transport, Feeder):
        return ObservedFeeder(transport, observers)
    return ObservedTransport(transport, observers)


class ObservedTransport:
    """Passes everything on to a transport, and tells its observers."""

    def __init__(self, inner: Transport, observers: Sequence[ExchangeObserver]) -> None:
        self._inner, self._observers = inner, tuple(observers)
        self._now = inner.clock.now
        for observer in self._observers:
            observer.opened(inner)

    @property
    def max_transfer(self) -> int:
        """The most bytes that one command may move."""
        return self._inner.max_transfer

    @property
    def usual_transfer(self) -> int:
        """The bytes that one WRITE moves unless somebody asks for more or less."""
        return self._inner.usual_transfer

    @property
    def clock(self) -> Clock:
        """The inner transport's clock."""
        return self._inner.clock

    def execute(self, command: Command, /) -> Reply:
        """Run one command; the observers hear of it however it ends."""
        start = self._now()
        try:
            reply = self._inner.execute(command)
        except TransportError as error:
            self._tell(Exchange(start, self._now() - start, command, error=error))
            raise
        self._tell(Exchange(start, self._now() - start, command, reply))
        return reply

    def close(self) -> None:
        """Release the device."""
        self._inner.close()

    def _tell(self, exchange: Exchange) -> None:
        for observer in self._observers:
            observer.exchanged(exchange)


class ObservedFeeder(ObservedTransport):
    """The same for a transport that feeds natively: a stream's commands pass unseen, the observers hear its end."""

    def __init__(self, inner: _FeedingTransport, observers: Sequence[ExchangeObserver]) -> None:
        super().__init__(inner, observers)
        self._feeder = inner

    def feed(self, stream: Stream, /) -> FeedResult:
        """Write the stream."""
        start = self.clock.now()
        try:
            result = self._feeder.feed(stream)
        except TransportError as error:
            self._tell_run(start, stream, self.feed_counters(), error=error)
            raise
        self._tell_run(start, stream, result.counters, result=result)
        return result

    def feed_counters(self) -> FeedCounters:
        """Return a snapshot of the running or last stream's counters; callable from any thread."""
        return self._feeder.feed_counters()

    def _tell_run(
        self,
        start: float,
        stream: Stream,
        counters: FeedCounters,
        *,
        result: FeedResult | None = None,
        error: TransportError | None = None,
    ) -> None:
        duration = self.clock.now() - start
        for observer in self._observers:
            observer.streamed(
                Run(start=start, duration=duration, stream=stream, counters=counters, result=result, error=error)
            )
