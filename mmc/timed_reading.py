"""Reading as fast as the drive gives, each command timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from discstack.mmc import actions
from discstack.mmc.command import BLOCK_SIZE
from discstack.mmc.errors import DriveError
from discstack.mmc.feed import OBSERVE_INTERVAL
from discstack.mmc.polling import persist
from discstack.mmc.procedure import Checkpoint, MaxTransfer, Now, Phase, Procedure, Report
from discstack.native.histogram import bucket_of

DEFAULT_TRANSFER: Final = 64 << 10  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMoment:
    """What was read since the moment before: `blocks`, in so many `commands`, the last one up to `lba`.

    `elapsed` and `latency_max` are in seconds, the first since reading began, the second of these commands;
    `latencies` are pairs of a bucket of `discstack.native.histogram` and the number of commands in it.
    """

    elapsed: float
    lba: int
    blocks: int
    commands: int
    latencies: tuple[tuple[int, int], ...]
    latency_max: float


def timed_read(runs: Sequence[range], transfer_bytes: int | None = None) -> Procedure[tuple[ReadMoment, ...]]:
    """Read runs of blocks in order and return how that went, a few moments a second; the data is dropped.

    One command asks for `transfer_bytes`, None for what suits. Raises ValueError where these are no whole blocks or
    more than one command may move, and the drive's error, its address in a note, at the first block that is not read.
    """
    most = yield MaxTransfer()
    size = min(DEFAULT_TRANSFER, most) if transfer_bytes is None else transfer_bytes
    if not 0 < size <= most or (transfer_bytes and size % BLOCK_SIZE):
        raise ValueError(f"one command reads multiples of {BLOCK_SIZE} bytes up to {most}, not {size}")
    piece = size // BLOCK_SIZE
    buffer = memoryview(bytearray(piece * BLOCK_SIZE))
    yield Report(Phase.READING, 0.0)
    began = yield Now()
    moments: list[ReadMoment] = []
    since, done, total = _Since(began), 0, sum(map(len, runs))
    for lba, count in _pieces(runs, piece):
        yield Checkpoint()
        before = yield Now()
        try:
            yield from persist(partial(actions.read_blocks, lba, buffer[: count * BLOCK_SIZE]))
        except DriveError as error:
            error.add_note(f"reading stopped at LBA {lba}")
            raise
        now = yield Now()
        done += count
        since.count(count, now - before)
        if now - since.began >= OBSERVE_INTERVAL or done == total:
            moments.append(since.moment(lba + count, now - began))
            since = _Since(now)
            yield Report(Phase.READING, done / total)
    return tuple(moments)


def _pieces(runs: Sequence[range], piece: int) -> Iterator[tuple[int, int]]:
    for run in runs:
        for lba in range(run.start, run.stop, piece):
            yield lba, min(piece, run.stop - lba)


class _Since:
    """What happened since a moment."""

    def __init__(self, began: float) -> None:
        self.began, self.blocks = began, 0
        self.buckets = Counter[int]()
        self.longest = 0.0

    def count(self, blocks: int, latency: float) -> None:
        self.blocks += blocks
        self.buckets[bucket_of(latency)] += 1
        self.longest = max(self.longest, latency)

    def moment(self, lba: int, elapsed: float) -> ReadMoment:
        return ReadMoment(
            elapsed=elapsed,
            lba=lba,
            blocks=self.blocks,
            commands=self.buckets.total(),
            latencies=tuple(sorted(self.buckets.items())),
            latency_max=self.longest,
        )
