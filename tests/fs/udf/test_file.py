"""The file level against bytes written from the tables of ECMA-167 part 4 and OSTA UDF 1.02."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.cs0 import encode
from discstack.fs.udf.file import (
    AllocationExtentDescriptor,
    FileCharacteristics,
    FileEntry,
    FileIdentifierDescriptor,
    FileSetDescriptor,
    FileType,
    IcbFlags,
    IcbTag,
    file_identifier_size,
    pack_file_entry,
    pack_file_identifier,
    permissions,
)
from discstack.fs.udf.structure import IMPLEMENTATION, LongAd, timestamp

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[[int, int, bytes], bytes]

CS0 = b"\x00OSTA Compressed Unicode"
WHEN = 1_000_000_000_000_000_000  # 2001-09-09 01:46:40 UTC
WHEN_BYTES = bytes.fromhex("0010 d107 09 09 01 2e 28 00 00 00")


def test_file_set_descriptor(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        512,
        {
            16: WHEN_BYTES,
            28: bytes.fromhex("0300 0300 01000000 01000000"),
            48: CS0,
            112: b"\x08HOLIDAY",
            239: b"\x08",
            240: CS0,
            304: b"\x08HOLI",
            335: b"\x05",
            400: bytes.fromhex("00080000 02000000 0000"),
            416: b"\x00*OSTA UDF Compliant",
            440: b"\x02\x01\x00",
        },
    )
    descriptor = FileSetDescriptor(
        recording_date_and_time=WHEN,
        logical_volume_identifier="HOLIDAY",
        file_set_identifier="HOLI",
        root_directory_icb=LongAd(2048, 2),
    )
    assert descriptor.seal(0) == tagged(256, 0, expected)


def test_file_entry(laid: Laid, tagged: Tagged) -> None:
    expected = laid(
        176 + 8,
        {
            16: bytes.fromhex("00000000 0400 0000 0100 00 05 000000000000 2000"),
            36: bytes.fromhex("ffffffff ffffffff a5140000 0200 00 00 00000000"),
            56: bytes.fromhex("0110000000000000 0300000000000000"),
            72: WHEN_BYTES * 3,
            108: b"\x01",
            128: b"\x00*discstack",
            160: bytes.fromhex("1300000000000000 00000000 08000000 01100000 63000000"),
        },
    )
    ads = bytes.fromhex("01100000 63000000")
    entry = pack_file_entry(3, FileType.REGULAR, permissions(0o555), 2, 4097, timestamp(WHEN), 19, ads)
    assert entry == tagged(261, 3, expected)


def test_file_identifier_descriptor(laid: Laid, tagged: Tagged) -> None:
    # 38 bytes, L_FI = 6, no implementation use: 44 bytes, a multiple of 4
    expected = laid(44, {16: bytes.fromhex("0100 00 06 00080000 09000000 0000 0000 15000000 0000"), 38: b"\x08a.txt"})
    assert pack_file_identifier(4, 0, b"\x08a.txt", 9, 21, 0) == tagged(257, 4, expected)


def test_parent_entry_has_no_name_and_is_padded_to_40_bytes(laid: Laid, tagged: Tagged) -> None:
    expected = laid(40, {16: bytes.fromhex("0100 0a 00 00080000 02000000 0000 0000 00000000 0000")})
    characteristics = FileCharacteristics.DIRECTORY | FileCharacteristics.PARENT
    assert pack_file_identifier(4, characteristics, b"", 2, 0, 0) == tagged(257, 4, expected)


def test_allocation_extent_descriptor(laid: Laid, tagged: Tagged) -> None:
    descriptor = AllocationExtentDescriptor(length_of_allocation_descriptors=0x10)
    assert descriptor.seal(77) == tagged(258, 77, laid(24, {20: b"\x10"}))


def test_permissions_are_five_bits_for_others_group_and_owner() -> None:
    assert permissions(0o001) == 1 << 0
    assert permissions(0o004) == 1 << 2
    assert permissions(0o010) == 1 << 5
    assert permissions(0o200) == 1 << 11
    assert permissions(0o400) == 1 << 12


@given(
    st.sampled_from(FileType),
    st.integers(0, 0o777),
    st.integers(1, 0xFFFF),
    st.integers(0, 1 << 41),
    st.integers(-(1 << 60), 1 << 60),
    st.integers(0, 1 << 63),
    st.binary(max_size=64),
)
def test_packed_file_entry_equals_the_declared_one(
    file_type: FileType, mode: int, links: int, size: int, when: int, unique_id: int, ads: bytes
) -> None:
    flags = IcbFlags.ARCHIVE if file_type is FileType.REGULAR else IcbFlags.NONE
    entry = FileEntry(
        icb_tag=IcbTag(file_type=file_type, flags=flags),
        permissions=permissions(mode),
        file_link_count=links,
        information_length=size,
        logical_blocks_recorded=-(-size // 2048),
        access_time=when,
        modification_time=when,
        attribute_time=when,
        unique_id=unique_id,
        length_of_allocation_descriptors=len(ads),
        allocation_descriptors=ads,
    )
    assert pack_file_entry(7, file_type, permissions(mode), links, size, timestamp(when), unique_id, ads) == entry.seal(
        7
    )


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=100), st.integers(0, 1 << 20))
def test_packed_file_identifier_equals_the_declared_one(name: str, offset: int) -> None:
    identifier = encode(name)
    length, use = file_identifier_size(identifier, offset)
    descriptor = FileIdentifierDescriptor(
        file_characteristics=FileCharacteristics.HIDDEN,
        length_of_file_identifier=len(identifier),
        icb=LongAd(2048, 12, 0, 0, 21),
        length_of_implementation_use=use,
        implementation_use=IMPLEMENTATION.pack()[:use],
        file_identifier=identifier,
        padding=bytes(-(38 + use + len(identifier)) % 4),
    )
    packed = pack_file_identifier(3, FileCharacteristics.HIDDEN, identifier, 12, 21, use)
    assert packed == descriptor.seal(3)
    assert len(packed) == length
    assert length % 4 == 0


@given(st.integers(0, 255), st.integers(0, 512).map(lambda n: n * 4))
def test_next_tag_never_lies_across_a_block_boundary(size: int, offset: int) -> None:
    length, _ = file_identifier_size(bytes(size), offset)
    left = -(offset + length) % 2048
    assert left == 0 or left >= 16
