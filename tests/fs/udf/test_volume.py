"""Every volume descriptor against bytes written from the tables of ECMA-167 parts 2 and 3 and OSTA UDF 1.02."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from discstack.fs.udf.partitions import MetadataPartitionMap, Type1PartitionMap, VirtualPartitionMap
from discstack.fs.udf.revisions import REVISIONS
from discstack.fs.udf.structure import ExtentAd, LongAd, entity_id
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
    recognition_sequence,
)

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[[int, int, bytes], bytes]

CS0 = b"\x00OSTA Compressed Unicode"
IMPLEMENTATION = b"\x00*discstack"
NOON = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
NOON_BYTES = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")
LABEL = b"\x08HOLIDAY"


@pytest.mark.parametrize("standard", ["NSR02", "NSR03"])
def test_recognition_sequence_is_bea01_nsr_tea01(standard: str) -> None:
    names = b"BEA01", standard.encode(), b"TEA01"
    assert recognition_sequence(standard) == b"".join(b"\x00" + name + b"\x01" + bytes(2041) for name in names)


def test_primary_volume_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        512,
        {
            16: b"\x05",
            24: LABEL,
            55: b"\x08",
            56: bytes.fromhex("0100 0100 0200 0300 01000000 01000000"),
            72: b"\x083b9aca00deadbeefHOLIDAY",
            199: b"\x18",
            200: CS0,
            264: CS0,
            376: NOON_BYTES,
            388: IMPLEMENTATION,
            488: b"\x01",
        },
    )
    descriptor = PrimaryVolumeDescriptor(
        volume_descriptor_sequence_number=5,
        volume_identifier="HOLIDAY",
        volume_set_identifier="3b9aca00deadbeefHOLIDAY",
        recording_date_and_time=NOON,
    )
    assert descriptor.seal(32, 2) == tagged(1, 32, expected)


def test_anchor_volume_descriptor_pointer(laid: Laid, tagged: Tagged) -> None:
    expected = laid(512, {16: bytes.fromhex("00800000 20000000 00800000 40000000")})
    descriptor = AnchorVolumeDescriptorPointer(
        main_volume_descriptor_sequence=ExtentAd(16 * 2048, 32),
        reserve_volume_descriptor_sequence=ExtentAd(16 * 2048, 64),
    )
    assert descriptor.seal(256, 2) == tagged(2, 256, expected)


def test_implementation_use_volume_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        512,
        {
            16: b"\x01",
            20: b"\x00*UDF LV Info",
            44: b"\x02\x01",
            52: CS0,
            116: LABEL,
            243: b"\x08",
            352: IMPLEMENTATION,
        },
    )
    descriptor = ImplementationUseVolumeDescriptor(
        volume_descriptor_sequence_number=1,
        implementation_identifier=REVISIONS[0x0102].udf_id("*UDF LV Info"),
        logical_volume_identifier="HOLIDAY",
    )
    assert descriptor.seal(33, 2) == tagged(4, 33, expected)


def test_partition_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        512,
        {
            16: b"\x02",
            20: bytes.fromhex("0100 0000"),
            24: b"\x00+NSR02",
            184: bytes.fromhex("01000000 01010000 39300000"),
            196: IMPLEMENTATION,
        },
    )
    descriptor = PartitionDescriptor(
        volume_descriptor_sequence_number=2,
        partition_contents=entity_id("+NSR02"),
        partition_starting_location=257,
        partition_length=12345,
    )
    assert descriptor.seal(34, 2) == tagged(5, 34, expected)


def test_logical_volume_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        446,
        {
            16: b"\x03",
            20: CS0,
            84: LABEL,
            211: b"\x08",
            212: bytes.fromhex("00080000"),
            216: b"\x00*OSTA UDF Compliant",
            240: b"\x02\x01\x00",
            248: bytes.fromhex("00100000 07000000 0000"),
            264: bytes.fromhex("06000000 01000000"),
            272: IMPLEMENTATION,
            432: bytes.fromhex("00200000 60000000"),
            440: bytes.fromhex("01 06 0100 0000"),
        },
    )
    descriptor = LogicalVolumeDescriptor(
        volume_descriptor_sequence_number=3,
        logical_volume_identifier="HOLIDAY",
        domain_identifier=REVISIONS[0x0102].domain,
        file_set_descriptor_sequence=LongAd(4096, 7),
        map_table_length=6,
        number_of_partition_maps=1,
        integrity_sequence_extent=ExtentAd(8192, 96),
        partition_maps=Type1PartitionMap().pack(),
    )
    assert descriptor.seal(35, 2) == tagged(6, 35, expected)


def test_unallocated_space_descriptor(laid: Laid, tagged: Tagged) -> None:
    descriptor = UnallocatedSpaceDescriptor(volume_descriptor_sequence_number=4)
    assert descriptor.seal(36, 2) == tagged(7, 36, laid(24, {16: b"\x04"}))


def test_terminating_descriptor(laid: Laid, tagged: Tagged) -> None:
    assert TerminatingDescriptor().seal(37, 2) == tagged(8, 37, laid(512, {}))


def test_logical_volume_integrity_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        88 + 46,
        {
            16: NOON_BYTES,
            28: b"\x01",
            40: bytes.fromhex("1a00000000000000"),
            72: bytes.fromhex("01000000 2e000000"),
            84: bytes.fromhex("39300000"),
            88: IMPLEMENTATION,
            120: bytes.fromhex("07000000 03000000 0201 0201 0201"),
        },
    )
    use = LogicalVolumeIntegrityUse(
        number_of_files=7,
        number_of_directories=3,
        minimum_udf_read_revision=0x0102,
        minimum_udf_write_revision=0x0102,
        maximum_udf_write_revision=0x0102,
    )
    descriptor = LogicalVolumeIntegrityDescriptor(
        recording_date_and_time=NOON,
        integrity_type=CLOSED,
        unique_id=26,
        number_of_partitions=1,
        free_space_table=bytes(4),
        size_table=(12345).to_bytes(4, "little"),
        implementation_use=use,
    )
    assert descriptor.seal(96, 2) == tagged(9, 96, expected)
    assert OPEN == 0


def test_virtual_partition_map(laid: Laid) -> None:
    expected = laid(
        64, {0: b"\x02\x40", 4: b"\x00*UDF Virtual Partition", 28: b"\x50\x01", 36: bytes.fromhex("0100 0000")}
    )
    identifier = REVISIONS[0x0150].udf_id("*UDF Virtual Partition")
    assert VirtualPartitionMap(partition_type_identifier=identifier).pack() == expected


def test_metadata_partition_map(laid: Laid) -> None:
    expected = laid(
        64,
        {
            0: b"\x02\x40",
            4: b"\x00*UDF Metadata Partition",
            28: b"\x50\x02",
            36: bytes.fromhex("0100 0000 39300000 07000000 ffffffff 20000000 2000 01"),
        },
    )
    identifier = REVISIONS[0x0250].udf_id("*UDF Metadata Partition")
    found = MetadataPartitionMap(
        partition_type_identifier=identifier, metadata_file_location=12345, metadata_mirror_file_location=7
    )
    assert found.pack() == expected


def test_access_types_are_those_of_the_table() -> None:
    assert [AccessType(number).name for number in range(5)] == [
        "PSEUDO_OVERWRITABLE",
        "READ_ONLY",
        "WRITE_ONCE",
        "REWRITABLE",
        "OVERWRITABLE",
    ]
