"""R-W packs with errors, and what their parity makes of them."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discstack.mmc.spec.cd import packs
from discstack.mmc.spec.cd.pack_correction import corrected

# Code words of the package reedsolo 1.7: GF(2^6) by x^6 + x + 1, roots from the 0th power on, first the head with 2
# symbols of parity, then everything with 4
WORDS = [
    bytes.fromhex("0906353a29133206090c2e071b040b3735081e0b2a3f0935"),
    bytes.fromhex("36070d3c0f1c0732061c05112535120f27170d18391b1537"),
    bytes.fromhex("2f0c1c3f08071a3f36283b3a2e261f171f0a263f09112706"),
]


def spoilt(word: bytes, *errors: tuple[int, int]) -> bytes:
    found = bytearray(word)
    for place, error in errors:
        found[place] ^= error
    return bytes(found)


@pytest.mark.parametrize("word", WORDS)
def test_words_of_another_encoder_are_whole_and_any_two_symbols_of_them_are_put_right(word: bytes) -> None:
    assert packs.protected(word) == word
    assert corrected(word) == word
    for place in range(24):
        assert all(corrected(spoilt(word, (place, error))) == word for error in range(1, 64))
    for one, other in combinations(range(24), 2):
        assert corrected(spoilt(word, (one, 1 + one), (other, 63 - other))) == word


@pytest.mark.parametrize("word", WORDS)
def test_a_third_one_is_put_right_where_q_protects_it(word: bytes) -> None:
    for one, other in combinations(range(4, 24), 2):
        assert corrected(spoilt(word, (one % 4, 5), (one, 9), (other, 63))) == word


@given(st.lists(st.integers(0, 63), min_size=24, max_size=24))
def test_what_is_made_of_anything_is_a_code_word_that_differs_in_no_more_than_three_symbols(symbols: list[int]) -> None:
    found = corrected(bytes(symbols))
    if found is not None:
        assert packs.protected(found) == found
        assert sum(one != other for one, other in zip(found, symbols, strict=True)) <= 3


def test_few_packs_with_many_errors_are_taken_for_others() -> None:
    source = random.Random(1)
    hopeless = [bytes(source.randrange(64) for _ in range(24)) for _ in range(2000)]
    assert sum(corrected(pack) is not None for pack in hopeless) < 20
