"""The tree as it was when the image was planned: sorted, with every time settled, and with room for the addresses."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import Final, TypeVar

from discstack.fs.attributes import AS_THEY_ARE, Attributes, Overrides, Times, fault, overridden, rationalized
from discstack.fs.errors import LayoutError, printable
from discstack.fs.items import GIANT, DirectoryItem, FileItem, HardLinks, Item, MakeFile, SpecialItem
from discstack.fs.nodes import File, Leaf
from discstack.fs.patterns import Globs
from discstack.fs.sources import Source
from discstack.fs.tree import Directory, Node
from discstack.fs.view import Change, Issue, View

AnyLeaf = TypeVar("AnyLeaf", FileItem, SpecialItem)
NANOSECONDS: Final = 10**9
_NEVER: Final = -(1 << 80)  # before every time


@dataclass(frozen=True)
class Snapshot:
    """A tree settled for one image.

    `directories` has the root first and every directory before its children, depth first; `files` is in the order of
    their directories, which is also the order of their data. `clock` is the time of the image in nanoseconds since 1970
    (UTC), and no mtime is later.
    """

    root: DirectoryItem
    clock: int
    directories: list[DirectoryItem] = field(repr=False)
    issues: list[Issue] = field(repr=False)

    @property
    def files(self) -> Iterator[FileItem]:
        """Every file, in the order of the directories."""
        for directory in self.directories:
            yield from directory.files

    def find(self, path: str) -> DirectoryItem | FileItem | SpecialItem | None:
        """Return what is at a path in the tree, or None."""
        item: DirectoryItem | FileItem | SpecialItem = self.root
        for name in filter(None, path.split("/")):
            if not isinstance(item, DirectoryItem):
                return None
            below: Iterator[DirectoryItem | FileItem | SpecialItem] = chain(item.directories, item.files, item.specials)
            found = next((child for child in below if child.name == name), None)
            if found is None:
                return None
            item = found
        return item

    def add_file(self, directory: DirectoryItem, name: str, source: Source) -> FileItem:
        """Add a file that is made with the image, at the image's time, under a name that is free."""
        node = File(name, Directory(), source, None)
        item = FileItem(node, directory, self.clock)
        _Settler(self.clock, self.issues, rationalize=False).settle(item, node, item.path)
        directory.files.insert(bisect_left(directory.files, name, key=lambda file: file.name), item)
        return item

    def mark_hidden(self, globs: Globs) -> None:
        """Mark what a glob matches as what is not to be shown."""
        for directory in self.directories if globs else ():
            for item in chain[Item](directory.directories, directory.files, directory.specials):
                if _hides(globs, item):
                    item.attributes = item.attributes._replace(hidden=True)

    def without_specials(self, view: View) -> Iterator[Issue]:
        """Tell what a view lacks that holds neither symbolic links nor special files."""
        for directory in self.directories:
            for item in directory.specials:
                yield Issue(item.path, Change.SKIPPED, f"{item.kind.described}, which this view cannot hold", view)

    def without(self, hidden: Globs) -> Snapshot:
        """Return a snapshot that lacks what a glob matches, with all below it, for a view that is not to show it.

        Files and special files are the same items, whose `parent` is still the directory of the whole tree.
        """
        if not hidden:
            return self
        directories = list[DirectoryItem]()
        top = DirectoryItem("", None, self.root.mtime_ns, 0)
        stack = [(self.root, top)]
        while stack:
            whole, item = stack.pop()
            item.number = len(directories)
            directories.append(item)
            item.attributes, item.times = whole.attributes, whole.times
            item.files = [file for file in whole.files if not _hides(hidden, file)]
            item.specials = [special for special in whole.specials if not _hides(hidden, special)]
            shown = [below for below in whole.directories if not _hides(hidden, below)]
            item.plain = whole.plain
            item.directories = [DirectoryItem(below.name, item, below.mtime_ns, 0) for below in shown]
            stack.extend(reversed([*zip(shown, item.directories, strict=True)]))
        return Snapshot(top, self.clock, directories, self.issues)

    @cached_property
    def span(self) -> tuple[int, int]:
        """The earliest and the latest of all times, in nanoseconds since 1970."""
        found = {directory.mtime_ns for directory in self.directories}
        for directory in self.directories:
            items: list[FileItem | SpecialItem] = [*directory.files, *directory.specials]
            times = [item.mtime_ns for item in items]
            for item in (directory,) if directory.plain else (directory, *items):
                if item.times is not None:
                    times += [time for time in item.times if time is not None]
            if times:
                found |= {min(times), max(times)}
        return min(found), max(found)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over names, sizes and times: equal for equal trees, for ids that should differ for different ones."""
        total = sha256(b"%d" % self.clock)
        for directory in self.directories:
            items = [f"{item.name}\0{item.size}\0{item.mtime_ns}\0" for item in directory.files]
            items += [f"{item.name}\0{item.target!r}\0{item.mtime_ns}\0" for item in directory.specials]
            text = f"{directory.prefix}\0{directory.mtime_ns}\0{''.join(items)}\0"
            total.update(text.encode("utf-8", "surrogatepass"))
        return total.digest()


def take_snapshot(
    root: Directory,
    clock: int | None = None,
    *,
    rationalize: bool = False,
    overrides: Overrides = AS_THEY_ARE,
    make_file: MakeFile = FileItem,
) -> Snapshot:
    """Return the tree as it is now; later changes of it do not matter.

    The clock is the one given, else SOURCE_DATE_EPOCH, else the newest time in the tree, else 1970. What has no time of
    its own gets the clock's. `rationalize` gives everything owners and permissions that are of use on any machine, and
    `overrides` give it others.
    """
    settled = _chosen_clock(clock)
    if settled is None:
        settled = _newest(root)
    issues = list[Issue]()
    top = DirectoryItem("", None, _clamped("/", root.mtime_ns, settled, issues), 0)
    directories = list[DirectoryItem]()
    settler = _Settler(settled, issues, rationalize=rationalize, overrides=overrides, make_file=make_file)
    settler.settle(top, root, "/")
    stack = [(root, top)]
    while stack:
        node, item = stack.pop()
        item.number = len(directories)
        directories.append(item)
        below = list(settler.children(node, item))
        stack.extend(reversed(below))
    _refuse_faults(directories)
    return Snapshot(top, settled, directories, issues)


def _refuse_faults(directories: Sequence[DirectoryItem]) -> None:
    """Refuse attributes that views have no room for; neighbours mostly share theirs."""
    sound: Attributes | None = None
    for directory in directories:
        for item in chain[Item]((directory,), directory.files, directory.specials):
            if item.attributes is sound:
                continue
            sound = item.attributes
            if complaint := fault(sound.mode, sound.uid, sound.gid):
                raise LayoutError(f"{printable(item.path)}: {complaint}")


class _Settler:
    """Makes items of nodes: with times up to the clock, attributes, and hard links that are in the tree."""

    def __init__(
        self,
        clock: int,
        issues: list[Issue],
        *,
        rationalize: bool,
        overrides: Overrides = AS_THEY_ARE,
        make_file: MakeFile = FileItem,
    ) -> None:
        self._make_file = make_file
        self._clock, self._issues, self._rationalize, self._overrides = clock, issues, rationalize, overrides
        self._as_they_are = not rationalize and overrides == AS_THEY_ARE
        self._links = dict[Hashable, HardLinks]()
        self._changed = dict[tuple[Attributes, type[Node]], Attributes]()

    def children(self, node: Directory, item: DirectoryItem) -> Iterator[tuple[Directory, DirectoryItem]]:
        """Put the items of what a directory holds into its item; yield the directories with theirs."""
        nodes = [*node]
        files = [child for child in nodes if type(child) is File]
        plain = self._plain_items(files, item)
        if plain is not None:
            item.files = plain
            nodes = [child for child in nodes if type(child) is not File]
        for child in nodes:
            time = _clamped(item.prefix + child.name, child.mtime_ns, self._clock, self._issues)
            if isinstance(child, File):
                item.files.append(self._linked(self._make_file(child, item, time), child))
            elif isinstance(child, Directory):
                below = DirectoryItem(child.name, item, time, 0)
                item.directories.append(below)
                self.settle(below, child, item.prefix + child.name)
                yield child, below
            else:
                item.specials.append(self._linked(SpecialItem(child, item, time), child))
        item.plain = plain is not None and not item.specials and all(below.times is None for below in item.directories)
        self._issues += [Issue(item.prefix + name, Change.SKIPPED, reason) for name, reason in node.skipped]

    def _plain_items(self, files: Sequence[File], parent: DirectoryItem) -> list[FileItem] | None:
        """Return the items of files of which nothing has to be settled but attributes, None where something has."""
        if self._make_file is not FileItem:
            return None
        clock = self._clock
        items = [
            FileItem(file, parent, time)
            for file in files
            if (time := file.mtime_ns) is not None and time <= clock
            if file.link is None and file.times is None and file.source.size < GIANT
        ]
        if len(items) < len(files):
            return None
        if not self._as_they_are:
            for item in items:
                item.attributes = self._change(item.attributes, File)
        return items

    def _linked(self, item: AnyLeaf, node: Leaf) -> AnyLeaf:
        """Settle an item that may be one of several names."""
        item.link = None if node.link is None else self._link(node.link)
        self.settle(item, node, item.path)
        return item

    def settle(self, item: Item, node: Node, path: str) -> None:
        """Settle attributes and times of an item."""
        attributes = node.attributes or node.usual
        if not self._as_they_are:
            attributes = self._change(attributes, type(node))
        item.attributes = attributes
        item.times = None
        if node.times is not None:
            atime, ctime, birth = node.times
            item.times = Times(
                self._clamp(path, atime), self._clamp(path, ctime), None if birth is None else self._clamp(path, birth)
            )

    def _change(self, attributes: Attributes, kind: type[Node]) -> Attributes:
        """Return what was chosen instead of the attributes of a node of some kind."""
        key = (attributes, kind)
        if key not in self._changed:
            directory = issubclass(kind, Directory)
            changed = rationalized(attributes, directory=directory) if self._rationalize else attributes
            mode = self._overrides.directory_mode if directory else None
            mode = self._overrides.file_mode if issubclass(kind, File) else mode
            self._changed[key] = overridden(changed, self._overrides, mode)
        return self._changed[key]

    def _clamp(self, path: str, time: int) -> int:
        return _clamped(path, time, self._clock, self._issues)

    def _link(self, key: Hashable) -> HardLinks:
        link = self._links.setdefault(key, HardLinks())
        link.count += 1
        return link


def _hides(hidden: Globs, item: Item) -> bool:
    """Tell whether a glob matches a name, or a path with the slash before it or without."""
    path = item.path
    return hidden.match(item.name, path, path[1:])


def _clamped(path: str, mtime_ns: int | None, clock: int, issues: list[Issue]) -> int:
    if mtime_ns is None:
        return clock
    if mtime_ns > clock:
        issues.append(Issue(path, Change.TIME_CLAMPED, f"{iso_time(mtime_ns)} is later than {iso_time(clock)}"))
    return min(mtime_ns, clock)


def _chosen_clock(clock: int | None) -> int | None:
    if clock is not None:
        return clock
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if text is None:
        return None
    try:
        return int(text) * NANOSECONDS
    except ValueError:
        raise LayoutError(f"SOURCE_DATE_EPOCH is {text!r}, not a number of seconds since 1970") from None


def _newest(root: Directory) -> int:
    """Return the newest time of all that has one."""
    newest = list[int]()  # of each directory's children, and of the root
    nodes: list[Node] = [root]
    stack = list[Directory]()
    while nodes or stack:
        times = [node.mtime_ns for node in nodes if node.mtime_ns is not None]
        times += [time for node in nodes if node.times is not None for time in node.times if time is not None]
        newest.append(max(times, default=_NEVER))
        stack += [node for node in nodes if isinstance(node, Directory)]
        nodes = list(stack.pop().children()) if stack else []
    latest = max(newest)
    return 0 if latest == _NEVER else latest


def iso_time(nanoseconds: int) -> str:
    """Return a time as text, in UTC, whatever the century."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=nanoseconds // NANOSECONDS)
    except OverflowError:
        return f"{nanoseconds // NANOSECONDS} s since 1970"
    return f"{moment.replace(tzinfo=None)} UTC"
