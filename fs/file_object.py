"""The data of a file of a tree as a file object."""

from __future__ import annotations

import io
import os
from typing import Any

from discstack.fs.sources import Source


class SourceFile(io.RawIOBase):
    """A binary, seekable, read-only file over a source; SourceError where the source is not what it was."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._reader = source.open()
        self._position = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can seek."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position; one behind the end reads nothing."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._source.size}[whence]
        if base + offset < 0:
            raise ValueError(f"position {base + offset} lies before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` as far as there is data and return how many bytes that were."""
        view = memoryview(buffer).cast("B")
        count = max(min(len(view), self._source.size - self._position), 0)
        if count:
            self._reader.read_at(self._position, view[:count])
            self._position += count
        return count

    def close(self) -> None:
        """Release the source."""
        if not self.closed:
            self._reader.close()
        super().close()


def open_source(source: Source) -> io.BufferedReader:
    """Open a source as a buffered binary file."""
    return io.BufferedReader(SourceFile(source), 1 << 16)
