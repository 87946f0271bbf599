"""What is done to a disc besides burning: erase, format, close, repair. Each locks the tray and looks after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from discstack.mmc.errors import DiscStateError, IllegalRequest, MediaError, UnsupportedMedium
from discstack.mmc.formatting import format_as_asked
from discstack.mmc.guard import locked, note_actions
from discstack.mmc.identify import open_work, status_of
from discstack.mmc.medium import Action, DiscState, MediumStatus
from discstack.mmc.overwrite import overwrite
from discstack.mmc.procedure import Checkpoint, Phase, Procedure, Report
from discstack.mmc.recipe import FormatOptions, Recipe, Work
from discstack.mmc.steps import close_damaged, flush

__all__ = ["close_disc", "close_session", "close_track", "erase", "format_medium", "repair"]

Step = Callable[[Work], Procedure[None]]

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
    if work.recipe.blank is not None and (full or work.recipe.blanks_quickly):
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
    chosen = options or FormatOptions()
    _check_choices(work.recipe, chosen)
    yield Checkpoint()
    status = yield from locked(_format(work, chosen))
    yield Report(Phase.DONE)
    return status


# Fields of FormatOptions that not every medium knows
CHOICES: Final[Mapping[str, str]] = {
    "full": "formatting in full",
    "spare_blocks": "spare area",
    "pseudo_overwrite": "pseudo-overwrite",
    "resume": "background format to resume",
}


def _check_choices(recipe: Recipe, options: FormatOptions) -> None:
    for name, words in CHOICES.items():
        if getattr(options, name) and name not in recipe.format_choices:
            raise UnsupportedMedium(f"there is no {words} on {recipe.name}; nothing was formatted")


def _format(work: Work, options: FormatOptions) -> Procedure[MediumStatus]:
    yield Report(Phase.FORMATTING, 0.0)
    if options.format_type is not None:
        yield from format_as_asked(work, options)
    elif work.recipe.format is not None:
        yield from work.recipe.format(work, options)
    status = yield from status_of(work)
    if status.state not in (DiscState.OVERWRITABLE, DiscState.INTERMEDIATE, DiscState.BLANK):
        raise DiscStateError(f"the drive reported success, but the medium is not usable ({status})")
    return status


def close_track() -> Procedure[MediumStatus]:
    """Close the track that was written last; its session stays open."""
    return (yield from _finish(Action.CLOSE_TRACK))


def close_session() -> Procedure[MediumStatus]:
    """Close the open session, so that its data can be read everywhere and another session can follow."""
    return (yield from _finish(Action.CLOSE_SESSION))


def close_disc() -> Procedure[MediumStatus]:
    """Finalize the disc: nothing can be added any more."""
    return (yield from _finish(Action.CLOSE_DISC))


def repair() -> Procedure[MediumStatus]:
    """Close what a broken job left open, damaged tracks first, so that the disc can be read and written again.

    A disc of which only a test broke off, or a recording at once that had not begun yet, is blank again.
    """
    return (yield from _finish(Action.REPAIR))


def _repair(work: Work) -> Procedure[None]:
    """Flush first: what was announced as a whole is then whole, or shows its damage as the rest is not waited for."""
    yield from flush(work)
    work.status = yield from status_of(work)
    yield from close_damaged(work)
    if work.recipe.close_session is None or not work.status.open_session:
        return
    try:
        yield from work.recipe.close_session(work)
    except IllegalRequest:
        if (yield from status_of(work)).state is not DiscState.BLANK:  # a test, or reserved and not yet written to
            raise


# The step of an action, and the states that the disc is in afterwards.
CLOSED: Final = frozenset({DiscState.APPENDABLE, DiscState.FINALIZED, DiscState.OVERWRITABLE})
FINISHING: Final[Mapping[Action, tuple[Callable[[Recipe], Step | None], frozenset[DiscState]]]] = {
    Action.CLOSE_TRACK: (lambda recipe: recipe.close_track, CLOSED),
    Action.CLOSE_SESSION: (lambda recipe: recipe.close_session, CLOSED),
    Action.CLOSE_DISC: (lambda recipe: recipe.close_disc, frozenset({DiscState.FINALIZED})),
    Action.REPAIR: (lambda recipe: _repair, CLOSED | {DiscState.BLANK}),
}


def _finish(action: Action) -> Procedure[MediumStatus]:
    yield Report(Phase.VALIDATING)
    work = yield from open_work()
    step = FINISHING[action][0](work.recipe)
    if step is None or action not in work.status.actions:
        what = "repair" if action is Action.REPAIR else "close"
        error = MediaError(f"there is nothing to {what} on this medium: {work.status}")
        note_actions(error, work.status)
        raise error
    yield Checkpoint()
    status = yield from locked(_finishing(work, step, action))
    yield Report(Phase.DONE)
    return status


def _finishing(work: Work, step: Step, action: Action) -> Procedure[MediumStatus]:
    yield Report(Phase.FINALISING)
    yield from step(work)
    status = yield from status_of(work)
    planned = FINISHING[action][1]
    if status.state not in planned:
        states = " or ".join(sorted(state.value for state in planned))
        raise DiscStateError(f"the drive reported success, but the disc is not {states} ({status})")
    if action in status.actions:
        raise DiscStateError(f"the drive reported success, but what was to be done still is: {action.value} ({status})")
    return status
