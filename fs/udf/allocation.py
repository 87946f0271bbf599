"""Allocation descriptors of runs of blocks, and where they go (ECMA-167 4/12, 4/14.5, UDF 1.02 2.3.10, 2.3.11).

An extent holds at most 1 GiB - 2048 bytes. What has no room in the file entry goes on in a chain of allocation extents,
a block each. The last descriptor of a full block leads to the next one. Descriptors are short where the data lies in
the partition of its entry, and long where it lies in another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from discstack.fs.udf.file import (
    MAX_EXTENT,
    NEXT_EXTENT_OF_ALLOCATION_DESCRIPTORS,
    AllocationExtentDescriptor,
    IcbFlags,
)
from discstack.fs.udf.structure import BLOCK, TAG_SIZE

_SHORT_AD: Final = Struct("<LL")
_LONG_AD: Final = Struct("<LLH6x")
ALLOCATION_EXTENT_SIZE: Final = TAG_SIZE + 8


@dataclass(frozen=True, slots=True)
class Form:
    """How extents are recorded: `data` and `chain` are the partitions of the data and of the allocation extents.

    Both are None for short descriptors, which know only the partition of their entry.
    """

    data: int | None = None
    chain: int | None = None

    @property
    def flags(self) -> IcbFlags:
        """What an ICB tag says of these descriptors."""
        return IcbFlags.SHORT_ADS if self.data is None else IcbFlags.LONG_ADS

    @property
    def partition(self) -> tuple[int, ...]:
        """What a descriptor of data has behind length and block."""
        return () if self.data is None else (self.data,)

    @property
    def size(self) -> int:
        """The bytes of one descriptor."""
        return _SHORT_AD.size if self.data is None else _LONG_AD.size

    def extent(self, length: int, block: int) -> bytes:
        """Return the descriptor of an extent of data."""
        return _SHORT_AD.pack(length, block) if self.data is None else _LONG_AD.pack(length, block, self.data)

    def link(self, block: int) -> bytes:
        """Return the descriptor that leads to the allocation extent in `block`."""
        length = NEXT_EXTENT_OF_ALLOCATION_DESCRIPTORS | BLOCK
        return _SHORT_AD.pack(length, block) if self.chain is None else _LONG_AD.pack(length, block, self.chain)


def pieces_of(runs: Iterable[tuple[int, int]], partition: int = 0) -> list[tuple[int, int]]:
    """Cut runs (a sector and bytes each) into extents (bytes, and a block of the partition), none of them too long."""
    return [
        (min(length - at, MAX_EXTENT), lba - partition + at // BLOCK)
        for lba, length in runs
        for at in range(0, length, MAX_EXTENT)
    ]


@dataclass(frozen=True, slots=True)
class Allocation:
    """How the data of files of one kind is described; `room` are the bytes for that in a file entry."""

    form: Form
    room: int

    @property
    def places(self) -> int:
        """How many descriptors a file entry holds."""
        return self.room // self.form.size

    @property
    def extent_places(self) -> int:
        """How many descriptors an allocation extent holds."""
        return (BLOCK - ALLOCATION_EXTENT_SIZE) // self.form.size

    def allocation_extents(self, extents: int) -> int:
        """Return how many allocation extents a file of so many extents needs beside its file entry."""
        if extents <= self.places:
            return 0
        # every block but the last gives one of its places to the link
        return -(-(extents - self.places) // (self.extent_places - 1))

    def in_entry(self, pieces: Sequence[tuple[int, int]], chain: int = 0) -> bytes:
        """Return the descriptors within the file entry.

        `pieces` are the extents of the data, `chain` the block of the first allocation extent if one is needed.
        """
        linked = self.allocation_extents(len(pieces)) > 0
        ads = self._descriptors(pieces[: self.places - linked])
        return ads + self.form.link(chain) if linked else ads

    def allocation_extent(self, pieces: Sequence[tuple[int, int]], chain: int, index: int, version: int) -> bytes:
        """Return the block of allocation extent `index` of a file: its descriptor and what follows that."""
        linked = index + 1 < self.allocation_extents(len(pieces))
        done = self.places - 1 + index * (self.extent_places - 1)
        ads = self._descriptors(pieces[done : done + self.extent_places - linked])
        ads += self.form.link(chain + index + 1) if linked else b""
        head = AllocationExtentDescriptor(length_of_allocation_descriptors=len(ads))
        return head.seal(chain + index, version) + ads

    def _descriptors(self, pieces: Sequence[tuple[int, int]]) -> bytes:
        return b"".join([self.form.extent(length, block) for length, block in pieces])
