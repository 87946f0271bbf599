"""System Use fields (SUSP 1.12): in directory records and in continuation areas, which may lie anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from discstack.fs.plan import SECTOR
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.notes import Oddity

_CE: Final = Struct("<I4xI4xI4x")  # 5.1
_HEAD: Final = 4  # signature, length and version
_XA: Final = 14  # bytes that CD-ROM XA puts before SP in the root's record
_MAGIC: Final = b"\xbe\xef"  # 5.3
_MOST_CONTINUED: Final = 1 << 20  # bytes of one continuation area; writers keep each within a sector


class Field(NamedTuple):
    """A System Use Entry: two letters, and what follows its version number."""

    signature: bytes
    data: bytes


def skipped_bytes(area: bytes) -> int | None:
    """Return how many bytes SP says to skip in each System Use area (5.3); None where the root's area has no SP."""
    for at in (0, _XA):
        if area[at : at + 2] == b"SP" and area[at + 4 : at + 6] == _MAGIC and len(area) >= at + 7:
            return area[at + 6]
    return None


def fields(blocks: Blocks, area: bytes, where: str) -> Iterator[Field]:
    """Yield the fields of a System Use area and of its continuations, CE and ST themselves excepted."""
    seen = set[tuple[int, int]]()
    while True:
        follow = None
        at = 0
        while at + _HEAD <= len(area):
            signature, length = area[at : at + 2], area[at + 2]
            if not any(signature) or signature == b"ST":
                break
            if length < _HEAD or at + length > len(area):
                blocks.notes.add(Oddity.MALFORMED, where, f"System Use field {signature!r} of {length} bytes; left out")
                break
            data = area[at + _HEAD : at + length]
            if signature != b"CE":
                yield Field(signature, data)
            elif len(data) >= _CE.size:
                follow = _CE.unpack_from(data)
            at += length
        if follow is None:
            return
        lba, offset, length = follow
        if (lba, offset) in seen:
            blocks.notes.add(Oddity.LOOP, where, f"the continuation area at sector {lba} leads to itself")
            return
        seen.add((lba, offset))
        area = _continuation(blocks, lba, offset, length, where)


def _continuation(blocks: Blocks, lba: int, offset: int, length: int, where: str) -> bytes:
    """Return a continuation area, as far as it lies on the medium."""
    end = offset + length
    if lba + end // SECTOR > blocks.sectors:
        blocks.notes.add(Oddity.OUT_OF_BOUNDS, where, f"continuation area of {length} bytes at sector {lba}; left out")
        return b""
    if length > _MOST_CONTINUED:
        blocks.notes.add(Oddity.TOO_MUCH, where, f"continuation area of {length} bytes at sector {lba}; left out")
        return b""
    if not blocks.spend(length, where):
        return b""
    sectors = [blocks.sector(lba + number) for number in range(offset // SECTOR, -(-end // SECTOR))]
    if None in sectors:
        blocks.notes.add(Oddity.UNREADABLE, where, f"continuation area at sector {lba}; left out")
        return b""
    start = offset % SECTOR
    return b"".join(filter(None, sectors))[start : start + length]
