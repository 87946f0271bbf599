"""The error correction code of data sectors: Reed-Solomon product code over GF(2^8) (ECMA-130 14.5, annex A).

The 2236 bytes from the header to the end of the P parity are two planes of 16-bit words' halves, next to each other.
P protects the 86 columns of 24 bytes, Q the 52 diagonals of 43. All columns (diagonals) are computed at once: one
step takes a row of bytes, adds it to the register, and multiplies the register with the field's generator.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Final

FIELD: Final = 0x11D  # x^8 + x^4 + x^3 + x^2 + 1
COLUMNS, COLUMN = 86, 24
DIAGONALS, DIAGONAL = 52, 43
ROW_STEP: Final = 88  # from one byte of a diagonal to the next: a row down and a word to the right
DATA: Final = COLUMNS * COLUMN  # 2064: header, user data, EDC and what lies between
P_PARITY, Q_PARITY = 2 * COLUMNS, 2 * DIAGONALS
PROTECTED: Final = DATA + P_PARITY
ECC: Final = P_PARITY + Q_PARITY  # 276

TIMES_ALPHA: Final = bytes(value << 1 ^ (FIELD if value & 0x80 else 0) for value in range(256))
_SUMS: Final = {value ^ TIMES_ALPHA[value]: value for value in range(256)}
OVER_ONE_PLUS_ALPHA: Final = bytes(_SUMS[value] for value in range(256))

_along_diagonals: Final = itemgetter(
    *(
        ((major >> 1) * COLUMNS + (major & 1) + minor * ROW_STEP) % PROTECTED
        for minor in range(DIAGONAL)
        for major in range(DIAGONALS)
    )
)


def ecc(data: bytes | bytearray | memoryview) -> bytes:
    """Return the 276 bytes of P and Q parity over the 2064 bytes from the header to the end of the EDC's row.

    The header of a mode 2 sector counts as zeros here: the caller has to pass it so.
    """
    if len(data) != DATA:
        raise ValueError(f"the code protects {DATA} bytes, not {len(data)}")
    p = _parity(bytes(data), COLUMNS)
    return p + _parity(bytes(_along_diagonals(bytes(data) + p)), DIAGONALS)


def _parity(rows: bytes, width: int) -> bytes:
    """Return two rows of parity so that each column's sum, and its sum weighted by powers of alpha, are zero."""
    weighted = total = 0
    for at in range(0, len(rows), width):
        row = int.from_bytes(rows[at : at + width], "big")
        total ^= row
        weighted = int.from_bytes((weighted ^ row).to_bytes(width, "big").translate(TIMES_ALPHA), "big")
    once_more = int.from_bytes(weighted.to_bytes(width, "big").translate(TIMES_ALPHA), "big")
    first = (once_more ^ total).to_bytes(width, "big").translate(OVER_ONE_PLUS_ALPHA)
    return first + (int.from_bytes(first, "big") ^ total).to_bytes(width, "big")
