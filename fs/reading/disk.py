"""The partition tables over an image that is a disk too, out of bytes that may be anything: an MBR and a GPT."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final

from discstack.fs.boot import gpt, mbr
from discstack.fs.ecma119 import STANDARD_IDENTIFIER
from discstack.fs.plan import SECTOR, SYSTEM_AREA
from discstack.fs.reading.blocks import Medium
from discstack.fs.reading.notes import Note, Oddity

BLOCKS: Final = SECTOR // gpt.BLOCK  # of a sector
WHERE: Final = "partition table"
STAYS: Final = "it stays as it is, and does not cover what is added"
APPLE: Final = b"ER"  # an Apple driver descriptor, at the very start
_MOST_ARRAY: Final = SYSTEM_AREA * SECTOR - gpt.PRIMARY_ARRAY * gpt.BLOCK  # all that an array in its place can have
_ACTIVE: Final = (0x00, 0x80)  # all that the first byte of a partition in an MBR can be
_ADDRESSES: Final = Struct("<QQQQ16sQIII")  # of a header, from byte 24 on


@dataclass(frozen=True, slots=True)
class FoundPartition:
    """A partition of blocks of 512 bytes; `number` counts from 1 on in the MBR or, if `in_gpt`, in the GPT."""

    number: int
    first: int
    blocks: int
    in_gpt: bool

    @property
    def end(self) -> int:
        """The first block behind it."""
        return self.first + self.blocks

    @property
    def sectors(self) -> range:
        """The sectors of the image that it has a part of."""
        return range(self.first // BLOCKS, -(-self.end // BLOCKS))

    @property
    def holds_volume(self) -> bool:
        """Whether it has the volume's descriptors where the image has them."""
        return self.first == 0 and self.sectors.stop > SYSTEM_AREA


@dataclass(frozen=True, slots=True)
class FoundGpt:
    """A GPT that is sound: the bytes of its header and of its array, and how large it says that the disk is."""

    header: bytes
    array_lba: int
    array: bytes
    entry_size: int
    disk_blocks: int


@dataclass(frozen=True, slots=True)
class FoundDisk:
    """The system area of an image, and what of it are partition tables."""

    area: bytes
    gpt: FoundGpt | None
    partitions: tuple[FoundPartition, ...]
    notes: tuple[Note, ...] = ()  # of what cannot go on being right where the volume grows

    @property
    def end(self) -> int:
        """The first sector behind all partitions that are something else than the image itself."""
        return max((p.sectors.stop for p in self.partitions if not self.is_whole(p)), default=0)

    def is_whole(self, partition: FoundPartition) -> bool:
        """Tell whether a partition is the image itself, and can grow with it: no other one follows."""
        followed = any(other.first >= partition.end for other in self.partitions)
        return partition.holds_volume and not followed


def find_disk(medium: Medium) -> FoundDisk:
    """Look for partition tables at the start of a medium."""
    area = bytearray(min(SYSTEM_AREA, medium.sectors) * SECTOR)
    medium.read_at(0, area)
    data = bytes(area.ljust(SYSTEM_AREA * SECTOR, b"\0"))
    found = _gpt(data)
    told = (*_mbr(data), *(_gpt_partitions(found) if found else ()))
    partitions = tuple(p for p in told if p.end <= medium.sectors * BLOCKS)
    disk = FoundDisk(data, found, partitions)
    return replace(disk, notes=tuple(_notes(disk, medium)))


def _mbr(area: bytes) -> Iterator[FoundPartition]:
    """Yield the partitions of an MBR but for the one that protects a GPT; nothing if it is none."""
    if area[mbr.BLOCK - len(mbr.SIGNATURE) : mbr.BLOCK] != mbr.SIGNATURE:
        return
    entries = mbr.partitions_of(area)
    if all(active in _ACTIVE for active, *_ in entries):
        for number, (_, kind, first, blocks) in enumerate(entries, 1):
            if blocks and kind != mbr.GPT_PROTECTIVE:
                yield FoundPartition(number, first, blocks, in_gpt=False)


def _gpt(area: bytes) -> FoundGpt | None:
    """Return the primary GPT if header, array and checksums are right, and all of it lies in the system area."""
    block = area[gpt.PRIMARY * gpt.BLOCK :][: gpt.BLOCK]
    size = int.from_bytes(block[12:16], "little")
    if not block.startswith(gpt.SIGNATURE) or not gpt.HEADER_SIZE <= size <= gpt.BLOCK:
        return None
    header = block[:size]
    mine, alternate, _, _, _, at, number, entry_size, array_crc = _ADDRESSES.unpack_from(header, 24)
    length = number * entry_size
    sound = crc32(header[:16] + bytes(4) + header[20:]) == int.from_bytes(header[16:20], "little")
    if not sound or mine != gpt.PRIMARY or entry_size < gpt.ENTRY_SIZE or at < gpt.PRIMARY_ARRAY:
        return None
    if length > _MOST_ARRAY or at * gpt.BLOCK + length > len(area):
        return None
    array = area[at * gpt.BLOCK :][:length]
    return FoundGpt(header, at, array, entry_size, alternate + 1) if crc32(array) == array_crc else None


def _gpt_partitions(found: FoundGpt) -> Iterator[FoundPartition]:
    for number, at in enumerate(range(0, len(found.array), found.entry_size), 1):
        entry = found.array[at : at + found.entry_size]
        first, last = (int.from_bytes(entry[at : at + 8], "little") for at in (32, 40))
        if any(entry[:16]) and first <= last:
            yield FoundPartition(number, first, last - first + 1, in_gpt=True)


def _notes(disk: FoundDisk, medium: Medium) -> Iterator[Note]:
    if disk.gpt is None and disk.area[gpt.BLOCK :].startswith(gpt.SIGNATURE):
        yield Note(Oddity.CHECKSUM, WHERE, f"a GPT that is not sound; {STAYS}")
    if disk.area.startswith(APPLE):
        yield Note(Oddity.INCOMPLETE, WHERE, f"Apple's; {STAYS}")
    for partition in disk.partitions:
        which = f"partition {partition.number}"
        if partition.holds_volume and not disk.is_whole(partition):
            yield Note(Oddity.INCOMPLETE, WHERE, f"{which} is the image up to the next one; {STAYS}")
        elif partition.first and _is_volume(medium, partition.first // BLOCKS + SYSTEM_AREA):
            detail = f"{which} is a volume of its own with the same files; it is not written anew"
            yield Note(Oddity.INCOMPLETE, WHERE, detail)


def _is_volume(medium: Medium, lba: int) -> bool:
    if lba >= medium.sectors:
        return False
    sector = bytearray(SECTOR)
    medium.read_at(lba, sector)
    return sector[1:6] == STANDARD_IDENTIFIER
