from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.fs.udf.cs0 import CHARSPEC, clean, decode, dstring, encode, encode_if_clean, fit, is_clean


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_text_round_trips(text: str) -> None:
    assert decode(encode(text)) == text


@given(st.text(alphabet=st.characters(max_codepoint=0xFF), min_size=1))
def test_latin_1_takes_one_byte_a_character(text: str) -> None:
    assert encode(text) == b"\x08" + bytes(map(ord, text))


@given(st.text(alphabet=st.characters(), min_size=1, max_size=20))
def test_clean_text_is_encoded_as_any_and_other_text_is_told_apart(text: str) -> None:
    expected = encode(text) if clean(text) == text else None
    assert encode_if_clean(text) == expected


def test_other_text_takes_two_bytes_a_character_big_endian() -> None:
    assert encode("aЯ") == bytes.fromhex("10 0061 042f")


def test_character_beyond_the_bmp_is_a_surrogate_pair() -> None:
    assert encode("\U0001f4bf") == bytes.fromhex("10 d83d dcbf")


def test_empty_string_has_no_compression_id() -> None:
    assert encode("") == b""
    assert decode(b"") == ""


def test_unknown_compression_id_is_refused() -> None:
    with pytest.raises(ValueError, match="compression ID 254"):
        decode(b"\xfea")


def test_dstring_ends_with_its_length() -> None:
    assert dstring("AB", 8) == b"\x08AB\x00\x00\x00\x00\x03"
    assert dstring("", 4) == bytes(4)


def test_dstring_that_does_not_fit_is_refused() -> None:
    assert dstring("A" * 30, 32)[-1] == 31
    with pytest.raises(ValueError, match="32 bytes in OSTA CS0, and the field holds 31"):
        dstring("A" * 31, 32)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(1, 40))
def test_fit_gives_the_longest_start_that_fits(text: str, size: int) -> None:
    start = fit(text, size)
    assert text.startswith(start)
    assert len(encode(start)) <= size
    assert start == text or len(encode(text[: len(start) + 1])) > size


def test_charspec_names_osta_compressed_unicode() -> None:
    assert b"\x00OSTA Compressed Unicode" + bytes(40) == CHARSPEC


@pytest.mark.parametrize("char", [chr(0xFEFF), chr(0xFFFE), chr(0xD800), chr(0xDFFF)])
def test_character_that_cs0_has_not_becomes_an_underscore(char: str) -> None:
    assert not is_clean(f"a{char}b")
    assert clean(f"a{char}b") == "a_b"


def test_all_other_characters_are_kept() -> None:
    assert is_clean('a:*?"<>|\\\U0001f4bf')
