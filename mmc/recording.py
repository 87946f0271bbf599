"""One run of data from a source through the ring onto the disc."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from discstack.mmc import queries, stream
from discstack.mmc.aftermath import abandon
from discstack.mmc.command import BLOCK_SIZE, optional
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.identify import next_writable
from discstack.mmc.job import BurnJob, Digests, WriteCommand
from discstack.mmc.procedure import MaxTransfer, Now, Phase, Procedure, Report, UsualTransfer
from discstack.mmc.recipe import BurnPlan, Work
from discstack.mmc.spec.cdb import CDB
from discstack.mmc.spec.commands import WRITE_10, WRITE_12, WRITE_AND_VERIFY_10
from discstack.mmc.steps import flush
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


def write_session(
    work: Work, job: BurnJob, plan: BurnPlan, speed: int | None
) -> Procedure[tuple[FeedCounters, Digests, float]]:
    """Write, flush and close; return what was written, and the seconds from the first WRITE to the flushed cache.

    On the way out of a failed or cancelled WRITE, or flush, the cache is flushed and what the medium needs is closed.
    """
    yield Report(Phase.WRITING, 0.0)
    began = yield Now()
    try:
        counters, digests = yield from _record(work, job, plan, speed)
        yield Report(Phase.FINALISING)
        yield from flush(work)
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from abandon(error, work, job)
        raise
    seconds = (yield Now()) - began - counters.prefill_time
    yield from work.recipe.finish(work, job)
    return counters, digests, seconds


def _record(work: Work, job: BurnJob, plan: BurnPlan, speed: int | None) -> Procedure[tuple[FeedCounters, Digests]]:
    run = Run(
        source=job.source,
        lba=plan.start,
        padding=plan.padding,
        transfer=job.transfer_bytes // BLOCK_SIZE if job.transfer_bytes else work.recipe.transfer,
        exactly=bool(job.transfer_bytes),
        command=job.command,
    )
    counters, digests = yield from write_run(work, run, speed, job.ring_bytes, lambda: next_writable(work))
    return counters, Digests(
        algorithm=stream.ALGORITHM,
        start=plan.start,
        blocks=plan.blocks,
        chunk_blocks=stream.CHUNK // BLOCK_SIZE,
        digests=digests,
    )


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


def write_run(
    work: Work,
    run: Run,
    speed: int | None,
    ring_bytes: int | None,
    next_writable: Callable[[], Procedure[int | None]],
) -> Procedure[tuple[FeedCounters, tuple[bytes, ...]]]:
    """Write a run of blocks; return how it went and the digests of the source, one for each CHUNK of bytes.

    `speed` is the drive's in kB/s, None if it does not tell; `ring_bytes` the size of the ring, None for what suits.
    """
    cdb, fields = COMMANDS[run.command]
    buffer = yield from _drive_buffer()
    unit = yield from _unit(run, buffer)
    if run.command is WriteCommand.STREAMING and unit % work.recipe.write_unit:
        raise UnsupportedMedium(f"this transport cannot carry the {work.recipe.write_unit} blocks that streaming takes")
    rate = (speed or work.recipe.fastest) * 1000 * run.block_size / work.recipe.raw_block
    nap = min(buffer / 2 / rate, LONGEST_NAP) if buffer else LONGEST_NAP
    granule = unit * run.block_size
    wanted = min(ring_bytes or stream.ring_size(rate, granule), run.blocks * run.block_size)
    ring = Ring(max(-(-wanted // granule), 2) * granule, granule)
    with Pump(run.source, ring, block_size=run.block_size, padding=run.padding) as pump:

        def source_check() -> None:
            if ring.failed and pump.error is not None:
                raise pump.error

        flow = Stream(
            ring=ring,
            template=cdb.build(**fields),
            lba_place=cdb.place("lba"),
            length_place=cdb.place("transfer_length"),
            lba=run.lba,
            blocks=run.blocks,
            block_size=run.block_size,
            unit=unit,
            timeout=cdb.timeout,
            nap=nap,
        )
        counters = yield from write_stream(work, flow, source_check, next_writable)
        return counters, pump.result()


def check_transfer(work: Work, job: BurnJob) -> Procedure[None]:
    """Refuse a size of the commands that does not suit the medium or the way to the drive."""
    size, unit = job.transfer_bytes, work.recipe.write_unit * BLOCK_SIZE
    if size is None:
        return
    if size <= 0 or size % unit:
        raise UnsupportedMedium(f"{work.recipe.name} is written in multiples of {unit} bytes, not in {size}")
    if size > (most := (yield MaxTransfer())):
        raise UnsupportedMedium(f"one command carries {most} bytes at most on the way to this drive, not {size}")


def check_ring(work: Work, size: int | None, block_size: int = BLOCK_SIZE) -> None:
    """Refuse a size of the ring that has no room for two of the medium's units, or for which there is no memory."""
    if size is None:
        return
    least = 2 * work.recipe.write_unit * block_size
    if size < least:
        raise UnsupportedMedium(f"the buffer in front of the drive takes {least} bytes at least, not {size}")
    if stream.is_too_large(size):
        raise UnsupportedMedium(f"there is no memory for a buffer of {size} bytes in front of the drive")


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
