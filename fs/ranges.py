"""A range of a file as a source of its own, such as a partition that another image has."""

from __future__ import annotations

import os

from discstack.fs.errors import LayoutError, printable
from discstack.fs.sources import DerivedSource, Reader, read_through, source_of


class RangeSource(DerivedSource):
    """`size` bytes of a file of this machine from byte `first` on.

    Raises SourceError for a file that cannot be used, LayoutError for one that has no such range.
    """

    __slots__ = ("_first", "size")
    shared = False

    def __init__(self, path: str | os.PathLike[str], first: int, size: int) -> None:
        super().__init__(source_of(path)[0])
        self._first, self.size = first, size
        if first < 0 or size < 0 or first + size > self.origin.size:
            end = f"{self.origin.size} bytes, and not {size} from byte {first} on"
            raise LayoutError(f"{printable(os.fspath(path))} has {end}")

    def open(self) -> Reader:
        """Open the file."""
        return _RangeReader(self.origin.open(), self._first)

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data of the range."""
        read_through(self, buffer)


class _RangeReader:
    """Reads a file from where its range begins."""

    def __init__(self, reader: Reader, first: int) -> None:
        self._reader, self._first = reader, first

    def read_at(self, offset: int, buffer: memoryview) -> None:
        self._reader.read_at(self._first + offset, buffer)

    def finish(self) -> None:
        self._reader.finish()

    def close(self) -> None:
        self._reader.close()
