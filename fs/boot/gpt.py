"""The GUID partition table, UEFI 2.10 5.3: at the start of a disk, and once more at its end; blocks of 512 bytes."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final
from uuid import UUID

BLOCK: Final = 512
ENTRIES: Final = 128
ENTRY_SIZE: Final = 128
ARRAY_BLOCKS: Final = ENTRIES * ENTRY_SIZE // BLOCK
PRIMARY: Final = 1
PRIMARY_ARRAY: Final = 2

SIGNATURE: Final = b"EFI PART"
_REVISION: Final = 0x00010000
_HEADER: Final = Struct("<8sIIIIQQQQ16sQIII")
HEADER_SIZE: Final = _HEADER.size
_ENTRY: Final = Struct("<16s16sQQQ72s")
_EXTENT: Final = Struct("<QQ")  # of an entry, from byte 32 on


@dataclass(frozen=True, slots=True)
class GptPartition:
    """A partition entry, from block `first` to block `last` (UEFI 2.10 5.3.3)."""

    type: UUID
    unique: UUID
    first: int
    last: int
    name: str

    def __bytes__(self) -> bytes:
        name = self.name.encode("utf-16-le")
        return _ENTRY.pack(self.type.bytes_le, self.unique.bytes_le, self.first, self.last, 0, name)


def partition_array(partitions: Mapping[int, GptPartition]) -> bytes:
    """Return the partition entry array, 16 KiB, with partitions by their numbers from 1 to 128."""
    array = bytearray(ENTRIES * ENTRY_SIZE)
    for number, partition in partitions.items():
        array[(number - 1) * ENTRY_SIZE : number * ENTRY_SIZE] = bytes(partition)
    return bytes(array)


@dataclass(frozen=True, slots=True, kw_only=True)
class GptHeader:
    """A header at block `my_lba`; the other one is at `alternate_lba` (UEFI 2.10 5.3.2)."""

    my_lba: int
    alternate_lba: int
    first_usable_lba: int
    last_usable_lba: int
    disk: UUID
    array_lba: int
    array: bytes

    def __bytes__(self) -> bytes:
        rest = (
            *(0, self.my_lba, self.alternate_lba, self.first_usable_lba, self.last_usable_lba, self.disk.bytes_le),
            *(self.array_lba, ENTRIES, ENTRY_SIZE, crc32(self.array)),
        )
        fields = (SIGNATURE, _REVISION, _HEADER.size)
        header = _HEADER.pack(*fields, crc32(_HEADER.pack(*fields, 0, *rest)), *rest)
        return header.ljust(BLOCK, b"\0")


def blocks_for(array: bytes) -> int:
    """Return how many blocks a partition entry array takes."""
    return -(-len(array) // BLOCK)


def move_partition(array: bytearray, at: int, first: int, last: int) -> None:
    """Give the entry at byte `at` of an array other blocks; all else of it stays as it is."""
    _EXTENT.pack_into(array, at + 32, first, last)


def moved_header(header: bytes, array: bytes, disk_blocks: int, *, my_lba: int, array_lba: int) -> bytes:
    """Return a header as it has to be at `my_lba` of a disk of other size; what is its writer's own stays as it is."""
    signature, revision, size, _, reserved, _, _, first_usable, _, disk, _, *entries, _ = _HEADER.unpack_from(header)
    alternate, last_usable = disk_blocks - 1 if my_lba == PRIMARY else PRIMARY, disk_blocks - 2 - blocks_for(array)
    rest = (reserved, my_lba, alternate, first_usable, last_usable, disk, array_lba, *entries, crc32(array))
    unsigned = _HEADER.pack(signature, revision, size, 0, *rest) + header[_HEADER.size :]
    return unsigned[:16] + crc32(unsigned).to_bytes(4, "little") + unsigned[20:]
