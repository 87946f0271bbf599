"""The tree as it was when the image was planned: sorted, with every time settled, and with room for the addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

from discstack.fs.errors import LayoutError
from discstack.fs.sources import Source
from discstack.fs.tree import Directory, File
from discstack.fs.view import Change, Issue

NANOSECONDS: Final = 10**9


class FileItem:
    """A file of the image.

    Its data lies in one run of whole sectors from `lba` on, known after the file data was placed; a file of size 0 has
    no data and `lba` 0. Hard-linked files of the source share one run.
    """

    __slots__ = ("lba", "mtime_ns", "name", "parent", "size", "source")

    def __init__(self, name: str, parent: DirectoryItem, source: Source, mtime_ns: int) -> None:
        self.name = name
        self.parent = parent
        self.source = source
        self.size = source.size
        self.mtime_ns = mtime_ns
        self.lba = 0

    @property
    def path(self) -> str:
        """The path in the image, from "/" on."""
        return self.parent.prefix + self.name


class DirectoryItem:
    """A directory of the image; `number` is its place in `Snapshot.directories`; the root is its own parent.

    `files` and `directories` are sorted by name, in code-point order.
    """

    __slots__ = ("directories", "files", "mtime_ns", "name", "number", "parent", "prefix")

    def __init__(self, name: str, parent: DirectoryItem | None, mtime_ns: int, number: int) -> None:
        self.name = name
        self.parent = self if parent is None else parent
        self.mtime_ns = mtime_ns
        self.number = number
        self.prefix: str = "/" if parent is None else f"{parent.prefix}{name}/"
        self.files = list[FileItem]()
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

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over names, sizes and times: equal for equal trees, for ids that should differ for different ones."""
        total = sha256(b"%d" % self.clock)
        for directory in self.directories:
            items = [f"{item.name}\0{item.size}\0{item.mtime_ns}\0" for item in directory.files]
            text = f"{directory.prefix}\0{directory.mtime_ns}\0{''.join(items)}\0"
            total.update(text.encode("utf-8", "surrogatepass"))
        return total.digest()


def take_snapshot(root: Directory, clock: int | None = None) -> Snapshot:
    """Return the tree as it is now; later changes of it do not matter.

    The clock is the one given, else SOURCE_DATE_EPOCH, else the newest time in the tree, else 1970. What has no time of
    its own gets the clock's.
    """
    settled = _chosen_clock(clock)
    if settled is None:
        settled = _newest(root)
    issues = list[Issue]()
    top = DirectoryItem("", None, _clamped("/", root.mtime_ns, settled, issues), 0)
    directories = list[DirectoryItem]()
    stack = [(root, top)]
    while stack:
        node, item = stack.pop()
        item.number = len(directories)
        directories.append(item)
        below = list(_children(node, item, settled, issues))
        stack.extend(reversed(below))
    return Snapshot(top, settled, directories, issues)


def _children(
    node: Directory, item: DirectoryItem, clock: int, issues: list[Issue]
) -> Iterator[tuple[Directory, DirectoryItem]]:
    for child in node:
        time = child.mtime_ns
        if time is None:
            time = clock
        elif time > clock:
            time = _clamped(item.prefix + child.name, time, clock, issues)
        if isinstance(child, File):
            item.files.append(FileItem(child.name, item, child.source, time))
        else:
            below = DirectoryItem(child.name, item, time, 0)
            item.directories.append(below)
            yield child, below
    issues += [Issue(item.prefix + name, Change.SKIPPED, reason) for name, reason in node.skipped]


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
    newest = None
    stack = [root]
    while stack:
        node = stack.pop()
        for time in (node.mtime_ns, *(child.mtime_ns for child in node.children())):
            if time is not None and (newest is None or time > newest):
                newest = time
        stack += [child for child in node.children() if isinstance(child, Directory)]
    return newest or 0


def iso_time(nanoseconds: int) -> str:
    """Return a time as text, in UTC, whatever the century."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=nanoseconds // NANOSECONDS)
    except OverflowError:
        return f"{nanoseconds // NANOSECONDS} s since 1970"
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
