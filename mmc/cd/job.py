"""What a caller asks of the recording of a CD program, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from discstack.mmc.job import Calibration, VerifyLevel, check_choices

if TYPE_CHECKING:
    from discstack.mmc.cd.composing import SubChannelForm
    from discstack.mmc.cd.program import Placed, Program
    from discstack.mmc.job import SpeedReport
    from discstack.mmc.medium import MediumStatus
    from discstack.transport.base import FeedCounters

__all__ = ["CdChoices", "CdJob", "CdResult", "CdWriteMode"]


class CdWriteMode(Enum):
    """How a session is recorded."""

    TRACK_AT_ONCE = "track at once"  # two seconds between tracks, made by the drive
    SESSION_AT_ONCE = "session at once"  # from a cue sheet, without gaps that nobody asked for
    RAW = "raw"  # lead-in, sub-channels and lead-out made by us, in whichever form the drive takes


@dataclass(frozen=True, slots=True, kw_only=True)
class CdChoices:
    """What holds for a session whatever is in it.

    `erase`, `simulate`, `speed`, `underrun_protection`, `calibration` and `ring_bytes` are as in a BurnJob;
    `transfer_bytes` is what one command carries at most, in whole blocks. `close` leaves no further session possible.
    `overburn` permits more than the disc says that it holds. `verify` says how much is compared afterwards: the table
    of contents always, with FULL every block, read no faster than `verify_speed` (kB/s of 1000 bytes, None for what the
    drive does by itself). `sub_channels` is the form in which a raw session carries them, None for the first that suits
    and that the drive takes.
    """

    erase: bool = False
    close: bool = True
    simulate: bool = False
    overburn: bool = False
    speed: int | None = None
    underrun_protection: bool = True
    calibration: Calibration = Calibration.AUTO
    verify: VerifyLevel = VerifyLevel.QUICK
    verify_speed: int | None = None
    ring_bytes: int | None = None
    transfer_bytes: int | None = None
    sub_channels: SubChannelForm | None = None

    def __post_init__(self) -> None:
        check_choices(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CdJob(CdChoices):
    """A program to be written as one session."""

    program: Program
    mode: CdWriteMode = CdWriteMode.SESSION_AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class CdResult:
    """How a recording went; there is one only if everything went well.

    `tracks` are where the program's are now. `seconds` run on the drive's clock from the first WRITE to the flushed
    cache, without waits for a full ring between tracks. `verified` counts the blocks read back and compared;
    `read_offset` is by how many samples the drive reads audio elsewhere than it was written, None where that was not
    found out.
    """

    tracks: tuple[Placed, ...]
    medium: MediumStatus
    counters: FeedCounters
    seconds: float
    speed: SpeedReport
    verified: int = 0
    read_offset: int | None = None
    simulated: bool = False
    notices: tuple[str, ...] = ()
