"""One run of data from a source through the ring onto the disc."""

from __future__ import annotations

from typing import Final

from discstack.mmc import queries, stream
from discstack.mmc.command import BLOCK_SIZE, optional
from discstack.mmc.errors import UnitAttention
from discstack.mmc.guard import attempt
from discstack.mmc.identify import next_writable
from discstack.mmc.job import BurnJob, Digests
from discstack.mmc.procedure import MaxTransfer, Now, Phase, Procedure, Report
from discstack.mmc.recipe import BurnPlan, Work
from discstack.mmc.spec.commands import WRITE_10
from discstack.mmc.steps import flush
from discstack.mmc.stream import Pump
from discstack.mmc.writing import write_stream
from discstack.native import Ring
from discstack.transport.base import FeedCounters, Stream, TransportError

MEDIUM_CHANGED: Final = 0x28  # additional sense code of a unit attention
LONGEST_NAP: Final = 1.0  # seconds between two tries of a WRITE that the drive has no room for


def write_session(
    work: Work, job: BurnJob, plan: BurnPlan, speed: int | None
) -> Procedure[tuple[FeedCounters, Digests, float]]:
    """Write, flush and close; return what was written, and the seconds from the first WRITE to the flushed cache.

    On the way out of a failed or cancelled WRITE the cache is flushed and what the medium needs is closed.
    """
    yield Report(Phase.WRITING, 0.0)
    began = yield Now()
    try:
        counters, digests = yield from _record(work, job, plan, speed)
    except GeneratorExit:
        raise
    except BaseException as error:
        if not _disc_is_lost(error):
            yield from attempt(error, lambda: _abandon(work, job))
        raise
    yield Report(Phase.FINALISING)
    yield from flush(work)
    seconds = (yield Now()) - began
    yield from work.recipe.finish(work, job)
    return counters, digests, seconds


def _disc_is_lost(error: BaseException) -> bool:
    changed = isinstance(error, UnitAttention) and error.sense.asc == MEDIUM_CHANGED
    return changed or isinstance(error, TransportError)


def _abandon(work: Work, job: BurnJob) -> Procedure[None]:
    yield Report(Phase.FINALISING)
    yield from flush(work)
    yield from work.recipe.abandon(work, job)


def _record(work: Work, job: BurnJob, plan: BurnPlan, speed: int | None) -> Procedure[tuple[FeedCounters, Digests]]:
    unit = transfer_blocks(work.recipe.transfer, (yield MaxTransfer()))
    rate = (speed or work.recipe.fastest) * 1000 * BLOCK_SIZE / work.recipe.raw_block
    nap = yield from _nap(rate)
    granule = unit * BLOCK_SIZE
    wanted = min(job.ring_bytes or stream.ring_size(rate, granule), plan.total * BLOCK_SIZE)
    ring = Ring(max(-(-wanted // granule), 2) * granule, granule)
    with Pump(job.source, ring, padding=plan.padding) as pump:

        def source_check() -> None:
            if ring.failed and pump.error is not None:
                raise pump.error

        flow = Stream(
            ring=ring,
            template=WRITE_10.build(),
            lba_place=WRITE_10.place("lba"),
            length_place=WRITE_10.place("transfer_length"),
            lba=plan.start,
            blocks=plan.total,
            block_size=BLOCK_SIZE,
            unit=unit,
            timeout=WRITE_10.timeout,
            nap=nap,
        )
        counters = yield from write_stream(work, flow, source_check, lambda: next_writable(work))
        digests = pump.result()
    return counters, Digests(
        algorithm=stream.ALGORITHM,
        start=plan.start,
        blocks=plan.blocks,
        chunk_blocks=stream.CHUNK // BLOCK_SIZE,
        digests=digests,
    )


def transfer_blocks(wished: int, max_transfer: int) -> int:
    """Return how many blocks one command carries: `wished`, or halves of it until the transport can carry them."""
    while wished > 1 and wished * BLOCK_SIZE > max_transfer:
        wished //= 2
    return wished


def _nap(rate: float) -> Procedure[float]:
    """Return how long half the drive's buffer lasts."""
    buffer = yield from optional(queries.read_buffer_capacity())
    size = buffer.length_of_the_buffer if buffer is not None and not buffer.block else 0
    return min(size / 2 / rate, LONGEST_NAP) if size else LONGEST_NAP
