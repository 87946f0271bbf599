"""What a caller asks of a burn, and what the burn answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus, WriteMode
    from discstack.mmc.stream import BlockSource
    from discstack.transport.base import FeedCounters

__all__ = [
    "BurnJob",
    "BurnResult",
    "Calibration",
    "Digests",
    "SpeedReport",
    "VerifyLevel",
    "WriteCommand",
    "check_choices",
    "check_speed",
]


class VerifyLevel(Enum):
    """How much is read back after a burn."""

    NONE = "none"
    QUICK = "quick"  # the first and the last chunks, and one in every 64 between
    FULL = "full"


class WriteCommand(Enum):
    """The command that carries the blocks; the value is the word for people."""

    WRITE = "write"
    STREAMING = "streaming"  # WRITE (12) that does not read back and does not replace defects: full speed, less safe
    WRITE_AND_VERIFY = "write and verify"  # the drive reads back each piece before it answers


class Calibration(Enum):
    """Whether SEND OPC INFORMATION is used before writing."""

    AUTO = "auto"  # where the medium knows it and the drive holds no table for it yet
    NEVER = "never"


class Choices(Protocol):
    """What jobs of all kinds may be asked."""

    @property
    def speed(self) -> int | None:
        """In kB/s of 1000 bytes, None for the fastest."""
        ...

    @property
    def verify(self) -> VerifyLevel:
        """How much is read back."""
        ...

    @property
    def verify_speed(self) -> int | None:
        """In kB/s of 1000 bytes, None for what the medium stands."""
        ...

    @property
    def erase(self) -> bool:
        """Whether data on a rewritable medium may be lost."""
        ...

    @property
    def simulate(self) -> bool:
        """Whether it is only a test."""
        ...

    @property
    def calibration(self) -> Calibration:
        """When to calibrate."""
        ...


def check_choices(choices: Choices) -> None:
    """Raise TypeError or ValueError for what is no choice: a level that is none would verify nothing, in silence."""
    if not isinstance(choices.verify, VerifyLevel):
        raise TypeError(f"verify is one of {', '.join(map(str, VerifyLevel))}, not {choices.verify!r}")
    for speed in (choices.speed, choices.verify_speed):
        if speed is not None:
            check_speed(speed)


def check_speed(kilobytes: int) -> None:
    """Raise ValueError for what is no speed."""
    if kilobytes <= 0:
        raise ValueError(f"a speed is in kB/s, and more than 0: not {kilobytes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnJob:
    """One image to be written as one session.

    `start` is the address for which the image was planned (0 for a blank or overwritable medium); a medium that would
    put it elsewhere is refused. `erase` permits that data on a rewritable medium is lost: a CD-RW is blanked first, an
    overwritable medium written over. `grow` says that the image was made of what lies on an overwritable medium, and
    keeps it. `close` leaves no further session possible, `leave_open` a track of packets open, so that later packets go
    on in it. `mode` is how the session is written, None for the usual way of the medium. `layer_break` is how many
    blocks go on layer 0 where the host decides that, None for half of a disc that is closed. `speed` and `verify_speed`
    are in kB/s of 1000 bytes, None for the fastest and for what the medium stands when it is read back, which also goes
    for what the drive reads back as it writes. `postgap` is the number of empty blocks behind the image, None for what
    the medium needs. `exact` says that the recording must end where the image does: no empty block may follow, and
    media that are not written sequentially are refused. `overburn` permits more than the medium says that it holds.
    `xa` makes the blocks of a CD sectors of CD-ROM XA (mode 2, form 1). `ring_bytes` is the size of the buffer between
    source and drive, rounded up to whole commands and no more than all the data, None for two and a half seconds at the
    drive's speed; `transfer_bytes` what one command carries, None for what suits the medium, the way to the drive and
    its buffer.
    """

    source: BlockSource
    start: int = 0
    erase: bool = False
    grow: bool = False
    close: bool = False
    leave_open: bool = False
    mode: WriteMode | None = None
    layer_break: int | None = None
    simulate: bool = False
    speed: int | None = None
    underrun_protection: bool = True
    calibration: Calibration = Calibration.AUTO
    command: WriteCommand = WriteCommand.WRITE
    verify: VerifyLevel = VerifyLevel.FULL
    verify_speed: int | None = None
    exact: bool = False
    overburn: bool = False
    postgap: int | None = None
    xa: bool = False
    ring_bytes: int | None = None
    transfer_bytes: int | None = None

    def __post_init__(self) -> None:
        check_choices(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What was written, by digests: one for each `chunk_blocks` blocks from `start` on, the last of what is left."""

    algorithm: str
    start: int
    blocks: int
    chunk_blocks: int
    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedReport:
    """Write speed in kB/s of 1000 bytes: what was asked for, what the drive says it set, what it turned out to be."""

    asked: int | None
    accepted: int | None
    measured: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnResult:
    """How a burn went; there is one only if everything went well.

    `blocks` are the image's, `padding` the zero blocks behind it. `seconds` run on the drive's clock from the first
    WRITE to the flushed cache. `verified` counts the blocks read back and compared. `notices` is what was odd but no
    error. `further` are the results of what was written besides: the descriptors, where a volume on an overwritable
    medium grew.
    """

    start: int
    blocks: int
    padding: int
    mode: WriteMode | None
    layer_break: int | None
    medium: MediumStatus
    digests: Digests
    counters: FeedCounters
    seconds: float
    speed: SpeedReport
    verified: int
    simulated: bool
    notices: tuple[str, ...] = ()
    further: tuple[BurnResult, ...] = ()
