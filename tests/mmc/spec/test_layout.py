"""Layouts and structures: each sort of field by hand-written bytes, and all of them against construct."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.layout import (
    Layout,
    Structure,
    StructureError,
    bits,
    const,
    enumerated,
    flag,
    raw,
    reserved,
    signed,
    text,
)


class Kind(IntEnum):
    ONE = 1
    TWO = 2


EVERY = Layout(
    "every sort of field",
    *("kind" / enumerated(4, Kind), reserved(3), "flag" / flag(), "twelve" / bits(12), "action" / const(4, 0xA)),
    *("signed" / signed(16), "raw" / raw(3), "text" / text(5)),
    clause="none",
)
VALUES: dict[str, Any] = {
    "kind": Kind.TWO,
    "flag": True,
    "twelve": 0x345,
    "action": 0xA,
    "signed": -2,
    "raw": b"\x01\x02\x03",
    "text": "AB C",
}
BYTES = bytes.fromhex("21 34 5a ff fe 01 02 03 41 42 20 43 20")


def test_layout_builds_what_the_table_says() -> None:
    assert EVERY.build(VALUES) == BYTES


def test_layout_parses_what_the_table_says() -> None:
    assert EVERY.parse(BYTES) == VALUES


def test_defaults_are_zero_blank_and_the_constant() -> None:
    assert EVERY.build({}) == bytes.fromhex("00 00 0a 00 00 00 00 00 20 20 20 20 20")


def test_reserved_bits_are_ignored_when_read() -> None:
    assert EVERY.parse(b"\x2f" + BYTES[1:]) == VALUES


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_any_buffer_is_parsed_and_what_follows_is_left_alone(view: Any) -> None:
    assert EVERY.parse(view(BYTES + b"more")) == VALUES


def test_known_value_reads_as_member_and_unknown_as_number() -> None:
    known, unknown = EVERY.parse(BYTES)["kind"], EVERY.parse(b"\xf1" + BYTES[1:])["kind"]
    assert isinstance(known, Kind)
    assert type(unknown) is int
    assert unknown == 0xF


def test_enumeration_takes_numbers_that_are_no_members() -> None:
    assert EVERY.build({"kind": 0xF})[0] == 0xF0
    with pytest.raises(ValueError, match="kind = 16 does not fit in 4 bits"):
        EVERY.build({"kind": 16})


def test_text_is_stripped_of_blanks_and_zeros_and_survives_other_bytes() -> None:
    assert EVERY.parse(BYTES[:8] + b"A\xff \0 ")["text"] == "A�"


@pytest.mark.parametrize("value", ["TOO LONG", "Ä"])
def test_text_that_does_not_fit_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"longer than 5|ascii"):
        EVERY.build({"text": value})


def test_raw_field_takes_its_own_size_only() -> None:
    with pytest.raises(ValueError, match="raw takes 3 bytes, not 2"):
        EVERY.build({"raw": b"12"})


@pytest.mark.parametrize(("value", "code"), [(0x7FFF, "7f ff"), (-0x8000, "80 00"), (-1, "ff ff")])
def test_signed_field_is_twos_complement(value: int, code: str) -> None:
    assert EVERY.build({"signed": value})[3:5] == bytes.fromhex(code)
    assert EVERY.parse(EVERY.build({"signed": value}))["signed"] == value


@pytest.mark.parametrize(("name", "value"), [("signed", 0x8000), ("signed", -0x8001), ("twelve", -1), ("twelve", 4096)])
def test_number_that_does_not_fit_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        EVERY.build({name: value})


def test_constant_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="action = 11 does not fit"):
        EVERY.build({"action": 0xB})


def test_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match="every sort of field has no field other"):
        EVERY.build({"other": 1})


def test_short_data_is_refused_and_kept() -> None:
    with pytest.raises(
        StructureError, match=r"every sort of field: shorter than 13 bytes \(got 2 bytes: 21 34\)"
    ) as caught:
        EVERY.parse(BYTES[:2])
    assert (caught.value.raw, caught.value.name) == (BYTES[:2], "every sort of field")


def test_long_data_is_cut_in_the_message_only() -> None:
    error = StructureError("reply", bytes(100), "odd")
    assert str(error).endswith("00 ...)")
    assert len(error.raw) == 100


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Layout("twice", "a" / bits(4), "a" / bits(4), clause="none")


def test_layout_that_does_not_fill_its_last_byte_is_refused() -> None:
    with pytest.raises(ValueError, match="ragged: 4 bits more than whole bytes"):
        Layout("ragged", "a" / bits(8), reserved(4), clause="none")


VALUES_OF_EVERY = st.fixed_dictionaries(
    {
        "kind": st.integers(0, 15),
        "flag": st.booleans(),
        "twelve": st.integers(0, 4095),
        "signed": st.integers(-0x8000, 0x7FFF),
        "raw": st.binary(min_size=3, max_size=3),
        "text": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=5),
    }
)


@given(VALUES_OF_EVERY)
def test_compiled_build_does_what_construct_does(values: dict[str, Any]) -> None:
    assert EVERY.build(values) == EVERY.construct.build(values)


@given(st.binary(min_size=13, max_size=13))
def test_compiled_parse_does_what_construct_does(data: bytes) -> None:
    data = data[:2] + bytes([data[2] & 0xF0 | 0x0A]) + data[3:]
    by_construct = {name: value for name, value in EVERY.construct.parse(data).items() if name != "_io"}
    assert EVERY.parse(data) == by_construct


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Structure):
    layout = Layout("reply", "first" / bits(16), "kind" / enumerated(8, Kind), "last" / signed(8), clause="none")
    required = 2

    first: int
    kind: int
    last: int


def test_structure_parses_its_fields() -> None:
    assert Reply.parse(bytes.fromhex("0102 02 ff")) == Reply(first=0x0102, kind=Kind.TWO, last=-1)


def test_structure_builds_what_it_parses() -> None:
    assert Reply.parse(bytes.fromhex("0102 07 80")).build() == bytes.fromhex("0102 07 80")


def test_what_is_missing_of_a_structure_reads_as_zero() -> None:
    assert Reply.parse(bytes.fromhex("0102")) == Reply(first=0x0102, kind=0, last=0)


def test_structure_shorter_than_required_is_refused() -> None:
    with pytest.raises(StructureError, match="reply: shorter than 2 bytes"):
        Reply.parse(b"\x01")


def test_structure_without_a_field_of_its_layout_is_refused() -> None:
    with pytest.raises(TypeError, match="Forgetful lacks kind, last"):

        class Forgetful(Structure):
            layout = Reply.layout
            first: int
