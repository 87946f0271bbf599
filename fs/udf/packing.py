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
_PADDING: Final = (b"", bytes(3), bytes(2), bytes(1))
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
        sums, constant, extended = BYTE_SUMS, checksum_of(tag, version, 0, 0, 0), self._extended
        pack, pack_into, ads = self._rest.pack, self._block.pack_into, self._form.size
        partition = (self._form.data or 0) << 32  # behind the block in a long descriptor
        full = _USUAL_START.size + self._rest.size
        for at, location, (start, crc), size, stamps, unique_id, position in entries:
            recorded = -(-size // BLOCK)
            length, extent = (ads, position + partition) if size else (0, 0)
            if extended:
                rest = pack(size, size, recorded, stamps, 1, implementation, unique_id, 0, length, size, extent)
            else:
                rest = pack(size, recorded, stamps, 1, implementation, unique_id, 0, length, size, extent)
            length += full - ads
            crc = crc_hqx(rest if size else rest[:-ads], crc)
            checksum = constant + sums[crc] + sums[length] + sums[location & 0xFFFF] + sums[location >> 16] & 0xFF
            pack_into(buffer, at, tag, version, checksum, serial, crc, length, location, start, rest)


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
    pack_tag, pack = _TAG.pack, _FILE_IDENTIFIER.pack
    constant = checksum_of(tag, version, 0, 0, location)
    offset, end_of_block = 0, BLOCK
    for characteristics, identifier, icb, unique_id in names:
        size, use = len(identifier), 0
        length = _IDENTIFIER_HEAD + size + 3 & ~3
        end = offset + length
        if end % BLOCK > BLOCK - TAG_SIZE:
            use = _USE
            identifier = _IMPLEMENTATION + identifier
            end += use
        if offset >= end_of_block:
            end_of_block += BLOCK
            location += 1
            constant = checksum_of(tag, version, 0, 0, location)
        head = pack(1, characteristics, size, BLOCK, icb, partition, 0, unique_id & 0xFFFFFFFF, use)
        body = head + identifier + _PADDING[_IDENTIFIER_HEAD + size & 3]
        crc, length = crc_hqx(body, 0), end - offset - TAG_SIZE
        checksum = constant + sums[crc] + sums[length] & 0xFF
        parts += pack_tag(tag, version, checksum, TAG_SERIAL_NUMBER, crc, length, location), body
        offset = end
    return b"".join(parts)
