"""Every volume descriptor against bytes written from the tables of ECMA-167 parts 2 and 3 and OSTA UDF 1.02."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from discstack.fs.udf.structure import ExtentAd, LongAd
from discstack.fs.udf.volume import (
    RECOGNITION,
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

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[[int, int, bytes], bytes]

CS0 = b"\x00OSTA Compressed Unicode"
IMPLEMENTATION = b"\x00*discstack"
NOON = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
NOON_BYTES = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")
LABEL = b"\x08HOLIDAY"


def test_recognition_sequence_is_bea01_nsr02_tea01() -> None:
    sectors = [RECOGNITION[i : i + 2048] for i in range(0, len(RECOGNITION), 2048)]
    assert sectors == [b"\x00" + name + b"\x01" + bytes(2041) for name in (b"BEA01", b"NSR02", b"TEA01")]


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
    assert descriptor.seal(32) == tagged(1, 32, expected)


def test_anchor_volume_descriptor_pointer(laid: Laid, tagged: Tagged) -> None:
    expected = laid(512, {16: bytes.fromhex("00800000 20000000 00800000 40000000")})
    descriptor = AnchorVolumeDescriptorPointer(
        main_volume_descriptor_sequence=ExtentAd(16 * 2048, 32),
        reserve_volume_descriptor_sequence=ExtentAd(16 * 2048, 64),
    )
    assert descriptor.seal(256) == tagged(2, 256, expected)


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
        volume_descriptor_sequence_number=1, logical_volume_identifier="HOLIDAY"
    )
    assert descriptor.seal(33) == tagged(4, 33, expected)


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
        volume_descriptor_sequence_number=2, partition_starting_location=257, partition_length=12345
    )
    assert descriptor.seal(34) == tagged(5, 34, expected)


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
        file_set_descriptor_sequence=LongAd(4096, 7),
        integrity_sequence_extent=ExtentAd(8192, 96),
    )
    assert descriptor.seal(35) == tagged(6, 35, expected)


def test_unallocated_space_descriptor(laid: Laid, tagged: Tagged) -> None:
    descriptor = UnallocatedSpaceDescriptor(volume_descriptor_sequence_number=4)
    assert descriptor.seal(36) == tagged(7, 36, laid(24, {16: b"\x04"}))


def test_terminating_descriptor(laid: Laid, tagged: Tagged) -> None:
    assert TerminatingDescriptor().seal(37) == tagged(8, 37, laid(512, {}))


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
    descriptor = LogicalVolumeIntegrityDescriptor(
        recording_date_and_time=NOON,
        unique_id=26,
        size_table=12345,
        implementation_use=LogicalVolumeIntegrityUse(number_of_files=7, number_of_directories=3),
    )
    assert descriptor.seal(96) == tagged(9, 96, expected)
