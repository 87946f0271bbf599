"""The tree as it was when the image was planned: sorted, with every time settled, and with room for the addresses."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from itertools import chain
from typing import Final

from discstack.fs.attributes import Attributes, Times, rationalized
from discstack.fs.errors import LayoutError
from discstack.fs.nodes import File, Special, Symlink
from discstack.fs.patterns import Globs
from discstack.fs.sources import Source
from discstack.fs.tree import Directory, Node
from discstack.fs.view import Change, Issue, View

NANOSECONDS: Final = 10**9
_NEVER: Final = -(1 << 80)  # before every time


class HardLinks:
    """All names of one file: how many of them the image has."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class Item:
    """What files, special files and directories of the image have in common.

    `times` are None unless they are to be recorded beside the time of the last change.
    """

    __slots__ = ("attributes", "mtime_ns", "name", "parent", "times")

    name: str
    parent: DirectoryItem
    mtime_ns: int
    attributes: Attributes
    times: Times | None

    @property
    def path(self) -> str:
        """The path in the image, from "/" on."""
        return self.parent.prefix + self.name


class LinkedItem(Item):
    """A file or special file; items with the same `link` (not None) are names of one of them."""

    __slots__ = ("link",)
    link: HardLinks | None

    @property
    def links(self) -> int:
        """How many names it has in the image."""
        return 1 if self.link is None else self.link.count


class FileItem(LinkedItem):
    """A file of the image.

    Its data lies in one run of whole sectors from `lba` on, known after the file data was placed; a file of size 0 has
    no data and `lba` 0. Hard links share one run. Only a `ScatteredItem` has several `runs`.
    """

    __slots__ = ("lba", "size", "source")

    def __init__(self, node: File, parent: DirectoryItem, mtime_ns: int) -> None:
        self.name = node.name
        self.parent = parent
        self.source = node.source
        self.size = node.source.size
        self.mtime_ns = mtime_ns
        self.lba = 0

    @property
    def runs(self) -> Sequence[tuple[int, int]]:
        """Where the data lies: a sector and how many bytes from there on."""
        return ((self.lba, self.size),)


class ScatteredItem(FileItem):
    """A file whose data lies in several runs already, on the medium to which the image is added."""

    __slots__ = ("_runs",)

    def __init__(self, node: File, parent: DirectoryItem, mtime_ns: int, runs: Sequence[tuple[int, int]]) -> None:
        super().__init__(node, parent, mtime_ns)
        self._runs = runs

    @property
    def runs(self) -> Sequence[tuple[int, int]]:
        """Where the data lies; all but the last run are whole sectors."""
        return self._runs or super().runs

    def gather(self) -> None:
        """Let the data be copied into one run after all."""
        self._runs = ()


MakeFile = Callable[[File, "DirectoryItem", int], FileItem]


class SpecialItem(LinkedItem):
    """A symbolic link (with its `target`), a device node (with its `device`), a FIFO or a socket."""

    __slots__ = ("device", "kind", "target")

    def __init__(self, node: Symlink | Special, parent: DirectoryItem, mtime_ns: int) -> None:
        self.name = node.name
        self.parent = parent
        self.mtime_ns = mtime_ns
        self.kind = node.kind
        self.target = node.target if isinstance(node, Symlink) else b""
        self.device = node.device if isinstance(node, Special) else None


class DirectoryItem(Item):
    """A directory of the image; `number` is its place in `Snapshot.directories`; the root is its own parent.

    `files`, `specials` and `directories` are sorted by name, in code-point order.
    """

    __slots__ = ("directories", "files", "number", "prefix", "specials")

    def __init__(self, name: str, parent: DirectoryItem | None, mtime_ns: int, number: int) -> None:
        self.name = name
        self.parent = self if parent is None else parent
        self.mtime_ns = mtime_ns
        self.number = number
        self.prefix: str = "/" if parent is None else f"{parent.prefix}{name}/"
        self.files = list[FileItem]()
        self.specials = list[SpecialItem]()
        self.directories = list[DirectoryItem]()

    @property
    def path(self) -> str:
        """The path in the image, from "/" on."""
        return self.prefix.rstrip("/") or "/"


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
        item.link = None
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
            for item in (directory, *items):
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
    root: Directory, clock: int | None = None, *, rationalize: bool = False, make_file: MakeFile = FileItem
) -> Snapshot:
    """Return the tree as it is now; later changes of it do not matter.

    The clock is the one given, else SOURCE_DATE_EPOCH, else the newest time in the tree, else 1970. What has no time of
    its own gets the clock's. `rationalize` gives everything owners and permissions that are of use on any machine.
    """
    settled = _chosen_clock(clock)
    if settled is None:
        settled = _newest(root)
    issues = list[Issue]()
    top = DirectoryItem("", None, _clamped("/", root.mtime_ns, settled, issues), 0)
    directories = list[DirectoryItem]()
    settler = _Settler(settled, issues, rationalize=rationalize, make_file=make_file)
    settler.settle(top, root, "/")
    stack = [(root, top)]
    while stack:
        node, item = stack.pop()
        item.number = len(directories)
        directories.append(item)
        below = list(settler.children(node, item))
        stack.extend(reversed(below))
    return Snapshot(top, settled, directories, issues)


class _Settler:
    """Makes items of nodes: with times up to the clock, attributes, and hard links that are in the tree."""

    def __init__(self, clock: int, issues: list[Issue], *, rationalize: bool, make_file: MakeFile = FileItem) -> None:
        self._make_file = make_file
        self._clock, self._issues, self._rationalize = clock, issues, rationalize
        self._links = dict[Hashable, HardLinks]()
        self._rational = dict[tuple[Attributes, bool], Attributes]()

    def children(self, node: Directory, item: DirectoryItem) -> Iterator[tuple[Directory, DirectoryItem]]:
        """Put the items of what a directory holds into its item; yield the directories with theirs."""
        clock, files = self._clock, item.files
        for child in node:
            time = child.mtime_ns
            if time is None:
                time = clock
            elif time > clock:
                time = _clamped(item.prefix + child.name, time, clock, self._issues)
            if isinstance(child, File):
                file = self._make_file(child, item, time)
                file.link = None if child.link is None else self._link(child.link)
                files.append(file)
                if child.times is None and child.attributes is not None and not self._rationalize:
                    file.attributes, file.times = child.attributes, None
                else:
                    self.settle(file, child, item.prefix + child.name)
            elif isinstance(child, Directory):
                below = DirectoryItem(child.name, item, time, 0)
                item.directories.append(below)
                self.settle(below, child, item.prefix + child.name)
                yield child, below
            else:
                special = SpecialItem(child, item, time)
                special.link = None if child.link is None else self._link(child.link)
                item.specials.append(special)
                self.settle(special, child, item.prefix + child.name)
        self._issues += [Issue(item.prefix + name, Change.SKIPPED, reason) for name, reason in node.skipped]

    def settle(self, item: Item, node: Node, path: str) -> None:
        """Settle attributes and times of an item."""
        attributes = node.attributes or node.usual
        if self._rationalize:
            directory = isinstance(node, Directory)
            key = (attributes, directory)
            if key not in self._rational:
                self._rational[key] = rationalized(attributes, directory=directory)
            attributes = self._rational[key]
        item.attributes = attributes
        item.times = None
        if node.times is not None:
            atime, ctime, birth = node.times
            item.times = Times(
                self._clamp(path, atime), self._clamp(path, ctime), None if birth is None else self._clamp(path, birth)
            )

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
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
