"""Erasing rewritable discs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discstack.job import Job
from discstack.mmc.cd.blanking import BlankType, blank_part
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

    def take_back(self, kind: BlankType, address: int = 0, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Blank a part of a CD-RW (or DVD-RW) and return what it is now: the last session, its end, a track.

        `address` is a track number or a block address where `kind` has one. Raises UnsupportedMedium for other discs,
        IllegalRequest where the drive does not know this, or the disc has nothing of the kind.
        """
        return self._run(blank_part(kind, address), on_event)
