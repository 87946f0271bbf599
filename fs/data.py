"""The file data that all views share: one region, one run of sectors for each source."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import chain
from math import lcm
from types import MappingProxyType
from typing import Final, TypeGuard

from discstack.fs.batch import (
    ANY_SIZE,
    MOST,
    MOST_POURED,
    NOTHING,
    SMALL,
    Batch,
    BatchReader,
    Pouring,
    check_all,
    make_batch,
)
from discstack.fs.items import FileItem
from discstack.fs.plan import SECTOR, Region, Span, round_up, sectors_for
from discstack.fs.sources import PathSource, Reader, Source, digest_of

LARGE: Final = 1 << 20  # bytes from which on a file is aligned to the blocks of file systems, so that they can share it
LARGE_ALIGNMENT: Final = 2  # sectors
DIGEST: Final = 32  # bytes of a SHA-256
NO_TWINS: Final[Mapping[FileItem, FileItem]] = MappingProxyType({})
_ZEROS: Final = bytes(SECTOR)


def is_large(source: Source) -> TypeGuard[PathSource]:
    """Tell whether a source is a file worth calls of its own."""
    return isinstance(source, PathSource) and source.size >= LARGE


class FileData(Region):
    """The data of all files, in the order given; every file starts at a multiple of `alignment` sectors.

    Empty files take no room, nor do those of at most `embedded` bytes: their data lies elsewhere. Hard links, files
    that share a source, and the `twins` of others share sectors. The region itself must lie at a multiple of `unit`.
    Small files are read by `batches` where that is given. If there are to be `digests`, that has the SHA-256 of each
    file that was read to its end, and zeros for the others, and for those that were not read in one go.
    """

    __slots__ = ("_files", "_interrupted", "_large", "_offsets", "_sharing", "_twins", "batches", "digests", "unit")

    def __init__(
        self,
        files: Iterable[FileItem],
        alignment: int = 1,
        *,
        embedded: int = 0,
        twins: Mapping[FileItem, FileItem] = NO_TWINS,
        batches: BatchReader | None = None,
        digests: bool = False,
    ) -> None:
        self._twins = twins
        self.batches = batches
        self.unit = lcm(alignment, LARGE_ALIGNMENT)
        self._files = list[FileItem]()
        self._offsets = array("Q")  # where each of them starts, in sectors from the region's start
        self._large = array("Q")  # where the large ones start
        self._sharing = list[tuple[FileItem, int]]()
        super().__init__(self._lay_out(files, alignment, embedded), "file data", bytes)
        self.digests = bytearray(DIGEST * len(self._files)) if digests else None
        self._interrupted = set[int]()  # numbers of files that were read to their ends, but not in one go

    def _lay_out(self, files: Iterable[FileItem], alignment: int, embedded: int) -> int:
        end, twins = 0, self._twins
        shared = dict[int, int]()
        for file in files:
            size = file.size
            if size <= embedded:
                continue
            first = twins.get(file, file) if twins else file
            owner = first.link or (first.source if first.source.shared else first if twins else None)
            if owner is not None and id(owner) in shared:
                self._sharing.append((file, shared[id(owner)]))
                continue
            start = end
            if size >= LARGE:
                start = round_up(end, self.unit)
                if is_large(file.source):
                    self._large.append(start)
            elif alignment > 1:
                start = round_up(end, alignment)
            if owner is not None:
                shared[id(owner)] = start
            self._files.append(file)
            self._offsets.append(start)
            end = start - -size // SECTOR
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
        """Yield the source of every run of sectors, in address order, and then those of the twins."""
        return (file.source for file in chain(self._files, self._twins))

    def check_twins(self) -> None:
        """Raise SourceError if a file whose data is not read is not what it was when it was compared."""
        check_all((file.source for file in self._twins), self.batches)

    def digest_of(self, file: FileItem) -> bytes | None:
        """Return the SHA-256 of a file, None unless it was read to its end.

        What lies elsewhere is read for it, and what was not read in one go is read again.
        """
        if not self.lba <= file.lba < self.end:
            return digest_of(file.source)
        if self.digests is None:
            return None
        index = self.index_at(file.lba - self.lba)
        digest = bytes(self.digests[index * DIGEST : (index + 1) * DIGEST])
        if any(digest):
            return digest
        return digest_of(file.source) if index in self._interrupted else None

    def keep_digest(self, index: int, digest: bytes) -> None:
        """Note the SHA-256 of file number `index`."""
        if self.digests is not None:
            self.digests[index * DIGEST : (index + 1) * DIGEST] = digest

    def note_interrupted(self, index: int) -> None:
        """Note that file number `index` was read to its end, but not in one go."""
        self._interrupted.add(index)

    def __len__(self) -> int:
        return len(self._files)

    def batch(self, index: int, end: int, most: int = MOST, largest: int = SMALL) -> Batch:
        """Return files from number `index` on, up to `most`, as far as they and what follows lie before `end`.

        It ends before one of more than `largest` bytes, and is empty where nobody reads batches.
        """
        if self.batches is None:
            return NOTHING
        stop = len(self._files) if end >= self.sectors else max(bisect_right(self._offsets, end) - 1, index)
        stop = min(stop, index + most)
        starts = self._offsets[index : stop + 1]
        if stop == len(self._files):
            starts.append(self.sectors)
        return make_batch([file.source for file in self._files[index:stop]], starts, largest)

    def large_at(self, sector: int) -> PathSource | None:
        """Return the large file that starts at a sector of the region, if one does."""
        index = self.index_at(sector)
        if index < 0 or self._offsets[index] != sector:
            return None
        source = self._files[index].source
        return source if is_large(source) else None

    def next_large(self, sector: int) -> int | None:
        """Return where the first large file starts from a sector of the region on, if there is one."""
        index = bisect_left(self._large, sector)
        return self._large[index] if index < len(self._large) else None

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
        self._hash = _Hash()
        self._begun = -1  # number of the file whose start somebody else has read

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the data from sector `first` of the region on into `buffer`, which is some whole sectors long."""
        data, end = self._data, first + len(buffer) // SECTOR
        index, position = data.index_at(first), first
        while position < end:
            if position == data.start_of(index) and (count := self._fill_batch(index, end, buffer, first)):
                index += count
            else:
                self._fill_file(index, position, end, buffer[(position - first) * SECTOR :])
                index += 1
            position = data.start_of(index)

    def _fill_batch(self, index: int, end: int, buffer: memoryview, first: int) -> int:
        """Fill in the small files from number `index` on and return how many there were."""
        batches, batch = self._data.batches, self._data.batch(index, end)
        if batches is None or not batch.files:
            return 0
        at = (self._data.start_of(index) - first) * SECTOR
        count = batches.read_files(batch.paths, batch.facts, batch.files, buffer[at : at + batch.size])
        if self._data.digests is not None:
            for number in range(index, index + count):
                file, start, _ = self._data.file(number)
                at = (start - first) * SECTOR
                self._data.keep_digest(number, sha256(buffer[at : at + file.size]).digest())
        return count

    def _fill_file(self, index: int, position: int, end: int, buffer: memoryview) -> None:
        """Fill in file number `index` from sector `position` on and the zeros up to the next one, as far as `end`."""
        file, start, _ = self._data.file(index)
        skip = (position - start) * SECTOR
        limit = (min(self._data.start_of(index + 1), end) - position) * SECTOR
        take = max(min(file.size - skip, limit), 0)
        if take:
            self._read(index, file, skip, buffer[:take])
            self._digest(index, file.size, skip, buffer[:take])
        while take < limit:
            gap = min(limit - take, SECTOR)
            buffer[take : take + gap] = _ZEROS[:gap]
            take += gap

    def _digest(self, index: int, size: int, offset: int, part: memoryview) -> None:
        if self._data.digests is None:
            return
        if digest := self._hash.add(index, size, offset, part):
            self._data.keep_digest(index, digest)
        elif index == self._begun and offset + len(part) == size:
            self._data.note_interrupted(index)

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

    def pour(self, first: int, end: int, into: Pouring) -> int:
        """Let `into` take in what comes next of the sectors from `first` to `end`, and return how many it took."""
        data, index = self._data, self._data.index_at(first)
        skip, digests = (first - data.start_of(index)) * SECTOR, None
        if data.digests is not None:
            if 0 < skip < data.file(index)[0].size:  # whoever began with a file ends it: its digest is half made
                return 0
            digests = memoryview(data.digests)[index * DIGEST :]
        batch = data.batch(index, end, MOST_POURED, ANY_SIZE)
        if not batch.files:
            return 0
        self.close()
        poured = into.files(batch.paths, batch.facts, batch.files, skip, digests) // SECTOR
        self.go_to(first + poured)
        return poured

    def go_to(self, sector: int) -> None:
        """Go on from a sector of the region: what lies before it was read."""
        self.close()
        self._begun = self._data.index_at(sector)

    def close(self) -> None:
        """Close the file that is open, if any."""
        if self._open is not None:
            self._open[1].close()
            self._open = None


class _Hash:
    """Makes the digest of a file that is read in parts, one after the other."""

    def __init__(self) -> None:
        self._index, self._position, self._sum = -1, 0, sha256()

    def add(self, index: int, size: int, offset: int, part: memoryview) -> bytes | None:
        """Take in a part of file number `index` and return the digest if that was the last one, and none is missing."""
        if not offset:
            self._index, self._position, self._sum = index, 0, sha256()
        if (index, offset) != (self._index, self._position):
            return None
        self._sum.update(part)
        self._position += len(part)
        return self._sum.digest() if self._position == size else None
