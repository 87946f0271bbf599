"""What can go wrong with a drive or a disc, split by who is to blame.

    DriveError
    +- CommandError(cdb, reply)   the device answered with anything but GOOD; one subclass for each sense key
    |  +- NoSense, RecoveredError, NotReady, MediumError, HardwareError, IllegalRequest, UnitAttention, DataProtect,
    |     BlankCheck, VendorSpecific, CopyAborted, AbortedCommand, VolumeOverflow, Miscompare, Completed
    |  +- StatusError             BUSY, RESERVATION CONFLICT and the other statuses that carry no sense
    +- ResponseError              the device answered something malformed; the bytes are kept
    +- ShortTransfer              the device reports success, but not all bytes moved
    +- MediaError                 no medium, or one unsuitable for the request
    |  +- UnsupportedMedium, MediumNotBlank, MediumFull, DiscStateError, VerificationError
    +- DriveTimeout               the device answers, but does not get done
    +- Cancelled                  the job was cancelled by its owner

A `TransportError` (no answer at all) is not in this tree: see `discstack.transport.base`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from discstack.mmc.spec.cdb import describe
from discstack.mmc.spec.layout import StructureError
from discstack.mmc.spec.sense import Sense, SenseKey, sense_key
from discstack.transport.base import BUSY, CHECK_CONDITION, RESERVATION_CONFLICT, TASK_SET_FULL, Reply

if TYPE_CHECKING:
    from discstack.mmc.medium import MediumStatus

# Statuses of a command that the device did not take: it did nothing, and may be sent again later (SAM-5 5.3.1)
NOT_TAKEN: Final = frozenset({BUSY, TASK_SET_FULL})
STATUSES: Final = {  # SAM-5 5.3.1
    0x04: "CONDITION MET",
    BUSY: "BUSY",
    RESERVATION_CONFLICT: "RESERVATION CONFLICT",
    TASK_SET_FULL: "TASK SET FULL",
    0x30: "ACA ACTIVE",
    0x40: "TASK ABORTED",
}


def _spelled(cdb: bytes) -> str:
    """Spell a command; an error that comes out of another process may be all that this one knows of drives."""
    import discstack.mmc.spec.commands  # noqa: F401  (so that `describe` knows the commands)

    return describe(cdb)


class DriveError(Exception):
    """Base of all that a drive or a disc can be blamed for.

    A job that failed or was cancelled half-way leaves in `medium` what a fresh look at the disc said afterwards; None
    where nobody looked or the drive did not answer.
    """

    medium: MediumStatus | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied, and pickled for another process, as it is: its message was made of what no longer is at hand."""
        return Exception.__new__, (type(self), *self.args), self.__dict__


class CommandError(DriveError):
    """The device answered with CHECK CONDITION; `sense` says why."""

    def __init__(self, cdb: bytes, reply: Reply) -> None:
        super().__init__(cdb, reply)
        self.cdb, self.reply = cdb, reply
        self.sense = Sense.parse(reply.sense)

    def __str__(self) -> str:
        """Spell command, sense and advice; only now, because most errors are answers to polls that nobody reads."""
        deferred = " (deferred: it belongs to an earlier command)" if self.sense.deferred else ""
        advice = f"; {self.sense.advice}" if self.sense.advice else ""
        return f"{_spelled(self.cdb)}: {self.sense}{deferred}{advice}"


class NoSense(CommandError):
    """Sense key 0h."""


class RecoveredError(CommandError):
    """Sense key 1h: the command succeeded with some recovery action."""


class NotReady(CommandError):
    """Sense key 2h."""


class MediumError(CommandError):
    """Sense key 3h."""


class HardwareError(CommandError):
    """Sense key 4h."""


class IllegalRequest(CommandError):
    """Sense key 5h."""


class UnitAttention(CommandError):
    """Sense key 6h."""


class DataProtect(CommandError):
    """Sense key 7h."""


class BlankCheck(CommandError):
    """Sense key 8h."""


class VendorSpecific(CommandError):
    """Sense key 9h."""


class CopyAborted(CommandError):
    """Sense key Ah."""


class AbortedCommand(CommandError):
    """Sense key Bh."""


class VolumeOverflow(CommandError):
    """Sense key Dh."""


class Miscompare(CommandError):
    """Sense key Eh."""


class Completed(CommandError):
    """Sense key Fh."""


class StatusError(CommandError):
    """A SCSI status other than GOOD and CHECK CONDITION."""

    def __str__(self) -> str:
        status = self.reply.status
        return f"{_spelled(self.cdb)}: the drive answered with {STATUSES.get(status, 'SCSI status')} ({status:#04x})"


class ResponseError(DriveError):
    """The device's answer is malformed; `raw` keeps it."""

    def __init__(self, cdb: bytes, error: StructureError) -> None:
        super().__init__(f"{describe(cdb)}: the drive's answer makes no sense: {error}")
        self.cdb, self.raw = cdb, error.raw


class ShortTransfer(DriveError):
    """The device reports success, but `residual` bytes did not move."""

    def __init__(self, cdb: bytes, residual: int) -> None:
        super().__init__(f"{describe(cdb)}: the drive reports success, but {residual} bytes did not move")
        self.cdb, self.residual = cdb, residual


class MediaError(DriveError):
    """There is no medium, or it does not suit the request."""


class UnsupportedMedium(MediaError):
    """This medium cannot be used for this, or not yet by this library."""


class MediumNotBlank(MediaError):
    """The medium holds data, and nobody said that it may be erased."""


class MediumFull(MediaError):
    """The data does not fit; `excess` is the number of blocks too many."""

    def __init__(self, message: str, *, excess: int) -> None:
        super().__init__(message)
        self.excess = excess


class DiscStateError(MediaError):
    """The disc is not in the state that this needs, or did not end up in the state that was planned."""


class VerificationError(MediaError):
    """What was read back is not what was written; `bad` are the ranges of addresses that differ or cannot be read."""

    def __init__(self, message: str, bad: Iterable[range]) -> None:
        super().__init__(message)
        self.bad = tuple(bad)


class DriveTimeout(DriveError):
    """The drive still answers, but a long operation does not end."""


class Cancelled(DriveError):
    """The job was cancelled by its owner."""


BY_KEY: Final[dict[int, type[CommandError]]] = {
    SenseKey.NO_SENSE: NoSense,
    SenseKey.RECOVERED_ERROR: RecoveredError,
    SenseKey.NOT_READY: NotReady,
    SenseKey.MEDIUM_ERROR: MediumError,
    SenseKey.HARDWARE_ERROR: HardwareError,
    SenseKey.ILLEGAL_REQUEST: IllegalRequest,
    SenseKey.UNIT_ATTENTION: UnitAttention,
    SenseKey.DATA_PROTECT: DataProtect,
    SenseKey.BLANK_CHECK: BlankCheck,
    SenseKey.VENDOR_SPECIFIC: VendorSpecific,
    SenseKey.COPY_ABORTED: CopyAborted,
    SenseKey.ABORTED_COMMAND: AbortedCommand,
    SenseKey.VOLUME_OVERFLOW: VolumeOverflow,
    SenseKey.MISCOMPARE: Miscompare,
    SenseKey.COMPLETED: Completed,
}


def command_error(cdb: bytes, reply: Reply) -> CommandError:
    """Return the error that an answer other than GOOD stands for."""
    if reply.status != CHECK_CONDITION:
        return StatusError(cdb, reply)
    return BY_KEY.get(sense_key(reply.sense), CommandError)(cdb, reply)
