"""The volume level: recognition, volume descriptors, integrity (ECMA-167 parts 2 and 3, UDF 1.02 2.2)."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, ClassVar, Final

from discstack.fs.udf.cs0 import CHARSPEC
from discstack.fs.udf.structure import (
    BLOCK,
    IMPLEMENTATION,
    NO_EXTENT,
    NOBODY,
    Charspec,
    Descriptor,
    EntityId,
    ExtentAd,
    LongAd,
    Structure,
    Tail,
    Timestamp,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    exactly,
    text,
    zeros,
)

# Bit 0 alone: CS0 is the only character set (UDF 1.02 2.2.2.3)
CS0_ONLY: Final = 1
OPEN: Final = 0
CLOSED: Final = 1


class AccessType(IntEnum):
    """How a partition may be written (ECMA-167 3/10.5.7, UDF 2.60 2.2.14.2)."""

    PSEUDO_OVERWRITABLE = 0
    READ_ONLY = 1
    WRITE_ONCE = 2
    REWRITABLE = 3
    OVERWRITABLE = 4


class VolumeStructureDescriptor(Structure):
    """One sector of the volume recognition sequence: BEA01, NSR02, NSR03 or TEA01 (ECMA-167 2/9.1 to 2/9.3, 3/9.1)."""

    structure_type: Uint8 = 0
    standard_identifier: Annotated[bytes, exactly(5)]
    structure_version: Uint8 = 1
    structure_data: Annotated[None, zeros(2041)] = None


def recognition_sequence(standard: str) -> bytes:
    """Return the volume recognition sequence for NSR02 or NSR03."""
    identifiers = "BEA01", standard, "TEA01"
    return b"".join(VolumeStructureDescriptor(standard_identifier=text.encode("ascii")).pack() for text in identifiers)


class PrimaryVolumeDescriptor(Descriptor):
    """Identifies the volume and its volume set (ECMA-167 3/10.1, UDF 1.02 2.2.2)."""

    TAG: ClassVar[int] = 1

    volume_descriptor_sequence_number: Uint32
    primary_volume_descriptor_number: Uint32 = 0
    volume_identifier: Annotated[str, text(32)]
    volume_sequence_number: Uint16 = 1
    maximum_volume_sequence_number: Uint16 = 1
    interchange_level: Uint16 = 2
    maximum_interchange_level: Uint16 = 3
    character_set_list: Uint32 = CS0_ONLY
    maximum_character_set_list: Uint32 = CS0_ONLY
    volume_set_identifier: Annotated[str, text(128)]
    descriptor_character_set: Charspec = CHARSPEC
    explanatory_character_set: Charspec = CHARSPEC
    volume_abstract: ExtentAd = NO_EXTENT
    volume_copyright_notice: ExtentAd = NO_EXTENT
    application_identifier: EntityId = NOBODY
    recording_date_and_time: Timestamp
    implementation_identifier: EntityId = IMPLEMENTATION
    implementation_use: Annotated[None, zeros(64)] = None
    predecessor_volume_descriptor_sequence_location: Uint32 = 0
    flags: Uint16 = 1
    reserved: Annotated[None, zeros(22)] = None


class AnchorVolumeDescriptorPointer(Descriptor):
    """Tells where both volume descriptor sequences are (ECMA-167 3/10.2, UDF 1.02 2.2.3)."""

    TAG: ClassVar[int] = 2

    main_volume_descriptor_sequence: ExtentAd
    reserve_volume_descriptor_sequence: ExtentAd
    reserved: Annotated[None, zeros(480)] = None


class ImplementationUseVolumeDescriptor(Descriptor):
    """The logical volume's information, "*UDF LV Info" (ECMA-167 3/10.4, UDF 1.02 2.2.7)."""

    TAG: ClassVar[int] = 4

    volume_descriptor_sequence_number: Uint32
    implementation_identifier: EntityId
    lvi_charset: Charspec = CHARSPEC
    logical_volume_identifier: Annotated[str, text(128)]
    lv_info_1: Annotated[str, text(36)] = ""
    lv_info_2: Annotated[str, text(36)] = ""
    lv_info_3: Annotated[str, text(36)] = ""
    implementation_id: EntityId = IMPLEMENTATION
    implementation_use: Annotated[None, zeros(128)] = None


class PartitionDescriptor(Descriptor):
    """The one partition; its contents use is a partition header without space tables (ECMA-167 3/10.5, 4/14.3)."""

    TAG: ClassVar[int] = 5

    volume_descriptor_sequence_number: Uint32
    partition_flags: Uint16 = 1
    partition_number: Uint16 = 0
    partition_contents: EntityId
    partition_contents_use: Annotated[None, zeros(128)] = None
    access_type: Uint32 = AccessType.READ_ONLY
    partition_starting_location: Uint32
    partition_length: Uint32
    implementation_identifier: EntityId = IMPLEMENTATION
    implementation_use: Annotated[None, zeros(128)] = None
    reserved: Annotated[None, zeros(156)] = None


class LogicalVolumeDescriptor(Descriptor):
    """The logical volume: what its partitions are (ECMA-167 3/10.6, UDF 1.02 2.2.4)."""

    TAG: ClassVar[int] = 6

    volume_descriptor_sequence_number: Uint32
    descriptor_character_set: Charspec = CHARSPEC
    logical_volume_identifier: Annotated[str, text(128)]
    logical_block_size: Uint32 = BLOCK
    domain_identifier: EntityId
    file_set_descriptor_sequence: LongAd
    map_table_length: Uint32
    number_of_partition_maps: Uint32
    implementation_identifier: EntityId = IMPLEMENTATION
    implementation_use: Annotated[None, zeros(128)] = None
    integrity_sequence_extent: ExtentAd
    partition_maps: Tail


class UnallocatedSpaceDescriptor(Descriptor):
    """Says that no sector of the volume is free (ECMA-167 3/10.8)."""

    TAG: ClassVar[int] = 7

    volume_descriptor_sequence_number: Uint32
    number_of_allocation_descriptors: Uint32 = 0


class TerminatingDescriptor(Descriptor, kw_only=False):
    """Ends a sequence of descriptors (ECMA-167 3/10.9, 4/14.2)."""

    TAG: ClassVar[int] = 8

    reserved: Annotated[None, zeros(496)] = None


class LogicalVolumeIntegrityUse(Structure):
    """What UDF adds to the integrity descriptor (UDF 1.02 2.2.6.4)."""

    implementation_id: EntityId = IMPLEMENTATION
    number_of_files: Uint32
    number_of_directories: Uint32
    minimum_udf_read_revision: Uint16
    minimum_udf_write_revision: Uint16
    maximum_udf_write_revision: Uint16


class LogicalVolumeIntegrityDescriptor(Descriptor):
    """Says whether the logical volume is closed, and how large and how full it is (ECMA-167 3/10.10, UDF 1.02 2.2.6).

    The tables have a Uint32 for each partition.
    """

    TAG: ClassVar[int] = 9

    recording_date_and_time: Timestamp
    integrity_type: Uint32
    next_integrity_extent: ExtentAd = NO_EXTENT
    # The logical volume contents use is a logical volume header descriptor (ECMA-167 4/14.15, UDF 1.02 3.2.1)
    unique_id: Uint64
    logical_volume_header_reserved: Annotated[None, zeros(24)] = None
    number_of_partitions: Uint32
    length_of_implementation_use: Uint32 = 46
    free_space_table: Tail
    size_table: Tail
    implementation_use: LogicalVolumeIntegrityUse
