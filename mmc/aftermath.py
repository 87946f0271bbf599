"""The way out of a failed job: what is still tried, and after which errors nothing is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from discstack.mmc.errors import DriveError, DriveTimeout, UnitAttention
from discstack.mmc.polling import still_busy
from discstack.mmc.procedure import Phase, Procedure, Report
from discstack.mmc.steps import flush
from discstack.transport.base import TransferRefused, TransportError

if TYPE_CHECKING:
    from discstack.mmc.job import BurnJob
    from discstack.mmc.recipe import Work

MEDIUM_CHANGED: Final = 0x28  # additional sense code of a unit attention


def drive_is_lost(error: BaseException) -> bool:
    """Say whether the drive may not answer any more; of what was never sent it knows nothing."""
    return isinstance(error, TransportError) and not isinstance(error, TransferRefused)


def disc_is_lost(error: BaseException) -> bool:
    """Say whether after that nobody knows what is in the drive."""
    changed = isinstance(error, UnitAttention) and error.sense.asc == MEDIUM_CHANGED
    return changed or drive_is_lost(error)


def _is_hopeless(error: BaseException) -> bool:
    """Say whether nothing more is to be tried: the disc is lost, or the drive does not get done."""
    return disc_is_lost(error) or isinstance(error, DriveTimeout)


def attempt(error: BaseException, step: Callable[[], Procedure[None]]) -> Procedure[DriveError | TransportError | None]:
    """Try a step of the way out of a failed job; what fails there is noted with the first error, and returned."""
    try:
        yield from step()
    except (DriveError, TransportError) as second:
        error.add_note(f"afterwards also: {second}")
        return second
    return None


def abandon(error: BaseException, work: Work, job: BurnJob) -> Procedure[None]:
    """Flush and close what can be: a disc that cannot be flushed is still better off with its track closed."""
    if _is_hopeless(error):
        return
    second = yield from attempt(error, partial(flush_after, error, work))
    if second is None or not _is_hopeless(second):
        yield from attempt(error, lambda: work.recipe.abandon(work, job))


def flush_after(error: BaseException, work: Work) -> Procedure[None]:
    """Flush after a failure; who has interrupted the wait for a busy drive is not to wait for it once more.

    Raises DriveTimeout then. While data was still written a drive may be busy with what it buffers.
    """
    phase = yield Report(Phase.FINALISING)
    if phase is Phase.FINALISING and isinstance(error, KeyboardInterrupt):
        busy = yield from still_busy()
        if busy is not None:
            raise DriveTimeout(f"the drive is still busy, and left to itself: {busy}") from busy
    yield from flush(work)
