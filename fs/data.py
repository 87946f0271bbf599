"""The file data that all views share: one region, one run of sectors for each source."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from discstack.fs.plan import SECTOR, Region, Span, round_up, sectors_for
from discstack.fs.snapshot import FileItem
from discstack.fs.sources import Reader, Source

_ZEROS: Final = bytes(SECTOR)


class FileData(Region):
    """The data of all files, in the order given; every file starts at a multiple of `alignment` sectors.

    Empty files take no room. Hard links, and files that share a source, share sectors.
    """

    __slots__ = ("_files", "_offsets", "_sharing")

    def __init__(self, files: Iterable[FileItem], alignment: int = 1) -> None:
        self._files = list[FileItem]()
        self._offsets = array("Q")  # where each of them starts, in sectors from the region's start
        self._sharing = list[tuple[FileItem, int]]()
        super().__init__(self._lay_out(files, alignment), "file data", bytes)

    def _lay_out(self, files: Iterable[FileItem], alignment: int) -> int:
        end = 0
        shared = dict[int, int]()
        for file in files:
            if not file.size:
                continue
            owner = file.link or (file.source if file.source.shared else None)
            if owner is not None and id(owner) in shared:
                self._sharing.append((file, shared[id(owner)]))
                continue
            start = round_up(end, alignment)
            if owner is not None:
                shared[id(owner)] = start
            self._files.append(file)
            self._offsets.append(start)
            end = start + sectors_for(file.size)
        return end

    def settle(self) -> None:
        """Tell every file its address, once the region has one."""
        for file, offset in zip(self._files, self._offsets, strict=True):
            file.lba = self.lba + offset
        for file, offset in self._sharing:
            file.lba = self.lba + offset

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the data from sector `first` of the region on into `buffer`."""
        reader = DataReader(self)
        try:
            reader.fill(first, buffer)
        finally:
            reader.close()

    def spans(self, first: int, count: int) -> Iterator[Span]:
        """Tell which files own `count` of the region's sectors from its `first` on."""
        end = first + count
        index = self.index_at(first)
        while first < end:
            file, _, stop = self.file(index)
            for limit, label, is_file in ((stop, file.path, True), (self.start_of(index + 1), "alignment", False)):
                take = min(limit, end) - first
                if take > 0:
                    yield Span(self.lba + first, take, label, is_file)
                    first += take
            index += 1

    def sources(self) -> Iterator[Source]:
        """Yield the source of every run of sectors, in address order."""
        return (file.source for file in self._files)

    def index_at(self, sector: int) -> int:
        """Return the number of the last file that starts at or before a sector of the region."""
        return bisect_right(self._offsets, sector) - 1

    def start_of(self, index: int) -> int:
        """Return the sector of the region where file number `index` starts, or the region's end after the last."""
        return self._offsets[index] if index < len(self._offsets) else self.sectors

    def file(self, index: int) -> tuple[FileItem, int, int]:
        """Return file number `index` and the sectors of the region where it starts and ends."""
        file, start = self._files[index], self._offsets[index]
        return file, start, start + sectors_for(file.size)


class DataReader:
    """Reads file data in order; keeps one file open where it stopped within it."""

    def __init__(self, data: FileData) -> None:
        self._data = data
        self._open: tuple[int, Reader] | None = None

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the data from sector `first` of the region on into `buffer`."""
        position, length = 0, len(buffer)
        index = self._data.index_at(first)
        while position < length:
            file, start, _ = self._data.file(index)
            skip = (first - start) * SECTOR + position
            if skip < file.size:
                take = min(file.size - skip, length - position)
                self._read(index, file, skip, buffer[position : position + take])
                position += take
            # what is left of the file's last sector, and what aligns the next file
            gap = min((self._data.start_of(index + 1) - first) * SECTOR, length) - position
            if gap > 0:
                buffer[position : position + gap] = _ZEROS[:gap] if gap <= SECTOR else bytes(gap)
                position += gap
            index += 1

    def _read(self, index: int, file: FileItem, offset: int, buffer: memoryview) -> None:
        if len(buffer) == file.size:
            file.source.read_whole(buffer)
            return
        reader = self._reader(index, file)
        reader.read_at(offset, buffer)
        if offset + len(buffer) == file.size:
            reader.finish()
            self.close()

    def _reader(self, index: int, file: FileItem) -> Reader:
        if self._open is None or self._open[0] != index:
            self.close()
            self._open = (index, file.source.open())
        return self._open[1]

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._open is not None:
            self._open[1].close()
            self._open = None
