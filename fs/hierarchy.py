"""The directory hierarchy and path tables of ECMA-119, which ISO 9660 and Joliet both have, each with its own names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, repeat
from typing import cast

from discstack.fs.dates import in_range, nearest, recording_date
from discstack.fs.ecma119 import (
    DIRECTORY,
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
    path_table_record,
    path_table_record_size,
)
from discstack.fs.errors import LayoutError, printable
from discstack.fs.naming import Scheme, name_children
from discstack.fs.plan import SECTOR, Plan, Region, sectors_for
from discstack.fs.relocation import MovedDirectory, Relocation
from discstack.fs.rock_ridge import AnyItem, SystemUse
from discstack.fs.rrip import RELOCATED, child_link, parent_link
from discstack.fs.snapshot import DirectoryItem, FileItem, HardLinks, Snapshot, SpecialItem, iso_time
from discstack.fs.susp import ContinuationAreas
from discstack.fs.view import Change, Issue, View

MAX_PARENT = 0xFFFF  # ECMA-119 9.4.4: the number of a parent directory has 16 bits


class Folder:
    """A directory in this hierarchy: `identifiers` and `items` are in the order of its records.

    `sectors` are those of its records, `total` has those of its continuation areas too. The items in it have serial
    numbers from `first_serial` on, unless they are further names of one that has a number.
    """

    __slots__ = (
        *("first_serial", "identifier", "identifiers", "item", "items"),
        *("number", "parent", "sectors", "serial", "start", "total"),
    )

    def __init__(self, item: DirectoryItem, identifier: bytes, parent: Folder | None, number: int, serial: int) -> None:
        self.item = item
        self.identifier = identifier
        self.parent = self if parent is None else parent
        self.number = number  # in path table order, from 0
        self.serial = serial
        self.identifiers = list[bytes]()
        self.items = list[AnyItem]()
        self.first_serial = 0
        self.sectors = self.total = 1
        self.start = 0  # in sectors from the first directory's start


class Hierarchy:
    """All directories of a snapshot under the names of one scheme, in path table order, ECMA-119 6.9.1.

    That order is by level, then by the parent's number, then by identifier; the records of a directory are in the
    order of 9.3. With `system_use` they carry Rock Ridge.
    """

    def __init__(
        self,
        view: View,
        snapshot: Snapshot,
        scheme: Scheme,
        system_use: SystemUse | None = None,
        relocation: Relocation | None = None,
        volume: int = 1,
    ) -> None:
        self._view = view
        self._volume = both_byte_16(volume)
        self._snapshot = snapshot
        self._scheme = scheme
        self._system_use = system_use
        self._relocation = relocation
        self._region = Region(0, "", bytes)
        self.folders = [Folder(snapshot.root, SELF, None, 0, 1)]
        self._folder_of = dict[int, Folder]()
        self._link_serials = dict[HardLinks, int]()
        serial = 2
        for folder in self.folders:
            self._folder_of[folder.item.number] = folder
            folder.first_serial = serial
            self._fill(folder)
            serial += len(folder.items)
        for folder in self.folders:
            self._measure(folder)
        self._order = self.folders
        if relocation is not None:
            self._order = sorted(self.folders, key=lambda folder: relocation.place(folder.item))
        self.path_table_size = sum(path_table_record_size(folder.identifier) for folder in self.folders)

    def _fill(self, folder: Folder) -> None:
        directories = folder.item.directories
        leaves: list[FileItem | SpecialItem | MovedDirectory] = [*folder.item.files]
        if self._system_use is not None:
            leaves += folder.item.specials
        if self._relocation is not None:
            directories, moved = self._relocation.children(folder.item)
            leaves += moved
        leaf_keys, directory_keys = name_children(
            self._scheme, [leaf.name for leaf in leaves], [below.name for below in directories]
        )
        keys, count = leaf_keys + directory_keys, len(leaves)
        items: list[AnyItem] = [*leaves, *directories]
        identifiers = self._scheme.file_identifiers(leaf_keys) + directory_keys
        order = sorted(range(len(keys)), key=keys.__getitem__)
        folder.items = [items[index] for index in order]
        folder.identifiers = [identifiers[index] for index in order]
        for serial, index in enumerate(order, folder.first_serial):
            if index >= count:
                below = Folder(directories[index - count], identifiers[index], folder, len(self.folders), serial)
                self.folders.append(below)
            elif not isinstance(leaf := leaves[index], MovedDirectory) and leaf.link is not None:
                self._link_serials.setdefault(leaf.link, serial)
        if directories and folder.number >= MAX_PARENT:
            raise LayoutError(
                f"{printable(folder.item.path)} is directory number {folder.number + 1} and holds directories, but "
                f"{self._view.value} counts parents only up to {MAX_PARENT}; leave this view out or make fewer of them"
            )

    def _measure(self, folder: Folder) -> None:
        """Settle how many sectors a directory takes, without making its records."""
        areas = ContinuationAreas()
        room = SECTOR
        for length in self._lengths(folder, areas):
            room -= length
            if room < 0:
                folder.sectors += 1
                room = SECTOR - length
        folder.total = folder.sectors + areas.sectors

    def _lengths(self, folder: Folder, areas: ContinuationAreas) -> Iterator[int]:
        for area in self._own_areas(folder, areas):
            yield directory_record_size(SELF, len(area))
        use, items = self._system_use, folder.items
        sizes = repeat(0, len(items)) if use is None else self._sizes(folder)
        for identifier, item, size in zip(folder.identifiers, items, sizes, strict=True):
            room = MAX_RECORD - directory_record_size(identifier)
            if use is not None and not 0 < size <= room:
                size = len(areas.fit(self._entries(item, 0), room))
            length = MAX_RECORD - room + size + 1 & ~1
            yield length
            if isinstance(item, FileItem) and item.size > MAX_LENGTH:
                yield from repeat(length, -(-item.size // MAX_SECTION) - 1)

    def place(self, plan: Plan) -> None:
        """Append both path tables and the directories, parents first."""
        sectors = sectors_for(self.path_table_size)
        name = self._view.value
        self.type_l = plan.append(sectors, f"{name} path table, type L", lambda: self._path_table(msb=False))
        self.type_m = plan.append(sectors, f"{name} path table, type M", lambda: self._path_table(msb=True))
        lengths = [folder.total for folder in self._order]
        for folder, start in zip(self._order, accumulate(lengths, initial=0), strict=False):
            folder.start = start
        self._region = plan.append_series(f"{name} directories", lengths, self._directory, self._label)

    def identifier_in_root(self, name: str) -> bytes | None:
        """Return what is recorded for a file in the root, None if there is no such file."""
        root = self.folders[0]
        for identifier, item in zip(root.identifiers, root.items, strict=True):
            if item.name == name and isinstance(item, FileItem):
                return identifier
        return None

    def root_record(self) -> bytes:
        """Return the directory record for the root, which the volume descriptor holds."""
        return self._folder_record(SELF, self.folders[0])

    def issues(self) -> Iterator[Issue]:
        """Tell which names and times became others; that ISO 9660 knows upper case only is not worth a word.

        With Rock Ridge all names are kept, and all times that it can record.
        """
        if self._system_use is None:
            yield from self._snapshot.without_specials(self._view)
            for folder in self.folders:
                for identifier, item in zip(folder.identifiers, folder.items, strict=True):
                    yield from self._name_changes(identifier, item)
        if any(time != self._kept(time) for time in self._snapshot.span):
            yield from self._time_changes(self.folders[0].item)
            for folder in self.folders:
                for item in folder.items:
                    yield from self._time_changes(item)

    def _name_changes(self, identifier: bytes, item: AnyItem) -> Iterator[Issue]:
        shown = self._scheme.shown(identifier)
        if shown != item.name and not (self._view is View.ISO9660 and shown == item.name.upper()):
            yield Issue(item.path, Change.RENAMED, shown, self._view)

    def _kept(self, time: int) -> int:
        return in_range(time) if self._system_use is None else nearest(time)

    def _time_changes(self, item: AnyItem) -> Iterator[Issue]:
        kept = self._kept(item.mtime_ns)
        if item.mtime_ns != kept:
            detail = f"{iso_time(item.mtime_ns)} becomes {iso_time(kept)}"
            yield Issue(item.path, Change.TIME_CLAMPED, detail, self._view)

    def _lba(self, folder: Folder) -> int:
        return self._region.lba + folder.start

    def _label(self, number: int) -> str:
        return f"{self._view.value} directory {printable(self._order[number].item.path)}"

    def _path_table(self, *, msb: bool) -> bytes:
        return b"".join(
            path_table_record(folder.identifier, self._lba(folder), folder.parent.number + 1, msb=msb)
            for folder in self.folders
        )

    def _own_areas(self, folder: Folder, areas: ContinuationAreas) -> tuple[bytes, bytes]:
        """Return the system use areas of a directory's first two records."""
        use, parent = self._system_use, folder.parent
        if use is None:
            return b"", b""
        make = use.own_entries if folder.number else use.root_entries
        room = MAX_RECORD - directory_record_size(SELF)
        own = areas.fit(make(folder.item, folder.serial), room)
        extra = [parent_link(self._lba(self._folder_of[folder.item.parent.number]))] if self._moves(folder.item) else []
        return own, areas.fit(use.own_entries(parent.item, parent.serial, extra), room)

    def _moves(self, item: DirectoryItem) -> bool:
        return self._relocation is not None and item.number in self._relocation.numbers

    def _sizes(self, folder: Folder) -> list[int]:
        """Return the lengths of the areas that are made together, 0 for the others."""
        use, relocation = cast(SystemUse, self._system_use), self._relocation
        sizes = use.sizes(folder.items)
        if relocation is None or (folder.item is not relocation.home and folder.number):
            return sizes
        hidden = [self._hidden(item) for item in folder.items]
        return [0 if out_of_sight else size for out_of_sight, size in zip(hidden, sizes, strict=True)]

    def _hidden(self, item: AnyItem) -> bool:
        """Tell whether a record is not where its directory belongs."""
        relocation = self._relocation
        return (
            isinstance(item, DirectoryItem)
            and relocation is not None
            and (item is relocation.home or item.number in relocation.numbers)
        )

    def _entries(self, item: AnyItem, serial: int) -> list[bytes]:
        """Return the entries of a record, with what tells of directories that were moved."""
        use = cast(SystemUse, self._system_use)
        if isinstance(item, MovedDirectory):
            there = self._folder_of[item.directory.number]
            return use.entries(item, there.serial, [child_link(self._lba(there))])
        return use.entries(item, serial, [RELOCATED] if self._hidden(item) else [])

    def _folder_record(self, identifier: bytes, folder: Folder, area: bytes = b"") -> bytes:
        date = recording_date(folder.item.mtime_ns)
        return directory_record(
            identifier, self._lba(folder), folder.sectors * SECTOR, date, DIRECTORY, area, self._volume
        )

    def _directory(self, number: int) -> bytes:
        """Return a directory's records, of which none lies across the end of a sector, and its continuation areas."""
        folder = self._order[number]
        areas = ContinuationAreas(self._lba(folder) + folder.sectors)
        parts, room = list[bytes](), SECTOR
        for record in self._records(folder, areas):
            room -= len(record)
            if room < 0:
                parts.append(bytes(room + len(record)))  # ECMA-119 6.8.1.1
                room = SECTOR - len(record)
            parts.append(record)
        return b"".join((*parts, bytes(room), areas.data))

    def _records(self, folder: Folder, areas: ContinuationAreas) -> Iterator[bytes]:
        own, of_parent = self._own_areas(folder, areas)
        yield self._folder_record(SELF, folder, own)
        yield self._folder_record(PARENT, folder.parent, of_parent)
        use, items, volume = self._system_use, folder.items, self._volume
        dates = [recording_date(item.mtime_ns) for item in items]
        serials = self._serials(folder)
        alike = repeat(b"") if use is None else use.areas(zip(items, self._sizes(folder), serials, dates, strict=True))
        for identifier, item, date, serial, area in zip(folder.identifiers, items, dates, serials, alike, strict=False):
            if use is not None:
                room = MAX_RECORD - directory_record_size(identifier)
                if not 0 < len(area) <= room:
                    area = areas.fit(self._entries(item, serial), room)
            if isinstance(item, DirectoryItem):
                yield self._folder_record(identifier, self._folder_of[item.number], area)
            elif not isinstance(item, FileItem):
                yield directory_record(identifier, 0, 0, date, FILE, area, volume)
            elif item.size <= MAX_LENGTH:
                yield directory_record(identifier, item.lba, item.size, date, FILE, area, volume)
            else:
                yield from _sections(identifier, item, date, area, volume)

    def _serials(self, folder: Folder) -> Sequence[int]:
        serials = range(folder.first_serial, folder.first_serial + len(folder.items))
        if not self._link_serials:
            return serials
        of_link = self._link_serials
        return [
            of_link[item.link] if isinstance(item, FileItem | SpecialItem) and item.link is not None else serial
            for serial, item in zip(serials, folder.items, strict=True)
        ]


def _sections(identifier: bytes, item: FileItem, date: bytes, area: bytes, volume: bytes) -> Iterator[bytes]:
    """Yield the records of a file too long for one, ECMA-119 6.5.1 and 9.1.6."""
    for offset in range(0, item.size, MAX_SECTION):
        length = min(MAX_SECTION, item.size - offset)
        flags = FILE if offset + length == item.size else MULTI_EXTENT
        yield directory_record(identifier, item.lba + offset // SECTOR, length, date, flags, area, volume)
