"""Who records: a recorder that writes everything to a file, and one that keeps the last commands in memory."""

from __future__ import annotations

from collections import deque
from typing import IO, Final, Protocol

from discstack.transport.base import Transport
from discstack.transport.observe import Exchange, Run
from discstack.transport.record.entry import Recorded, Retention, recorded
from discstack.transport.record.text import TextWriter
from discstack.transport.trace import spelled_run

BUDGET: Final = 16 << 20  # bytes of data that a recording keeps, answers of up to 512 bytes aside
LAST_COMMANDS: Final = 256


class RecordWriter(Protocol):
    """A form of recordings."""

    def begin(self, max_transfer: int) -> None:
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

    Streams that are fed natively pass it unseen but for their end: observe a transport with `natively=False`.
    """

    def __init__(self, writer: RecordWriter, *, budget: int = BUDGET) -> None:
        self._writer, self._retention = writer, Retention(budget)
        self._began: float | None = None

    def opened(self, transport: Transport, /) -> None:
        """Begin the file, unless it is begun."""
        if self._began is None:
            self._began = transport.clock.now()
            self._writer.begin(transport.max_transfer)

    def exchanged(self, exchange: Exchange, /) -> None:
        """Write a command."""
        self._writer.write(recorded(exchange, self._began or 0.0, self._retention))

    def streamed(self, run: Run, /) -> None:
        """Write how a stream ended."""
        self._writer.remark(run.start - (self._began or 0.0), spelled_run(run))


class LastCommands:
    """Keeps the last commands of a drive, without longer data and with serial numbers masked."""

    def __init__(self) -> None:
        self._kept: deque[Recorded | tuple[float, str]] = deque(maxlen=LAST_COMMANDS)
        self._retention = Retention(0)
        self._began: float | None = None
        self._max_transfer = 0

    def __len__(self) -> int:
        return len(self._kept)

    def opened(self, transport: Transport, /) -> None:
        """Take the time of the first opening for the beginning."""
        self._max_transfer = transport.max_transfer
        if self._began is None:
            self._began = transport.clock.now()

    def exchanged(self, exchange: Exchange, /) -> None:
        """Keep a command."""
        self._kept.append(recorded(exchange, self._began or 0.0, self._retention))

    def streamed(self, run: Run, /) -> None:
        """Keep how a stream ended."""
        self._kept.append((run.start - (self._began or 0.0), spelled_run(run)))

    def write(self, file: IO[str]) -> None:
        """Write them as a recording."""
        writer = TextWriter(file)
        writer.begin(self._max_transfer)
        for entry in list(self._kept):
            if isinstance(entry, Recorded):
                writer.write(entry)
            else:
                writer.remark(*entry)
