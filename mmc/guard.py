"""Locking the tray around a job, and the way out of one that failed."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from discstack.mmc import actions
from discstack.mmc.aftermath import attempt, drive_is_lost
from discstack.mmc.errors import Cancelled, CommandError, DriveError
from discstack.mmc.identify import look
from discstack.mmc.medium import MediumStatus
from discstack.mmc.polling import BUSY, persist, still_busy
from discstack.mmc.procedure import HASTE, Procedure
from discstack.transport.base import TransportError

T = TypeVar("T")


def locked(body: Procedure[T]) -> Procedure[T]:
    """Run `body` with the tray locked, and leave with it unlocked; give an error the state of the disc to carry."""
    yield from lock()
    try:
        result = yield from body
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from attempt(error, partial(unlock, HASTE if isinstance(error, KeyboardInterrupt) else BUSY))
        if drive_is_lost(error):
            error.add_note("what state the disc is in is not known: look at it when the drive answers again")
        else:
            yield from attempt(error, partial(attach_status, error))
        raise
    try:
        yield from unlock()
    except (DriveError, TransportError, KeyboardInterrupt) as error:
        error.add_note("what was to be done is done: only the tray may still be locked")
        raise
    return result


def lock() -> Procedure[None]:
    """Keep the tray from being opened; who is interrupted here cannot know, and leaves it unlocked."""
    try:
        yield from persist(partial(actions.prevent_removal, prevent=True))
    except KeyboardInterrupt as error:
        yield from attempt(error, unlock)
        raise


def unlock(limit: float = BUSY) -> Procedure[None]:
    """Let the tray be opened again; asked twice before a drive is left with it locked.

    A busy one is waited for as long as `limit` (seconds).
    """
    allow = partial(persist, partial(actions.prevent_removal, prevent=False), limit=limit, swallow_attentions=True)
    try:
        yield from allow()
    except (CommandError, Cancelled):
        yield from allow()
    except KeyboardInterrupt:
        yield from allow()
        raise


def note_actions(error: BaseException, status: MediumStatus) -> None:
    """Let the error say what can be done with a disc, if anything can."""
    if status.actions:
        error.add_note(f"what can be done with it: {', '.join(sorted(action.value for action in status.actions))}")


def attach_status(error: BaseException) -> Procedure[None]:
    """Look at the disc and let the error say what state it is in; a drive that is still busy cannot tell."""
    busy = yield from still_busy()
    if busy is not None:
        error.add_note(f"the disc is not done yet, and what it will be is not known: {busy}")
        return
    status = yield from look()
    error.add_note(f"the disc is now: {status}")
    note_actions(error, status)
    if isinstance(error, DriveError):
        error.medium = status
