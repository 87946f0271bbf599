"""The structures of ECMA-119 out of bytes that may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from discstack.fs.ecma119 import STANDARD_IDENTIFIER
from discstack.fs.plan import SYSTEM_AREA
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.notes import Notes, Oddity
from discstack.fs.reading.times import recording_date, volume_date

PRIMARY: Final = 1  # 8.1.1
SUPPLEMENTARY: Final = 2
TERMINATOR: Final = 255
ENHANCED: Final = 2  # the version of an enhanced volume descriptor, ISO 9660:1999 8.5.2
MOST_DESCRIPTORS: Final = 64
JOLIET: Final = frozenset({b"%/@", b"%/C", b"%/E"})  # UCS-2 levels 1 to 3
BEGINNING: Final = b"BEA01"  # of the part of a volume recognition sequence that is not ISO 9660's (ECMA-167 2/9.2)
# What descriptors of a volume recognition sequence begin with, those of ISO 9660 among them (ECMA-167 2/9.1)
_UDF: Final = frozenset({b"NSR02", b"NSR03"})  # ECMA-167 3/9.1
_STANDARDS: Final = _UDF | {STANDARD_IDENTIFIER, BEGINNING, b"TEA01", b"BOOT2", b"CDW02"}
_RECORD: Final = Struct("<BBI4sI4s7sBBB4sB")
_HEAD: Final = _RECORD.size  # bytes of a directory record before its identifier


class Record(NamedTuple):
    """A directory record, 9.1; `system_use` is what follows the identifier."""

    lba: int  # where the data starts, behind an extended attribute record
    length: int
    date: int | None
    flags: int
    interleaved: bool
    identifier: bytes
    system_use: bytes


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A primary or supplementary volume descriptor, 8.4 and 8.5, as far as a reader needs it."""

    lba: int
    type: int
    version: int
    escape_sequences: bytes
    volume_identifier: bytes
    volume_space_size: int
    block_size: int
    root: Record
    modified: int | None

    @property
    def joliet(self) -> bool:
        """Whether the names below it are those of Joliet."""
        return self.type == SUPPLEMENTARY and self.escape_sequences[:3] in JOLIET

    @property
    def enhanced(self) -> bool:
        """Whether it is that of ISO 9660:1999."""
        return self.type == SUPPLEMENTARY and self.version == ENHANCED


def may_begin_session(blocks: Blocks, start: int) -> bool:
    """Tell whether descriptors, of any file system, lie where a session that starts at a sector has them.

    They may where that sector cannot be read.
    """
    data = blocks.sector(start + SYSTEM_AREA)
    return data is None or data[1:6] in _STANDARDS


def may_have_udf(blocks: Blocks, start: int) -> bool:
    """Tell whether a session that starts at a sector can have UDF: not if it has ISO 9660 and tells of nothing else.

    It may where its volume recognition sequence cannot be read to the end.
    """
    there = set[bytes]()
    for lba in range(start + SYSTEM_AREA, start + SYSTEM_AREA + MOST_DESCRIPTORS):
        data = blocks.sector(lba)
        if data is None:
            return True
        if data[1:6] not in _STANDARDS:
            break
        there.add(data[1:6])
    return STANDARD_IDENTIFIER not in there or not there.isdisjoint(_UDF)


def find_descriptors(blocks: Blocks, start: int) -> list[Descriptor]:
    """Return the volume descriptors of the session that starts at sector `start`."""
    found = list[Descriptor]()
    for lba in range(start + SYSTEM_AREA, start + SYSTEM_AREA + MOST_DESCRIPTORS):
        data = blocks.sector(lba)
        if data is None or data[1:6] not in _STANDARDS:
            break
        if data[1:6] == STANDARD_IDENTIFIER and data[0] in (PRIMARY, SUPPLEMENTARY):
            descriptor = parse_descriptor(data, lba, blocks.notes)
            if descriptor is not None:
                found.append(descriptor)
        if data[0] == TERMINATOR:
            break
    return found


def parse_descriptor(data: bytes, lba: int, notes: Notes) -> Descriptor | None:
    """Read a volume descriptor; None if its root directory cannot be made out."""
    where = f"volume descriptor at sector {lba}"
    root = parse_record(data[156:190], 0, where, notes)
    if root is None:
        notes.add(Oddity.MALFORMED, where, "no root directory record; passed over")
        return None
    return Descriptor(
        lba=lba,
        type=data[0],
        version=data[6],
        escape_sequences=data[88:120],
        volume_identifier=data[40:72],
        volume_space_size=both(data[80:88], where, notes),
        block_size=int.from_bytes(data[128:130], "little"),
        root=root,
        modified=volume_date(data[830:847]),
    )


def both(data: bytes, where: str, notes: Notes) -> int:
    """7.3.3: a number in both byte orders. Where they differ the little-endian one counts, as for most readers."""
    little, big = int.from_bytes(data[:4], "little"), int.from_bytes(data[4:], "big")
    if little != big:
        notes.add(Oddity.INCONSISTENT, where, f"a number is {little} in one byte order and {big} in the other")
    return little


def parse_record(data: bytes, at: int, where: str, notes: Notes) -> Record | None:
    """Read the directory record at an offset of a sector; None, with a note, if it is none."""
    length = data[at]
    if length < _HEAD + 1 or at + length > len(data):
        notes.add(Oddity.MALFORMED, where, f"a directory record of {length} bytes; the rest of its sector is left out")
        return None
    _, attributes, lba, lba_big, size, size_big, date, flags, unit, gap, _, name = _RECORD.unpack_from(data, at)
    if at + _HEAD + name > at + length or not name:
        notes.add(Oddity.MALFORMED, where, f"an identifier of {name} bytes in a record of {length}; left out")
        return None
    if lba_big != lba.to_bytes(4, "big") or size_big != size.to_bytes(4, "big"):
        notes.add(Oddity.INCONSISTENT, where, "an address or length differs between the byte orders; little-endian")
    system_use = _HEAD + name + (1 - name % 2)
    return Record(
        lba=lba + attributes,
        length=size,
        date=recording_date(date),
        flags=flags,
        interleaved=bool(unit or gap),
        identifier=data[at + _HEAD : at + _HEAD + name],
        system_use=data[at + system_use : at + length],
    )


def directory_records(blocks: Blocks, record: Record, where: str) -> Iterator[Record]:
    """Yield the records of a directory, its own and its parent's among them; damaged ones are passed over."""
    for data in blocks.span(record.lba, record.length, where):
        at = 0
        while at < len(data) and data[at]:
            found = parse_record(data, at, where, blocks.notes)
            if found is not None:
                yield found
            elif data[at] < _HEAD + 1 or at + data[at] > len(data):
                break
            at += data[at]
