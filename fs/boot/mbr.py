"""The master boot record: a program, and a table of up to four partitions; UEFI 2.10 5.2.1 has the fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

BLOCK: Final = 512
CODE_SIZE: Final = 440
TABLE_START: Final = 446
ENTRIES: Final = 4
SIGNATURE: Final = b"\x55\xaa"

# Partition types
NO_TYPE: Final = 0x00
HIDDEN_NTFS: Final = 0x17  # what other systems leave alone; SYSLINUX's choice for a whole image
EFI_SYSTEM: Final = 0xEF
GPT_PROTECTIVE: Final = 0xEE

MAX_BLOCKS: Final = (1 << 32) - 1
CYLINDERS: Final = 1024
BEYOND: Final = b"\xfe\xff\xff"  # the last address that cylinder, head and sector can tell
NO_ADDRESS: Final = b"\xff\xff\xff"
_RECORD: Final = Struct("<440sI2x16s16s16s16s2s")
_ENTRY: Final = Struct("<B3sB3sII")


@dataclass(frozen=True, slots=True)
class Geometry:
    """Into how many heads and sectors a cylinder is cut."""

    heads: int
    sectors: int

    def chs(self, block: int, beyond: bytes = BEYOND) -> bytes:
        """Return the 3 bytes of head, sector and cylinder for a block, or `beyond` if they cannot tell it."""
        cylinder, rest = divmod(block, self.heads * self.sectors)
        head, sector = divmod(rest, self.sectors)
        if cylinder >= CYLINDERS:
            return beyond
        return bytes((head, sector + 1 | cylinder >> 2 & 0xC0, cylinder & 0xFF))


SMALL: Final = Geometry(64, 32)  # cylinders of 1 MiB
LARGE: Final = Geometry(255, 63)


def geometry_for(blocks: int) -> Geometry:
    """Return what a BIOS takes for a disk of that size."""
    return SMALL if blocks <= CYLINDERS * SMALL.heads * SMALL.sectors else LARGE


@dataclass(frozen=True, slots=True)
class MbrPartition:
    """A partition of `blocks` blocks of 512 bytes from block `first` on (UEFI 2.10 5.2.1)."""

    type: int
    first: int
    blocks: int
    active: bool = False

    def pack(self, geometry: Geometry) -> bytes:
        """Return the 16 bytes of its record; a number of blocks that is too large becomes the largest."""
        end = geometry.chs(self.first + self.blocks - 1, NO_ADDRESS if self.type == GPT_PROTECTIVE else BEYOND)
        active, blocks = 0x80 if self.active else 0, min(self.blocks, MAX_BLOCKS)
        return _ENTRY.pack(active, geometry.chs(self.first), self.type, end, self.first, blocks)


def master_boot_record(
    code: bytes, disk_signature: int, disk_blocks: int, partitions: Sequence[MbrPartition | None]
) -> bytes:
    """Return the 512 bytes of the MBR of a disk of `disk_blocks` blocks; None is an entry that is not used."""
    geometry = geometry_for(disk_blocks)
    entries = [bytes(_ENTRY.size) if partition is None else partition.pack(geometry) for partition in partitions]
    entries += [bytes(_ENTRY.size)] * (ENTRIES - len(entries))
    return _RECORD.pack(code, disk_signature, *entries, SIGNATURE)


def partitions_of(record: bytes | bytearray) -> list[tuple[int, int, int, int]]:
    """Return what an MBR has in its four entries: what says that it is active, type, first block, blocks."""
    entries = (record[at : at + _ENTRY.size] for at in range(TABLE_START, TABLE_START + ENTRIES * 16, 16))
    return [(active, kind, first, blocks) for active, _, kind, _, first, blocks in map(_ENTRY.unpack, entries)]


def blocks_of(record: bytes) -> int:
    """Return how many blocks the partitions of an MBR need, 0 for what is none or has none."""
    if record[-len(SIGNATURE) :] != SIGNATURE:
        return 0
    return max(first + blocks if kind else 0 for _, kind, first, blocks in partitions_of(record))


def move_partition(record: bytearray, number: int, first: int, blocks: int, disk_blocks: int) -> None:
    """Give partition `number`, from 1 on, of an MBR other blocks, on a disk of `disk_blocks`."""
    active, kind, *before = partitions_of(record)[number - 1]
    if before != [first, blocks]:
        at = TABLE_START + (number - 1) * _ENTRY.size
        partition = MbrPartition(kind, first, blocks, active=bool(active))
        record[at : at + _ENTRY.size] = partition.pack(geometry_for(disk_blocks))


def move_protection(record: bytearray, before: int, disk_blocks: int) -> None:
    """Let a partition that protects a GPT up to the end of a disk of `before` blocks do so on one of `disk_blocks`."""
    for number, (_, kind, first, blocks) in enumerate(partitions_of(record), 1):
        if kind == GPT_PROTECTIVE and first + blocks >= min(before, MAX_BLOCKS):
            move_partition(record, number, first, disk_blocks - first, disk_blocks)


def protective_partition(disk_blocks: int) -> MbrPartition:
    """Return the partition that keeps others from a disk with a GPT (UEFI 2.10 5.2.3)."""
    return MbrPartition(GPT_PROTECTIVE, 1, disk_blocks - 1)
