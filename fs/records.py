"""The records of directories, ECMA-119 6.8, with Rock Ridge or without: how long they are, and then their bytes.

Most directories have nothing in them that needs more than one section, or a continuation area: their records are made
in one go, those of others one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, repeat
from typing import Final

from discstack.fs.dates import recording_date, recording_dates
from discstack.fs.ecma119 import (
    DIRECTORY,
    EXISTENCE,
    FILE,
    MAX_LENGTH,
    MAX_RECORD,
    MAX_SECTION,
    MULTI_EXTENT,
    PARENT,
    SELF,
    both_byte_16,
    directory_record,
    directory_record_size,
    directory_records,
)
from discstack.fs.folder import Folder
from discstack.fs.items import DirectoryItem, FileItem, HardLinks, SpecialItem
from discstack.fs.plan import SECTOR
from discstack.fs.relocation import MovedDirectory, Relocation
from discstack.fs.rock_ridge import AnyItem, SystemUse
from discstack.fs.rrip import RELOCATED, child_link, parent_link
from discstack.fs.susp import ContinuationAreas

TOGETHER: Final = 2048  # records that are made in one go, so that a wide directory does not take much memory


class Records:
    """Makes the records of a hierarchy's directories.

    `folder_of` has the folders by the numbers of their items, `link_serials` the serial numbers of what has several
    names; the hierarchy fills both. `volume` is the number of the volume in its set.
    """

    def __init__(self, system_use: SystemUse | None, relocation: Relocation | None, volume: int) -> None:
        self._system_use = system_use
        self._relocation = relocation
        self._volume = both_byte_16(volume)
        self.folder_of = dict[int, Folder]()
        self.link_serials = dict[HardLinks, int]()

    def measure(self, folder: Folder) -> None:
        """Settle how many sectors a directory takes, without making its records."""
        areas = ContinuationAreas()
        own = [directory_record_size(SELF, len(area)) for area in self._own_areas(folder, areas)]
        sizes = self._sizes(folder)
        lengths = [
            33 + (length | 1) + size + 1 & ~1 for length, size in zip(map(len, folder.identifiers), sizes, strict=True)
        ]
        folder.alike = (
            max(lengths, default=0) <= MAX_RECORD
            and (self._system_use is None or 0 not in sizes)
            and (folder.item.plain or _have_one_section(folder.item.files))
        )
        if not folder.alike:
            lengths = [*self._lengths(folder, sizes, areas)]
        folder.sectors = len([*_sectors(own + lengths)])
        folder.total = folder.sectors + areas.sectors

    def _lengths(self, folder: Folder, sizes: Sequence[int], areas: ContinuationAreas) -> Iterator[int]:
        use = self._system_use
        for identifier, item, size in zip(folder.identifiers, folder.items, sizes, strict=True):
            area = size
            room = MAX_RECORD - directory_record_size(identifier)
            if use is not None and not 0 < size <= room:
                area = len(areas.fit(self._entries(use, item, 0), room))
            length = directory_record_size(identifier, area)
            yield from repeat(length, len(_sections(item)) if isinstance(item, FileItem) else 1)

    def directory(self, folder: Folder) -> bytearray:
        """Return a directory's records, of which none lies across the end of a sector, and its continuation areas."""
        areas = ContinuationAreas(folder.lba + folder.sectors)
        data, rest, records = bytearray(), list[bytes](), self._records(folder, areas)
        while some := [*islice(records, TOGETHER)]:
            rest += some
            *full, last = _sectors([*map(len, rest)])
            data += b"".join([b"".join(rest[sector]).ljust(SECTOR, b"\0") for sector in full])
            rest = rest[last]
        data += b"".join(rest).ljust(SECTOR, b"\0")
        data += areas.data
        return data

    def _records(self, folder: Folder, areas: ContinuationAreas) -> Iterator[bytes]:
        own, of_parent = self._own_areas(folder, areas)
        yield self.folder_record(SELF, folder, own)
        yield self.folder_record(PARENT, folder.parent, of_parent)
        yield from self._alike(folder) if folder.alike else self._unlike(folder, areas)

    def folder_record(self, identifier: bytes, folder: Folder, area: bytes = b"") -> bytes:
        """Return a record that leads to a directory."""
        date = recording_date(folder.item.mtime_ns)
        return directory_record(identifier, folder.lba, folder.sectors * SECTOR, date, DIRECTORY, area, self._volume)

    def _alike(self, folder: Folder) -> Iterator[bytes]:
        use, serials = self._system_use, self._serials(folder)
        for start in range(0, len(serials), TOGETHER):
            some = slice(start, start + TOGETHER)
            items = folder.items[some]
            dates = recording_dates([item.mtime_ns for item in items])
            areas: Iterable[bytes] = repeat(b"", len(items))
            if use is not None:
                areas = use.areas([*zip(items, serials[some], dates, strict=True)])
            extents = [
                (item.lba, item.size, EXISTENCE if item.attributes.hidden else FILE)
                if type(item) is FileItem
                else self._extent(item)
                for item in items
            ]
            yield from directory_records(folder.identifiers[some], extents, dates, areas, self._volume)

    def _unlike(self, folder: Folder, areas: ContinuationAreas) -> Iterator[bytes]:
        use, items = self._system_use, folder.items
        dates = recording_dates(item.mtime_ns for item in items)
        serials, sizes = self._serials(folder), self._sizes(folder)
        made = iter(list[bytes]())
        if use is not None:
            rows = zip(items, serials, dates, strict=True)
            made = iter(use.areas([row for row, size in zip(rows, sizes, strict=True) if size]))
        for identifier, item, date, serial, size in zip(folder.identifiers, items, dates, serials, sizes, strict=True):
            area = next(made) if size else b""
            room = MAX_RECORD - directory_record_size(identifier)
            if use is not None and not 0 < size <= room:
                area = areas.fit(self._entries(use, item, serial), room)
            if isinstance(item, FileItem):
                yield from self._file_records(identifier, item, date, area)
            else:
                yield self._leading_record(identifier, item, date, area)

    def _leading_record(self, identifier: bytes, item: AnyItem, date: bytes, area: bytes) -> bytes:
        """Return the record of a directory, or of what has no data."""
        lba, length, flags = self._extent(item)
        return directory_record(identifier, lba, length, date, flags, area, self._volume)

    def _extent(self, item: AnyItem) -> tuple[int, int, int]:
        """Return where a directory lies, how long it is, and the file flags; what has no data lies nowhere."""
        hidden = EXISTENCE if item.attributes.hidden else FILE
        if not isinstance(item, DirectoryItem):
            return 0, 0, FILE | hidden
        folder = self.folder_of[item.number]
        return folder.lba, folder.sectors * SECTOR, DIRECTORY | hidden

    def _file_records(self, identifier: bytes, item: FileItem, date: bytes, area: bytes) -> Iterator[bytes]:
        """Yield the records of a file, one for each section."""
        *others, (lba, length) = _sections(item)
        hidden = EXISTENCE if item.attributes.hidden else FILE
        for first, size in others:
            yield directory_record(identifier, first, size, date, MULTI_EXTENT | hidden, area, self._volume)
        yield directory_record(identifier, lba, length, date, FILE | hidden, area, self._volume)

    def _own_areas(self, folder: Folder, areas: ContinuationAreas) -> tuple[bytes, bytes]:
        """Return the system use areas of a directory's first two records."""
        use, relocation, parent = self._system_use, self._relocation, folder.parent
        if use is None:
            return b"", b""
        make = use.own_entries if folder.number else use.root_entries
        room = MAX_RECORD - directory_record_size(SELF)
        own = areas.fit(make(folder.item, folder.serial), room)
        moved = relocation is not None and folder.item.number in relocation.numbers
        extra = [parent_link(self.folder_of[folder.item.parent.number].lba)] if moved else []
        return own, areas.fit(use.own_entries(parent.item, parent.serial, extra), room)

    def _sizes(self, folder: Folder) -> list[int]:
        """Return the lengths of the system use areas that are made together, 0 for the others."""
        use, relocation = self._system_use, self._relocation
        if use is None:
            return [0] * len(folder.items)
        sizes = use.sizes(folder.items, plain=folder.item.plain and relocation is None)
        if relocation is None or not (folder.item is relocation.home or folder.number == 0):
            return sizes
        return [0 if relocation.hides(item) else size for item, size in zip(folder.items, sizes, strict=True)]

    def _entries(self, use: SystemUse, item: AnyItem, serial: int) -> list[bytes]:
        """Return the entries of a record, with what tells of directories that were moved."""
        if isinstance(item, MovedDirectory):
            there = self.folder_of[item.directory.number]
            return use.entries(item, there.serial, [child_link(there.lba)])
        hidden = self._relocation is not None and self._relocation.hides(item)
        return use.entries(item, serial, [RELOCATED] if hidden else [])

    def _serials(self, folder: Folder) -> Sequence[int]:
        serials = range(folder.first_serial, folder.first_serial + len(folder.items))
        if not self.link_serials:
            return serials
        of_link = self.link_serials
        return [
            of_link[item.link] if isinstance(item, FileItem | SpecialItem) and item.link is not None else serial
            for serial, item in zip(serials, folder.items, strict=True)
        ]


def _have_one_section(files: Sequence[FileItem]) -> bool:
    sizes = [file.size for file in files]
    return max(sizes, default=0) <= MAX_LENGTH and {FileItem}.issuperset(map(type, files))


def _sections(item: FileItem) -> list[tuple[int, int]]:
    """Return the sections of a file, a sector and bytes each; a run too long for one is cut, ECMA-119 6.5.1, 9.1.6."""
    sections = list[tuple[int, int]]()
    for lba, length in item.runs:
        limit = length if length <= MAX_LENGTH else MAX_SECTION
        offsets = range(0, length, limit) if length else (0,)
        sections += [(lba + offset // SECTOR, min(limit, length - offset)) for offset in offsets]
    return sections


def _sectors(lengths: Sequence[int]) -> Iterator[slice]:
    """Yield which records each sector of a directory holds: none lies across the end of one, ECMA-119 6.8.1.1."""
    ends = [*accumulate(lengths)]
    start = stop = begun = 0
    while stop < len(ends):
        start, stop = stop, bisect_right(ends, begun + SECTOR, stop)
        begun = ends[stop - 1]
        yield slice(start, stop)
