"""Descriptor tags (ECMA-167 3/7.2 and 4/7.2), believed as far as they can be checked."""

from __future__ import annotations

from binascii import crc_hqx
from enum import IntEnum
from struct import Struct
from typing import Final

from discstack.fs.reading.notes import Notes, Oddity

_TAG: Final = Struct("<HHBBHHHI")
TAG_SIZE: Final = _TAG.size


class Tag(IntEnum):
    """Tag identifiers (3/7.2.1, 4/7.2.1)."""

    SPARING_TABLE = 0
    PRIMARY_VOLUME = 1
    ANCHOR = 2
    VOLUME_POINTER = 3
    IMPLEMENTATION_USE = 4
    PARTITION = 5
    LOGICAL_VOLUME = 6
    UNALLOCATED_SPACE = 7
    TERMINATING = 8
    INTEGRITY = 9
    FILE_SET = 256
    FILE_IDENTIFIER = 257
    ALLOCATION_EXTENT = 258
    INDIRECT_ENTRY = 259
    TERMINAL_ENTRY = 260
    FILE_ENTRY = 261
    EXTENDED_FILE_ENTRY = 266


def tag_of(data: bytes, location: int | None, where: str, notes: Notes) -> int | None:
    """Return the identifier in the tag at the start of `data`; None if tag and contents are nothing to go by.

    Either the checksum of the tag or the CRC of what follows must be right, and only what is wrong becomes a note: a
    broken bit in one of them is no reason to lose a file. `location` is where the tag should say that it lies.
    """
    if len(data) < TAG_SIZE or not any(data[:TAG_SIZE]):
        return None
    identifier, _, checksum, _, _, crc, length, said = _TAG.unpack_from(data)
    sound = (sum(data[:TAG_SIZE]) - checksum) & 0xFF == checksum
    body = data[TAG_SIZE : TAG_SIZE + length]
    whole = len(body) == length and crc_hqx(body, 0) == crc
    if not sound and not (whole and length):
        return None
    if not sound:
        notes.add(Oddity.CHECKSUM, where, "the checksum of its tag; its CRC is right, and it is read")
    if not whole:
        notes.add(Oddity.CHECKSUM, where, "its CRC; the checksum of its tag is right, and it is read")
    if location is not None and said != location:
        notes.add(Oddity.INCONSISTENT, where, f"it says that it lies at {said} and lies at {location}")
    return int(identifier)
