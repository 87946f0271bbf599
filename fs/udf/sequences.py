"""The fixed part of a UDF volume: where its sequences of descriptors are, and what is in them.

    16 ...     volume recognition sequence, directly behind the volume descriptors of ISO 9660
    32 to 47   main volume descriptor sequence         each of the three starts a run of 32 sectors of its own,
    64 to 79   reserve volume descriptor sequence      since that is the error correction block of a BD; the blocks
    96 to 99   logical volume integrity sequence       of CD and DVD are smaller
    256        anchor
    257 ...    the partition: file set, directories, file entries, file data
    last       anchor

A disc that was closed with padding behind the last anchor still has the one at 256, and Linux, Windows, macOS and
7-Zip need no more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.fs.udf.file import FileSetDescriptor
from discstack.fs.udf.structure import BLOCK, Descriptor, ExtentAd, LongAd
from discstack.fs.udf.volume import (
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
    """What the descriptors say of this volume; blocks are counted from the start of the partition."""

    clock: int
    volume_id: str
    logical_volume_id: str
    volume_set_id: str
    file_set_id: str
    file_set_block: int
    root_block: int
    partition_length: int
    files: int
    directories: int
    next_unique_id: int


def volume_descriptor_sequence(facts: VolumeFacts, start: int) -> bytes:
    """Return the sequence that starts at sector `start`; the main and the reserve one differ in their tags alone."""
    return _in_blocks(
        start,
        PrimaryVolumeDescriptor(
            volume_descriptor_sequence_number=0,
            volume_identifier=facts.volume_id,
            volume_set_identifier=facts.volume_set_id,
            recording_date_and_time=facts.clock,
        ),
        ImplementationUseVolumeDescriptor(
            volume_descriptor_sequence_number=1, logical_volume_identifier=facts.logical_volume_id
        ),
        PartitionDescriptor(
            volume_descriptor_sequence_number=2,
            partition_starting_location=PARTITION,
            partition_length=facts.partition_length,
        ),
        LogicalVolumeDescriptor(
            volume_descriptor_sequence_number=3,
            logical_volume_identifier=facts.logical_volume_id,
            file_set_descriptor_sequence=LongAd(FILE_SET_BLOCKS * BLOCK, facts.file_set_block),
            integrity_sequence_extent=ExtentAd(INTEGRITY_SECTORS * BLOCK, INTEGRITY_SEQUENCE),
        ),
        UnallocatedSpaceDescriptor(volume_descriptor_sequence_number=4),
        TerminatingDescriptor(),
    )


def integrity_sequence(facts: VolumeFacts) -> bytes:
    """Return the logical volume integrity sequence of a closed volume without free space."""
    use = LogicalVolumeIntegrityUse(number_of_files=facts.files, number_of_directories=facts.directories)
    integrity = LogicalVolumeIntegrityDescriptor(
        recording_date_and_time=facts.clock,
        unique_id=facts.next_unique_id,
        size_table=facts.partition_length,
        implementation_use=use,
    )
    return _in_blocks(INTEGRITY_SEQUENCE, integrity, TerminatingDescriptor())


def file_set_sequence(facts: VolumeFacts) -> bytes:
    """Return the file set descriptor sequence."""
    file_set = FileSetDescriptor(
        recording_date_and_time=facts.clock,
        logical_volume_identifier=facts.logical_volume_id,
        file_set_identifier=facts.file_set_id,
        root_directory_icb=LongAd(BLOCK, facts.root_block),
    )
    return _in_blocks(facts.file_set_block, file_set, TerminatingDescriptor())


def anchor(sector: int) -> bytes:
    """Return the anchor that is recorded at `sector`."""
    length = SEQUENCE_SECTORS * BLOCK
    return AnchorVolumeDescriptorPointer(
        main_volume_descriptor_sequence=ExtentAd(length, MAIN_SEQUENCE),
        reserve_volume_descriptor_sequence=ExtentAd(length, RESERVE_SEQUENCE),
    ).seal(sector)


def _in_blocks(start: int, *descriptors: Descriptor) -> bytes:
    return b"".join(
        descriptor.seal(location).ljust(BLOCK, b"\x00") for location, descriptor in enumerate(descriptors, start)
    )
