"""Waiting for a drive that is busy: what each answer means, and an end to every wait.

All limits are in seconds on the device's clock, from what drives were seen to need.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum, auto
from typing import Final, TypeVar

from discstack.mmc import queries
from discstack.mmc.command import act
from discstack.mmc.errors import NOT_TAKEN, CommandError, DriveTimeout, NotReady, UnitAttention
from discstack.mmc.procedure import TOLD_AFTER, Checkpoint, Now, Pause, Phase, Procedure, Report, Waiting
from discstack.mmc.quirks import Quirk
from discstack.mmc.spec.commands import START_STOP_UNIT, TEST_UNIT_READY

T = TypeVar("T")

SPIN_UP: Final = 120.0
SYNC: Final = 900.0
CLOSE: Final = 3600.0
BLANK: Final = 9600.0
FORMAT: Final = 11000.0
BUSY: Final = 120.0  # a command that other work of the drive delays

INTERVAL: Final = 1.0
BARRIER_INTERVAL: Final = 1 / 3
CLUELESS: Final = 5.0  # adapters that say 2/04/00 for ever; after this long it means ready


class Verdict(Enum):
    """What an answer to TEST UNIT READY says of the operation that is waited for."""

    BUSY = auto()
    CLUELESS = auto()
    ATTENTION = auto()
    NO_MEDIUM = auto()


# (sense key, additional sense code, its qualifier; None matches all). Whatever is not here is an error.
VERDICTS: Final[dict[tuple[int, int, int | None], Verdict]] = {
    (0x2, 0x04, 0x00): Verdict.CLUELESS,
    (0x2, 0x04, 0x01): Verdict.BUSY,  # becoming ready
    (0x2, 0x04, 0x04): Verdict.BUSY,  # format in progress
    (0x2, 0x04, 0x07): Verdict.BUSY,  # operation in progress
    (0x2, 0x04, 0x08): Verdict.BUSY,  # long write in progress
    (0x2, 0x3A, None): Verdict.NO_MEDIUM,
    (0x6, 0x2E, None): Verdict.BUSY,  # old Mitsumi drives after fixation
    (0x6, 0x28, None): Verdict.ATTENTION,
    (0x6, 0x29, None): Verdict.ATTENTION,
    (0x6, 0x2A, None): Verdict.ATTENTION,
    (0x6, 0x3F, None): Verdict.ATTENTION,
}


def verdict(error: CommandError) -> Verdict | None:
    """Return what an error says while something is waited for; None if it says that something is wrong."""
    sense = error.sense
    if sense.deferred:
        return None
    key = (int(sense.key), sense.asc, sense.ascq)
    return VERDICTS.get(key) or VERDICTS.get((key[0], key[1], None))


def wait_ready(
    limit: float = SPIN_UP,
    *,
    phase: Phase | None = None,
    quirks: Collection[Quirk] = (),
    cancellable: bool = False,
) -> Procedure[None]:
    """Poll with TEST UNIT READY until the drive has nothing more to do, at most `limit` seconds.

    Unit attentions are swallowed on the way. Progress is reported in `phase`, if given; it is advisory and never taken
    for a sign of life. A wait is `cancellable` where it is for nothing that the job itself has begun. Raises
    DriveTimeout at the limit, NotReady without a medium, CommandError for all other answers.
    """
    start = yield Now()
    clueless_since: float | None = None
    told = False
    while (error := (yield from _probe())) is not None:
        now = yield Now()
        meaning = verdict(error)
        if meaning is None or meaning is Verdict.NO_MEDIUM:
            raise error
        if meaning is not Verdict.CLUELESS:
            clueless_since = None
        elif clueless_since is None:
            clueless_since = now
        elif now - clueless_since >= CLUELESS:
            break
        if now - start >= limit:
            raise DriveTimeout(f"the drive is still not done after {limit:.0f} s: {error}") from error
        if phase is None:
            told = told or (yield from _tell(error, now - start, limit))
        elif meaning is Verdict.BUSY:
            yield Report(phase, (yield from _progress(error)))
        if cancellable:
            yield Checkpoint()
        yield Pause(INTERVAL)
    if Quirk.READY_TOO_EARLY in quirks:
        yield from persist(_barrier, limit=limit, interval=BARRIER_INTERVAL)


def _tell(error: CommandError, waited: float, limit: float) -> Procedure[bool]:
    """Tell what is waited for, once somebody may wonder; return whether that was told."""
    if waited >= TOLD_AFTER:
        yield Waiting(limit, error)
    return waited >= TOLD_AFTER


def still_busy() -> Procedure[CommandError | None]:
    """Ask once whether the drive is busy with a long operation, and return its answer if so; it may take no command."""
    try:
        yield from act(TEST_UNIT_READY)
    except CommandError as error:
        return error if verdict(error) is Verdict.BUSY or error.reply.status in NOT_TAKEN else None
    return None


def _probe() -> Procedure[CommandError | None]:
    try:
        yield from act(TEST_UNIT_READY)
    except (NotReady, UnitAttention) as error:
        return error
    return None


def _progress(error: CommandError) -> Procedure[float | None]:
    """Return how far the drive is; old ones tell it in answer to REQUEST SENSE only."""
    if error.sense.progress is not None:
        return error.sense.progress
    try:
        return (yield from queries.request_sense()).progress
    except CommandError:
        return None


def _barrier() -> Procedure[None]:
    yield from act(START_STOP_UNIT, immed=True)


def persist(
    attempt: Callable[[], Procedure[T]],
    *,
    limit: float = BUSY,
    interval: float = INTERVAL,
    swallow_attentions: bool = False,
) -> Procedure[T]:
    """Carry an operation out, again while the drive answers that it is busy with another one.

    Unit attentions are repeated over too if `swallow_attentions`: right for what asks, wrong for a job whose disc or
    settings a reset would take away. What was not carried out can be left undone: raises Cancelled where a job may be
    cancelled that the drive takes no command of, DriveTimeout after `limit` seconds.
    """
    start = yield Now()
    patient = {Verdict.BUSY, Verdict.ATTENTION} if swallow_attentions else {Verdict.BUSY}
    told = False
    while True:
        try:
            return (yield from attempt())
        except (NotReady, UnitAttention) as error:
            if verdict(error) not in patient:
                raise
            waited = (yield Now()) - start
            if waited >= limit:
                raise DriveTimeout(f"the drive is still busy after {limit:.0f} s: {error}") from error
            told = told or (yield from _tell(error, waited, limit))
        yield Pause(interval, cancellable=True)
