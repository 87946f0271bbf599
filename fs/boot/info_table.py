"""What tells a boot image where it lies; patched in on its way, never on the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct, iter_unpack
from typing import Final

from discstack.fs.sources import DerivedSource, Reader, Source

TABLE: Final = slice(8, 64)  # bytes of the boot image
GRUB2_INFO: Final = slice(2548, 2556)
GRUB2_SKIP: Final = 5  # blocks of 512 bytes before what the address in GRUB2_INFO means
_FIELDS: Final = Struct("<IIII40x")

Patches = Sequence[tuple[slice, bytes]]  # a range of bytes, and what belongs there


def info_table(descriptor: int, lba: int, data: bytes | bytearray) -> bytes:
    """Return the boot info table: sectors of the primary volume descriptor and of the boot image, length, checksum.

    The checksum is the sum of the 32-bit words behind the table, the last one filled up with zeros.
    """
    rest = data[TABLE.stop :] + bytes(-len(data) % 4)
    total = sum(word for (word,) in iter_unpack("<I", rest))
    return _FIELDS.pack(descriptor, lba, len(data), total & 0xFFFFFFFF)


def tells_where(data: bytes | bytearray, descriptor: int, lba: int, length: int) -> bool:
    """Tell whether a boot image has a boot info table with these values."""
    return data[TABLE][:12] == _FIELDS.pack(descriptor, lba, length, 0)[:12]


def grub2_info(lba: int) -> bytes:
    """Return the address that GRUB 2 wants when it was started from a disk: the block behind its first five."""
    return (lba * 4 + GRUB2_SKIP).to_bytes(8, "little")


class PatchedSource(DerivedSource):
    """A source of which some bytes become others: those that `patches` makes of its data once it is opened."""

    __slots__ = ("_patches",)
    shared = False

    def __init__(self, source: Source, patches: Callable[[bytes], Patches]) -> None:
        super().__init__(source)
        self._patches = patches

    @property
    def size(self) -> int:
        """Length in bytes, that of the source."""
        return self.origin.size

    def open(self) -> Reader:
        """Open the source, and read it once for what depends on all of it."""
        data = bytearray(self.size)
        self.origin.read_whole(memoryview(data))
        return _PatchedReader(self.origin.open(), self._patches(bytes(data)))

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        self.origin.read_whole(buffer)
        for where, patch in self._patches(bytes(buffer)):
            buffer[where] = patch


class _PatchedReader:
    """Reads a source, and the patches where they belong."""

    def __init__(self, reader: Reader, patches: Patches) -> None:
        self._reader, self._patches = reader, patches

    def read_at(self, offset: int, buffer: memoryview) -> None:
        self._reader.read_at(offset, buffer)
        for where, patch in self._patches:
            first, end = max(offset, where.start), min(offset + len(buffer), where.stop)
            if first < end:
                buffer[first - offset : end - offset] = patch[first - where.start : end - where.start]

    def finish(self) -> None:
        self._reader.finish()

    def close(self) -> None:
        self._reader.close()
