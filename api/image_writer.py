"""Writing an image into a file, with the events of any other job."""

from __future__ import annotations

import time
from threading import Event as Flag
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    import os

    from discstack.events import EventHandler
    from discstack.fs.image import Image

SECTOR: Final = 2048
INTERVAL: Final = 0.1  # seconds between two events


class ImageWriter:
    """Writes an image into a file or pipe. One thread at a time may write; `cancel` may be called from any."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._cancelled = Flag()

    def cancel(self) -> None:
        """Ask what is being written to stop; it then raises Cancelled. What was written so far stays."""
        self._cancelled.set()

    def write(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        *,
        part: range | None = None,
        on_event: EventHandler | None = None,
    ) -> int:
        """Write the image, or one of its `parts`, to a path or a binary file; return how many bytes that were.

        Before something at the path is written over all sources are looked at. Raises SourceError for one that
        vanished, changed or cannot be read, LayoutError if the target is one of them, Cancelled after `cancel`.
        """
        total = self.image.sectors if part is None else len(part)
        narrator = self._begin(total, on_event)
        written = self.image.write_to(target, narrator, part=part)
        narrator.done()
        return written

    def grow(self, path: str | os.PathLike[str], *, on_event: EventHandler | None = None) -> int:
        """Write what is new of an image into the file that it grows out of; return how many bytes that were.

        Nothing is written before all sources were looked at. Raises what `write` does.
        """
        narrator = self._begin(sum(map(len, self.image.parts)), on_event)
        written = self.image.write_parts(path, narrator)
        narrator.done()
        return written

    def _begin(self, sectors: int, on_event: EventHandler | None) -> _Narrator:
        self._cancelled.clear()
        return _Narrator(self.image, sectors * SECTOR, on_event, self._cancelled)


class _Narrator:
    """Hears how far the image is, as `Tell`, and makes events of that; raises Cancelled where that is asked for."""

    def __init__(self, image: Image, total: int, handler: EventHandler | None, cancelled: Flag) -> None:
        self._image, self._total, self._handler, self._cancelled = image, total, handler, cancelled
        self._began = time.monotonic()
        self._next = 0.0
        self._file: str | None = None
        if handler is not None:
            from discstack.events import Phase, PhaseStarted

            handler(PhaseStarted(elapsed=0.0, phase=Phase.WRITING))

    def __call__(self, written: int, sectors: range) -> None:
        if self._cancelled.is_set():
            from discstack.mmc.errors import Cancelled

            raise Cancelled(f"cancelled after {written} of {self._total} bytes of the image")
        elapsed = time.monotonic() - self._began
        if self._handler is None or (elapsed < self._next and written < self._total):
            return
        self._next = elapsed + INTERVAL
        self._tell(self._handler, elapsed, written, sectors)

    def _tell(self, handler: EventHandler, elapsed: float, written: int, sectors: range) -> None:
        from discstack.events import ImageProgress, Phase

        for span in self._image.files_in(sectors.start, len(sectors)):
            self._file = span.label if span.is_file else self._file
        handler(
            ImageProgress(
                elapsed=elapsed,
                phase=Phase.WRITING,
                fraction=written / self._total,
                bytes=written,
                total_bytes=self._total,
                current_file=self._file,
            )
        )

    def done(self) -> None:
        if self._handler is not None:
            from discstack.events import Done

            self._handler(Done(elapsed=time.monotonic() - self._began))
