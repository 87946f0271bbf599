"""File entries and directories made fast: the same bytes as the structures of `discstack.fs.udf.file`, tests hold them.

Entries are written into blocks that the caller gives. Nearly all of them, and all names in directories, are written in
loops that call nothing but C.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final, TypeAlias

from discstack.fs.udf.allocation import Form
from discstack.fs.udf.file import ExtendedFileEntry, FileEntry, FileIdentifierDescriptor, IcbTag
from discstack.fs.udf.structure import (
    BLOCK,
    BYTE_SUMS,
    IMPLEMENTATION,
    TAG_FORMAT,
    TAG_SERIAL_NUMBER,
    TAG_SIZE,
    checksum_of,
)

_START: Final = "32sH6x"  # what `entry_start` gives, and the number of links
_FILE_ENTRY: Final = "QQ36sL16x32sQLL"  # what follows that
_EXTENDED_FILE_ENTRY: Final = "QQQ48sL36x32sQLL"
_WHOLE: Final = Struct(TAG_FORMAT + _START + _FILE_ENTRY)
_WHOLE_EXTENDED: Final = Struct(TAG_FORMAT + _START + _EXTENDED_FILE_ENTRY)
_TAG: Final = Struct(TAG_FORMAT)
_USUAL_START: Final = Struct("<" + _START)
_CHECKS: Final = Struct("<BxHH")
_FILE_IDENTIFIER: Final = Struct("<HBBLLHHLH")
_ENTRY_START: Final = Struct("<20sLLL")
_IMPLEMENTATION: Final = IMPLEMENTATION.pack()
_PADDING: Final = (bytes(2), bytes(1), b"", bytes(3))  # of a File Identifier Descriptor, by the length of its name
_USE: Final = len(_IMPLEMENTATION)
_IDENTIFIER_HEAD: Final = TAG_SIZE + _FILE_IDENTIFIER.size

FILE_ENTRY_SIZE: Final = _WHOLE.size
EXTENDED_FILE_ENTRY_SIZE: Final = _WHOLE_EXTENDED.size

EntryWriter: TypeAlias = Callable[[memoryview, int, int, bytes, int, int, int, bytes, int, int, int], None]
# What entries of the same attributes and links start with behind the tag, and the CRC of that
UsualStart: TypeAlias = tuple[bytes, int]
# Where its block starts in the buffer, its number as a block, start, size, times, unique id, block of the data
UsualEntry: TypeAlias = tuple[int, int, UsualStart, int, bytes, int, int]
# File characteristics, file identifier, block of the entry, unique id
Name: TypeAlias = tuple[int, bytes, int, int]


def entry_start(file_type: int, flags: int, uid: int, gid: int, permissions: int) -> bytes:
    """Return what entries of one type, owner and permissions have in common: the ICB tag and the fields behind it."""
    return _ENTRY_START.pack(IcbTag(file_type=file_type, flags=flags).pack(), uid, gid, permissions)


def write_file_entry(
    block: memoryview,
    location: int,
    version: int,
    start: bytes,
    links: int,
    size: int,
    recorded: int,
    stamps: bytes,
    unique_id: int,
    attributes: int,
    tail: int,
) -> None:
    """Write a File Entry in front of its extended attributes and its allocation descriptors.

    `start` is from `entry_start`, `recorded` counts blocks, `stamps` are the times of access, modification and
    attributes, `attributes` and `tail` the lengths of what follows.
    """
    end = FILE_ENTRY_SIZE + attributes + tail
    head = FileEntry.TAG, version, 0, TAG_SERIAL_NUMBER, 0, end - TAG_SIZE, location, start, links
    rest = stamps, 1, _IMPLEMENTATION, unique_id, attributes, tail
    _WHOLE.pack_into(block, 0, *head, size, recorded, *rest)
    _close(block, end)


def write_extended_file_entry(
    block: memoryview,
    location: int,
    version: int,
    start: bytes,
    links: int,
    size: int,
    recorded: int,
    stamps: bytes,
    unique_id: int,
    attributes: int,
    tail: int,
) -> None:
    """Write an Extended File Entry; `stamps` are the times of access, modification, creation and attributes."""
    end = EXTENDED_FILE_ENTRY_SIZE + attributes + tail
    head = ExtendedFileEntry.TAG, version, 0, TAG_SERIAL_NUMBER, 0, end - TAG_SIZE, location, start, links
    rest = stamps, 1, _IMPLEMENTATION, unique_id, attributes, tail
    _WHOLE_EXTENDED.pack_into(block, 0, *head, size, size, recorded, *rest)
    _close(block, end)


def _close(block: memoryview, end: int) -> None:
    """Put CRC and checksum into the tag of a descriptor that has zeros there."""
    crc = crc_hqx(block[TAG_SIZE:end], 0)
    checksum = sum(block[:TAG_SIZE]) + (crc & 0xFF) + (crc >> 8) & 0xFF
    _CHECKS.pack_into(block, 4, checksum, TAG_SERIAL_NUMBER, crc)


class UsualEntries:
    """Writes, each in one go, what most entries are: those of files of at most one extent, without attributes.

    `form` is that of the extent; an empty file has none.
    """

    def __init__(self, version: int, form: Form, *, extended: bool) -> None:
        self._tag = ExtendedFileEntry.TAG if extended else FileEntry.TAG
        self._version, self._extended, self._form = version, extended, form
        fields = _EXTENDED_FILE_ENTRY if extended else _FILE_ENTRY
        self._rest = Struct(f"<{fields}{'LL' if form.data is None else 'LQ4x'}")
        filled = TAG_SIZE + _USUAL_START.size + self._rest.size
        self._block = Struct(f"{TAG_FORMAT}{_USUAL_START.size}s{self._rest.size}s{BLOCK - filled}x")

    @staticmethod
    def start(start: bytes, links: int) -> UsualStart:
        """Return what entries with the same `entry_start` and number of links have in common."""
        head = _USUAL_START.pack(start, links)
        return head, crc_hqx(head, 0)

    def write(self, buffer: memoryview, entries: Iterable[UsualEntry]) -> None:
        """Write entries into their blocks of a buffer, up to the end of each."""
        tag, version, serial, implementation = self._tag, self._version, TAG_SERIAL_NUMBER, _IMPLEMENTATION
        sums, extended, ads = BYTE_SUMS, self._extended, self._form.size
        pack, pack_into, full = self._rest.pack, self._block.pack_into, _USUAL_START.size + self._rest.size
        constant = checksum_of(tag, version, 0, full, 0)
        partition = (self._form.data or 0) << 32  # behind the block in a long descriptor
        for at, location, (start, crc), size, stamps, unique_id, position in entries:
            if not size:
                self._write_empty(buffer, at, location, (start, crc), stamps, unique_id)
                continue
            recorded = (size + BLOCK - 1) // BLOCK
            extent = position + partition
            if extended:
                rest = pack(size, size, recorded, stamps, 1, implementation, unique_id, 0, ads, size, extent)
            else:
                rest = pack(size, recorded, stamps, 1, implementation, unique_id, 0, ads, size, extent)
            crc = crc_hqx(rest, crc)
            checksum = constant + sums[crc] + sums[location & 0xFFFF] + sums[location >> 16] & 0xFF
            pack_into(buffer, at, tag, version, checksum, serial, crc, full, location, start, rest)

    def _write_empty(
        self, buffer: memoryview, at: int, location: int, start: UsualStart, stamps: bytes, unique_id: int
    ) -> None:
        """Write the entry of an empty file, which has no extent."""
        sizes = (0,) * (3 if self._extended else 2)
        rest = self._rest.pack(*sizes, stamps, 1, _IMPLEMENTATION, unique_id, 0, 0, 0, 0)
        crc, length = crc_hqx(rest[: -self._form.size], start[1]), _USUAL_START.size + len(rest) - self._form.size
        checksum = checksum_of(self._tag, self._version, crc, length, location)
        head = self._tag, self._version, checksum, TAG_SERIAL_NUMBER, crc, length, location
        self._block.pack_into(buffer, at, *head, start[0], rest)


def directory_size(identifiers: Iterable[bytes]) -> int:
    """Return how many bytes the entry of the parent and these names take.

    The tag of a File Identifier Descriptor must not lie across a block boundary on write-once media; where it would,
    the descriptor before it is made longer by an entity identifier (UDF 1.02 2.3.4.4).
    """
    offset = _IDENTIFIER_HEAD + 3 & ~3
    for identifier in identifiers:
        offset += _IDENTIFIER_HEAD + len(identifier) + 3 & ~3
        if offset % BLOCK > BLOCK - TAG_SIZE:
            offset += _USE
    return offset


def pack_directory(version: int, partition: int, location: int, names: Iterable[Name]) -> bytes:
    """Return the data of a directory from block `location` on; the entries of what it names lie in `partition`."""
    parts, sums, tag = list[bytes](), BYTE_SUMS, FileIdentifierDescriptor.TAG
    pack_tag, pack, add, padding = _TAG.pack, _FILE_IDENTIFIER.pack, parts.append, _PADDING
    constant, left = checksum_of(tag, version, 0, 0, location), BLOCK  # what is left of the block
    for characteristics, identifier, icb, unique_id in names:
        size = len(identifier)
        unique_id &= 0xFFFFFFFF
        head = pack(1, characteristics, size, BLOCK, icb, partition, 0, unique_id, 0)
        body = head + identifier + padding[size & 3]
        length = len(body)
        left -= TAG_SIZE + length
        if 0 < left < TAG_SIZE:
            head = pack(1, characteristics, size, BLOCK, icb, partition, 0, unique_id, _USE)
            body = head + _IMPLEMENTATION + identifier + padding[size & 3]
            length += _USE
            left -= _USE
        crc = crc_hqx(body, 0)
        checksum = constant + sums[crc] + sums[length] & 0xFF
        add(pack_tag(tag, version, checksum, TAG_SERIAL_NUMBER, crc, length, location))
        add(body)
        if left <= 0:
            left += BLOCK
            location += 1
            constant = checksum_of(tag, version, 0, 0, location)
    return b"".join(parts)
