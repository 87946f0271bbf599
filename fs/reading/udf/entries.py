"""File entries: what a file or directory is and where its data lies (ECMA-167 4/14.6 to 4/14.17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from discstack.fs.attributes import Attributes, Device, Times
from discstack.fs.plan import SECTOR
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.extents import NOT_RECORDED, Extent, join
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.times import timestamp
from discstack.fs.reading.udf.partitions import Partition
from discstack.fs.reading.udf.tags import Tag, tag_of
from discstack.fs.udf.file import NOT_SPECIFIED

SHORT, LONG, EXTENDED, EMBEDDED = range(4)  # allocation descriptors by the flags of the ICB tag, 4/14.6.8
_RECORDED, _NEXT = 0, 3  # types of extent, 4/14.14.1.1; the two between are not recorded
_LENGTH: Final = 0x3FFFFFFF
_SET_UID, _SET_GID, _STICKY = 0x40, 0x80, 0x100  # 4/14.6.8
_DEVICE_SPECIFICATION: Final = 12  # 4/14.10.7
_MOST_INDIRECT: Final = 64  # entries that lead to the entry
_NO_OWNER: Final = 0
_SHORT_AD: Final = Struct("<II")
_LONG_AD: Final = Struct("<IIH")
_EXTENDED_AD: Final = Struct("<IIIIH")
_ATTRIBUTE: Final = Struct("<IB3xI")
_HEAD: Final = Struct("<IIIH")  # uid, gid, permissions, links, at 36


class Address(NamedTuple):
    """A block of a partition: lb_addr, 4/7.1."""

    partition: int
    block: int


class _Layout(NamedTuple):
    """Where the fields of a File Entry (14.9) or an Extended File Entry (14.17) stand."""

    access: int
    modification: int
    attributes: int
    lengths: int
    streams: int


_LAYOUTS: Final = {
    Tag.FILE_ENTRY: _Layout(72, 84, 96, 168, 0),
    Tag.EXTENDED_FILE_ENTRY: _Layout(80, 92, 116, 208, 152),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory; its data are `extents`, or `embedded` bytes if those are not None."""

    lba: int
    file_type: int
    links: int
    attributes: Attributes
    mtime_ns: int | None
    times: Times | None
    device: Device | None
    extents: Sequence[Extent]
    embedded: bytes | None

    @property
    def size(self) -> int:
        """Length of the data in bytes."""
        if self.embedded is not None:
            return len(self.embedded)
        return sum(extent.length for extent in self.extents)


