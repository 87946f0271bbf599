"""Events of a job that goes file by file, not too many of them, and the place where such a job can be cancelled."""

from __future__ import annotations

import time
from threading import Event as Flag
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from discstack.events import EventHandler

INTERVAL: Final = 0.1  # seconds between two events


class FileNarrator:
    """Turns what a job says of its bytes and files into events; `phase` is the name of a `Phase`.

    Where nobody listens nothing is loaded that makes events: that would take longer than a small image.
    """

    def __init__(self, phase: str, total: int, handler: EventHandler | None, cancelled: Flag) -> None:
        self._phase, self._total, self._handler, self._cancelled = phase, total, handler, cancelled
        self._began = time.monotonic()
        self._next = 0.0
        self._file: str | None = None
        if handler is not None:
            from discstack.events import Phase, PhaseStarted

            handler(PhaseStarted(elapsed=0.0, phase=Phase[phase]))

    def moved(self, done: int, file: Callable[[], str | None]) -> None:
        """Say how many bytes are done and what names the file, if it is one; raises Cancelled where that is wanted."""
        if self._cancelled.is_set():
            from discstack.mmc.errors import Cancelled

            raise Cancelled(f"cancelled after {done} of {self._total} bytes")
        if self._handler is None:
            return
        elapsed = time.monotonic() - self._began
        if elapsed < self._next and done < self._total:
            return
        self._next = elapsed + INTERVAL
        self._file = file() or self._file
        self._tell(self._handler, elapsed, done)

    def _tell(self, handler: EventHandler, elapsed: float, done: int) -> None:
        from discstack.events import FileProgress, Phase

        handler(
            FileProgress(
                elapsed=elapsed,
                phase=Phase[self._phase],
                fraction=done / self._total if self._total else 1.0,
                bytes=done,
                total_bytes=self._total,
                current_file=self._file,
            )
        )

    def done(self) -> None:
        """Say that the job ended well."""
        if self._handler is not None:
            from discstack.events import Done

            self._handler(Done(elapsed=time.monotonic() - self._began))
