"""Reading a disc from front to back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from discstack.mmc import actions
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import BlankCheck, CommandError, IllegalRequest, MediumError
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Phase, Procedure, Report
from discstack.mmc.verify import READ_BYTES, merged

Consume = Callable[[memoryview], object]
UNREADABLE: Final = (MediumError, BlankCheck, IllegalRequest)


def read_disc(blocks: range, consume: Consume, *, skip_bad: bool = False, run_out: int = 0) -> Procedure[list[range]]:
    """Read blocks in order, hand them on, and return the ranges that could not be read.

    `consume` gets pieces of whole blocks, valid only during the call. A block that cannot be read raises the drive's
    error with the address in its notes, unless `skip_bad`: then zeros stand for it. The last `run_out` blocks may be
    unreadable: they are what a drive leaves behind a track written at once, and are left out then (MMC-6 4.2.3.8).
    """
    piece = max(min((yield MaxTransfer()), READ_BYTES) // BLOCK_SIZE, 1)
    buffer = memoryview(bytearray(piece * BLOCK_SIZE))
    bad: list[range] = []
    yield Report(Phase.READING, 0.0)
    for lba in range(blocks.start, blocks.stop, piece):
        yield Checkpoint()
        data = buffer[: min(piece, blocks.stop - lba) * BLOCK_SIZE]
        try:
            yield from persist(partial(actions.read_blocks, lba, data))
        except UNREADABLE:
            got = yield from _one_by_one(lba, data, blocks.stop - run_out, bad, skip_bad=skip_bad)
            data = data[: got * BLOCK_SIZE]
        consume(data)
        yield Report(Phase.READING, (lba + piece - blocks.start) / len(blocks) if lba + piece < blocks.stop else 1.0)
    return merged(bad)


def _one_by_one(first: int, data: memoryview, certain: int, bad: list[range], *, skip_bad: bool) -> Procedure[int]:
    """Read the blocks of a piece singly; return how many there are up to where nothing more is to be expected."""
    for index in range(len(data) // BLOCK_SIZE):
        lba = first + index
        block = data[index * BLOCK_SIZE : (index + 1) * BLOCK_SIZE]
        try:
            yield from persist(partial(actions.read_blocks, lba, block))
        except UNREADABLE as error:
            if lba >= certain:
                return index
            _refuse_or_note(error, lba, bad, skip_bad=skip_bad)
            block[:] = bytes(BLOCK_SIZE)
    return len(data) // BLOCK_SIZE


def _refuse_or_note(error: CommandError, lba: int, bad: list[range], *, skip_bad: bool) -> None:
    if not skip_bad:
        error.add_note(f"reading stopped at LBA {lba}; what was read before it is whole")
        raise error
    bad.append(range(lba, lba + 1))
