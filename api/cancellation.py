"""The wish that a job should stop, which may come from any thread at any time."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event as Flag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Cancellation:
    """Keeps the wish until a job has ended: one that comes before the job begins ends it at once.

    `flag` is what a running job looks at.
    """

    def __init__(self) -> None:
        self.flag = Flag()
        self._depth = 0

    @contextmanager
    def job(self) -> Iterator[None]:
        """Run a job, or a part of one: raise Cancelled where that is wanted already; forget the wish with the job."""
        self._depth += 1
        try:
            if self.flag.is_set():
                from discstack.mmc.errors import Cancelled  # images are made without what talks to drives

                raise Cancelled("cancelled before it began")
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self.forget()

    def forget(self) -> None:
        """Drop the wish.

        The flag is replaced: to clear it takes its lock, and a signal handler that came then and set it would wait for
        ever.
        """
        self.flag = Flag()
