"""Reading tracks of a CD sector by sector, handing each piece on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from discstack.mmc.cd.sectors import (
    MAIN,
    MOST_BYTES,
    UNREADABLE,
    CdSector,
    ErrorBits,
    SubChannels,
    block_size,
    read_sectors,
)
from discstack.mmc.errors import CommandError
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Phase, Procedure, Report
from discstack.mmc.verify import merged


def read_run(
    blocks: range,
    consume: Callable[[CdSector], object],
    *,
    sub: SubChannels = SubChannels.NONE,
    errors: ErrorBits = ErrorBits.NONE,
    skip_bad: bool = False,
    tolerated: Sequence[range] = (),
    done: int = 0,
    total: int | None = None,
) -> Procedure[list[range]]:
    """Read sectors in order, hand them on, and return the ranges that could not be read; zeros stand for those.

    One that cannot be read raises the drive's error with the address in its notes, unless `skip_bad` or it lies in
    `tolerated`. `done` of `total` sectors were read before, for the sake of progress.
    """
    piece = max(min((yield MaxTransfer()), MOST_BYTES) // block_size(errors, sub), 1)
    bad: list[range] = []
    for lba in range(blocks.start, blocks.stop, piece):
        yield Checkpoint()
        count = min(piece, blocks.stop - lba)
        try:
            sectors = yield from persist(partial(read_sectors, lba, count, errors=errors, sub=sub))
        except UNREADABLE:
            sectors = []
            for single in range(lba, lba + count):
                skip = skip_bad or any(single in allowed for allowed in tolerated)
                sectors.append((yield from _single(single, sub, errors, bad, skip)))
        for sector in sectors:
            consume(sector)
        yield Report(Phase.READING, (done + lba + count - blocks.start) / (total or len(blocks)))
    return merged(bad)


def _single(lba: int, sub: SubChannels, errors: ErrorBits, bad: list[range], skip: bool) -> Procedure[CdSector]:
    try:
        (sector,) = yield from persist(partial(read_sectors, lba, 1, errors=errors, sub=sub))
    except UNREADABLE as error:
        if not skip:
            _note(error, lba)
            raise
        bad.append(range(lba, lba + 1))
        return CdSector(lba=lba, main=bytes(MAIN), sub=bytes(block_size(ErrorBits.NONE, sub) - MAIN), form=sub)
    return sector


def _note(error: CommandError, lba: int) -> None:
    error.add_note(f"reading stopped at LBA {lba}; what was read before it is whole")
