from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.structure import IMPLEMENTATION, EntityId, LongAd, entity_id, exactly, seal, timestamp


def test_crc_is_that_of_the_standards_example() -> None:
    # ECMA-167 3/7.2.6: the CRC of #70 #6A #77 is #3299
    assert seal(1, bytes.fromhex("706a77"), 0, 2)[8:10] == bytes.fromhex("9932")


def test_tag_of_a_terminating_descriptor_is_the_one_worked_by_hand() -> None:
    # CRC of zeros is 0, CRC length 496 = 01f0, location 53 = 35; checksum 08 + 02 + f0 + 01 + 35 = 130 -> 30
    assert seal(8, bytes(496), 53, 2)[:16] == bytes.fromhex("0800 0200 30 00 0000 0000 f001 35000000")


@given(st.integers(0, 0xFFFF), st.binary(max_size=600), st.integers(0, 0xFFFFFFFF), st.sampled_from([2, 3]))
def test_seal_agrees_with_an_independent_tag(identifier: int, body: bytes, location: int, version: int) -> None:
    sealed = seal(identifier, body, location, version)
    assert int.from_bytes(sealed[2:4], "little") == version
    assert sealed[16:] == body
    register = 0
    for bit in (byte >> shift & 1 for byte in body for shift in range(7, -1, -1)):
        register = (register << 1 & 0xFFFF) ^ (0x1021 if register >> 15 ^ bit else 0)
    assert int.from_bytes(sealed[8:10], "little") == register
    assert sealed[4] == (sum(sealed[:4]) + sum(sealed[5:16])) % 256
    assert int.from_bytes(sealed[12:16], "little") == location


def test_timestamp_is_type_1_in_utc_with_microseconds() -> None:
    # 2001-02-03 04:05:06.789012 UTC; 2001 = 07d1; 78 centiseconds, 90 hundreds of microseconds, 12 microseconds
    stamp = timestamp(981_173_106_789_012_345)
    assert stamp == bytes.fromhex("0010 d107 02 03 04 05 06 4e 5a 0c")


def test_time_before_1970_is_recorded() -> None:
    assert timestamp(-1) == bytes.fromhex("0010 b107 0c 1f 17 3b 3b 63 63 63")


def test_year_that_has_no_place_is_refused() -> None:
    with pytest.raises(OverflowError):
        timestamp(1 << 68)


def test_entity_identifier_has_flags_23_characters_and_a_suffix() -> None:
    assert IMPLEMENTATION.pack() == b"\x00*discstack" + bytes(13) + bytes(8)
    assert entity_id("*UDF LV Info", b"\x02\x01").pack() == b"\x00*UDF LV Info" + bytes(11) + b"\x02\x01" + bytes(6)


def test_entity_identifier_of_a_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="23 bytes, not 2"):
        EntityId(0, b"*a", bytes(8)).pack()


def test_long_ad_has_length_block_partition_and_six_bytes_of_use() -> None:
    assert LongAd(0x800, 0x01020304, 0, 0, 17).pack() == bytes.fromhex("00080000 04030201 0000 0000 11000000")


def test_exactly_hands_bytes_on() -> None:
    codec: Callable[[bytes], bytes] = exactly(2)
    assert codec(b"ab") == b"ab"


def test_structures_are_values() -> None:
    assert LongAd(1, 2) == LongAd(length=1, block=2, partition=0)
    assert hash(LongAd(1, 2)) == hash(LongAd(1, 2))
    assert LongAd(1, 2) != LongAd(1, 3)
    assert LongAd(1, 2) != EntityId(0, bytes(23), bytes(8))
    assert repr(LongAd(1, 2)) == "LongAd(length=1, block=2, partition=0, flags=0, implementation_use=0)"
    with pytest.raises(AttributeError, match="block of a LongAd"):
        setattr(LongAd(1, 2), "block", 3)  # noqa: B010  # mypy would refuse it otherwise


@pytest.mark.parametrize("values", [(), (1,), (1, 2, 0, 0, 0, 0)], ids=str)
def test_a_structure_is_given_all_its_fields_and_no_more(values: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match="has the fields length, block"):
        LongAd(*values)


@pytest.mark.parametrize("named", [{"length": 5}, {"sectors": 5}], ids=str)
def test_a_structure_is_given_each_field_once_and_no_other(named: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="has the fields length, block"):
        LongAd(1, 2, **named)
