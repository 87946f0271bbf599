"""Scrambling of data sectors, which keeps runs of equal bytes from upsetting the drive's servo (ECMA-130 annex B)."""

from __future__ import annotations

from typing import Final

SYNC_SIZE: Final = 12  # bytes at the start of a sector, which are not scrambled
SECTOR: Final = 2352


def _sequence() -> bytes:
    """Return the output of the shift register of x^15 + x + 1 that starts at 1, low bit first."""
    register, found = 1, bytearray()
    for _ in range(SECTOR - SYNC_SIZE):
        found.append(register & 0xFF)
        for _ in range(8):
            register = register >> 1 | ((register ^ register >> 1) & 1) << 14
    return bytes(found)


SEQUENCE: Final = _sequence()
_MASK: Final = int.from_bytes(bytes(SYNC_SIZE) + SEQUENCE, "big")


def scramble(sector: bytes | bytearray | memoryview) -> bytes:
    """Scramble a sector of 2352 bytes, or undo it: it is the same operation."""
    if len(sector) != SECTOR:
        raise ValueError(f"a sector has {SECTOR} bytes, not {len(sector)}")
    return (int.from_bytes(sector, "big") ^ _MASK).to_bytes(SECTOR, "big")
