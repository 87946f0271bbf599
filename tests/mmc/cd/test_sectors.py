"""Sectors as READ CD hands them out: what is made of the bits of bytes that C2 could not correct."""

from __future__ import annotations

from typing import Final

import pytest

from discstack.mmc.cd.sectors import ERROR_SIZES, CdSector, ErrorBits

BITS: Final = b"\x81" + bytes(292) + b"\x0f"  # of the first, the eighth and the last four bytes


@pytest.mark.parametrize(("errors", "came"), [(ErrorBits.BITS, BITS), (ErrorBits.BITS_AND_BLOCK, b"\x8f\0" + BITS)])
def test_the_bytes_that_are_in_doubt_are_counted(errors: ErrorBits, came: bytes) -> None:
    assert len(came) == ERROR_SIZES[errors]
    assert CdSector(lba=0, main=bytes(2352), error_bits=came).doubtful_bytes == 6
