"""The kinds of partition: how a block of one becomes a sector of the medium (ECMA-167 3/10.7, UDF 2.2.8 to 2.2.10)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from discstack.fs.plan import SECTOR, sectors_for
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.extents import NOT_RECORDED, Extent
from discstack.fs.reading.notes import Oddity

NOWHERE: Final = 1 << 32  # an address on no medium: what lies there cannot be read, and is not taken for zeros
UNUSED: Final = 0xFFFFFFFF  # UDF 2.2.11: an entry of a virtual allocation table that leads nowhere
_COST: Final = 8  # bytes of an allocation descriptor: what each extent takes from the budget


class Partition(Protocol):
    """A partition of the logical volume."""

    def extents(self, block: int, length: int) -> Iterator[Extent]:
        """Yield where `length` bytes from the start of a block on lie on the medium."""
        ...


class Physical:
    """Blocks in order from a sector on (type 1)."""

    def __init__(self, start: int, length: int) -> None:
        self.start, self.length = start, length

    def extents(self, block: int, length: int) -> Iterator[Extent]:
        """Yield one extent."""
        yield Extent(self.start + block, length)


class Sparable:
    """A partition in packets, some of which lie elsewhere (UDF 2.2.9)."""

    def __init__(self, start: int, packet: int, moved: Iterable[tuple[int, int]], blocks: Blocks) -> None:
        self._start, self._packet = start, packet
        self._moved = dict(moved)  # first block of a packet: the sector where it lies now
        self._order = sorted(self._moved)
        self._blocks = blocks

    def extents(self, block: int, length: int) -> Iterator[Extent]:
        """Yield the parts between and in moved packets."""
        end = block + sectors_for(length)
        left = length
        index = bisect_left(self._order, block - block % self._packet)
        while block < end:
            packet = self._order[index] if index < len(self._order) else end
            if packet > block:
                lba, stop = self._start + block, min(packet, end)
            else:
                lba, stop = self._moved[packet] + block - packet, min(packet + self._packet, end)
                index += 1
            take = min((stop - block) * SECTOR, left)
            if not self._blocks.spend(_COST, "UDF sparable partition"):
                return
            yield Extent(lba, take)
            left -= take
            block = stop


class Virtual:
    """Blocks that a virtual allocation table leads on, each for itself, to the physical partition (UDF 2.2.8)."""

    def __init__(self, table: Sequence[int], below: Partition, blocks: Blocks) -> None:
        self._table, self._below, self._blocks = table, below, blocks

    def extents(self, block: int, length: int) -> Iterator[Extent]:
        """Yield an extent for every block."""
        for number in range(sectors_for(length)):
            take = min(length - number * SECTOR, SECTOR)
            if not self._blocks.spend(_COST, "UDF virtual partition"):
                return
            entry = self._table[block + number] if block + number < len(self._table) else UNUSED
            if entry == UNUSED:
                where = "UDF virtual allocation table"
                self._blocks.notes.add(Oddity.OUT_OF_BOUNDS, where, f"it has no address for block {block + number}")
                yield Extent(NOWHERE, take)
            else:
                yield from self._below.extents(entry, take)


class Metadata:
    """Blocks that lie in a file, the metadata file or its mirror (UDF 2.50 2.2.10)."""

    def __init__(self, data: Sequence[Extent], blocks: Blocks) -> None:
        self._data, self._blocks = data, blocks
        self._starts = list[int]()
        position = 0
        for extent in data:
            self._starts.append(position)
            position += sectors_for(extent.length)
        self._end = position

    def extents(self, block: int, length: int) -> Iterator[Extent]:
        """Yield the parts of the file's extents."""
        index = bisect_right(self._starts, block) - 1
        left = length
        while left and block < self._end and self._blocks.spend(_COST, "UDF metadata partition"):
            extent, start = self._data[index], self._starts[index]
            take = min((start + sectors_for(extent.length) - block) * SECTOR, left)
            lba = NOWHERE if extent.lba == NOT_RECORDED else extent.lba + block - start
            yield Extent(lba, take)
            left -= take
            block += sectors_for(take)
            index += 1
        if left:
            where = "UDF metadata partition"
            self._blocks.notes.add(Oddity.OUT_OF_BOUNDS, where, f"block {block}, and it ends at {self._end}")
            yield Extent(NOWHERE, left)
