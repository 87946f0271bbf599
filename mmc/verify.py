"""Reading back what was written and comparing it by digests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from discstack.mmc import actions, stream
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import (
    BlankCheck,
    IllegalRequest,
    MediumError,
    ShortTransfer,
    VerificationError,
)
from discstack.mmc.job import Digests, VerifyLevel
from discstack.mmc.polling import persist, wait_ready
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Phase, Procedure, Report
from discstack.mmc.read_speed import at_read_speed

READ_BYTES: Final = 64 << 10  # the most that one READ asks for; more gains nothing
QUICK_ENDS: Final = 4  # chunks at the beginning and at the end that a quick look reads
QUICK_STEP: Final = 64  # and one in so many between
# What a READ of blocks that are not there, or not whole, ends with
UNREADABLE: Final = (MediumError, BlankCheck, IllegalRequest, ShortTransfer)


def verify(
    expected: Digests, *, level: VerifyLevel = VerifyLevel.FULL, read_speed: int | None = None
) -> Procedure[int]:
    """Read exactly the expected blocks, or a sample of them, and return how many were right.

    `read_speed` in kB/s protects media that suffer from fast reading. Raises VerificationError with all the ranges that
    differ or cannot be read; they are as fine as the digests, or as a READ that failed.
    """
    if expected.algorithm != stream.ALGORITHM:
        raise ValueError(f"these digests are {expected.algorithm}, not {stream.ALGORITHM}")
    yield Report(Phase.VERIFYING, 0.0)
    yield from wait_ready(cancellable=True)
    return (yield from at_read_speed(read_speed, _compare(expected, level)))


def _compare(expected: Digests, level: VerifyLevel) -> Procedure[int]:
    piece = max(min((yield MaxTransfer()), READ_BYTES) // BLOCK_SIZE, 1)
    buffer = memoryview(bytearray(expected.chunk_blocks * BLOCK_SIZE))
    chunks = list(_chosen(len(expected.digests), level))
    bad: list[range] = []
    verified = 0
    for done, index in enumerate(chunks):
        yield Checkpoint()
        first = expected.start + index * expected.chunk_blocks
        blocks = range(first, min(first + expected.chunk_blocks, expected.start + expected.blocks))
        data = buffer[: len(blocks) * BLOCK_SIZE]
        if (yield from _read(blocks, data, piece)) and stream.digest(data) == expected.digests[index]:
            verified += len(blocks)
        else:
            bad.append(blocks)
        yield Report(Phase.VERIFYING, (done + 1) / len(chunks))
    if bad:
        ranges = merged(bad)
        spelled = ", ".join(f"{r.start}-{r.stop - 1}" for r in ranges[:5]) + (", ..." if len(ranges) > 5 else "")
        raise VerificationError(f"what was read back is not what was written: blocks {spelled}", ranges)
    return verified


def _chosen(count: int, level: VerifyLevel) -> Iterator[int]:
    for index in range(count):
        at_ends = index < QUICK_ENDS or index >= count - QUICK_ENDS
        if level is VerifyLevel.FULL or (level is VerifyLevel.QUICK and (at_ends or index % QUICK_STEP == 0)):
            yield index


def _read(blocks: range, data: memoryview, piece: int) -> Procedure[bool]:
    """Fill `data`; False if a block cannot be read."""
    for at in range(0, len(blocks), piece):
        part = data[at * BLOCK_SIZE : (at + piece) * BLOCK_SIZE]
        try:
            yield from persist(partial(actions.read_blocks, blocks[at], part))
        except UNREADABLE:
            return False
    return True


def merged(ranges: list[range]) -> list[range]:
    """Join ranges that follow each other without a gap."""
    joined: list[range] = []
    for item in ranges:
        if joined and joined[-1].stop == item.start:
            joined[-1] = range(joined[-1].start, item.stop)
        else:
            joined.append(item)
    return joined
