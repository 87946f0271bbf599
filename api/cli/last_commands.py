"""What is saved when a drive fails: its last commands, in a file that can be sent to whoever is to find out why."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from discstack.recorder import Recorder

KEPT_FILES: Final = 20
SUFFIX: Final = ".trace"


def is_failure(error: Exception) -> bool:
    """Whether an error is one of the drive or the disc, and not of what was asked of them."""
    from discstack.mmc import errors
    from discstack.transport.base import AccessDenied, BackendUnavailable, TransportError

    if isinstance(error, errors.MediaError):
        in_the_middle = error.medium is not None  # a job looks at the disc when it fails half-way
        return isinstance(error, errors.VerificationError) or (
            isinstance(error, errors.DiscStateError) and in_the_middle
        )
    foreseen = (errors.Cancelled, AccessDenied, BackendUnavailable)
    return isinstance(error, (errors.DriveError, TransportError)) and not isinstance(error, foreseen)


def save_last_commands(recorder: Recorder, error: Exception) -> None:
    """Save a drive's last commands and let the error say where; a file that cannot be written is mentioned, too."""
    try:
        folder = _folder()
    except RuntimeError:  # as in containers, for a user that nobody knows
        error.add_note("the last commands could not be saved: this user has no home; XDG_STATE_HOME may name a folder")
        return
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if recorder.save_last_commands(path):
            error.add_note(f"the last commands, serial numbers masked: {path}")
        for old in sorted(folder.glob(f"*{SUFFIX}"))[:-KEPT_FILES]:
            old.unlink(missing_ok=True)
    except OSError as failure:
        error.add_note(f"the last commands could not be saved: {failure.filename or path}: {failure.strerror}")


def _folder() -> Path:
    """Return where programs keep what they have gone through (XDG Base Directory Specification; LOCALAPPDATA)."""
    state = os.environ.get("XDG_STATE_HOME", "") or (os.environ.get("LOCALAPPDATA", "") if os.name == "nt" else "")
    return (Path(state) if os.path.isabs(state) else Path.home() / ".local/state") / "discstack"
