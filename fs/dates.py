"""The two forms of date and time of ECMA-119, always in UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

DATE_SIZE: Final = 7  # bytes of a recording date
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What the one byte for the year can count, ECMA-119 9.1.5
EARLIEST: Final = int((datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * 10**9
LATEST: Final = int((datetime(2156, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * 10**9 - 1
# What four digits for the year can count, 8.4.26.1
FIRST: Final = int((datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * 10**9
LAST: Final = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()) * 10**9 + 999_999_999
MINUTES: Final = [bytes((minute // 60, minute % 60)) for minute in range(24 * 60)]  # of a day, as hour and minute
_SECONDS: Final = [bytes((second, 0)) for second in range(60)]  # and the offset from UTC
UNSPECIFIED: Final = b"0" * 16 + b"\0"  # ECMA-119 8.4.26.1


def in_range(nanoseconds: int) -> int:
    """Return the time, or the nearest that a directory record can hold."""
    return min(max(nanoseconds, EARLIEST), LATEST)


def nearest(nanoseconds: int) -> int:
    """Return the time, or the nearest that a date of four digits for the year can hold."""
    return min(max(nanoseconds, FIRST), LAST)


def recording_date(nanoseconds: int) -> bytes:
    """Return the 7 bytes of ECMA-119 9.1.5 for nanoseconds since 1970, cut to whole seconds."""
    return recording_dates((nanoseconds,))[0]


def recording_dates(times: Iterable[int]) -> list[bytes]:
    """Return for each time what `recording_date` does."""
    dates = list[bytes]()
    for time in times:
        seconds = (time if EARLIEST <= time <= LATEST else in_range(time)) // 1_000_000_000
        second = seconds % 86_400
        dates.append(_day(seconds // 86_400) + MINUTES[second // 60] + _SECONDS[second % 60])
    return dates


@lru_cache(maxsize=4096)
def _day(days: int) -> bytes:
    t = _EPOCH + timedelta(days=days)
    return bytes((t.year - 1900, t.month, t.day))


def volume_date(nanoseconds: int) -> bytes:
    """Return the 17 bytes of ECMA-119 8.4.26.1: digits down to hundredths of a second, and the offset from UTC, 0."""
    seconds, rest = divmod(nearest(nanoseconds), 10**9)
    t = _EPOCH + timedelta(seconds=seconds)
    digits = f"{t.year:04}{t.month:02}{t.day:02}{t.hour:02}{t.minute:02}{t.second:02}{rest // 10**7:02}"
    return digits.encode("ascii") + b"\0"
