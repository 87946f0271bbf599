"""The time that a virtual drive lives by."""

from __future__ import annotations


class VirtualClock:
    """Time that passes only when somebody waits for it: a disc of 25 GB burns in a moment.

    The machine's clock, for a drive at true speed, is `discstack.transport.base.SystemClock`.
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
