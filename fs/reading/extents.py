"""File data that lies on a medium already."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from discstack.fs.errors import SourceError
from discstack.fs.plan import SECTOR, sectors_for
from discstack.fs.reading.blocks import Medium
from discstack.fs.sources import Reader
from discstack.fs.tree import Directory

NOT_RECORDED: Final = -1  # the address of what is zeros and lies nowhere
_PIECE: Final = 512  # sectors that are read at a time where the caller's buffer cannot take them directly


class Extent(NamedTuple):
    """`length` bytes from the start of sector `lba` on, or zeros that are not recorded."""

    lba: int
    length: int


def join(extents: Iterable[Extent]) -> list[Extent]:
    """Return the same data in as few extents as possible."""
    joined = list[Extent]()
    for extent in extents:
        if not extent.length:
            continue
        if joined and _continues(joined[-1], extent):
            joined[-1] = Extent(joined[-1].lba, joined[-1].length + extent.length)
        else:
            joined.append(extent)
    return joined


def _continues(before: Extent, extent: Extent) -> bool:
    if NOT_RECORDED in (before.lba, extent.lba):
        return before.lba == extent.lba
    return before.length % SECTOR == 0 and before.lba + before.length // SECTOR == extent.lba


class MediumSource:
    """The data of a file on a medium: a `sources.Source`, and known by its extents to whoever writes that medium on.

    Only the last extent may end within a sector for the data to be `shareable`; what is not recorded, or ends within a
    sector earlier, must be copied where a view cannot describe it.
    """

    __slots__ = ("_directory", "_name", "extents", "medium", "mtime_ns", "size")
    shared = False

    def __init__(
        self, medium: Medium, extents: Sequence[Extent], directory: Directory, name: str, mtime_ns: int | None
    ) -> None:
        self.medium = medium
        self.extents = tuple(extents)
        self.size = sum(extent.length for extent in extents)
        self.mtime_ns = mtime_ns
        self._directory, self._name = directory, name

    @property
    def label(self) -> str:
        """The path that the file had when it was read."""
        return f"{self._directory.path.rstrip('/')}/{self._name}"

    @property
    def shareable(self) -> bool:
        """Whether all data lies on the medium in whole sectors, the last one excepted."""
        recorded = all(extent.lba != NOT_RECORDED for extent in self.extents)
        return recorded and all(extent.length % SECTOR == 0 for extent in self.extents[:-1])

    @property
    def inside(self) -> bool:
        """Whether all data lies on the medium, as far as it is recorded."""
        sectors = self.medium.sectors
        return all(extent.lba + sectors_for(extent.length) <= sectors for extent in self.extents if extent.lba >= 0)

    def open(self) -> Reader:
        """Return a reader; SourceError if the data does not lie on the medium."""
        if not self.inside:
            reason = f"a part of it lies outside of the {self.medium.sectors} sectors of the medium"
            raise SourceError(self.label, reason)
        return _ExtentReader(self)

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        self.open().read_at(0, buffer)


class _ExtentReader:
    """Reads a file of a medium from anywhere on."""

    def __init__(self, source: MediumSource) -> None:
        self._source = source
        self._starts = list[int]()
        position = 0
        for extent in source.extents:
            self._starts.append(position)
            position += extent.length

    def read_at(self, offset: int, buffer: memoryview) -> None:
        done, extents = 0, self._source.extents
        if offset + len(buffer) > self._source.size:
            raise SourceError(self._source.label, f"it ended after {self._source.size} bytes")
        index = bisect_right(self._starts, offset) - 1
        while done < len(buffer):
            skip = offset + done - self._starts[index]
            take = min(extents[index].length - skip, len(buffer) - done)
            self._read(extents[index], skip, buffer[done : done + take])
            done += take
            index += 1

    def _read(self, extent: Extent, skip: int, buffer: memoryview) -> None:
        if extent.lba == NOT_RECORDED:
            buffer[:] = bytes(len(buffer))
            return
        done = 0
        while done < len(buffer):
            sector, within = divmod(skip + done, SECTOR)
            whole = (len(buffer) - done) // SECTOR
            if not within and whole:
                self._source.medium.read_at(extent.lba + sector, buffer[done : done + whole * SECTOR])
                done += whole * SECTOR
                continue
            count = min(sectors_for(within + len(buffer) - done), _PIECE)
            piece = bytearray(count * SECTOR)
            self._source.medium.read_at(extent.lba + sector, piece)
            take = min(count * SECTOR - within, len(buffer) - done)
            buffer[done : done + take] = memoryview(piece)[within : within + take]
            done += take

    def finish(self) -> None:
        """The medium stays what it is."""

    def close(self) -> None:
        """Nothing is held open."""
