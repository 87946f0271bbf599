"""Capacities and the parameter list of FORMAT UNIT, byte by byte (MMC-6 6.4, 6.17, 6.18, 6.23)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.capacities import (
    BufferCapacity,
    Capacity,
    CapacityType,
    CurrentMaximumCapacity,
    FormatCapacities,
    FormattableCapacity,
)
from discstack.mmc.spec.format_unit import FormatType, FormatUnitParameters
from discstack.mmc.spec.layout import Structure, StructureError

BLANK_BD_RE = FormatCapacities(
    current=CurrentMaximumCapacity(
        number_of_blocks=0x00BA7400, descriptor_type=CapacityType.UNFORMATTED_OR_BLANK, block_length=2048
    ),
    formattable=(
        FormattableCapacity(
            number_of_blocks=0x00B47400,
            format_type=FormatType.BD_RE_SPARE_AREAS,
            format_sub_type=3,
            type_dependent_parameter=0x003000,
        ),
        FormattableCapacity(
            number_of_blocks=0x00BA7400,
            format_type=FormatType.BD_RE_NO_SPARE_AREAS,
            format_sub_type=1,
            type_dependent_parameter=0x000800,
        ),
    ),
)

ROWS: list[tuple[str, Structure]] = [
    ("000a0b0c 00000800", Capacity(returned_lba=0x000A0B0C, block_length=2048)),
    (
        "00ba7400 02 000800",
        CurrentMaximumCapacity(number_of_blocks=0x00BA7400, descriptor_type=CapacityType.FORMATTED, block_length=2048),
    ),
    (
        "00230540 98 000010",
        FormattableCapacity(
            number_of_blocks=0x00230540, format_type=FormatType.DVD_PLUS_RW, type_dependent_parameter=16
        ),
    ),
    ("000000 18  00ba7400 01 000800  00b47400 c3 003000  00ba7400 c5 000800", BLANK_BD_RE),
    ("000a 00 00 01000000 00abcdef", BufferCapacity(length_of_the_buffer=1 << 24, available_length_of_buffer=0xABCDEF)),
    ("000a 00 01 00000000 00000123", BufferCapacity(block=True, available_length_of_buffer=0x123)),
    (
        # the header of a real trace of a BD-RE being formatted
        "00 82 0008 00b47400 c3 003000",
        FormatUnitParameters(
            fov=True,
            immed=True,
            number_of_blocks=11826176,
            format_type=FormatType.BD_RE_SPARE_AREAS,
            format_sub_type=3,
            type_dependent_parameter=0x003000,
        ),
    ),
    (
        "00 55 0008 ffffffff 98 000001",
        FormatUnitParameters(
            dpry=True,
            stpf=True,
            try_out=True,
            vs=True,
            number_of_blocks=0xFFFFFFFF,
            format_type=FormatType.DVD_PLUS_RW,
            type_dependent_parameter=1,
        ),
    ),
    ("00 28 0008 00000000 00 000000", FormatUnitParameters(dcrt=True, ip=True)),
]


@pytest.mark.parametrize(("text", "structure"), ROWS, ids=[type(row[1]).__name__ for row in ROWS])
def test_capacity_is_the_bytes_of_its_table(text: str, structure: Structure) -> None:
    assert type(structure).parse(bytes.fromhex(text)) == structure
    assert structure.build() == bytes.fromhex(text)


@given(st.sampled_from(ROWS), st.data())
def test_any_bytes_are_read_or_refused(
    reads_or_refuses: Callable[[type[Structure], bytes], None], row: tuple[str, Structure], data: st.DataObject
) -> None:
    good = bytes.fromhex(row[0])
    reads_or_refuses(type(row[1]), good[: data.draw(st.integers(0, len(good)))] + data.draw(st.binary(max_size=60)))


def test_capacity_counts_blocks_from_0() -> None:
    assert Capacity(returned_lba=99).blocks == 100
    assert Capacity(returned_lba=0xFFFFFFFF).blocks == 0


def test_short_capacity_is_refused() -> None:
    with pytest.raises(StructureError):
        Capacity.parse(bytes(7))


def test_format_capacities_without_a_current_one_are_refused() -> None:
    with pytest.raises(StructureError):
        FormatCapacities.parse(bytes.fromhex("00000000 00ba7400 01 000800"))


def test_part_of_a_descriptor_is_left_out() -> None:
    reply = BLANK_BD_RE.build()
    assert FormatCapacities.parse(reply[:-1]).formattable == BLANK_BD_RE.formattable[:1]
    assert FormatCapacities.parse(b"\0\0\0\x17" + reply[4:]).formattable == BLANK_BD_RE.formattable[:1]


def test_unknown_format_type_stays_a_number() -> None:
    assert FormattableCapacity.parse(bytes.fromhex("00000001 fc 000000")).format_type == 0x3F


def test_capacities_are_found_by_format_type() -> None:
    assert BLANK_BD_RE.of_type(FormatType.BD_RE_NO_SPARE_AREAS) == BLANK_BD_RE.formattable[1:]
    assert BLANK_BD_RE.of_type(FormatType.DVD_PLUS_RW) == ()


@pytest.mark.parametrize(
    ("capacity", "fill"),
    [
        (BufferCapacity(length_of_the_buffer=1000, available_length_of_buffer=250), 0.75),
        (BufferCapacity(length_of_the_buffer=1000, available_length_of_buffer=1001), None),
        (BufferCapacity(length_of_the_buffer=0, available_length_of_buffer=0), None),
        (BufferCapacity(block=True, available_length_of_buffer=16), None),
    ],
)
def test_fill_of_the_buffer_is_told_where_the_reply_makes_sense(capacity: BufferCapacity, fill: float | None) -> None:
    assert capacity.fill == fill
