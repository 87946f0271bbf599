"""Chains of allocation descriptors, read back by a reader written here after ECMA-167 4/12 and 4/14.14.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import unpack_from

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.allocation import Allocation, Form, pieces_of

GIB = 1 << 30
EXTENT = GIB - 2048
CHAIN = 1000
POSITION = 5000
SHORT = Allocation(Form(), 2048 - 176)
LONG = Allocation(Form(0, 1), 2048 - 216)
FORMS = pytest.mark.parametrize("allocation", [SHORT, LONG], ids=["short", "long"])


def extents(allocation: Allocation, size: int) -> Iterator[tuple[int, int]]:
    """Follow the descriptors of a file as a reader does: (length, block) of each extent."""
    long = allocation is LONG
    pieces = pieces_of([(POSITION, size)])
    ads, seen = allocation.in_entry(pieces, CHAIN), 0
    assert len(ads) <= allocation.room
    while ads:
        following = b""
        for at in range(0, len(ads), 16 if long else 8):
            length, block = unpack_from("<LL", ads, at)
            kind, length = length >> 30, length & GIB - 1
            if long:
                assert unpack_from("<H6s", ads, at + 8) == (kind // 3, bytes(6))
            if kind == 3:
                assert (length, block, at + (16 if long else 8)) == (2048, CHAIN + seen, len(ads))
                following = allocation.allocation_extent(pieces, CHAIN, seen, 2)
                assert len(following) <= 2048
                seen += 1
                assert unpack_from("<H10xL4xL", following) == (258, block, len(following) - 24)
                following = following[24:]
            else:
                assert kind == 0
                yield length, block
        ads = following
    assert seen == allocation.allocation_extents(len(pieces))


@FORMS
@given(
    size=st.one_of(
        st.integers(0, 1 << 43),
        st.sampled_from([1, 2, 4, 114, 115, 240, 241, 234, 235, 236, 486, 487, 488, 1024]).flatmap(
            lambda n: st.integers(-2, 2).map(lambda d: max(0, n * EXTENT + d))
        ),
    )
)
def test_extents_cover_the_size_without_gap(allocation: Allocation, size: int) -> None:
    done = 0
    for length, block in extents(allocation, size):
        assert 0 < length <= EXTENT
        assert block == POSITION + done // 2048
        assert done % 2048 == 0
        done += length
    assert done == size


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, []),
        (1, [1]),
        (GIB - 2049, [GIB - 2049]),
        (GIB - 2048, [GIB - 2048]),
        (GIB - 2047, [GIB - 2048, 1]),
        (GIB - 1, [GIB - 2048, 2047]),
        (GIB, [GIB - 2048, 2048]),
        (GIB + 1, [GIB - 2048, 2049]),
        (4 * GIB, [GIB - 2048] * 4 + [8192]),
    ],
)
def test_lengths_around_a_gibibyte(size: int, expected: list[int]) -> None:
    assert [length for length, _ in extents(SHORT, size)] == expected


@pytest.mark.parametrize(("count", "chained"), [(234, 0), (235, 1), (486, 1), (487, 2)])
def test_chain_is_as_long_as_needed(count: int, chained: int) -> None:
    assert SHORT.allocation_extents(count) == chained


@pytest.mark.parametrize(("count", "chained"), [(114, 0), (115, 1), (239, 1), (240, 2)])
def test_chain_of_long_descriptors_is_as_long_as_needed(count: int, chained: int) -> None:
    assert LONG.allocation_extents(count) == chained


def test_descriptors_are_short_or_long() -> None:
    assert Form().extent(0x1001, 0x63) == bytes.fromhex("01100000 63000000")
    assert Form(0, 1).extent(0x1001, 0x63) == bytes.fromhex("01100000 63000000 0000 000000000000")
    assert Form().link(7) == bytes.fromhex("000800c0 07000000")
    assert Form(0, 1).link(7) == bytes.fromhex("000800c0 07000000 0100 000000000000")


def test_crc_of_an_allocation_extent_leaves_out_what_follows(crc: Callable[[bytes], int]) -> None:
    block = SHORT.allocation_extent(pieces_of([(POSITION, 300 * EXTENT)]), CHAIN, 0, 2)
    assert unpack_from("<HH", block, 8) == (crc(block[16:24]), 8)


def test_runs_that_do_not_follow_each_other_are_extents_each_for_itself() -> None:
    runs = [(700, 4096), (300, 2 * EXTENT + 2048), (900, 5)]
    assert pieces_of(runs, 257) == [
        (4096, 443),
        (EXTENT, 43),
        (EXTENT, 43 + EXTENT // 2048),
        (2048, 43 + 2 * EXTENT // 2048),
        (5, 643),
    ]
    assert SHORT.in_entry(pieces_of(runs[:1] + runs[2:])) == bytes.fromhex("00100000 bc020000 05000000 84030000")
