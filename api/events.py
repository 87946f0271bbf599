"""What a running job tells its owner, as one stream of typed events.

Give `on_event=` to a writer or eraser; it is called on the thread that runs the job, a few times a second, and should
be quick. Match on the type:

    PhaseStarted   validating, formatting, erasing, calibrating, writing, finalising, verifying
    Progress       how far the phase is (0 to 1, None if the drive does not say)
    Writing        data is flowing: sectors, speed, ring and drive buffer, the file being written, the time left
    Notice         something the owner should know that is no error: a name changed, a recovered error, a speed not kept
    Done           the job ended well
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from discstack.mmc.procedure import Phase

SECTOR: Final = 2048

__all__ = ["Done", "Event", "EventHandler", "Notice", "Phase", "PhaseStarted", "Progress", "Writing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `elapsed` counts seconds on the drive's clock since the job began."""

    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted(Event):
    """The job enters a phase."""

    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """A phase moved; `fraction` goes from 0 to 1, None where the drive does not say."""

    phase: Phase
    fraction: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing(Event):
    """Data is flowing. Speeds are in bytes per second of user data, times in seconds, fills and sizes in bytes.

    `sectors` of `total_sectors` (padding included) were taken by the drive, 2048 bytes each. `remaining` is None as
    long as nothing is known, `drive_buffer` 0 where the drive does not tell. `stalls` counts the times that the ring
    had too little, `busy` the answers that the drive's buffer is full.
    """

    sectors: int
    total_sectors: int
    speed: float
    average_speed: float
    remaining: float | None
    ring_fill: int
    ring_size: int
    drive_fill: int
    drive_buffer: int
    stalls: int
    busy: int
    current_file: str | None

    @property
    def fraction(self) -> float:
        """How much is written, 0 to 1."""
        return self.sectors / self.total_sectors if self.total_sectors else 1.0

    @property
    def bytes(self) -> int:
        """How many bytes are written."""
        return self.sectors * SECTOR

    @property
    def total_bytes(self) -> int:
        """How many bytes there are to be written."""
        return self.total_sectors * SECTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something worth knowing that is no error."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Event):
    """The job ended well."""


EventHandler = Callable[[Event], None]
