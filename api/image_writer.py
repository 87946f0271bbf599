"""Writing an image into a file, with the events of any other job."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

from discstack.cancellation import Cancellation
from discstack.file_narrator import FileNarrator

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from discstack.events import EventHandler
    from discstack.fs.image import Image
    from discstack.fs.output import Tell

SECTOR: Final = 2048


class ImageWriter:
    """Writes an image into a file or pipe. One thread at a time may write; `cancel` may be called from any."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self._cancellation = Cancellation()

    def cancel(self) -> None:
        """Ask what is being written, or else what is written next, to stop; it then raises Cancelled.

        What was written so far stays.
        """
        self._cancellation.flag.set()

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
        sectors = self.image.sectors if part is None else len(part)
        return self._run(sectors, on_event, lambda tell: self.image.write_to(target, tell, part=part))

    def grow(self, path: str | os.PathLike[str], *, on_event: EventHandler | None = None) -> int:
        """Write what is new of an image into the file that it grows out of; return how many bytes that were.

        Nothing is written before all sources were looked at. Raises what `write` does.
        """
        sectors = sum(map(len, self.image.parts))
        return self._run(sectors, on_event, lambda tell: self.image.write_parts(path, tell))

    def _run(self, sectors: int, on_event: EventHandler | None, write: Callable[[Tell], int]) -> int:
        with self._cancellation.job():
            narrator = FileNarrator("WRITING", sectors * SECTOR, on_event, self._cancellation.flag)
            written = write(lambda done, last: narrator.moved(done, partial(self._file_in, last)))
            narrator.done()
            return written

    def _file_in(self, sectors: range) -> str | None:
        """Return the last file that has some of these sectors."""
        spans = self.image.files_in(sectors.start, len(sectors))
        return next((span.label for span in reversed(list(spans)) if span.is_file), None)
