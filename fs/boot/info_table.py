"""The boot info table, which tells a boot image where it lies; patched in on its way, never on the source."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct, iter_unpack
from typing import Final

from discstack.fs.sources import Reader, Source

TABLE: Final = slice(8, 64)  # bytes of the boot image
_FIELDS: Final = Struct("<IIII40x")


def info_table(descriptor: int, lba: int, data: bytes | bytearray) -> bytes:
    """Return the table for a boot image: sectors of the primary volume descriptor and of the image, length, checksum.

    The checksum is the sum of the 32-bit words behind the table, the last one filled up with zeros.
    """
    rest = data[TABLE.stop :] + bytes(-len(data) % 4)
    total = sum(word for (word,) in iter_unpack("<I", rest))
    return _FIELDS.pack(descriptor, lba, len(data), total & 0xFFFFFFFF)


class InfoTableSource:
    """A boot image with its table, made from the image as it is and from the addresses that `addresses` tells.

    These are the sectors of the primary volume descriptor and of the boot image; they are asked for when it is opened.
    """

    __slots__ = ("_addresses", "_source")
    shared = False

    def __init__(self, source: Source, addresses: Callable[[], tuple[int, int]]) -> None:
        self._source = source
        self._addresses = addresses

    @property
    def size(self) -> int:
        """Length in bytes, that of the source."""
        return self._source.size

    @property
    def mtime_ns(self) -> int | None:
        """Time of the last change of the source."""
        return self._source.mtime_ns

    def open(self) -> Reader:
        """Open the source, and read it once for the checksum."""
        data = bytearray(self.size)
        self._source.read_whole(memoryview(data))
        return _PatchedReader(self._source.open(), info_table(*self._addresses(), data))

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        self._source.read_whole(buffer)
        buffer[TABLE] = info_table(*self._addresses(), bytes(buffer))


class _PatchedReader:
    """Reads a source, and the table where that belongs."""

    def __init__(self, reader: Reader, table: bytes) -> None:
        self._reader, self._table = reader, table

    def read_at(self, offset: int, buffer: memoryview) -> None:
        self._reader.read_at(offset, buffer)
        first, end = max(offset, TABLE.start), min(offset + len(buffer), TABLE.stop)
        if first < end:
            buffer[first - offset : end - offset] = self._table[first - TABLE.start : end - TABLE.start]

    def finish(self) -> None:
        self._reader.finish()

    def close(self) -> None:
        self._reader.close()
