"""The dates of ECMA-119 and ECMA-167 as nanoseconds since 1970; None where they are none."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)
_QUARTER: Final = timedelta(minutes=15)
_MOST_QUARTERS: Final = 56  # an offset from UTC beyond 14 hours is a mistake, and not applied
_UDF: Final = Struct("<HhBBBBBBBB")
_ZONE: Final = 0x0FFF
_NO_ZONE: Final = -2047  # ECMA-167 1/7.3.1
_MICROSECOND: Final = timedelta(microseconds=1)


@lru_cache(4096)
def recording_date(data: bytes) -> int | None:
    """ECMA-119 9.1.5: seven bytes."""
    if len(data) != 7 or not any(data):
        return None
    zone = int.from_bytes(data[6:7], "big", signed=True)
    year, month, day, hour, minute, second = data[:6]
    return _nanoseconds((1900 + year, month, day, hour, minute, second), 0, zone)


def volume_date(data: bytes) -> int | None:
    """ECMA-119 8.4.26.1: sixteen digits and an offset."""
    digits = data[:16]
    if len(data) != 17 or not digits.isdigit() or not int(digits):
        return None
    month, day, hour, minute, second, hundredths = (int(digits[at : at + 2]) for at in range(4, 16, 2))
    zone = int.from_bytes(data[16:], "big", signed=True)
    return _nanoseconds((int(digits[:4]), month, day, hour, minute, second), hundredths * 10_000, zone)


@lru_cache(4096)
def timestamp(data: bytes) -> int | None:
    """ECMA-167 1/7.3: twelve bytes."""
    if len(data) != _UDF.size:
        return None
    kind, year, month, day, hour, minute, second, hundredths, hundreds, micros = _UDF.unpack(data)
    zone = (kind & _ZONE) - (0x1000 if kind & 0x0800 else 0)
    quarters = 0 if zone == _NO_ZONE else zone // 15
    microseconds = min(hundredths * 10_000 + hundreds * 100 + micros, 999_999)
    return _nanoseconds((year, month, day, hour, minute, second), microseconds, quarters)


def _nanoseconds(moment: tuple[int, int, int, int, int, int], microsecond: int, quarters: int) -> int | None:
    """Return the time of (year, month, day, hour, minute, second) at an offset from UTC; None for no such time."""
    try:
        local = datetime(*moment, microsecond) - _EPOCH
    except ValueError:
        return None
    if abs(quarters) <= _MOST_QUARTERS:
        local -= quarters * _QUARTER
    return local // _MICROSECOND * 1000
