"""System use entries as every extension of ECMA-119 shares them (SUSP 1.12), and the areas where they go on.

What does not fit behind the identifier of a directory record lies in continuation areas in sectors that follow the
directory, so that reading the directory reads them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from discstack.fs.ecma119 import both_byte_32
from discstack.fs.plan import SECTOR, sectors_for

CE_SIZE: Final = 28
MAX_ENTRY: Final = 255  # the length of an entry has one byte, SUSP 4
SHARING_PROTOCOL: Final = b"SP\x07\x01\xbe\xef\x00"  # SUSP 5.3, no bytes skipped


def entry(signature: bytes, data: bytes) -> bytes:
    """Return a system use entry of version 1, SUSP 4."""
    return signature + bytes((4 + len(data), 1)) + data


def continuation(lba: int, offset: int, length: int) -> bytes:
    """Return the entry CE that leads to an area, SUSP 5.1."""
    return entry(b"CE", both_byte_32(lba) + both_byte_32(offset) + both_byte_32(length))


def extension_reference(identifier: bytes, descriptor: bytes, source: bytes) -> bytes:
    """Return the entry ER that names an extension, in its version 1, SUSP 5.5."""
    lengths = bytes((len(identifier), len(descriptor), len(source), 1))
    return entry(b"ER", lengths + identifier + descriptor + source)


class ContinuationAreas:
    """The continuation areas of one directory, from the sector `lba` on; none lies across the end of a sector.

    Linux refuses an area that does, so what is longer than a sector goes on from one to the next.
    """

    def __init__(self, lba: int = 0) -> None:
        self._lba = lba
        self.data = bytearray()

    @property
    def sectors(self) -> int:
        """How many sectors the areas take."""
        return sectors_for(len(self.data))

    def fit(self, entries: Sequence[bytes], room: int) -> bytes:
        """Return a system use area of at most `room` bytes (28 or more): the entries, or how to come to the others."""
        if sum(map(len, entries)) <= room:
            return b"".join(entries)
        kept = _fitting(entries, room - CE_SIZE)
        return b"".join(entries[:kept]) + self._add(entries[kept:])

    def _add(self, entries: Sequence[bytes]) -> bytes:
        """Record entries and return the one that leads to them."""
        size = sum(map(len, entries))
        room = -len(self.data) % SECTOR or SECTOR
        if size > room and (size <= SECTOR or not _fitting(entries, room - CE_SIZE)):
            self.data += bytes(room)
            room = SECTOR
        if size <= room:
            return self._record(b"".join(entries))
        kept = _fitting(entries, room - CE_SIZE)
        here = b"".join(entries[:kept])
        lead = continuation(*self._position(), len(here) + CE_SIZE)
        start = len(self.data)
        self.data += bytes(room)  # what follows starts in the next sector
        area = here + self._add(entries[kept:])
        self.data[start : start + len(area)] = area
        return lead

    def _position(self) -> tuple[int, int]:
        sector, offset = divmod(len(self.data), SECTOR)
        return self._lba + sector, offset

    def _record(self, area: bytes) -> bytes:
        lead = continuation(*self._position(), len(area))
        self.data += area
        return lead


def _fitting(entries: Sequence[bytes], room: int) -> int:
    """Return how many of the first entries take at most `room` bytes."""
    for count, each in enumerate(entries):
        room -= len(each)
        if room < 0:
            return count
    return len(entries)
