"""Addresses on a CD: minute, second and frame."""

from __future__ import annotations

from typing import Final

PRE_GAP: Final = 150
LEAD_IN_OFFSET: Final = 450150  # what addresses before the pre-gap wrap around by


def msf_address(lba: int) -> bytes:
    """Return minute, second, frame of a block; those before the pre-gap lie in the lead-in (MMC-6 annex)."""
    minute, rest = divmod(lba + (PRE_GAP if lba >= -PRE_GAP else LEAD_IN_OFFSET), 4500)
    return bytes([min(minute, 0xFF), rest // 75, rest % 75])


def lba_of(minute: int, second: int, frame: int) -> int:
    """Return the block at an address of the program area."""
    return (minute * 60 + second) * 75 + frame - PRE_GAP
