"""Reading a disc from front to back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from discstack.mmc import actions, queries
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import DriveError, IllegalRequest, MediumError, NotReady, ResponseError
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Phase, Procedure, Report
from discstack.mmc.verify import READ_BYTES, UNREADABLE, merged

Consume = Callable[[memoryview], object]


def last_session() -> Procedure[int]:
    """Return where the table of contents says that the last session starts, for drives that know no tracks, or 0."""
    try:
        told = yield from persist(queries.multi_session)
    except (IllegalRequest, MediumError, NotReady, ResponseError):
        return 0
    return max(told.start_address_of_first_track_in_last_session, 0)


def read_disc(
    blocks: range,
    consume: Consume,
    *,
    gaps: Sequence[range] = (),
    skip_bad: bool = False,
    run_out: int = 0,
    ends_track: bool = True,
    capacity: int = 0,
) -> Procedure[list[range]]:
    """Read blocks in order, hand them on, and return the ranges that could not be read.

    `consume` gets pieces of whole blocks, valid only during the call. Nothing is read of `gaps`: zeros stand for them.
    A block that cannot be read raises the drive's error with the address in its notes, unless `skip_bad`: then zeros
    stand for it too. The last `run_out` blocks before a gap, or before the end if it `ends_track`, may be unreadable:
    they are what a drive leaves behind a track written at once, and are left out at the end (MMC-6 4.2.3.8). Before a
    gap zeros stand for them, and a message tells it. Where `capacity` is known, as how many blocks the medium holds in
    all, and a piece behind it cannot be read, what follows is skipped without being asked for.
    """
    piece = max(min((yield MaxTransfer()), READ_BYTES) // BLOCK_SIZE, 1)
    bad: list[range] = []
    yield Report(Phase.READING, 0.0)
    lba = blocks.start
    for gap in [*gaps, range(blocks.stop, blocks.stop)]:
        tail = run_out if gap or ends_track else 0
        run = range(lba, gap.start)
        hopeless = capacity if capacity and skip_bad and not tail else run.stop
        yield from _read_run(run, blocks, piece, consume, bad, skip_bad=skip_bad, run_out=tail, hopeless=hopeless)
        yield from _zeros(gap, piece, consume)
        lba = gap.stop
    return merged(bad)


def _zeros(blocks: range, piece: int, consume: Consume) -> Procedure[None]:
    for lba in range(blocks.start, blocks.stop, piece):
        yield Checkpoint()
        consume(memoryview(bytes(min(piece, blocks.stop - lba) * BLOCK_SIZE)))


def _read_run(
    run: range,
    blocks: range,
    piece: int,
    consume: Consume,
    bad: list[range],
    *,
    skip_bad: bool,
    run_out: int,
    hopeless: int,
) -> Procedure[None]:
    buffer = memoryview(bytearray(piece * BLOCK_SIZE))
    for lba in range(run.start, run.stop, piece):
        yield Checkpoint()
        wanted = min(piece, run.stop - lba) * BLOCK_SIZE
        data = buffer[:wanted]
        try:
            yield from persist(partial(actions.read_blocks, lba, data))
        except UNREADABLE:
            if lba >= hopeless:
                bad.append(range(lba, run.stop))
                yield from _zeros(bad[-1], piece, consume)
                return
            got = yield from _one_by_one(lba, data, run.stop - run_out, consume, bad, skip_bad=skip_bad)
            data[got * BLOCK_SIZE :] = bytes(wanted - got * BLOCK_SIZE)
            if run.stop == blocks.stop:
                data = data[: got * BLOCK_SIZE]
            elif wanted > got * BLOCK_SIZE:
                yield _left_behind(range(lba + got, lba + wanted // BLOCK_SIZE))
        consume(data)
        yield Report(Phase.READING, min(lba + piece - blocks.start, len(blocks)) / len(blocks))


def _left_behind(blocks: range) -> Report:
    """Tell of blocks in front of a gap that are most likely run-out: zeros stand for them, as more follows."""
    what = f"zeros stand for sectors {blocks[0]} to {blocks[-1]}, which cannot be read"
    return Report(Phase.READING, message=f"{what}, as what lies behind a track that was written at once")


def _one_by_one(
    first: int, data: memoryview, certain: int, consume: Consume, bad: list[range], *, skip_bad: bool
) -> Procedure[int]:
    """Read the blocks of a piece singly; return how many there are up to where nothing more is to be expected.

    Those before one that ends it all are handed on.
    """
    for index in range(len(data) // BLOCK_SIZE):
        lba = first + index
        block = data[index * BLOCK_SIZE : (index + 1) * BLOCK_SIZE]
        try:
            yield from persist(partial(actions.read_blocks, lba, block))
        except UNREADABLE as error:
            if lba >= certain:
                return index
            if not skip_bad:
                consume(data[: index * BLOCK_SIZE])
            _refuse_or_note(error, lba, bad, skip_bad=skip_bad)
            block[:] = bytes(BLOCK_SIZE)
    return len(data) // BLOCK_SIZE


def _refuse_or_note(error: DriveError, lba: int, bad: list[range], *, skip_bad: bool) -> None:
    if not skip_bad:
        error.add_note(f"reading stopped at LBA {lba}; what was read before it is whole")
        raise error
    bad.append(range(lba, lba + 1))
