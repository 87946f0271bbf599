"""The drive's buffer, its write speed, and operations that take time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discstack.transport.base import Clock

SHORTEST: Final = 1e-9  # seconds; keeps a division by the duration defined for operations that take no time
ALMOST: Final = 65535 / 65536  # the most that a progress indication can say, SPC-4 4.5.2.4.4


@dataclass(slots=True)
class WriteBuffer:
    """A buffer that the host fills and that drains onto the disc at `rate` bytes a second.

    An underrun is the buffer running empty while the disc waits for more: with BURN-Free it costs time, not the disc.
    """

    clock: Clock
    size: int
    rate: float
    held: float = 0.0
    since: float = 0.0
    recording: bool = False
    underruns: int = 0

    def settle(self) -> None:
        """Let what the clock says has drained meanwhile leave the buffer."""
        now = self.clock.now()
        drained = (now - self.since) * self.rate
        if self.recording and drained > self.held + self.rate * 1e-6:
            self.underruns += 1
            self.recording = False
        self.held = max(0.0, self.held - drained)
        self.since = now

    def time_until_room(self, count: int) -> float:
        """Seconds until `count` bytes fit; a request larger than the buffer needs it empty."""
        self.settle()
        return max(0.0, self.held - max(0, self.size - count)) / self.rate

    def put(self, count: int) -> None:
        """Take `count` bytes, blocking the host until the last of them is in."""
        self.clock.sleep(self.time_until_room(count))
        self.settle()
        self.held += count
        self.recording = True
        self.clock.sleep(max(0.0, self.held - self.size) / self.rate)
        self.settle()

    def time_to_empty(self) -> float:
        """Seconds until all is on the disc; from now on running empty is no underrun."""
        self.settle()
        self.recording = False
        return self.held / self.rate

    @property
    def free(self) -> int:
        """Bytes that fit now."""
        self.settle()
        return max(0, self.size - int(self.held))


@dataclass(slots=True)
class Operation:
    """Something long that the drive does by itself; `finish` runs once it is over."""

    started: float
    duration: float
    ascq: int  # 2/04/xx while it runs: 04h format, 07h operation, 08h long write (SPC-4 annex)
    finish: Callable[[], None]

    @property
    def end(self) -> float:
        """When it is over."""
        return self.started + self.duration

    def progress(self, now: float) -> float:
        """How much is done, 0 to almost 1."""
        return min(ALMOST, (now - self.started) / max(self.duration, SHORTEST))
