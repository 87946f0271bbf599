"""The directory hierarchy and path tables of ECMA-119, which ISO 9660 and Joliet both have, each with its own names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from discstack.fs.dates import in_range, nearest
from discstack.fs.ecma119 import SELF, path_table_record, path_table_record_size
from discstack.fs.errors import LayoutError, printable
from discstack.fs.folder import Folder
from discstack.fs.items import DirectoryItem, FileItem, SpecialItem
from discstack.fs.naming import Scheme, name_children
from discstack.fs.plan import Plan, sectors_for
from discstack.fs.records import Records
from discstack.fs.relocation import MovedDirectory, Relocation
from discstack.fs.rock_ridge import AnyItem, SystemUse
from discstack.fs.rrip import recorded_device
from discstack.fs.snapshot import Snapshot, iso_time
from discstack.fs.view import Change, Issue, View

MAX_PARENT = 0xFFFF  # ECMA-119 9.4.4: the number of a parent directory has 16 bits


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
        self._snapshot = snapshot
        self._scheme = scheme
        self._system_use = system_use
        self._relocation = relocation
        self._records = Records(system_use, relocation, volume)
        self.folders = [Folder(snapshot.root, SELF, None, 0, 1)]
        serial = 2
        for folder in self.folders:
            self._records.folder_of[folder.item.number] = folder
            folder.first_serial = serial
            self._fill(folder)
            serial += len(folder.items)
        for folder in self.folders:
            self._records.measure(folder)
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
        names = [leaf.name for leaf in leaves], [below.name for below in directories]
        leaf_keys, directory_keys = name_children(self._scheme, *names)
        keys = leaf_keys + directory_keys
        items: list[AnyItem] = [*leaves, *directories]
        identifiers = self._scheme.file_identifiers(leaf_keys) + directory_keys
        order = sorted(range(len(keys)), key=self._scheme.order(leaf_keys, directory_keys).__getitem__)
        folder.items = [items[index] for index in order]
        folder.identifiers = [identifiers[index] for index in order]
        if self._system_use is None:
            folder.renamed = not self._scheme.shows(keys, names[0] + names[1])
        if directories:
            self._add_folders(folder)
        if not folder.item.plain:
            self._count_names(folder)

    def _add_folders(self, parent: Folder) -> None:
        """Add the directories that a folder holds, in the order of its records."""
        if parent.number >= MAX_PARENT:
            raise LayoutError(
                f"{printable(parent.item.path)} is directory number {parent.number + 1} and holds directories, but "
                f"{self._view.value} counts parents only up to {MAX_PARENT}; leave this view out or make fewer of them"
            )
        for serial, (item, identifier) in enumerate(
            zip(parent.items, parent.identifiers, strict=True), parent.first_serial
        ):
            if isinstance(item, DirectoryItem):
                self.folders.append(Folder(item, identifier, parent, len(self.folders), serial))

    def _count_names(self, folder: Folder) -> None:
        """Count the names of what has several, and give them all the serial number of the first."""
        for serial, item in enumerate(folder.items, folder.first_serial):
            if isinstance(item, FileItem | SpecialItem) and item.link is not None:
                self._records.link_serials.setdefault(item.link, serial)
                if self._system_use is not None:
                    self._system_use.names[item.link] += 1

    def place(self, plan: Plan) -> None:
        """Append both path tables and the directories, parents first."""
        sectors = sectors_for(self.path_table_size)
        name = self._view.value
        self.type_l = plan.append(sectors, f"{name} path table, type L", lambda: self._path_table(msb=False))
        self.type_m = plan.append(sectors, f"{name} path table, type M", lambda: self._path_table(msb=True))
        lengths = [folder.total for folder in self._order]
        region = plan.append_series(f"{name} directories", lengths, self._directory, self._label)
        for folder, start in zip(self._order, accumulate(lengths, initial=region.lba), strict=False):
            folder.lba = start

    def identifier_in_root(self, name: str) -> bytes | None:
        """Return what is recorded for a file in the root, None if there is no such file."""
        root = self.folders[0]
        for identifier, item in zip(root.identifiers, root.items, strict=True):
            if item.name == name and isinstance(item, FileItem):
                return identifier
        return None

    def root_record(self) -> bytes:
        """Return the directory record for the root, which the volume descriptor holds."""
        return self._records.folder_record(SELF, self.folders[0])

    def issues(self) -> Iterator[Issue]:
        """Tell which names and times became others; that ISO 9660 knows upper case only is not worth a word.

        With Rock Ridge all names are kept, and all times that it can record.
        """
        if self._system_use is None:
            yield from self._snapshot.without_specials(self._view)
            for folder in self.folders:
                if folder.renamed:
                    for name, item in zip(map(self._scheme.shown, folder.identifiers), folder.items, strict=True):
                        yield from self._name_changes(name, item)
        else:
            yield from self._device_changes()
        if any(time != self._kept(time) for time in self._snapshot.span):
            yield from self._time_changes(self.folders[0].item)
            for folder in self.folders:
                for item in folder.items:
                    yield from self._time_changes(item)

    def _name_changes(self, shown: str, item: AnyItem) -> Iterator[Issue]:
        if shown != item.name and not (self._view is View.ISO9660 and shown == item.name.upper()):
            yield Issue(item.path, Change.RENAMED, shown, self._view)

    def _device_changes(self) -> Iterator[Issue]:
        for directory in self._snapshot.directories:
            for item in directory.specials:
                if item.device is not None and item.device != (read := recorded_device(item.device)):
                    detail = f"{item.device.major}, {item.device.minor} is read as {read.major}, {read.minor}"
                    yield Issue(item.path, Change.DEVICE, detail, self._view)

    def _kept(self, time: int) -> int:
        return in_range(time) if self._system_use is None else nearest(time)

    def _time_changes(self, item: AnyItem) -> Iterator[Issue]:
        kept = self._kept(item.mtime_ns)
        if item.mtime_ns != kept:
            detail = f"{iso_time(item.mtime_ns)} becomes {iso_time(kept)}"
            yield Issue(item.path, Change.TIME_CLAMPED, detail, self._view)

    def _label(self, number: int) -> str:
        return f"{self._view.value} directory {printable(self._order[number].item.path)}"

    def _path_table(self, *, msb: bool) -> bytes:
        return b"".join(
            path_table_record(folder.identifier, folder.lba, folder.parent.number + 1, msb=msb)
            for folder in self.folders
        )

    def _directory(self, number: int) -> bytearray:
        return self._records.directory(self._order[number])
