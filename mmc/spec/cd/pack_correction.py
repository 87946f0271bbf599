"""Correcting packs of R to W by their parity: two symbols of one by P, one of its first four by Q (IEC 60908 19)."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from discstack.mmc.spec.cd.packs import P_PARITY, Q_DATA, Q_PARITY, logarithm, power, protected, times

HEAD: Final = Q_DATA + Q_PARITY  # the symbols that Q protects


def corrected(pack: bytes) -> bytes | None:
    """Return a pack of 24 symbols with its errors corrected, None where there are more than its parity can tell.

    As with any code, some packs with more errors than that are taken for others; those that Q tells of are not.
    """
    by_p = _decoded(pack, P_PARITY)
    if by_p is not None and protected(by_p) == by_p:
        return by_p
    head = _decoded(pack[:HEAD], Q_PARITY)
    by_both = _decoded(head + pack[HEAD:], P_PARITY) if head is not None else None
    return by_both if by_both is not None and protected(by_both) == by_both else None


def _decoded(word: bytes, parity: int) -> bytes | None:
    """Return the code word with `parity` symbols of parity that differs in half as many symbols, if there is one."""
    syndromes = [_value(word, exponent) for exponent in range(parity)]
    if not any(syndromes):
        return word
    if (found := _one_error(word, syndromes)) is None and parity == P_PARITY:
        found = _two_errors(word, syndromes)
    return found


def _value(word: bytes, exponent: int) -> int:
    """Return the value of a word as a polynomial, at a power of the field's generator."""
    value = 0
    for symbol in word:
        value = times(value, power(exponent)) ^ symbol
    return value


def _one_error(word: bytes, syndromes: list[int]) -> bytes | None:
    """Correct one symbol, if each syndrome is the one before times the same power: that of the symbol's place."""
    if not all(syndromes):
        return None
    steps = {(logarithm(after) - logarithm(before)) % 63 for before, after in pairwise(syndromes)}
    place = len(word) - 1 - steps.pop()
    return _changed(word, {place: syndromes[0]}) if not steps and place >= 0 else None


def _two_errors(word: bytes, syndromes: list[int]) -> bytes | None:
    """Correct two symbols: their places are the roots of a polynomial that the four syndromes determine."""
    first, second, third, fourth = syndromes
    determinant = times(second, second) ^ times(first, third)
    if not determinant:
        return None
    inverse = power(-logarithm(determinant))
    total = times(times(second, third) ^ times(first, fourth), inverse)
    product = times(times(second, fourth) ^ times(third, third), inverse)
    roots = [at for at in range(len(word)) if not times(power(at), power(at) ^ total) ^ product]
    if len(roots) != 2:
        return None
    one, other = (power(at) for at in roots)
    error = times(second ^ times(first, other), power(-logarithm(one ^ other)))
    last = len(word) - 1
    return _changed(word, {last - roots[0]: error, last - roots[1]: first ^ error})


def _changed(word: bytes, errors: dict[int, int]) -> bytes:
    found = bytearray(word)
    for place, error in errors.items():
        found[place] ^= error
    return bytes(found)
