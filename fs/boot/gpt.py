"""The GUID partition table, UEFI 2.10 5.3: at the start of a disk, and once more at its end; blocks of 512 bytes."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Sequence
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
NAME_SIZE: Final = 72

_SIGNATURE: Final = b"EFI PART"
_REVISION: Final = 0x00010000
_HEADER: Final = Struct("<8sIIIIQQQQ16sQIII")
_ENTRY: Final = Struct("<16s16sQQQ72s")


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


def partition_array(partitions: Sequence[GptPartition]) -> bytes:
    """Return the partition entry array, 16 KiB."""
    return b"".join(map(bytes, partitions)).ljust(ENTRIES * ENTRY_SIZE, b"\0")


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
        fields = (_SIGNATURE, _REVISION, _HEADER.size)
        header = _HEADER.pack(*fields, crc32(_HEADER.pack(*fields, 0, *rest)), *rest)
        return header.ljust(BLOCK, b"\0")
