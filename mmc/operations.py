"""What is done to a disc besides burning: erase, format, close. Each locks the tray and looks at the disc after."""

from __future__ import annotations

from collections.abc import Callable

from discstack.mmc.errors import DiscStateError, MediaError, UnsupportedMedium
from discstack.mmc.guard import locked
from discstack.mmc.identify import open_work, status_of
from discstack.mmc.medium import Action, DiscState, MediumStatus
from discstack.mmc.overwrite import overwrite
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.recipe import FormatOptions, Work

__all__ = ["close_disc", "close_session", "erase", "format_medium"]

QUICK_ERASE = 1024  # blocks at the beginning of an overwritable medium that a quick erase writes over: 2 MiB


def erase(*, full: bool = False) -> Procedure[MediumStatus]:
    """Make a rewritable medium blank, by BLANK or by writing zeros, and return its state.

    Quickly: a CD-RW loses its table of contents, an overwritable medium its first 2 MiB; in full: everything. Raises
    MediaError for a medium that cannot be erased, DiscStateError if it is not blank afterwards.
    """
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    if Action.ERASE not in work.status.actions and work.status.state is not DiscState.UNFORMATTED:
        raise UnsupportedMedium(f"this medium cannot be erased: {work.status}")
    yield Checkpoint()
    status = yield from locked(_erase(work, full))
    yield Report(Phase.DONE)
    return status


def _erase(work: Work, full: bool) -> Procedure[MediumStatus]:
    yield Report(Phase.ERASING, 0.0)
    if work.recipe.blank is not None:
        yield from work.recipe.blank(work, full)
    elif work.status.state is not DiscState.UNFORMATTED:
        whole = work.status.capacity_blocks
        yield from overwrite(work, whole if full else min(QUICK_ERASE, whole))
    status = yield from status_of(work)
    if not status.blank:
        raise DiscStateError(f"the drive reported success, but the medium is not blank ({status})")
    return status


def format_medium(options: FormatOptions | None = None) -> Procedure[MediumStatus]:
    """Format a medium that knows formats and return its state; what it held is lost.

    Raises MediaError for a medium or options that cannot be formatted, DiscStateError if it did not become usable.
    """
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    if work.recipe.format is None or Action.FORMAT not in work.status.actions:
        raise UnsupportedMedium(f"this medium cannot be formatted: {work.status}")
    yield Checkpoint()
    status = yield from locked(_format(work, options or FormatOptions()))
    yield Report(Phase.DONE)
    return status


def _format(work: Work, options: FormatOptions) -> Procedure[MediumStatus]:
    yield Report(Phase.FORMATTING, 0.0)
    if work.recipe.format is not None:
        yield from work.recipe.format(work, options)
    status = yield from status_of(work)
    if status.state not in (DiscState.OVERWRITABLE, DiscState.BLANK):
        raise DiscStateError(f"the drive reported success, but the medium is not usable ({status})")
    return status


def close_session() -> Procedure[MediumStatus]:
    """Close the open session, so that its data can be read everywhere and another session can follow."""
    return (yield from _close(Action.CLOSE_SESSION, DiscState.APPENDABLE))


def close_disc() -> Procedure[MediumStatus]:
    """Finalize the disc: nothing can be added any more."""
    return (yield from _close(Action.CLOSE_DISC, DiscState.FINALIZED))


def _close(action: Action, planned: DiscState) -> Procedure[MediumStatus]:
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    step = work.recipe.close_session if action is Action.CLOSE_SESSION else work.recipe.close_disc
    if step is None or action not in work.status.actions:
        raise MediaError(f"there is nothing to close on this medium: {work.status}")
    yield Checkpoint()
    status = yield from locked(_closing(work, step, planned))
    yield Report(Phase.DONE)
    return status


def _closing(work: Work, step: Callable[[Work], Procedure[None]], planned: DiscState) -> Procedure[MediumStatus]:
    yield Report(Phase.FINALISING)
    yield from step(work)
    status = yield from status_of(work)
    if status.state not in (planned, DiscState.FINALIZED) or status.open_session:
        raise DiscStateError(f"the drive reported success, but the disc is not {planned.value} ({status})")
    return status
