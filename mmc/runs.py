"""Runs of blocks from their sources through rings onto the disc, one behind the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from discstack.mmc import queries, stream
from discstack.mmc.command import BLOCK_SIZE, optional
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.job import WriteCommand
from discstack.mmc.procedure import MaxTransfer, Prefill, Procedure, UsualTransfer
from discstack.mmc.recipe import Work
from discstack.mmc.spec.cdb import CDB
from discstack.mmc.spec.commands import WRITE_10, WRITE_12, WRITE_AND_VERIFY_10
from discstack.mmc.stream import BlockSource, Pump
from discstack.mmc.writing import write_stream
from discstack.native import Ring
from discstack.transport.base import SMALL_TRANSFER, FeedCounters, Stream

COMMANDS: Final[Mapping[WriteCommand, tuple[CDB, Mapping[str, Any]]]] = {
    WriteCommand.WRITE: (WRITE_10, {}),
    WriteCommand.STREAMING: (WRITE_12, {"streaming": True}),
    WriteCommand.WRITE_AND_VERIFY: (WRITE_AND_VERIFY_10, {}),
}
BUFFER_SHARE: Final = 8  # a WRITE takes at most one part in this many of the drive's buffer
LONGEST_NAP: Final = 1.0  # seconds between two tries of a WRITE that the drive has no room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Blocks of one size that follow each other on the disc: those of a source, then `padding` of zeros.

    `transfer` is how many blocks one command should carry, `exactly` that somebody asks for them.
    """

    source: BlockSource
    lba: int
    padding: int = 0
    block_size: int = BLOCK_SIZE
    transfer: int
    exactly: bool = False
    command: WriteCommand = WriteCommand.WRITE

    @property
    def blocks(self) -> int:
        """How many blocks are written."""
        return self.source.sectors + self.padding


@dataclass(frozen=True, slots=True)
class Written:
    """A run that was written: how that went, and the digests of its source, one for each CHUNK of bytes.

    `witness` is a piece of the source that is not the same byte all over, and at which byte it starts.
    """

    counters: FeedCounters
    digests: tuple[bytes, ...]
    witness: tuple[int, bytes] | None


class Runs:
    """Runs on their way: `with Runs(...) as runs`, fill, tell the drive what comes, write.

    There is a ring for each, and its source is read while the run before is written, so that one follows the other
    without a pause. `speed` is the drive's in kB/s, None if it does not tell; `ring_bytes` the size of a ring, None for
    what suits.
    """

    def __init__(self, work: Work, runs: Iterable[Run], speed: int | None, ring_bytes: int | None) -> None:
        self._work, self._left = work, iter(runs)
        self._speed, self._ring_bytes = speed, ring_bytes
        self._buffer: int | None = None
        self._waited = 0.0  # seconds, until the rings were full
        self._flows: deque[_Flow] = deque()  # the run that is written, and the one behind it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for flow in self._flows:  # all of them first: who waits for a source may be interrupted
            flow.stream.ring.cancel()
        for flow in self._flows:
            flow.pump.__exit__(kind, error, traceback)

    def fill(self) -> Procedure[None]:
        """Wait until there is as much data as there is room for; raise what a source raised, or Cancelled."""
        yield from self._read_ahead()
        yield from self._read_ahead()
        self._waited = yield Prefill(tuple(flow.pump for flow in self._flows))
        for flow in self._flows:
            flow.check()

    def write(self, next_writable: Callable[[], Procedure[int | None]]) -> Procedure[list[Written]]:
        """Write all runs, and return what there is to know of each."""
        written = []
        while self._flows:
            written.append((yield from self._written(self._flows[0], next_writable)))
            self._flows.popleft()
            yield from self._read_ahead()
        return written

    def _written(self, flow: _Flow, next_writable: Callable[[], Procedure[int | None]]) -> Procedure[Written]:
        counters = yield from write_stream(self._work, flow.stream, flow.check, next_writable)
        counters.prefill_time, self._waited = self._waited, 0.0
        return Written(counters, flow.pump.result(), flow.pump.witness())

    def _read_ahead(self) -> Procedure[None]:
        """Begin to read the next run, if there is one."""
        run = next(self._left, None)
        if run is None:
            return
        if self._buffer is None:
            self._buffer = yield from _drive_buffer()
        flow = yield from self._flow(run, self._buffer)
        flow.pump.__enter__()
        self._flows.append(flow)

    def _flow(self, run: Run, buffer: int) -> Procedure[_Flow]:
        recipe = self._work.recipe
        cdb, fields = COMMANDS[run.command]
        unit = yield from _unit(run, buffer)
        if run.command is WriteCommand.STREAMING and unit % recipe.write_unit:
            raise UnsupportedMedium(f"this transport cannot carry the {recipe.write_unit} blocks that streaming takes")
        rate = (self._speed or recipe.fastest) * 1000 * run.block_size / recipe.raw_block
        granule = unit * run.block_size
        wanted = min(self._ring_bytes or stream.ring_size(rate, granule), run.blocks * run.block_size)
        ring = Ring(max(-(-wanted // granule), 2) * granule, granule)
        before = self._flows[-1].pump if self._flows else None
        pump = Pump(run.source, ring, block_size=run.block_size, padding=run.padding, after=before)
        taking = Stream(
            ring=ring,
            template=cdb.build(**fields),
            lba_place=cdb.place("lba"),
            length_place=cdb.place("transfer_length"),
            lba=run.lba,
            blocks=run.blocks,
            block_size=run.block_size,
            unit=unit,
            timeout=cdb.timeout,
            nap=min(buffer / 2 / rate, LONGEST_NAP) if buffer else LONGEST_NAP,
        )
        return _Flow(pump, taking)


@dataclass(frozen=True, slots=True)
class _Flow:
    """A run whose source is being read into a ring, and what takes it out of there."""

    pump: Pump
    stream: Stream

    def check(self) -> None:
        """Raise what the source raised."""
        if self.stream.ring.failed and self.pump.error is not None:
            raise self.pump.error


def transfer_blocks(wished: int, max_transfer: int, block_size: int = BLOCK_SIZE) -> int:
    """Return how many blocks one command carries: `wished`, or halves of it until the transport can carry them."""
    while wished > 1 and wished * block_size > max_transfer:
        wished //= 2
    return wished


def _unit(run: Run, buffer: int) -> Procedure[int]:
    """Return how many blocks one command carries: what was asked for, or what suits medium, way and buffer alike."""
    most = yield MaxTransfer()
    if not run.exactly:
        usual = min((yield UsualTransfer()), max(buffer // BUFFER_SHARE, SMALL_TRANSFER))
        most = min(most, usual)
    return transfer_blocks(run.transfer, most, run.block_size)


def _drive_buffer() -> Procedure[int]:
    """Return the size of the drive's buffer in bytes, 0 where it does not tell."""
    capacity = yield from optional(queries.read_buffer_capacity())
    return capacity.length_of_the_buffer if capacity is not None and not capacity.block else 0
