"""The error detection code of data sectors: a CRC of 32 bits, least significant bit first (ECMA-130 14.3)."""

from __future__ import annotations

import struct
from functools import cache
from typing import Final

POLYNOMIAL: Final = 0xD8018001  # (x^16 + x^15 + x^2 + 1)(x^16 + x^2 + x + 1), its bits reversed


@cache
def _table(width: int) -> tuple[int, ...]:
    """Return what `width` bits that leave the register make of it."""
    table = [0] * (1 << width)
    for bit in range(width):
        code = 1 << bit
        for _ in range(width):
            code = code >> 1 ^ (POLYNOMIAL if code & 1 else 0)
        for value in range(1 << bit):
            table[1 << bit | value] = table[value] ^ code
    return tuple(table)


def edc(data: bytes | memoryview) -> bytes:
    """Return the 4 bytes of the code over `data`."""
    register = 0
    wide, narrow = _table(16), _table(8)
    even = len(data) & ~1
    for word in struct.unpack(f"<{even // 2}H", data[:even]):
        register = register >> 16 ^ wide[(register ^ word) & 0xFFFF]
    for byte in data[even:]:
        register = register >> 8 ^ narrow[(register ^ byte) & 0xFF]
    return register.to_bytes(4, "little")
