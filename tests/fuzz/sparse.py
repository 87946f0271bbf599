"""The form in which the fuzzer sees a medium: only the sectors that hold something, without the zeros at their ends.

    2 bytes           length of the medium in sectors
    then, repeated    2 bytes: a sector's address; 2 bytes: how many bytes follow; these bytes

Whatever the fuzzer makes of it is still a medium.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

SECTOR: Final = 2048
_HEAD: Final = Struct("<HH")


class SparseMedium:
    """A medium out of such bytes; what is not in them is zeros. Counts the bytes that are read of it."""

    def __init__(self, packed: bytes) -> None:
        self.sectors = int.from_bytes(packed[:2], "little")
        self.read = 0
        self._content = dict[int, bytes]()
        at = 2
        while at + _HEAD.size <= len(packed):
            lba, length = _HEAD.unpack_from(packed, at)
            at += _HEAD.size
            self._content[lba] = packed[at : at + min(length, SECTOR)]
            at += length

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer` from a sector on."""
        count, rest = divmod(len(buffer), SECTOR)
        assert not rest
        assert 0 <= lba <= lba + count <= self.sectors
        self.read += len(buffer)
        for number in range(count):
            data = self._content.get(lba + number, b"")
            buffer[number * SECTOR : (number + 1) * SECTOR] = data.ljust(SECTOR, b"\0")


def pack(image: bytes) -> bytes:
    """Return an image in this form."""
    parts = [(len(image) // SECTOR).to_bytes(2, "little")]
    for lba in range(len(image) // SECTOR):
        data = image[lba * SECTOR : (lba + 1) * SECTOR].rstrip(b"\0")
        if data:
            parts += [_HEAD.pack(lba, len(data)), data]
    return b"".join(parts)
