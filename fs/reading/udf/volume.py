"""From the anchors to the root directory (ECMA-167 3/8.4, 3/10, 4/14.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from discstack.fs.plan import SECTOR, sectors_for
from discstack.fs.reading.blocks import Blocks
from discstack.fs.reading.ecma119 import may_have_udf
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.udf.entries import Address, Entries
from discstack.fs.reading.udf.maps import open_partitions
from discstack.fs.reading.udf.names import dstring
from discstack.fs.reading.udf.tags import Tag, tag_of
from discstack.fs.udf.sequences import ANCHOR

MOST_DESCRIPTORS: Final = 4096  # in a volume descriptor sequence with its continuations
# Behind the last data a medium may have run-out and padding: how far before its end an anchor is looked for
_BEFORE_THE_END: Final = (1, 2, 3, 151, 152, 153, 257, 258, 259, 407, 408, 409)
_OTHER_BLOCKS: Final = (512, 1024, 4096)  # bytes: sizes that others can have, and that are told where none is found
_EXTENT: Final = Struct("<II")
_LONG_AD: Final = Struct("<IIH")


@dataclass(slots=True)
class Descriptors:
    """What a volume descriptor sequence says, the prevailing descriptor of each kind (3/8.4.3)."""

    logical: bytes | None = None
    partitions: dict[int, bytes] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether there is a logical volume and a partition."""
        return self.logical is not None and bool(self.partitions)


@dataclass(frozen=True, slots=True)
class LogicalVolume:
    """A logical volume that can be read; `end` is the first sector behind its partitions and the anchor there."""

    identifier: str
    entries: Entries
    root: Address
    end: int


def find_volume(blocks: Blocks, start: int) -> LogicalVolume | None:
    """Return the logical volume of the session that starts at sector `start`; None, with notes, if there is none."""
    if not may_have_udf(blocks, start):  # the last anchors of the medium are those of another session
        return None
    for data in _anchors(blocks, start):
        for at in (16, 24):  # the main sequence, and the reserve one
            sequence = _sequence(blocks, *_EXTENT.unpack_from(data, at))
            if sequence.complete:
                return _logical_volume(blocks, sequence)
            blocks.notes.add(Oddity.MALFORMED, "UDF volume descriptor sequence", "incomplete; the next one is taken")
    for size in _OTHER_BLOCKS:  # as hard disks and memory sticks have them
        sector = blocks.sector(start + ANCHOR * size // SECTOR)
        if sector is not None and _is_anchor(sector, ANCHOR):
            blocks.notes.add(Oddity.UNSUPPORTED, "UDF anchor", f"blocks of {size} bytes; only {SECTOR} can be read")
    return None


def end_of_partitions(blocks: Blocks, start: int) -> int | None:
    """Return the first sector behind the partitions that a session's first anchor leads to; None if none does."""
    data = blocks.sector(start + ANCHOR)
    if data is None or not _is_anchor(data, start + ANCHOR):
        return None
    sequence = _sequence(blocks, *_EXTENT.unpack_from(data, 16))
    return _end(blocks, sequence.partitions.values()) if sequence.complete else None


def _anchors(blocks: Blocks, start: int) -> Iterator[bytes]:
    candidates = [start + ANCHOR, *(blocks.sectors - back for back in _BEFORE_THE_END), start + 512]
    for lba in dict.fromkeys(candidates):
        data = blocks.sector(lba) if lba >= start else None
        if data is not None and _is_anchor(data, lba) and tag_of(data, lba, "UDF anchor", blocks.notes):
            yield data


def _is_anchor(data: bytes, location: int) -> bool:
    """Tell whether a sector is an anchor of a block; one that says that it lies elsewhere is a file's or an image's."""
    return int.from_bytes(data[:2], "little") == Tag.ANCHOR and int.from_bytes(data[12:16], "little") == location


def _sequence(blocks: Blocks, length: int, location: int) -> Descriptors:
    """Read a sequence through its continuations."""
    found, numbers, where = Descriptors(), dict[tuple[int, int], int](), "UDF volume descriptor sequence"
    lba, left, seen = location, min(sectors_for(length), MOST_DESCRIPTORS), {location}
    for _ in range(MOST_DESCRIPTORS):
        data = blocks.sector(lba) if left > 0 else None
        tag = None if data is None else tag_of(data, lba, f"UDF volume descriptor at sector {lba}", blocks.notes)
        if data is None or tag is None or tag == Tag.TERMINATING:
            break
        lba, left = lba + 1, left - 1
        number = int.from_bytes(data[16:20], "little")
        if tag == Tag.VOLUME_POINTER:
            size, lba = _EXTENT.unpack_from(data, 20)
            left = min(sectors_for(size), MOST_DESCRIPTORS)
            if lba in seen:
                blocks.notes.add(Oddity.LOOP, where, f"its continuation at sector {lba} leads to itself")
                break
            seen.add(lba)
            continue
        key = (tag, int.from_bytes(data[22:24], "little") if tag == Tag.PARTITION else 0)
        if number < numbers.get(key, 0):
            continue
        numbers[key] = number
        if tag == Tag.LOGICAL_VOLUME:
            found.logical = data
        elif tag == Tag.PARTITION:
            found.partitions[key[1]] = data
    return found


def _logical_volume(blocks: Blocks, sequence: Descriptors) -> LogicalVolume | None:
    data = sequence.logical or b""
    size = int.from_bytes(data[212:216], "little")
    if size != SECTOR:
        blocks.notes.add(Oddity.UNSUPPORTED, "UDF logical volume", f"blocks of {size} bytes; only {SECTOR} can be read")
        return None
    partitions = open_partitions(blocks, data, sequence.partitions)
    entries = Entries(blocks, partitions)
    _, block, reference = _LONG_AD.unpack_from(data, 248)
    root = _root(entries, Address(reference, block))
    if root is None:
        blocks.notes.add(Oddity.MALFORMED, "UDF file set", f"no file set descriptor at block {block}")
        return None
    identifier = dstring(data[84:212], "UDF logical volume", blocks.notes)
    return LogicalVolume(identifier, entries, root, _end(blocks, sequence.partitions.values()))


def _end(blocks: Blocks, partitions: Iterable[bytes]) -> int:
    end: int = max(sum(_EXTENT.unpack_from(data, 188)) for data in partitions)  # starting location and length, 3/10.5
    data = blocks.sector(end)
    return end + 1 if data is not None and int.from_bytes(data[:2], "little") == Tag.ANCHOR else end


def _root(entries: Entries, address: Address) -> Address | None:
    """Return where the root directory's entry is, by the file set descriptor."""
    lba = entries.locate(address)
    data = None if lba is None else entries.blocks.sector(lba)
    if data is None or tag_of(data, address.block, "UDF file set", entries.blocks.notes) != Tag.FILE_SET:
        return None
    _, block, reference = _LONG_AD.unpack_from(data, 400)
    return Address(reference, block)
