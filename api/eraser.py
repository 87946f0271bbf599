"""Erasing and formatting rewritable discs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discstack.job import Job
from discstack.mmc.operations import erase

if TYPE_CHECKING:
    from discstack.events import EventHandler
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder


class Eraser(Job):
    """Erases what is on a rewritable disc; `full` overwrites all of it, else only what makes it look empty.

    One thread at a time may erase; `cancel` may be called from any.
    """

    def __init__(self, recorder: Recorder, *, full: bool = False) -> None:
        super().__init__(recorder)
        self.full = full

    def erase(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Erase the disc and return what it is now. Blocks until the drive is done.

        Raises UnsupportedMedium, before anything is lost, if the disc cannot be erased.
        """
        return self._run(erase(full=self.full), on_event)
