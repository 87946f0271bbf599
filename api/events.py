"""What a running job, or a watch over the drives, tells its owner, as one stream of typed events.

Give `on_event=` to a job; it is called on the thread that runs the job, a few times a second, and should
be quick. Match on the type:

    PhaseStarted   validating, formatting, erasing, calibrating, buffering, writing, finalising, verifying
    Progress       how far the phase is (0 to 1, None if the drive does not say)
    FileProgress   the same of what goes file by file, such as an image that is written into a file: bytes, the file
    TreeProgress   the same of what goes directory by directory, such as a disc that is read: directories, files
    Writing        data is flowing: sectors, speed, ring and drive buffer, stalls, latencies, the file, the time left
    Notice         something the owner should know that is no error: a name changed, a recovered error, a speed not kept
    Done           the job ended well

What a watch tells (`DiscMaster.watch`), each with the drive:

    DriveAdded, DriveRemoved         a drive was attached or is gone
    MediumInserted, MediumRemoved    a medium is in the drive now, or there is none any more
    EjectRequested                   somebody pressed the drive's button while the medium is held in it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from discstack.mmc.procedure import Phase
from discstack.native import Priority
from discstack.native.histogram import percentile

if TYPE_CHECKING:
    from discstack.transport.system import DriveEntry


__all__ = [
    "Done",
    "DriveAdded",
    "DriveEvent",
    "DriveRemoved",
    "EjectRequested",
    "Event",
    "EventHandler",
    "FileProgress",
    "MediumInserted",
    "MediumRemoved",
    "Notice",
    "Phase",
    "PhaseStarted",
    "Progress",
    "TreeProgress",
    "Writing",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `elapsed` counts seconds on the drive's clock since the job (or the watch) began."""

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
class FileProgress(Progress):
    """A phase that goes file by file moved: `bytes` of `total_bytes`, `current_file` last (None before the first)."""

    bytes: int
    total_bytes: int
    current_file: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeProgress(Progress):
    """A phase that goes directory by directory moved: how many were read, and the files in them; the last one's path.

    `fraction` is None: a volume does not say how many there are. What is read twice, from two views, counts twice.
    """

    directories: int
    files: int
    current_directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing(Event):
    """Data is flowing. Speeds are in bytes per second of user data, times in seconds, fills and sizes in bytes.

    A job writes one run of sectors or several, numbered from 0: `run`. Of this one `sectors` of `total_sectors`
    (padding included) were taken by the drive, `sector_size` bytes each; the next one goes to `lba`. `speed` is that of
    the last two seconds. `remaining` is None as long as nothing is known, `drive_buffer` 0 where the drive does not
    tell. The counts are those of the run so far: `commands` of `transfer` bytes that the drive took, `stalls` when the
    ring had too little, `busy` answers that the drive's buffer is full, and how long both lasted. `ring_low` is the
    least that was in the ring, `priority` that of the thread that feeds the drive. `latencies` counts the commands by
    how long they took.
    """

    run: int
    lba: int
    sectors: int
    total_sectors: int
    sector_size: int
    speed: float
    average_speed: float
    remaining: float | None
    ring_fill: int
    ring_size: int
    ring_low: int
    drive_fill: int
    drive_buffer: int
    transfer: int
    commands: int
    stalls: int
    stall_time: float
    busy: int
    busy_time: float
    latencies: tuple[int, ...]
    latency_max: float
    priority: Priority
    current_file: str | None

    def latency(self, share: float) -> float:
        """Return how long at most `share` (0 to 1) of the commands took, to within a fourth."""
        return min(percentile(self.latencies, share), self.latency_max)

    @property
    def fraction(self) -> float:
        """How much is written, 0 to 1."""
        return self.sectors / self.total_sectors if self.total_sectors else 1.0

    @property
    def bytes(self) -> int:
        """How many bytes are written."""
        return self.sectors * self.sector_size

    @property
    def total_bytes(self) -> int:
        """How many bytes there are to be written."""
        return self.total_sectors * self.sector_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something worth knowing that is no error."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Event):
    """The job ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveEvent(Event):
    """Base of what happens to a drive of this machine."""

    drive: DriveEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveAdded(DriveEvent):
    """A drive was attached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveRemoved(DriveEvent):
    """A drive is gone; `drive` is as it was last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumInserted(DriveEvent):
    """There is a medium in the drive now, or another one than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumRemoved(DriveEvent):
    """There is no medium in the drive any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EjectRequested(DriveEvent):
    """Somebody pressed the drive's button while the medium is held in it."""


EventHandler = Callable[[Event], None]
