"""Sectors against the standards' own formulas, which are slow and written out here (ECMA-130 14, annexes A, B)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discstack.mmc.spec.cd import sector
from discstack.mmc.spec.cd.edc import edc
from discstack.mmc.spec.cd.scrambling import SEQUENCE, scramble
from discstack.mmc.spec.cd.sector import SectorType

user_data = st.binary(min_size=2048, max_size=2048)


def alpha_powers() -> list[int]:
    powers, value = [], 1
    for _ in range(255):
        powers.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers


POWERS = alpha_powers()


def times_power(value: int, exponent: int) -> int:
    return POWERS[(POWERS.index(value) + exponent) % 255] if value else 0


def syndromes(word: list[int]) -> tuple[int, int]:
    """Multiply a code word with the parity check matrix: a row of ones, a row of falling powers of alpha."""
    plain = weighted = 0
    for place, value in enumerate(word):
        plain ^= value
        weighted ^= times_power(value, len(word) - 1 - place)
    return plain, weighted


def is_code_word_of_annex_a(protected: bytes) -> bool:
    """Check all P and Q vectors of a sector from its header on, both planes of bytes (ECMA-130 annex A)."""
    for plane in (0, 1):
        words = protected[plane::2]
        for n in range(43):
            if syndromes([words[43 * m + n] for m in range(26)]) != (0, 0):
                return False
        for n in range(26):
            vector = [words[(44 * m + 43 * n) % 1118] for m in range(43)]
            parity = [words[43 * 26 + n], words[44 * 26 + n]]
            if syndromes(vector + parity) != (0, 0):
                return False
    return True


def remainder_by_long_division(data: bytes) -> int:
    """Divide by (x^16 + x^15 + x^2 + 1)(x^16 + x^2 + x + 1), the first bit of a byte being its lowest."""
    first, second = 0b11000000000000101, 0b10000000000000111
    divisor = 0
    for bit in range(17):
        if second >> bit & 1:
            divisor ^= first << bit
    register = 0
    for byte in data:
        for bit in range(8):
            register = register << 1 | byte >> bit & 1
            if register >> 32:
                register ^= divisor
    return register


@given(user_data)
@settings(max_examples=10)
def test_mode_1_is_a_code_word_of_the_standard(data: bytes) -> None:
    assert is_code_word_of_annex_a(sector.mode_1(16, data)[12:])


@given(user_data)
@settings(max_examples=10)
def test_form_1_is_a_code_word_where_its_header_is_zero(data: bytes) -> None:
    assert is_code_word_of_annex_a(bytes(4) + sector.mode_2_form_1(16, data)[16:])


@given(user_data)
@settings(max_examples=5)
def test_a_sector_up_to_its_edc_leaves_no_remainder(data: bytes) -> None:
    assert remainder_by_long_division(sector.mode_1(0, data)[:2068]) == 0
    assert remainder_by_long_division(sector.mode_2_form_1(0, data)[16:2076]) == 0
    assert remainder_by_long_division(sector.mode_2_form_2(0, data + bytes(276))[16:]) == 0


@given(st.binary(max_size=33))
def test_the_edc_of_any_length_is_that_of_long_division(data: bytes) -> None:
    reversed_code = int.from_bytes(bytes(int(f"{byte:08b}"[::-1], 2) for byte in edc(data)), "big")
    assert reversed_code == remainder_by_long_division(data + bytes(4))


def test_the_scrambler_starts_as_annex_b_says() -> None:
    # register preset to 0001h, x^15 + x + 1, least significant bit first
    assert SEQUENCE[:16] == bytes.fromhex("01 80 00 60 00 28 00 1E 80 08 60 06 A8 02 FE 81")
    assert len(SEQUENCE) == 2340


@given(user_data)
@settings(max_examples=10)
def test_scrambling_twice_changes_nothing_and_spares_the_sync(data: bytes) -> None:
    plain = sector.mode_1(100, data)
    scrambled = scramble(plain)
    assert scrambled[:12] == plain[:12] == sector.SYNC
    assert scrambled[12:16] == bytes(a ^ b for a, b in zip(plain[12:16], SEQUENCE[:4], strict=True))
    assert scramble(scrambled) == plain


@pytest.mark.parametrize(
    ("lba", "expected"), [(0, "00 02 00 01"), (-150, "00 00 00 01"), (16, "00 02 16 01"), (333000, "74 02 00 01")]
)
def test_the_header_is_the_absolute_time_in_decimal_digits(lba: int, expected: str) -> None:
    assert sector.header(lba, 1) == bytes.fromhex(expected)


KINDS = {
    SectorType.AUDIO: bytes(2352),
    SectorType.MODE_1: sector.mode_1(7, b"\x11" * 2048),
    SectorType.MODE_2_FORMLESS: sector.mode_2(7, b"\x11" * 7 + b"\x22" * 2329),
    SectorType.MODE_2_FORM_1: sector.mode_2_form_1(7, b"\x11" * 2048, bytes((1, 2, 0x08, 3))),
    SectorType.MODE_2_FORM_2: sector.mode_2_form_2(7, b"\x11" * 2324, bytes((1, 2, 0x20, 3))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sector_says_what_it_is_and_is_intact(kind: SectorType) -> None:
    assert sector.sector_type(KINDS[kind]) is kind
    assert sector.intact(KINDS[kind])
    assert len(KINDS[kind]) == 2352


@pytest.mark.parametrize("kind", [SectorType.MODE_1, SectorType.MODE_2_FORM_1, SectorType.MODE_2_FORM_2])
@pytest.mark.parametrize("at", [30, 1000, 2060, 2340, 2350])
def test_one_wrong_byte_is_noticed(kind: SectorType, at: int) -> None:
    broken = bytearray(KINDS[kind])
    broken[at] ^= 0x01
    assert not sector.intact(bytes(broken))


def test_a_mode_2_sector_whose_sub_headers_differ_has_no_form() -> None:
    broken = bytearray(KINDS[SectorType.MODE_2_FORM_1])
    broken[20] ^= 0x01
    assert sector.sector_type(broken) is SectorType.MODE_2_FORMLESS


def test_mode_0_is_zeros_behind_its_header() -> None:
    built = sector.mode_0(-150)
    assert built == sector.SYNC + bytes(2340)
    assert sector.intact(built)


def test_a_wrong_amount_of_data_is_refused() -> None:
    with pytest.raises(ValueError, match="2048 bytes go here"):
        sector.mode_1(0, bytes(2047))


@given(st.integers(-45150, 404849))
def test_empty_sectors_are_those_around_zeros(lba: int) -> None:
    assert sector.empty_mode_1(lba) == sector.mode_1(lba, bytes(2048))
    assert sector.empty_mode_2_form_2(lba) == sector.mode_2_form_2(lba, bytes(2324))


def test_an_empty_sector_of_form_2_has_the_published_edc() -> None:
    """As on discs for a game console, whose programmers know it by heart (github.com/Dremora/psxt001z)."""
    made = sector.mode_2_form_2(12, bytes(2324), bytes((0, 0, 0x20, 0)))
    assert made[2348:] == bytes.fromhex("3F 13 B0 BE")
