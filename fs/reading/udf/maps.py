"""Opening the partitions that a logical volume's map names (ECMA-167 3/10.6, 3/10.7, UDF 2.2.8 to 2.2.11)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import Final, NamedTuple

from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.udf.entries import Address, Entries, Entry
from discstack.fs.reading.udf.partitions import NOWHERE, Metadata, Partition, Physical, Sparable, Virtual
from discstack.fs.reading.udf.tags import Tag, tag_of

_MAPS_AT: Final = 440
_TABLE: Final = Struct("<II")  # at 264: length of the map table, number of maps
_SPARABLE: Final = Struct("<HBxI")  # at 40: packet length, number of tables, size of each
_MOVED: Final = Struct("<II")
_MOST_TABLE: Final = 56 + 8 * 0xFFFF  # bytes of a sparing table: its number of entries has 16 bits
_LAST_MOVED: Final = 0xFFFFFFF0  # UDF 2.2.12: what is not below stands for no packet
VAT_1_50, VAT_2_00 = 0, 248  # file types of a virtual allocation table
_VAT_IDENTIFIER: Final = b"*UDF Virtual Alloc Tbl"
_VAT_TAIL: Final = 36  # bytes behind the entries of a table of UDF 1.50
_ENTRY: Final = 4  # bytes of a table's entry
_MOST_HEADER: Final = 1 << 16  # bytes before its entries; the length has 16 bits
_VAT_SEARCH: Final = 320  # sectors from the end of the medium on, among run-out and padding
_PHYSICAL: Final = b""
_SPARED: Final = b"*UDF Sparable Partition"
_VIRTUAL: Final = b"*UDF Virtual Partition"
_METADATA: Final = b"*UDF Metadata Partition"


class _Map(NamedTuple):
    """A partition map: its kind, the number of the partition descriptor, and all of its bytes."""

    kind: bytes
    number: int
    raw: bytes


def open_partitions(blocks: Blocks, logical: bytes, descriptors: Mapping[int, bytes]) -> list[Partition]:
    """Return the partitions by their reference numbers; one that cannot be opened leads nowhere."""
    maps = list(_maps(blocks, logical))
    opened = list[Partition]()
    for entry in maps:
        partition: Partition = _physical(blocks, descriptors, entry.number)
        if entry.kind == _SPARED and isinstance(partition, Physical):
            partition = _sparable(blocks, entry.raw, partition)
        elif entry.kind not in (_PHYSICAL, _VIRTUAL, _METADATA):
            blocks.notes.add(Oddity.UNSUPPORTED, "UDF partition map", f"a partition of type {entry.kind!r}")
            partition = Physical(NOWHERE, 0)
        opened.append(partition)
    bottoms = tuple(opened)  # what lies below a virtual or metadata partition is never another such one
    for index, entry in enumerate(maps):
        if entry.kind in (_VIRTUAL, _METADATA):
            below = _below(maps, index)
            opened[index] = (_virtual if entry.kind == _VIRTUAL else _metadata)(blocks, entry.raw, below, bottoms)
    return opened


def _maps(blocks: Blocks, logical: bytes) -> Iterator[_Map]:
    size, count = _TABLE.unpack_from(logical, 264)
    at, end = _MAPS_AT, min(_MAPS_AT + size, len(logical))
    while count and at + 2 <= end:
        kind, length = logical[at], logical[at + 1]
        if at + length > end or (kind, length) not in ((1, 6), (2, 64)):
            blocks.notes.add(Oddity.MALFORMED, "UDF partition map", f"type {kind} of {length} bytes; left out")
            return
        raw = logical[at : at + length]
        if kind == 1:
            yield _Map(_PHYSICAL, int.from_bytes(raw[4:6], "little"), raw)
        else:
            yield _Map(raw[5:28].rstrip(b"\0 "), int.from_bytes(raw[38:40], "little"), raw)
        at, count = at + length, count - 1


def _below(maps: Sequence[_Map], index: int) -> int:
    """Return the reference number of the partition that a virtual or metadata partition lies in."""
    number = maps[index].number
    lower = (other for other, entry in enumerate(maps) if entry.number == number and entry.kind in (_PHYSICAL, _SPARED))
    return next(lower, index)


def _physical(blocks: Blocks, descriptors: Mapping[int, bytes], number: int) -> Physical:
    data = descriptors.get(number)
    if data is None:
        blocks.notes.add(Oddity.MALFORMED, "UDF partition map", f"there is no partition descriptor number {number}")
        return Physical(NOWHERE, 0)
    return Physical(*_MOVED.unpack_from(data, 188))


def _sparable(blocks: Blocks, entry: bytes, physical: Physical) -> Partition:
    packet, tables, size = _SPARABLE.unpack_from(entry, 40)
    if not packet:
        blocks.notes.add(Oddity.MALFORMED, "UDF sparable partition", "packets of no length; taken as not spared")
        return physical
    locations = [int.from_bytes(entry[at : at + 4], "little") for at in range(48, 48 + 4 * min(tables, 4), 4)]
    for location in locations:
        moved = _sparing_table(blocks, location, size)
        if moved is not None:
            sound = {block - block % packet: lba for block, lba in moved}
            return Sparable(physical.start, packet, sound.items(), blocks)
    blocks.notes.add(Oddity.MALFORMED, "UDF sparable partition", "no sparing table; taken as not spared")
    return physical


def _sparing_table(blocks: Blocks, location: int, size: int) -> list[tuple[int, int]] | None:
    where = f"UDF sparing table at sector {location}"
    data = b"".join(blocks.span(location, min(size, _MOST_TABLE), where))
    if len(data) < 56 or tag_of(data, location, where, blocks.notes) != Tag.SPARING_TABLE:
        return None
    count = int.from_bytes(data[48:50], "little")
    rows = _MOVED.iter_unpack(data[56 : 56 + 8 * count][: (len(data) - 56) & ~7])
    return [(block, lba) for block, lba in rows if block < _LAST_MOVED]


def _virtual(blocks: Blocks, entry: bytes, below: int, bottoms: Sequence[Partition]) -> Partition:
    where = "UDF virtual allocation table"
    physical = bottoms[below]
    start = physical.start if isinstance(physical, Physical) else 0
    entries = Entries(blocks, bottoms)
    for back in range(1, _VAT_SEARCH):
        lba = blocks.sectors - back
        data = blocks.sector(lba) if lba >= start else None
        if data is None or int.from_bytes(data[:2], "little") not in (Tag.FILE_ENTRY, Tag.EXTENDED_FILE_ENTRY):
            continue
        if data[27] not in (VAT_1_50, VAT_2_00):
            continue
        found = entries.read(Address(below, lba - start), where)
        table = None if found is None else _table(entries, found, where)
        if table is not None:
            return Virtual(table, physical, blocks)
    blocks.notes.add(Oddity.MALFORMED, where, "there is none at the end of the medium")
    return Physical(NOWHERE, 0)


def _table(entries: Entries, entry: Entry, where: str) -> Sequence[int] | None:
    if entry.size > _ENTRY * entries.blocks.sectors + _MOST_HEADER:
        entries.blocks.notes.add(Oddity.TOO_MUCH, where, f"{entry.size} bytes, more than one entry for each sector")
        return None
    data = b"".join(entries.data(entry, where))
    if entry.file_type == VAT_2_00:
        data = data[int.from_bytes(data[:2], "little") :]
    elif data[-_VAT_TAIL + 1 :].startswith(_VAT_IDENTIFIER):
        data = data[:-_VAT_TAIL]
    else:
        return None
    return array("I", data[: len(data) & ~3])


def _metadata(blocks: Blocks, entry: bytes, below: int, bottoms: Sequence[Partition]) -> Partition:
    entries = Entries(blocks, bottoms)
    for at, name in ((40, "file"), (44, "mirror file")):
        where = f"UDF metadata {name}"
        address = Address(below, int.from_bytes(entry[at : at + 4], "little"))
        found = entries.read(address, where)
        if found is not None and found.extents:
            return Metadata(found.extents, blocks)
        blocks.notes.add(Oddity.MALFORMED, where, f"it cannot be read at block {address.block}")
    return Physical(NOWHERE, 0)
