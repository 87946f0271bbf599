"""Events of a job that goes directory by directory, and not too many of them."""

from __future__ import annotations

import time

from discstack.events import Done, EventHandler, Phase, PhaseStarted, TreeProgress
from discstack.file_narrator import INTERVAL
from discstack.fs.tree import Directory


class TreeNarrator:
    """Turns the directories that were read into events."""

    def __init__(self, handler: EventHandler) -> None:
        self._handler = handler
        self._began = time.monotonic()
        self._next = 0.0
        self._directories = self._files = 0
        self._last = "/"
        handler(PhaseStarted(elapsed=0.0, phase=Phase.READING))

    def heard(self, directory: Directory) -> None:
        """Count a directory whose files were read."""
        self._directories += 1
        self._files += sum(not isinstance(child, Directory) for child in directory.children())
        self._last = directory.path
        elapsed = time.monotonic() - self._began
        if elapsed >= self._next:
            self._tell(elapsed)

    def _tell(self, elapsed: float) -> None:
        self._next = elapsed + INTERVAL
        self._handler(
            TreeProgress(
                elapsed=elapsed,
                phase=Phase.READING,
                fraction=None,
                directories=self._directories,
                files=self._files,
                current_directory=self._last,
            )
        )

    def done(self) -> None:
        """Say how much there was, and that all is read."""
        elapsed = time.monotonic() - self._began
        self._tell(elapsed)
        self._handler(Done(elapsed=elapsed))
