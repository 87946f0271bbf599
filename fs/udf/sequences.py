"""The fixed part of a UDF volume: where its sequences of descriptors are, and what is in them.

    16 ...     volume recognition sequence, directly behind the volume descriptors of ISO 9660
    32 to 47   main volume descriptor sequence         each of the three starts a run of 32 sectors of its own,
    64 to 79   reserve volume descriptor sequence      since that is the error correction block of a BD; the blocks
    96 to 99   logical volume integrity sequence       of CD and DVD are smaller
    256        anchor
    257 ...    the partition: file set, directories, file entries, file data; with a metadata partition it starts at
               288, with such a run
    last       anchor; or, with a virtual allocation table, the entry of that, and an anchor 256 sectors before it

In a later session all of these but the partition's start are counted from where the session starts, so that the one
partition holds what earlier sessions have recorded.

A disc that was closed with padding behind the last anchor still has the one at 256, and Linux, Windows, macOS and
7-Zip need no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack
from typing import Final

from discstack.fs.udf.file import FileSetDescriptor
from discstack.fs.udf.revisions import Revision
from discstack.fs.udf.structure import BLOCK, Descriptor, ExtentAd, LongAd, Structure, entity_id
from discstack.fs.udf.volume import (
    CLOSED,
    OPEN,
    AccessType,
    AnchorVolumeDescriptorPointer,
    ImplementationUseVolumeDescriptor,
    LogicalVolumeDescriptor,
    LogicalVolumeIntegrityDescriptor,
    LogicalVolumeIntegrityUse,
    PartitionDescriptor,
    PrimaryVolumeDescriptor,
    TerminatingDescriptor,
    UnallocatedSpaceDescriptor,
)

MAIN_SEQUENCE: Final = 32
RESERVE_SEQUENCE: Final = 64
# The least that UDF 1.02 2.2.3 allows
SEQUENCE_SECTORS: Final = 16
INTEGRITY_SEQUENCE: Final = 96
# 8 KiB, the least for overwritable media (UDF 1.02 2.2.4.6)
INTEGRITY_SECTORS: Final = 4
ANCHOR: Final = 256
PARTITION: Final = ANCHOR + 1
FILE_SET_BLOCKS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFacts:
    """What the descriptors say of this volume.

    `start` is the sector where the session starts, `partition` that where the partition does. `file_set` and `root` are
    addresses within the logical volume; `maps` has a partition map for each partition, `free` and `sizes` its blocks.
    """

    revision: Revision
    start: int
    clock: int
    volume_id: str
    logical_volume_id: str
    volume_set_id: str
    file_set_id: str
    file_set: LongAd
    root: LongAd
    partition: int
    access_type: AccessType
    maps: tuple[Structure, ...]
    free: tuple[int, ...]
    sizes: tuple[int, ...]
    files: int
    directories: int
    next_unique_id: int


def volume_descriptor_sequence(facts: VolumeFacts, start: int) -> bytes:
    """Return the sequence that starts at sector `start`; the main and the reserve one differ in their tags alone."""
    revision = facts.revision
    maps = b"".join(map.pack() for map in facts.maps)
    return _in_blocks(
        revision,
        start,
        PrimaryVolumeDescriptor(
            volume_descriptor_sequence_number=0,
            volume_identifier=facts.volume_id,
            volume_set_identifier=facts.volume_set_id,
            recording_date_and_time=facts.clock,
        ),
        ImplementationUseVolumeDescriptor(
            volume_descriptor_sequence_number=1,
            implementation_identifier=revision.udf_id("*UDF LV Info"),
            logical_volume_identifier=facts.logical_volume_id,
        ),
        PartitionDescriptor(
            volume_descriptor_sequence_number=2,
            partition_contents=entity_id("+" + revision.standard),
            access_type=facts.access_type,
            partition_starting_location=facts.partition,
            partition_length=facts.sizes[0],
        ),
        LogicalVolumeDescriptor(
            volume_descriptor_sequence_number=3,
            logical_volume_identifier=facts.logical_volume_id,
            domain_identifier=revision.domain,
            file_set_descriptor_sequence=facts.file_set,
            map_table_length=len(maps),
            number_of_partition_maps=len(facts.maps),
            integrity_sequence_extent=ExtentAd(INTEGRITY_SECTORS * BLOCK, facts.start + INTEGRITY_SEQUENCE),
            partition_maps=maps,
        ),
        UnallocatedSpaceDescriptor(volume_descriptor_sequence_number=4),
        TerminatingDescriptor(),
    )


def integrity_sequence(facts: VolumeFacts) -> bytes:
    """Return the logical volume integrity sequence.

    A volume that is written sequentially stays open: that it is whole shows in the virtual allocation table at its end
    (UDF 1.50 6.10.1.1).
    """
    revision = facts.revision
    use = LogicalVolumeIntegrityUse(
        number_of_files=facts.files,
        number_of_directories=facts.directories,
        minimum_udf_read_revision=revision.minimum_read,
        minimum_udf_write_revision=revision.minimum_write,
        maximum_udf_write_revision=revision.number,
    )
    integrity = LogicalVolumeIntegrityDescriptor(
        recording_date_and_time=facts.clock,
        integrity_type=OPEN if facts.access_type is AccessType.WRITE_ONCE else CLOSED,
        unique_id=facts.next_unique_id,
        number_of_partitions=len(facts.sizes),
        free_space_table=pack(f"<{len(facts.free)}L", *facts.free),
        size_table=pack(f"<{len(facts.sizes)}L", *facts.sizes),
        implementation_use=use,
    )
    return _in_blocks(revision, facts.start + INTEGRITY_SEQUENCE, integrity, TerminatingDescriptor())


def file_set_sequence(facts: VolumeFacts) -> bytes:
    """Return the file set descriptor sequence."""
    file_set = FileSetDescriptor(
        recording_date_and_time=facts.clock,
        logical_volume_identifier=facts.logical_volume_id,
        file_set_identifier=facts.file_set_id,
        root_directory_icb=facts.root,
        domain_identifier=facts.revision.domain,
    )
    return _in_blocks(facts.revision, facts.file_set.block, file_set, TerminatingDescriptor())


def anchor(facts: VolumeFacts, sector: int) -> bytes:
    """Return the anchor that is recorded at `sector`."""
    length = SEQUENCE_SECTORS * BLOCK
    return AnchorVolumeDescriptorPointer(
        main_volume_descriptor_sequence=ExtentAd(length, facts.start + MAIN_SEQUENCE),
        reserve_volume_descriptor_sequence=ExtentAd(length, facts.start + RESERVE_SEQUENCE),
    ).seal(sector, facts.revision.tag_version)


def _in_blocks(revision: Revision, start: int, *descriptors: Descriptor) -> bytes:
    return b"".join(
        descriptor.seal(location, revision.tag_version).ljust(BLOCK, b"\x00")
        for location, descriptor in enumerate(descriptors, start)
    )