class Entries:
    """Reads the entries of a logical volume."""

    def __init__(self, blocks: Blocks, partitions: Sequence[Partition]) -> None:
        self.blocks = blocks
        self.partitions = partitions
        self._notes = blocks.notes

    def locate(self, address: Address) -> int | None:
        """Return the sector where a block lies, None if it lies in no partition."""
        if address.partition >= len(self.partitions):
            return None
        first = next(self.partitions[address.partition].extents(address.block, SECTOR), None)
        return None if first is None else first.lba

    def read(self, address: Address, where: str) -> Entry | None:
        """Return the entry at an address, through indirect ones; None, with a note, if there is none."""
        for _ in range(_MOST_INDIRECT):
            lba = self.locate(address)
            data = None if lba is None or not self.blocks.spend(SECTOR, where) else self.blocks.sector(lba)
            if lba is None or data is None:
                break
            tag = tag_of(data, address.block, where, self._notes)
            if tag == Tag.INDIRECT_ENTRY:
                address = Address(*reversed(_LONG_AD.unpack_from(data, 36)[1:]))
                continue
            newer = self._newer(address, data) if tag in _LAYOUTS else None
            if newer is not None:
                address = newer
                continue
            if tag in _LAYOUTS:
                return self._parse(data, Tag(tag), address, lba, where)
            break
        else:
            self._notes.add(Oddity.LOOP, where, f"indirect entries without end at {address}")
            return None
        self._notes.add(Oddity.MALFORMED, where, f"no file entry at block {address.block}")
        return None

    def _newer(self, address: Address, data: bytes) -> Address | None:
        """Return where strategy 4096 (UDF 2.3.5.1) has the next version of an entry: behind it, as indirect entry."""
        if int.from_bytes(data[20:22], "little") != 4096:
            return None
        lba = self.locate(Address(address.partition, address.block + 1))
        follow = None if lba is None else self.blocks.sector(lba)
        if follow is None or tag_of(follow, address.block + 1, "UDF ICB", self._notes) != Tag.INDIRECT_ENTRY:
            return None
        _, block, partition = _LONG_AD.unpack_from(follow, 36)
        return Address(partition, block)

    def _parse(self, data: bytes, tag: Tag, address: Address, lba: int, where: str) -> Entry:
        layout = _LAYOUTS[tag]
        flags = int.from_bytes(data[34:36], "little")
        uid, gid, permissions, links = _HEAD.unpack_from(data, 36)
        size = int.from_bytes(data[56:64], "little")
        attributes_length, descriptors_length = _SHORT_AD.unpack_from(data, layout.lengths)
        start = layout.lengths + 8 + attributes_length
        descriptors = data[start : start + descriptors_length]
        if len(descriptors) < descriptors_length:
            self._notes.add(Oddity.MALFORMED, where, "its allocation descriptors go beyond its block; cut there")
        embedded, extents = None, list[Extent]()
        if flags & 7 == EMBEDDED:
            embedded = descriptors[:size]
            found = len(embedded)
        else:
            extents = self._extents(descriptors, flags & 7, address, size, where)
            found = sum(extent.length for extent in extents)
        if found < size:
            self._notes.add(Oddity.INCONSISTENT, where, f"{size} bytes are said to be there, and {found} are")
        if layout.streams and any(data[layout.streams : layout.streams + 4]):
            self._notes.add(Oddity.UNSUPPORTED, where, "named streams; left out")
        accessed, changed = (timestamp(data[at : at + 12]) for at in (layout.access, layout.attributes))
        return Entry(
            lba=lba,
            file_type=data[27],
            links=links,
            attributes=_attributes(permissions, flags, uid, gid),
            mtime_ns=timestamp(data[layout.modification : layout.modification + 12]),
            times=None if accessed is None or changed is None else Times(accessed, changed),
            device=_device(data[layout.lengths + 8 : start]),
            extents=extents,
            embedded=embedded,
        )

    def _extents(self, descriptors: bytes, form: int, address: Address, size: int, where: str) -> list[Extent]:
        """Return the extents of `size` bytes."""
        found, left = list[Extent](), size
        for kind, length, at in self._descriptors(descriptors, form, address.partition, where):
            take = min(length, left)
            if not take:
                break
            left -= take
            if kind == _RECORDED and at.partition < len(self.partitions):
                found += self.partitions[at.partition].extents(at.block, take)
            else:
                if kind == _RECORDED:
                    self._notes.add(Oddity.MALFORMED, where, f"there is no partition {at.partition}; read as zeros")
                found.append(Extent(NOT_RECORDED, take))
        return join(found)

    def _descriptors(
        self, descriptors: bytes, form: int, partition: int, where: str
    ) -> Iterator[tuple[int, int, Address]]:
        """Yield (type, length, address) of each allocation descriptor, through all allocation extents (4/14.5)."""
        seen = set[int]()
        while True:
            follow = None
            for kind, length, at in _split(descriptors, form, partition):
                if not length:
                    break
                if kind == _NEXT:
                    follow = at
                    break
                yield kind, length, at
            if follow is None:
                return
            lba = self.locate(follow)
            if lba in seen:
                self._notes.add(Oddity.LOOP, where, f"its allocation extent at block {follow.block} leads to itself")
                return
            data = None if lba is None or not self.blocks.spend(SECTOR, where) else self.blocks.sector(lba)
            if lba is None or data is None or tag_of(data, follow.block, where, self._notes) != Tag.ALLOCATION_EXTENT:
                self._notes.add(Oddity.MALFORMED, where, f"no allocation extent at block {follow.block}; cut there")
                return
            seen.add(lba)
            partition = follow.partition
            descriptors = data[24 : 24 + int.from_bytes(data[20:24], "little")]

    def data(self, entry: Entry, where: str) -> Iterator[bytes]:
        """Yield the data of an entry in pieces, as far as it can be read."""
        if entry.embedded is not None:
            yield entry.embedded
            return
        for extent in entry.extents:
            if extent.lba == NOT_RECORDED:
                self._notes.add(Oddity.MALFORMED, where, "a part of it is not recorded; read up to there")
                return
            got = 0
            for piece in self.blocks.span(extent.lba, extent.length, where):
                got += len(piece)
                yield piece
            if got < extent.length:
                return


def _split(descriptors: bytes, form: int, partition: int) -> Iterator[tuple[int, int, Address]]:
    if form == SHORT:
        for length, block in _SHORT_AD.iter_unpack(descriptors[: len(descriptors) & ~7]):
            yield length >> 30, length & _LENGTH, Address(partition, block)
    elif form == LONG:
        for at in range(0, len(descriptors) - 15, 16):
            length, block, partition = _LONG_AD.unpack_from(descriptors, at)
            yield length >> 30, length & _LENGTH, Address(partition, block)
    elif form == EXTENDED:
        for at in range(0, len(descriptors) - 19, 20):
            length, _, _, block, partition = _EXTENDED_AD.unpack_from(descriptors, at)
            yield length >> 30, length & _LENGTH, Address(partition, block)


def _attributes(permissions: int, flags: int, uid: int, gid: int) -> Attributes:
    """Turn 4/14.9.5's five bits each for others, group and owner into POSIX's three."""
    mode = permissions & 7 | (permissions >> 5 & 7) << 3 | (permissions >> 10 & 7) << 6
    mode |= 0o4000 * bool(flags & _SET_UID) | 0o2000 * bool(flags & _SET_GID) | 0o1000 * bool(flags & _STICKY)
    owner, group = (_NO_OWNER if each == NOT_SPECIFIED else each for each in (uid, gid))
    return Attributes(mode, owner, group)


def _device(attributes: bytes) -> Device | None:
    """Return the device of a Device Specification extended attribute (4/14.10.7)."""
    at = 24  # behind the extended attribute header descriptor
    while at + 24 <= len(attributes):
        kind, _, length = _ATTRIBUTE.unpack_from(attributes, at)
        if kind == _DEVICE_SPECIFICATION:
            return Device(*_SHORT_AD.unpack_from(attributes, at + 16))
        if length < _ATTRIBUTE.size:
            return None
        at += length
    return None
