"""The time that a virtual drive lives by."""

from __future__ import annotations

import time
from typing import Final

SLOWEST: Final = 1e-3  # factors in between leave floating point room for nanoseconds
FASTEST: Final = 1e6


class VirtualClock:
    """Time that passes only when somebody waits for it: a disc of 25 GB burns in a moment.

    The machine's clock, for a drive that takes its time, is `QuickClock`.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def sleep(self, seconds: float, /) -> None:
        """Let that many seconds pass at once."""
        if seconds < 0:
            raise ValueError(f"cannot sleep {seconds} s")
        self._now += seconds


class QuickClock:
    """The machine's clock, `factor` times as fast: at 1 a drive takes as long as a real one."""

    def __init__(self, factor: float) -> None:
        if not SLOWEST <= factor <= FASTEST:
            raise ValueError(f"a clock cannot run {factor} times as fast")
        self._factor = factor

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic() * self._factor

    def sleep(self, seconds: float, /) -> None:
        """Block the calling thread until that many seconds have passed on this clock."""
        time.sleep(seconds / self._factor)
