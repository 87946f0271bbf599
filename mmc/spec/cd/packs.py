"""The R-W sub-channels as packs: parity and interleaving between what a host hands over and what is on the disc.

A pack is 24 symbols of 6 bits; a sector has four (IEC 60908 19, ECMA-130 annex of the R to W channels). Two symbols of
Q parity protect the first two, four of P parity the whole pack; symbols then lie up to seven packs later on the disc.
A drive does this for data block type 2 (packed) and undoes it when it is asked for corrected R-W.
"""

from __future__ import annotations

from functools import cache
from typing import Final

FIELD: Final = 0x43  # x^6 + x + 1
PACK: Final = 24
PACKS_PER_SECTOR: Final = 4
DELAYS: Final = 8  # symbol n of a pack lies n modulo 8 packs later
SWAPPED: Final = {1: 18, 2: 5, 3: 23, 18: 1, 5: 2, 23: 3}  # these change places before the delay
Q_DATA, Q_PARITY = 2, 2
_SIX_BITS: Final = bytes(symbol & 0x3F for symbol in range(256))
P_DATA, P_PARITY = 20, 4


@cache
def _powers() -> tuple[tuple[int, ...], dict[int, int]]:
    powers, value = [], 1
    for _ in range(63):
        powers.append(value)
        value = value << 1 ^ (FIELD if value & 0x20 else 0)
    return tuple(powers), {power: exponent for exponent, power in enumerate(powers)}


def power(exponent: int) -> int:
    """Return a power of the generator of GF(2^6)."""
    return _powers()[0][exponent % 63]


def logarithm(value: int) -> int:
    """Return which power of the generator a value other than 0 is."""
    return _powers()[1][value]


def times(one: int, other: int) -> int:
    """Multiply in GF(2^6)."""
    return power(logarithm(one) + logarithm(other)) if one and other else 0


@cache
def _generator(degree: int) -> tuple[int, ...]:
    """Return the coefficients of (x + 1)(x + alpha)...(x + alpha^(degree-1)), highest first, without the leading 1."""
    polynomial = [1]
    for exponent in range(degree):
        root = power(exponent)
        shifted = [*polynomial, 0]
        for at, coefficient in enumerate(polynomial):
            shifted[at + 1] ^= times(coefficient, root)
        polynomial = shifted
    return tuple(polynomial[1:])


def parity(symbols: bytes, count: int) -> bytes:
    """Return `count` symbols of Reed-Solomon parity over GF(2^6)."""
    generator, register = _generator(count), [0] * count
    for symbol in symbols:
        feedback = symbol ^ register[0]
        register = [*register[1:], 0]
        for at, coefficient in enumerate(generator):
            register[at] ^= times(feedback, coefficient)
    return bytes(register)


@cache
def _shares(symbols: int, count: int) -> tuple[tuple[int, ...], ...]:
    """Return what each value at each place adds to the parity, as an integer: the code is linear."""
    return tuple(
        tuple(
            int.from_bytes(parity(bytes(place) + bytes((value,)) + bytes(symbols - place - 1), count), "big")
            for value in range(64)
        )
        for place in range(symbols)
    )


def _parity_by_shares(symbols: bytes, count: int) -> bytes:
    found = 0
    for share, symbol in zip(_shares(len(symbols), count), symbols, strict=True):
        found ^= share[symbol]
    return found.to_bytes(count, "big")


def protected(pack: bytes) -> bytes:
    """Return a pack with its parity symbols computed: 2 and 3, and 20 to 23; what is above the six bits goes."""
    if len(pack) != PACK:
        raise ValueError(f"a pack has {PACK} symbols, not {len(pack)}")
    pack = pack.translate(_SIX_BITS)
    if not any(pack):
        return pack
    start = pack[:Q_DATA] + _parity_by_shares(pack[:Q_DATA], Q_PARITY) + pack[4:P_DATA]
    return start + _parity_by_shares(start, P_PARITY)


def all_protected(packs: bytes) -> bytes:
    """Return a run of packs with their parity symbols computed."""
    return b"".join(protected(packs[at : at + PACK]) for at in range(0, len(packs), PACK))


SECTOR: Final = PACK * PACKS_PER_SECTOR
# Where the symbols of a sector's packs lie from the start of the sector on, and which of the packs' symbols they are
_PLACES: Final = tuple(
    ((pack + place % DELAYS) * PACK + place, pack * PACK + SWAPPED.get(place, place))
    for pack in range(PACKS_PER_SECTOR)
    for place in range(PACK)
)


class Interleaver:
    """Turns packs, a sector's four at a time, into the symbols as they lie on the disc."""

    def __init__(self) -> None:
        self._coming = bytearray(SECTOR * (1 + -(-(DELAYS - 1) // PACKS_PER_SECTOR)))

    def push(self, packs: bytes) -> bytes:
        """Take the 96 symbols of a sector's packs and return the 96 that lie in that sector."""
        symbols = packs.translate(_SIX_BITS)
        for lies, symbol in _PLACES:
            self._coming[lies] = symbols[symbol]
        lying = bytes(self._coming[:SECTOR])
        self._coming = self._coming[SECTOR:] + bytes(SECTOR)
        return lying


def gather(symbols: bytes) -> bytes:
    """Return the packs of the first sector of a run of symbols; two sectors more hold all of them."""
    packs = bytearray(SECTOR)
    for lies, symbol in _PLACES:
        if lies < len(symbols):
            packs[symbol] = symbols[lies] & 0x3F
    return bytes(packs)
