"""Formatting discs, and closing what is open on them, as jobs of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discstack.job import Job
from discstack.mmc import operations
from discstack.mmc.recipe import FormatOptions

if TYPE_CHECKING:
    from discstack.events import EventHandler
    from discstack.mmc.medium import MediumStatus
    from discstack.recorder import Recorder


class Formatter(Job):
    """Formats discs; what is on them is lost.

    `options` say how; what a disc can be formatted to, and what comes of it, is in `Recorder.medium().formats`. One
    thread at a time may format; `cancel` may be called from any.
    """

    def __init__(self, recorder: Recorder, options: FormatOptions | None = None) -> None:
        super().__init__(recorder)
        self.options = options or FormatOptions()

    def format(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Format the disc and return what it is now. Blocks until the drive is done.

        Raises MediaError, before anything is lost, if the disc cannot be formatted so.
        """
        return self._run(operations.format_medium(self.options), on_event)


class Closer(Job):
    """Closes a track, a session or a disc, and repairs what a broken job left open.

    One thread at a time may close; `cancel` may be called from any. Each method returns what the disc is then, and
    raises MediaError if there is nothing to close.
    """

    def close_track(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Close the track that was written last; its session stays open."""
        return self._run(operations.close_track(), on_event)

    def close_session(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Close the open session, or stop a background format, so that the disc can be read everywhere."""
        return self._run(operations.close_session(), on_event)

    def close_disc(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Finalize the disc: nothing can be added any more."""
        return self._run(operations.close_disc(), on_event)

    def repair(self, *, on_event: EventHandler | None = None) -> MediumStatus:
        """Close damaged tracks and the session that they are in."""
        return self._run(operations.repair(), on_event)
