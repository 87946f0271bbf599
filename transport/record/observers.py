"""Who records: a recorder that writes everything to a file, and one that keeps the last commands in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import IO, Final, NamedTuple, Protocol

from discstack.mmc.spec.cdb import Direction
from discstack.transport.base import Command, Reply, Transport
from discstack.transport.observe import Exchange, Run
from discstack.transport.record.entry import ALWAYS_KEPT, GLIMPSE, Payload, Recorded, Retention, moved, recorded
from discstack.transport.record.mask import masked
from discstack.transport.record.text import TextWriter
from discstack.transport.trace import spelled_run

BUDGET: Final = 16 << 20  # bytes of data that a recording keeps, answers of up to 512 bytes aside
LAST_COMMANDS: Final = 256


class RecordWriter(Protocol):
    """A form of recordings."""

    def begin(self, max_transfer: int, usual_transfer: int) -> None:
        """Write what stands before the first command."""
        ...

    def write(self, entry: Recorded) -> None:
        """Write a command."""
        ...

    def remark(self, start: float, words: str) -> None:
        """Write what is no command."""
        ...


class FileRecorder:
    """Writes all commands of a drive to a file; data as long as BUDGET lasts, serial numbers masked.

    Streams that are fed natively pass it unseen but for their end: observe a transport with `natively=False`. Nothing
    is written any more once that failed; `failure` says why.
    """

    def __init__(self, writer: RecordWriter, *, budget: int = BUDGET) -> None:
        self._writer, self._retention = writer, Retention(budget)
        self._began: float | None = None
        self.failure: OSError | None = None

    def opened(self, transport: Transport, /) -> None:
        """Begin the file, unless it is begun."""
        if self._began is None:
            self._began = transport.clock.now()
            self._try(lambda: self._writer.begin(transport.max_transfer, transport.usual_transfer))

    def exchanged(self, exchange: Exchange, /) -> None:
        """Write a command."""
        data = masked(exchange.command.cdb, moved(exchange))
        entry = recorded(exchange, self._retention.keep(data))
        self._try(lambda: self._writer.write(replace(entry, start=entry.start - (self._began or 0.0))))

    def streamed(self, run: Run, /) -> None:
        """Write how a stream ended."""
        self._try(lambda: self._writer.remark(run.start - (self._began or 0.0), spelled_run(run)))

    def _try(self, write: Callable[[], None]) -> None:
        if self.failure is None:
            try:
                write()
            except OSError as error:  # a full disk: the drive is not to be left half-way for that
                self.failure = error


class _Kept(NamedTuple):
    """An exchange without its buffers, how much data it moved, and the first of it."""

    exchange: Exchange
    size: int = 0
    data: bytes = b""


class _Remark(NamedTuple):
    """How a stream ended, in words."""

    start: float
    words: str


class LastCommands:
    """Keeps the last commands of a drive, with data of up to 512 bytes.

    Of longer data, which is people's own, no more than a glimpse is kept. It is always there, so that little is done
    for each command; serial numbers are masked when they are written.
    """

    def __init__(self) -> None:
        self._kept: deque[_Kept | _Remark] = deque(maxlen=LAST_COMMANDS)
        self._began: float | None = None
        self._transfers = (0, 0)

    def __len__(self) -> int:
        return len(self._kept)

    def opened(self, transport: Transport, /) -> None:
        """Take the time of the first opening for the beginning."""
        self._transfers = (transport.max_transfer, transport.usual_transfer)
        if self._began is None:
            self._began = transport.clock.now()

    def exchanged(self, exchange: Exchange, /) -> None:
        """Keep a command, but no buffer: it may be large, and is used again."""
        command, reply = exchange.command, exchange.reply
        if command.direction is Direction.NONE:
            self._kept.append(_Kept(exchange))
            return
        data = moved(exchange)
        length = command.allocation if command.data is None else memoryview(command.data).nbytes
        small = Command(command.cdb, command.direction, None, length, command.timeout)
        empty = reply and Reply(reply.status, reply.sense, b"", reply.residual)
        kept = Exchange(exchange.start, exchange.duration, small, empty, exchange.error)
        most = ALWAYS_KEPT if len(data) <= ALWAYS_KEPT else GLIMPSE
        self._kept.append(_Kept(kept, len(data), bytes(data[:most])))

    def streamed(self, run: Run, /) -> None:
        """Keep how a stream ended, but not the ring that it came from."""
        self._kept.append(_Remark(run.start, spelled_run(run)))

    def write(self, file: IO[str]) -> None:
        """Write them as a recording."""
        writer = TextWriter(file)
        writer.begin(*self._transfers)
        began = self._began or 0.0
        for entry in list(self._kept):
            if isinstance(entry, _Remark):
                writer.remark(entry.start - began, entry.words)
            else:
                payload = Payload(entry.size, bytes(masked(entry.exchange.command.cdb, entry.data)))
                writer.write(replace(recorded(entry.exchange, payload), start=entry.exchange.start - began))
