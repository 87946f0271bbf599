"""The directory hierarchy and path tables of ECMA-119, which ISO 9660 and Joliet both have, each with its own names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from discstack.fs.dates import in_range, recording_date
from discstack.fs.ecma119 import (
    DIRECTORY,
    FILE,
    MAX_LENGTH,
    MAX_SECTION,
    MULTI_EXTENT,
    PARENT,
    SELF,
    directory_record,
    directory_record_size,
    path_table_record,
    path_table_record_size,
)
from discstack.fs.errors import LayoutError, printable
from discstack.fs.naming import Scheme, name_children
from discstack.fs.plan import SECTOR, Plan, Region, sectors_for
from discstack.fs.snapshot import DirectoryItem, FileItem, Snapshot, iso_time
from discstack.fs.view import Change, Issue, View

Item = FileItem | DirectoryItem
MAX_PARENT = 0xFFFF  # ECMA-119 9.4.4: the number of a parent directory has 16 bits


class Folder:
    """A directory in this hierarchy: `identifiers` and `items` are in the order of its records."""

    __slots__ = ("identifier", "identifiers", "item", "items", "number", "parent", "sectors")

    def __init__(self, item: DirectoryItem, identifier: bytes, parent: Folder | None, number: int) -> None:
        self.item = item
        self.identifier = identifier
        self.parent = self if parent is None else parent
        self.number = number  # in path table order, from 0
        self.identifiers = list[bytes]()
        self.items = list[Item]()
        self.sectors = 1


class Hierarchy:
    """All directories of a snapshot under the names of one scheme, in path table order, ECMA-119 6.9.1.

    That order is by level, then by the parent's number, then by identifier; the records of a directory are in the
    order of 9.3.
    """

    def __init__(self, view: View, snapshot: Snapshot, scheme: Scheme) -> None:
        self._view = view
        self._snapshot = snapshot
        self._scheme = scheme
        self.folders = [Folder(snapshot.root, SELF, None, 0)]
        self._folder_of = dict[int, Folder]()
        for folder in self.folders:
            self._folder_of[folder.item.number] = folder
            self._fill(folder)
            folder.sectors = directory_sectors(folder)
        self.path_table_size = sum(path_table_record_size(folder.identifier) for folder in self.folders)

    def _fill(self, folder: Folder) -> None:
        files, directories = name_children(self._scheme, folder.item)
        items: list[Item] = [*folder.item.files, *folder.item.directories]
        order = sorted(zip(files + directories, range(len(items)), strict=True))
        identifier = self._scheme.file_identifier
        for key, index in order:
            item = items[index]
            folder.items.append(item)
            if index < len(files):
                folder.identifiers.append(identifier(key))
            else:
                folder.identifiers.append(key)
                self.folders.append(Folder(folder.item.directories[index - len(files)], key, folder, len(self.folders)))
        if directories and folder.number >= MAX_PARENT:
            raise LayoutError(
                f"{printable(folder.item.path)} is directory number {folder.number + 1} and holds directories, but "
                f"{self._view.value} counts parents only up to {MAX_PARENT}; leave this view out or make fewer of them"
            )

    def place(self, plan: Plan) -> None:
        """Append both path tables and the directories, parents first."""
        sectors = sectors_for(self.path_table_size)
        name = self._view.value
        self.type_l = plan.append(sectors, f"{name} path table, type L", lambda: self._path_table(msb=False))
        self.type_m = plan.append(sectors, f"{name} path table, type M", lambda: self._path_table(msb=True))
        lengths = [folder.sectors for folder in self.folders]
        self._starts = [0, *accumulate(lengths)]
        self._region: Region = plan.append_series(f"{name} directories", lengths, self._directory, self._label)

    def root_record(self) -> bytes:
        """Return the directory record for the root, which the volume descriptor holds."""
        return self._folder_record(SELF, self.folders[0])

    def issues(self) -> Iterator[Issue]:
        """Tell which names and times became others; that ISO 9660 knows upper case only is not worth a word."""
        yield from self._snapshot.without_specials(self._view)
        for folder in self.folders:
            for identifier, item in zip(folder.identifiers, folder.items, strict=True):
                yield from self._changes(identifier, item)
        root = self.folders[0].item
        yield from self._time_changes(root)

    def _changes(self, identifier: bytes, item: Item) -> Iterator[Issue]:
        shown = self._scheme.shown(identifier)
        if shown != item.name and not (self._view is View.ISO9660 and shown == item.name.upper()):
            yield Issue(item.path, Change.RENAMED, shown, self._view)
        yield from self._time_changes(item)

    def _time_changes(self, item: Item) -> Iterator[Issue]:
        if item.mtime_ns != in_range(item.mtime_ns):
            kept = iso_time(in_range(item.mtime_ns))
            yield Issue(item.path, Change.TIME_CLAMPED, f"{iso_time(item.mtime_ns)} becomes {kept}", self._view)

    def _lba(self, folder: Folder) -> int:
        return self._region.lba + self._starts[folder.number]

    def _label(self, number: int) -> str:
        return f"{self._view.value} directory {printable(self.folders[number].item.path)}"

    def _path_table(self, *, msb: bool) -> bytes:
        return b"".join(
            path_table_record(folder.identifier, self._lba(folder), folder.parent.number + 1, msb=msb)
            for folder in self.folders
        )

    def _folder_record(self, identifier: bytes, folder: Folder) -> bytes:
        date = recording_date(folder.item.mtime_ns)
        return directory_record(identifier, self._lba(folder), folder.sectors * SECTOR, date, DIRECTORY)

    def _directory(self, number: int) -> bytes:
        """Return a directory's records; none lies across the end of a sector, ECMA-119 6.8.1.1."""
        folder = self.folders[number]
        parts = [self._folder_record(SELF, folder), self._folder_record(PARENT, folder.parent)]
        room = SECTOR - len(parts[0]) - len(parts[1])
        for record in self._records(folder):
            room -= len(record)
            if room < 0:
                parts.append(bytes(room + len(record)))
                room = SECTOR - len(record)
            parts.append(record)
        return b"".join(parts)

    def _records(self, folder: Folder) -> Iterator[bytes]:
        for identifier, item in zip(folder.identifiers, folder.items, strict=True):
            if isinstance(item, DirectoryItem):
                yield self._folder_record(identifier, self._folder_of[item.number])
            elif item.size <= MAX_LENGTH:
                yield directory_record(identifier, item.lba, item.size, recording_date(item.mtime_ns))
            else:
                yield from _sections(identifier, item)


def _sections(identifier: bytes, item: FileItem) -> Iterator[bytes]:
    """Yield the records of a file too long for one, ECMA-119 6.5.1 and 9.1.6."""
    date = recording_date(item.mtime_ns)
    for offset in range(0, item.size, MAX_SECTION):
        length = min(MAX_SECTION, item.size - offset)
        flags = FILE if offset + length == item.size else MULTI_EXTENT
        yield directory_record(identifier, item.lba + offset // SECTOR, length, date, flags)


def directory_sectors(folder: Folder) -> int:
    """Return how many sectors a directory's records take, without making them."""
    sectors, room = 1, SECTOR - directory_record_size(SELF) - directory_record_size(PARENT)
    for identifier, item in zip(folder.identifiers, folder.items, strict=True):
        length = 34 + len(identifier) & ~1
        size = 0 if isinstance(item, DirectoryItem) else item.size
        for _ in range(1 if size <= MAX_LENGTH else -(-size // MAX_SECTION)):
            room -= length
            if room < 0:
                sectors += 1
                room = SECTOR - length
    return sectors
