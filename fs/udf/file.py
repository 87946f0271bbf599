"""The file level: file set, file entries, directories, allocation (ECMA-167 part 4, UDF 1.02 2.3).

Blocks are counted from the start of the partition. What is declared here is the definition; for what a tree of 100,000
files has 100,000 of, `discstack.fs.udf.packing` makes the same bytes some ten times as fast.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Annotated, ClassVar, Final

from discstack.fs.udf.cs0 import CHARSPEC
from discstack.fs.udf.structure import (
    BLOCK,
    IMPLEMENTATION,
    NO_ICB,
    Charspec,
    Descriptor,
    EntityId,
    LongAd,
    Structure,
    Tail,
    Timestamp,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    text,
    zeros,
)

# The two upper bits of an extent's length are its type, and all but the last are whole blocks (ECMA-167 4/14.14.1.1)
MAX_EXTENT: Final = (1 << 30) - BLOCK
NEXT_EXTENT_OF_ALLOCATION_DESCRIPTORS: Final = 3 << 30
NOT_SPECIFIED: Final = 0xFFFFFFFF
STRATEGY_4: Final = 4
CS0_ONLY: Final = 1
_OWNER_WRITE: Final = 2 << 10
_WRITE: Final = _OWNER_WRITE | 2 << 5 | 2


class FileType(IntEnum):
    """What an ICB describes (ECMA-167 4/14.6.6; from 248 on UDF 2.50 2.3.5.2)."""

    UNSPECIFIED = 0
    DIRECTORY = 4
    REGULAR = 5
    BLOCK_DEVICE = 6
    CHARACTER_DEVICE = 7
    FIFO = 9
    SOCKET = 10
    SYMBOLIC_LINK = 12
    VIRTUAL_ALLOCATION_TABLE = 248
    METADATA = 250
    METADATA_MIRROR = 251


class IcbFlags(IntFlag):
    """ECMA-167 4/14.6.8; bits 0 to 2 say what the allocation descriptors are."""

    SHORT_ADS = 0
    LONG_ADS = 1
    EMBEDDED = 3
    ARCHIVE = 0x20
    SETUID = 0x40
    SETGID = 0x80
    STICKY = 0x100


class FileCharacteristics(IntFlag):
    """ECMA-167 4/14.4.3."""

    NONE = 0
    HIDDEN = 0x01
    DIRECTORY = 0x02
    PARENT = 0x08


class FileSetDescriptor(Descriptor):
    """The file set, and where its root directory is (ECMA-167 4/14.1, UDF 1.02 2.3.2)."""

    TAG: ClassVar[int] = 256

    recording_date_and_time: Timestamp
    interchange_level: Uint16 = 3
    maximum_interchange_level: Uint16 = 3
    character_set_list: Uint32 = CS0_ONLY
    maximum_character_set_list: Uint32 = CS0_ONLY
    file_set_number: Uint32 = 0
    file_set_descriptor_number: Uint32 = 0
    logical_volume_identifier_character_set: Charspec = CHARSPEC
    logical_volume_identifier: Annotated[str, text(128)]
    file_set_character_set: Charspec = CHARSPEC
    file_set_identifier: Annotated[str, text(32)]
    copyright_file_identifier: Annotated[str, text(32)] = ""
    abstract_file_identifier: Annotated[str, text(32)] = ""
    root_directory_icb: LongAd
    domain_identifier: EntityId
    next_extent: LongAd = NO_ICB
    reserved: Annotated[None, zeros(48)] = None


class IcbTag(Structure):
    """The start of an information control block (ECMA-167 4/14.6, UDF 1.02 2.3.5)."""

    prior_recorded_number_of_direct_entries: Uint32 = 0
    strategy_type: Uint16 = STRATEGY_4
    strategy_parameter: Uint16 = 0
    maximum_number_of_entries: Uint16 = 1
    reserved: Uint8 = 0
    file_type: Uint8
    parent_icb_location: Annotated[None, zeros(6)] = None
    flags: Uint16 = IcbFlags.SHORT_ADS


class FileEntry(Descriptor):
    """A file or directory: its attributes and where its data is (ECMA-167 4/14.9, UDF 1.02 2.3.6)."""

    TAG: ClassVar[int] = 261

    icb_tag: IcbTag
    uid: Uint32 = NOT_SPECIFIED
    gid: Uint32 = NOT_SPECIFIED
    permissions: Uint32
    file_link_count: Uint16 = 1
    record_format: Uint8 = 0
    record_display_attributes: Uint8 = 0
    record_length: Uint32 = 0
    information_length: Uint64
    logical_blocks_recorded: Uint64
    access_time: Timestamp
    modification_time: Timestamp
    attribute_time: Timestamp
    checkpoint: Uint32 = 1
    extended_attribute_icb: LongAd = NO_ICB
    implementation_identifier: EntityId = IMPLEMENTATION
    unique_id: Uint64
    length_of_extended_attributes: Uint32 = 0
    length_of_allocation_descriptors: Uint32
    extended_attributes: Tail = b""
    allocation_descriptors: Tail


class ExtendedFileEntry(Descriptor):
    """A File Entry with the time of creation, and with named streams, of which we have none (ECMA-167 4/14.17)."""

    TAG: ClassVar[int] = 266

    icb_tag: IcbTag
    uid: Uint32 = NOT_SPECIFIED
    gid: Uint32 = NOT_SPECIFIED
    permissions: Uint32
    file_link_count: Uint16 = 1
    record_format: Uint8 = 0
    record_display_attributes: Uint8 = 0
    record_length: Uint32 = 0
    information_length: Uint64
    object_size: Uint64
    logical_blocks_recorded: Uint64
    access_time: Timestamp
    modification_time: Timestamp
    creation_time: Timestamp
    attribute_time: Timestamp
    checkpoint: Uint32 = 1
    reserved: Annotated[None, zeros(4)] = None
    extended_attribute_icb: LongAd = NO_ICB
    stream_directory_icb: LongAd = NO_ICB
    implementation_identifier: EntityId = IMPLEMENTATION
    unique_id: Uint64
    length_of_extended_attributes: Uint32 = 0
    length_of_allocation_descriptors: Uint32
    extended_attributes: Tail = b""
    allocation_descriptors: Tail


class FileIdentifierDescriptor(Descriptor):
    """A name in a directory (ECMA-167 4/14.4, UDF 1.02 2.3.4).

    `implementation_use`, if any, is an entity identifier; `padding` fills the descriptor up to a multiple of 4.
    """

    TAG: ClassVar[int] = 257

    file_version_number: Uint16 = 1
    file_characteristics: Uint8
    length_of_file_identifier: Uint8
    icb: LongAd
    length_of_implementation_use: Uint16 = 0
    implementation_use: Tail = b""
    file_identifier: Tail
    padding: Tail


class AllocationExtentDescriptor(Descriptor):
    """The start of further allocation descriptors, which follow it outside of its CRC (ECMA-167 4/14.5)."""

    TAG: ClassVar[int] = 258

    previous_allocation_extent_location: Uint32 = 0
    length_of_allocation_descriptors: Uint32


def permissions(mode: int) -> int:
    """Return POSIX permission bits in the order of ECMA-167 4/14.9.5: five bits each for others, group and owner.

    The right to delete goes with that to write, and so does the owner's to change attributes (UDF 2.01 3.3.3.3).
    """
    rights = mode & 7 | (mode >> 3 & 7) << 5 | (mode >> 6 & 7) << 10
    return rights | (rights & _WRITE) << 3 | (rights & _OWNER_WRITE) << 2
