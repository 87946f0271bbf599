"""The file level against bytes written from the tables of ECMA-167 part 4 and OSTA UDF 1.02."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.allocation import Form
from discstack.fs.udf.cs0 import encode
from discstack.fs.udf.file import (
    AllocationExtentDescriptor,
    ExtendedFileEntry,
    FileCharacteristics,
    FileEntry,
    FileIdentifierDescriptor,
    FileSetDescriptor,
    FileType,
    IcbFlags,
    IcbTag,
    permissions,
)
from discstack.fs.udf.packing import (
    UsualEntries,
    directory_size,
    entry_start,
    pack_directory,
    write_extended_file_entry,
    write_file_entry,
)
from discstack.fs.udf.revisions import REVISIONS
from discstack.fs.udf.structure import IMPLEMENTATION, LongAd, timestamp

Laid = Callable[[int, Mapping[int, bytes]], bytes]
Tagged = Callable[..., bytes]

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
        domain_identifier=REVISIONS[0x0102].domain,
    )
    assert descriptor.seal(0, 2) == tagged(256, 0, expected)


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
    start = entry_start(FileType.REGULAR, IcbFlags.ARCHIVE, 0xFFFFFFFF, 0xFFFFFFFF, permissions(0o555))
    block = bytearray(184)
    block[176:] = bytes.fromhex("01100000 63000000")
    write_file_entry(memoryview(block), 3, 2, start, 2, 4097, 3, timestamp(WHEN) * 3, 19, 0, 8)
    assert block == tagged(261, 3, expected)


def test_extended_file_entry(laid: Laid, tagged: Tagged) -> None:
    times = [bytes.fromhex(f"0010 d107 09 09 01 2e {second:02x} 00 00 00") for second in (40, 39, 38, 37)]
    expected = laid(
        216 + 3,
        {
            16: bytes.fromhex("00000000 0400 0000 0100 00 05 000000000000 6300"),
            36: bytes.fromhex("e8030000 d0070000 a5140000 0100 00 00 00000000"),
            56: bytes.fromhex("0300000000000000 0300000000000000 0000000000000000"),
            80: b"".join(times),
            128: b"\x01",
            168: b"\x00*discstack",
            200: bytes.fromhex("1300000000000000 00000000 03000000"),
            216: b"abc",
        },
    )
    flags = IcbFlags.EMBEDDED | IcbFlags.ARCHIVE | IcbFlags.SETUID
    start = entry_start(FileType.REGULAR, flags, 1000, 2000, permissions(0o555))
    block = bytearray(219)
    block[216:] = b"abc"
    stamps = b"".join(timestamp(WHEN - number * 10**9) for number in range(4))
    write_extended_file_entry(memoryview(block), 3, 3, start, 1, 3, 0, stamps, 19, 0, 3)
    assert block == tagged(266, 3, expected, 3)


def test_file_identifier_descriptor(laid: Laid, tagged: Tagged) -> None:
    # 38 bytes, L_FI = 6, no implementation use: 44 bytes, a multiple of 4
    expected = laid(44, {16: bytes.fromhex("0100 00 06 00080000 09000000 0100 0000 15000000 0000"), 38: b"\x08a.txt"})
    assert pack_directory(2, 1, 4, [(0, b"\x08a.txt", 9, 21)]) == tagged(257, 4, expected)


def test_parent_entry_has_no_name_and_is_padded_to_40_bytes(laid: Laid, tagged: Tagged) -> None:
    expected = laid(40, {16: bytes.fromhex("0100 0a 00 00080000 02000000 0000 0000 00000000 0000")})
    characteristics = FileCharacteristics.DIRECTORY | FileCharacteristics.PARENT
    assert pack_directory(2, 0, 4, [(characteristics, b"", 2, 0)]) == tagged(257, 4, expected)


def test_allocation_extent_descriptor(laid: Laid, tagged: Tagged) -> None:
    descriptor = AllocationExtentDescriptor(length_of_allocation_descriptors=0x10)
    assert descriptor.seal(77, 2) == tagged(258, 77, laid(24, {20: b"\x10"}))


def test_permissions_are_five_bits_for_others_group_and_owner() -> None:
    assert permissions(0o001) == 1 << 0
    assert permissions(0o004) == 1 << 2
    assert permissions(0o010) == 1 << 5
    assert permissions(0o400) == 1 << 12


def test_who_may_write_may_delete_and_the_owner_may_change_attributes() -> None:
    assert permissions(0o002) == 1 << 1 | 1 << 4
    assert permissions(0o020) == 1 << 6 | 1 << 9
    assert permissions(0o200) == 1 << 11 | 1 << 13 | 1 << 14


ENTRIES = st.fixed_dictionaries(
    {
        "file_type": st.sampled_from(FileType),
        "flags": st.integers(0, 0xFFFF),
        "owner": st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF)),
        "permissions": st.integers(0, 0x7FFF),
        "links": st.integers(0, 0xFFFF),
        "size": st.integers(0, 1 << 60),
        "recorded": st.integers(0, 1 << 50),
        "times": st.tuples(*[st.integers(-(1 << 60), 1 << 60)] * 4),
        "unique_id": st.integers(0, 1 << 63),
        "attributes": st.binary(max_size=64),
        "tail": st.binary(max_size=64),
    }
)


@given(ENTRIES, st.integers(0, 0xFFFFFFFF), st.sampled_from([2, 3]))
def test_written_entry_equals_the_declared_one(entry: dict[str, Any], location: int, version: int) -> None:
    uid, gid = entry["owner"]
    accessed, modified, created, changed = entry["times"]
    common = {
        "icb_tag": IcbTag(file_type=entry["file_type"], flags=entry["flags"]),
        "uid": uid,
        "gid": gid,
        "permissions": entry["permissions"],
        "file_link_count": entry["links"],
        "information_length": entry["size"],
        "logical_blocks_recorded": entry["recorded"],
        "access_time": accessed,
        "modification_time": modified,
        "attribute_time": changed,
        "unique_id": entry["unique_id"],
        "length_of_extended_attributes": len(entry["attributes"]),
        "length_of_allocation_descriptors": len(entry["tail"]),
        "extended_attributes": entry["attributes"],
        "allocation_descriptors": entry["tail"],
    }
    start = entry_start(entry["file_type"], entry["flags"], uid, gid, entry["permissions"])
    rest = entry["unique_id"], len(entry["attributes"]), len(entry["tail"])
    behind = entry["attributes"] + entry["tail"]
    for size, write, declared, times in (
        (176, write_file_entry, FileEntry(**common), (accessed, modified, changed)),
        (
            *(216, write_extended_file_entry),
            ExtendedFileEntry(**common, object_size=entry["size"], creation_time=created),
            (accessed, modified, created, changed),
        ),
    ):
        block = bytearray(size) + behind
        stamps = b"".join(map(timestamp, times))
        numbers = entry["links"], entry["size"], entry["recorded"]
        write(memoryview(block), location, version, start, *numbers, stamps, *rest)
        assert block == declared.seal(location, version)


@given(
    st.sampled_from([2, 3]),
    st.booleans(),
    st.sampled_from([Form(), Form(0, 1), Form(7, 0)]),
    st.lists(st.tuples(st.integers(0, (1 << 30) - 2048) | st.just(0), st.integers(0, 0xFFFF)), max_size=4),
    st.integers(0, 0xFFFFFFFF - 4),
)
def test_entries_that_are_written_at_once_equal_those_in_parts(
    version: int, extended: bool, form: Form, files: list[tuple[int, int]], location: int
) -> None:
    start = entry_start(FileType.REGULAR, form.flags | IcbFlags.ARCHIVE, 1, 2, permissions(0o644))
    stamps = timestamp(WHEN) * (4 if extended else 3)
    usual = UsualEntries(version, form, extended=extended)
    buffer = bytearray(b"\xff" * 2048 * len(files))
    usual.write(
        memoryview(buffer),
        [
            (2048 * place, location + place, usual.start(start, links), size, stamps, 33, 4711)
            for place, (size, links) in enumerate(files)
        ],
    )
    write, head = (write_extended_file_entry, 216) if extended else (write_file_entry, 176)
    for place, (size, links) in enumerate(files):
        block = bytearray(2048)
        ads = form.extent(size, 4711) if size else b""
        block[head : head + len(ads)] = ads
        sizes = size, -(-size // 2048)
        write(memoryview(block), location + place, version, start, links, *sizes, stamps, 33, 0, len(ads))
        assert buffer[2048 * place : 2048 * (place + 1)] == block


TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


@given(st.lists(TEXTS, max_size=60), st.sampled_from([2, 3]), st.integers(0, 1))
def test_packed_directory_equals_the_declared_descriptors(names: list[str], version: int, partition: int) -> None:
    identifiers = [encode(name) for name in names]
    packed = pack_directory(version, partition, 100, [(0, each, 12, 21) for each in identifiers])
    at = 0
    for identifier in identifiers:
        use = int.from_bytes(packed[at + 36 : at + 38], "little")
        assert use in (0, 32)
        descriptor = FileIdentifierDescriptor(
            file_characteristics=0,
            length_of_file_identifier=len(identifier),
            icb=LongAd(2048, 12, partition, 0, 21),
            length_of_implementation_use=use,
            implementation_use=IMPLEMENTATION.pack()[:use],
            file_identifier=identifier,
            padding=bytes(-(38 + use + len(identifier)) % 4),
        )
        sealed = descriptor.seal(100 + at // 2048, version)
        assert packed[at : at + len(sealed)] == sealed
        at += len(sealed)
        left = -at % 2048
        assert left == 0 or left >= 16, "the next tag would lie across a block boundary"
    assert at == len(packed)


@given(st.lists(st.integers(2, 255).map(bytes), max_size=120))
def test_size_of_a_directory_is_known_before_it_is_packed(identifiers: list[bytes]) -> None:
    names = [(0x0A, b"", 2, 0), *((0, identifier, 12, 21) for identifier in identifiers)]
    assert directory_size(identifiers) == len(pack_directory(2, 0, 0, names))
