"""One session of data: the ring is filled, the drive is told what comes, then it is written, flushed and closed."""

from __future__ import annotations

from discstack.mmc import stream
from discstack.mmc.aftermath import abandon
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import UnsupportedMedium
from discstack.mmc.identify import next_writable
from discstack.mmc.job import BurnJob, Digests
from discstack.mmc.procedure import MaxTransfer, Now, Phase, Procedure, Report
from discstack.mmc.recipe import BurnPlan, Work
from discstack.mmc.runs import Run, Runs
from discstack.mmc.steps import flush
from discstack.transport.base import FeedCounters


def write_session(
    work: Work, job: BurnJob, plan: BurnPlan, speed: int | None
) -> Procedure[tuple[FeedCounters, Digests, float]]:
    """Announce, write, flush and close; return what was written, and the seconds of writing up to the flushed cache.

    Nothing is announced before there is data to go on with: a drive that has begun must not wait for any. On the way
    out of what failed or was cancelled after that, the cache is flushed and what the medium needs is closed.
    """
    run = Run(
        source=job.source,
        lba=plan.start,
        padding=plan.padding,
        transfer=job.transfer_bytes // BLOCK_SIZE if job.transfer_bytes else work.recipe.transfer,
        exactly=bool(job.transfer_bytes),
        command=job.command,
    )
    with Runs(work, [run], speed, job.ring_bytes) as runs:
        yield Report(Phase.BUFFERING, 0.0)
        yield from runs.fill()
        try:
            yield from work.recipe.announce(work, job, plan)
            yield Report(Phase.WRITING, 0.0)
            began = yield Now()
            [written] = yield from runs.write(lambda: next_writable(work))
            yield Report(Phase.FINALISING)
            yield from flush(work)
        except GeneratorExit:
            raise
        except BaseException as error:
            yield from abandon(error, work, job)
            raise
    seconds = (yield Now()) - began
    yield from work.recipe.finish(work, job)
    whole = Digests(
        algorithm=stream.ALGORITHM,
        start=plan.start,
        blocks=plan.blocks,
        chunk_blocks=stream.CHUNK // BLOCK_SIZE,
        digests=written.digests,
    )
    return written.counters, whole, seconds


def check_transfer(work: Work, job: BurnJob) -> Procedure[None]:
    """Refuse a size of the commands that does not suit the medium or the way to the drive."""
    size, unit = job.transfer_bytes, work.recipe.write_unit * BLOCK_SIZE
    if size is None:
        return
    if size <= 0 or size % unit:
        raise UnsupportedMedium(f"{work.recipe.name} is written in multiples of {unit} bytes, not in {size}")
    yield from check_way(size)


def check_way(size: int) -> Procedure[None]:
    """Refuse a size of the commands that is too much for the way to the drive."""
    if size > (most := (yield MaxTransfer())):
        raise UnsupportedMedium(f"one command carries {most} bytes at most on the way to this drive, not {size}")


def check_ring(work: Work, size: int | None, block_size: int = BLOCK_SIZE, *, two: bool = False) -> None:
    """Refuse a size of the ring that has no room for two of the medium's units, or for which there is no memory.

    There are `two` where the data of one run is read while another is written.
    """
    if size is None:
        return
    least = 2 * work.recipe.write_unit * block_size
    if size < least:
        raise UnsupportedMedium(f"the buffer in front of the drive takes {least} bytes at least, not {size}")
    if stream.is_too_large(2 * size if two else size):
        what = "two buffers" if two else "a buffer"
        raise UnsupportedMedium(f"there is no memory for {what} of {size} bytes in front of the drive")
