"""File entries and directories made fast: the same bytes as the structures of `discstack.fs.udf.file`, tests hold them.

Entries are written into a block that the caller gives, all zeros, with attributes and data or descriptors in place.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Iterable
from struct import Struct
from typing import Final, TypeAlias

from discstack.fs.udf.allocation import Form
from discstack.fs.udf.file import ExtendedFileEntry, FileEntry, FileIdentifierDescriptor, IcbTag
from discstack.fs.udf.structure import BLOCK, IMPLEMENTATION, TAG_SERIAL_NUMBER, TAG_SIZE

_TAG: Final = Struct("<HHBxHHHL")
_CHECKS: Final = Struct("<BxHH")
_FILE_ENTRY: Final = Struct("<HHBxHHHL32sH6xQQ36sL16x32sQLL")
_EXTENDED_FILE_ENTRY: Final = Struct("<HHBxHHHL32sH6xQQQ48sL36x32sQLL")
_FILE_IDENTIFIER: Final = Struct("<HBBLLHHLH")
_ENTRY_START: Final = Struct("<20sLLL")
_IMPLEMENTATION: Final = IMPLEMENTATION.pack()
_PADDING: Final = (b"", bytes(3), bytes(2), bytes(1))
_USE: Final = len(_IMPLEMENTATION)
_IDENTIFIER_HEAD: Final = TAG_SIZE + _FILE_IDENTIFIER.size

FILE_ENTRY_SIZE: Final = _FILE_ENTRY.size
EXTENDED_FILE_ENTRY_SIZE: Final = _EXTENDED_FILE_ENTRY.size

UsualEntryWriter: TypeAlias = Callable[[memoryview, int, bytes, int, int, bytes, int, int], None]
EntryWriter: TypeAlias = Callable[[memoryview, int, int, bytes, int, int, int, bytes, int, int, int], None]
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
    _FILE_ENTRY.pack_into(block, 0, *head, size, recorded, *rest)
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
    _EXTENDED_FILE_ENTRY.pack_into(block, 0, *head, size, size, recorded, *rest)
    _close(block, end)


def usual_entry_writer(version: int, form: Form, *, extended: bool) -> UsualEntryWriter:
    """Return what writes the entry of a file of one extent without attributes, all of it at once."""
    start_of = _EXTENDED_FILE_ENTRY if extended else _FILE_ENTRY
    identifier = ExtendedFileEntry.TAG if extended else FileEntry.TAG
    struct = Struct(start_of.format + ("LL" if form.data is None else "LLH6x"))
    pack_into, end, lengths, partition = struct.pack_into, struct.size, (0, form.size), form.partition
    head = identifier, version, 0, TAG_SERIAL_NUMBER, 0, end - TAG_SIZE
    copies = 2 if extended else 1

    def write(
        block: memoryview, location: int, start: bytes, links: int, size: int, stamps: bytes, unique_id: int, at: int
    ) -> None:
        sizes = (size,) * copies
        rest = -(-size // BLOCK), stamps, 1, _IMPLEMENTATION, unique_id
        pack_into(block, 0, *head, location, start, links, *sizes, *rest, *lengths, size, at, *partition)
        _close(block, end)

    return write


def _close(block: memoryview, end: int) -> None:
    """Put CRC and checksum into the tag of a descriptor that has zeros there."""
    crc = crc_hqx(block[TAG_SIZE:end], 0)
    checksum = sum(block[:TAG_SIZE]) + (crc & 0xFF) + (crc >> 8) & 0xFF
    _CHECKS.pack_into(block, 4, checksum, TAG_SERIAL_NUMBER, crc)


def directory_size(identifiers: Iterable[bytes]) -> int:
    """Return how many bytes the entry of the parent and these names take.

    The tag of a File Identifier Descriptor must not lie across a block boundary on write-once media; where it would,
    the descriptor before it is made longer by an entity identifier (UDF 1.02 2.3.4.4).
    """
    offset = _IDENTIFIER_HEAD + 3 & ~3
    for identifier in identifiers:
        offset += _IDENTIFIER_HEAD + len(identifier) + 3 & ~3
        if 0 < -offset % BLOCK < TAG_SIZE:
            offset += _USE
    return offset


def pack_directory(version: int, partition: int, location: int, names: Iterable[Name]) -> bytes:
    """Return the data of a directory from block `location` on; the entries of what it names lie in `partition`."""
    parts = list[bytes]()
    offset = 0
    for characteristics, identifier, icb, unique_id in names:
        size, use = len(identifier), 0
        length = _IDENTIFIER_HEAD + size + 3 & ~3
        if 0 < -(offset + length) % BLOCK < TAG_SIZE:
            use = _USE
            identifier = _IMPLEMENTATION + identifier
            length += use
        head = _FILE_IDENTIFIER.pack(1, characteristics, size, BLOCK, icb, partition, 0, unique_id & 0xFFFFFFFF, use)
        body = head + identifier + _PADDING[_IDENTIFIER_HEAD + size & 3]
        rest = TAG_SERIAL_NUMBER, crc_hqx(body, 0), length - TAG_SIZE, location + offset // BLOCK
        checksum = sum(_TAG.pack(FileIdentifierDescriptor.TAG, version, 0, *rest)) & 0xFF
        parts += _TAG.pack(FileIdentifierDescriptor.TAG, version, checksum, *rest), body
        offset += length
    return b"".join(parts)
