"""Allocation descriptors of one run of blocks, and where they go (ECMA-167 4/12, 4/14.5, UDF 1.02 2.3.10, 2.3.11).

An extent holds at most 1 GiB - 2048 bytes. A file entry of one block holds 234 of them; a larger file goes on in a
chain of allocation extents, each a block with 253. The last descriptor of a full block leads to the next one.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from discstack.fs.udf.file import (
    ALLOCATION_EXTENT_ADS,
    FILE_ENTRY_ADS,
    MAX_EXTENT,
    NEXT_EXTENT_OF_ALLOCATION_DESCRIPTORS,
    AllocationExtentDescriptor,
)
from discstack.fs.udf.structure import BLOCK

_SHORT_AD: Final = Struct("<LL")


def allocation_extents_for(size: int) -> int:
    """Return how many allocation extents a file of `size` bytes needs beside its file entry."""
    extents = -(-size // MAX_EXTENT)
    if extents <= FILE_ENTRY_ADS:
        return 0
    # every block but the last gives one of its places to the link
    return -(-(extents - FILE_ENTRY_ADS) // (ALLOCATION_EXTENT_ADS - 1))


def file_entry_ads(size: int, position: int, chain: int = 0) -> bytes:
    """Return the descriptors within the file entry.

    `position` is the block where the data starts, `chain` that of the first allocation extent if one is needed.
    """
    if size <= MAX_EXTENT:
        return _SHORT_AD.pack(size, position) if size else b""
    linked = allocation_extents_for(size) > 0
    places = FILE_ENTRY_ADS - linked
    return short_ads(size, position, 0, places) + (link(chain) if linked else b"")


def allocation_extent(size: int, position: int, chain: int, index: int) -> bytes:
    """Return the block of allocation extent `index` of a file: its descriptor and what follows that."""
    linked = index + 1 < allocation_extents_for(size)
    done = FILE_ENTRY_ADS - 1 + index * (ALLOCATION_EXTENT_ADS - 1)
    places = ALLOCATION_EXTENT_ADS - linked
    ads = short_ads(size, position, done, places) + (link(chain + index + 1) if linked else b"")
    head = AllocationExtentDescriptor(length_of_allocation_descriptors=len(ads))
    return head.seal(chain + index) + ads


def short_ads(size: int, position: int, first: int, count: int) -> bytes:
    """Return at most `count` extents of a file, from its extent `first` on."""
    starts = range(first * MAX_EXTENT, min(size, (first + count) * MAX_EXTENT), MAX_EXTENT)
    return b"".join(_SHORT_AD.pack(min(size - at, MAX_EXTENT), position + at // BLOCK) for at in starts)


def link(block: int) -> bytes:
    """Return the descriptor that leads to the allocation extent in `block`."""
    return _SHORT_AD.pack(NEXT_EXTENT_OF_ALLOCATION_DESCRIPTORS | BLOCK, block)
