"""Partition maps: what the partition reference numbers of the logical volume stand for (ECMA-167 3/10.7, UDF 2.2.8 on).

Partition 0 is always the one that lies on the medium. Where a revision has a metadata partition, or where a virtual
allocation table is asked for, partition 1 is that.
"""

from __future__ import annotations

from typing import Annotated, Final

from discstack.fs.udf.structure import EntityId, Structure, Uint8, Uint16, Uint32, zeros

METADATA_PARTITION: Final = "*UDF Metadata Partition"
VIRTUAL_PARTITION: Final = "*UDF Virtual Partition"
NOT_RECORDED: Final = 0xFFFFFFFF
# Blocks: the error correction block of a BD, 64 KiB, which is a multiple of what other media have
METADATA_UNIT: Final = 32
# The mirror has blocks of its own, far from the others (bit 0)
DUPLICATE_METADATA: Final = 1


class Type1PartitionMap(Structure):
    """Makes a partition of this volume a partition of the logical volume (ECMA-167 3/10.7.2)."""

    partition_map_type: Uint8 = 1
    partition_map_length: Uint8 = 6
    volume_sequence_number: Uint16 = 1
    partition_number: Uint16 = 0


class VirtualPartitionMap(Structure):
    """Makes the entries of a virtual allocation table the blocks of a partition (UDF 1.50 2.2.8)."""

    partition_map_type: Uint8 = 2
    partition_map_length: Uint8 = 64
    reserved_1: Annotated[None, zeros(2)] = None
    partition_type_identifier: EntityId
    volume_sequence_number: Uint16 = 1
    partition_number: Uint16 = 0
    reserved_2: Annotated[None, zeros(24)] = None


class MetadataPartitionMap(Structure):
    """Makes the blocks of a file the blocks of a partition (UDF 2.50 2.2.10).

    Locations are blocks of partition 0. A partition that is only read needs no bitmap of what is free.
    """

    partition_map_type: Uint8 = 2
    partition_map_length: Uint8 = 64
    reserved_1: Annotated[None, zeros(2)] = None
    partition_type_identifier: EntityId
    volume_sequence_number: Uint16 = 1
    partition_number: Uint16 = 0
    metadata_file_location: Uint32
    metadata_mirror_file_location: Uint32
    metadata_bitmap_file_location: Uint32 = NOT_RECORDED
    allocation_unit_size: Uint32 = METADATA_UNIT
    alignment_unit_size: Uint16 = METADATA_UNIT
    flags: Uint8 = DUPLICATE_METADATA
    reserved_2: Annotated[None, zeros(5)] = None
