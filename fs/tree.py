"""The tree of files, directories, links and special files that becomes an image. No data is read here.

Names are text; bytes of a name that are no text in the file system's encoding are kept as Python keeps them (surrogate
escapes), and each view decides what to show for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, TypeAlias, TypeVar

from discstack.fs.attributes import DEVICES, DIRECTORY, LARGEST, Attributes, Device, Kind, Times
from discstack.fs.errors import LayoutError, printable
from discstack.fs.folders import FolderReader
from discstack.fs.nodes import BaseNode, File, Leaf, Special, Symlink
from discstack.fs.patterns import Globs
from discstack.fs.scan import Scan, as_utf_8, attributes_of, link_of, times_of
from discstack.fs.sources import BytesSource, FactorySource, Source, source_of
from discstack.fs.system_paths import openable

Content: TypeAlias = bytes | bytearray | str | os.PathLike[str] | Source | Callable[[], BinaryIO]
Target: TypeAlias = str | bytes | os.PathLike[str]
Node: TypeAlias = "File | Symlink | Special | Directory"
AnyNode = TypeVar("AnyNode", "File", "Symlink", "Special", "Directory")
AnyLeaf = TypeVar("AnyLeaf", File, Symlink, Special)


class Directory(BaseNode):
    """A directory; the one that is made without a parent is the root of a tree.

    Folders are looked into by the `folders` of the root, where the system has something quicker than Python for that.

    `skipped` lists what `add_tree` found here and could not take: pairs of a name and the reason. A tree is used by one
    thread at a time; images that were made of it do not change with it.
    """

    __slots__ = ("_children", "_folders", "skipped")
    usual = DIRECTORY

    def __init__(
        self,
        name: str = "",
        parent: Directory | None = None,
        mtime_ns: int | None = None,
        attributes: Attributes | None = None,
        times: Times | None = None,
        *,
        folders: FolderReader | None = None,
    ) -> None:
        super().__init__(name, parent, mtime_ns, attributes, times)
        self._children = dict[str, Node]()
        self._folders: FolderReader | None = folders if parent is None else parent._folders
        self.skipped: Sequence[tuple[str, str]] = ()

    def __iter__(self) -> Iterator[Node]:
        """Yield the children sorted by name."""
        children = self._children
        return iter([children[name] for name in sorted(children)])

    def __len__(self) -> int:
        return len(self._children)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, path: str) -> bool:
        return self.find(path) is not None

    def __getitem__(self, path: str) -> Node:
        node = self.find(path)
        if node is None:
            raise KeyError(path)
        return node

    def children(self) -> Iterator[Node]:
        """Yield the children in no particular order."""
        return iter(self._children.values())

    def walk(self) -> Iterator[Node]:
        """Yield everything below, each directory before what it holds, sorted."""
        stack: list[Iterator[Node]] = [iter(self)]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                continue
            yield node
            if isinstance(node, Directory):
                stack.append(iter(node))

    def find(self, path: str) -> Node | None:
        """Return the node at a path like "a/b", relative to this directory, or None."""
        node: Node | None = self
        for name in filter(None, path.split("/")):
            if not isinstance(node, Directory):
                return None
            node = node._children.get(name)
        return node

    def create_directory(
        self, name: str, *, mtime_ns: int | None = None, attributes: Attributes | None = None
    ) -> Directory:
        """Add an empty directory and return it."""
        return self._insert(Directory(name, self, mtime_ns, attributes))

    def create_file(
        self,
        name: str,
        content: Content,
        *,
        size: int | None = None,
        mtime_ns: int | None = None,
        attributes: Attributes | None = None,
    ) -> File:
        """Add a file of bytes, of the file at a path, or of what a function opens each time that it is called.

        Such a function returns a binary reader that can seek; it needs the `size` in bytes. Times and attributes that
        are not given are those of the file at the path.
        """
        source: Source
        link = None
        if isinstance(content, str | os.PathLike):
            source, status = source_of(content)
            link = link_of(status)
            attributes = attributes or attributes_of(status)
        else:
            source = _as_source(name, content, size)
        time = source.mtime_ns if mtime_ns is None else mtime_ns
        return self._insert(File(name, self, source, time, attributes, None, link))

    def create_symlink(
        self, name: str, target: Target, *, mtime_ns: int | None = None, attributes: Attributes | None = None
    ) -> Symlink:
        """Add a symbolic link to `target`, which need not exist."""
        data = target if isinstance(target, bytes) else os.fspath(target).encode("utf-8", "surrogateescape")
        if not data or b"\0" in data:
            raise LayoutError(f"{printable(name)}: {data!r} cannot be the target of a symbolic link")
        return self._insert(Symlink(name, self, data, mtime_ns, attributes))

    def create_special(
        self,
        name: str,
        kind: Kind,
        *,
        device: Device | None = None,
        mtime_ns: int | None = None,
        attributes: Attributes | None = None,
    ) -> Special:
        """Add a FIFO, a socket or a device node; the latter needs to know its device, in numbers of 32 bits."""
        if kind is Kind.SYMBOLIC_LINK:
            raise ValueError("a symbolic link is made by create_symlink")
        if (kind in DEVICES) != (device is not None):
            raise ValueError(f"{printable(name)}: devices have a device number, others have none")
        if any(not 0 <= number <= LARGEST for number in device or ()):
            raise ValueError(f"{printable(name)}: numbers of devices go from 0 to {LARGEST}")
        return self._insert(Special(name, self, kind, device, mtime_ns, attributes))

    def create_hard_link(self, name: str, node: AnyLeaf) -> AnyLeaf:
        """Add another name, here, for a file, symbolic link or special file of this tree."""
        if node.link is None:
            node.link = object()
        common = (node.mtime_ns, node.attributes, node.times, node.link)
        if isinstance(node, File):
            return self._insert(File(name, self, node.source, *common))
        if isinstance(node, Symlink):
            return self._insert(Symlink(name, self, node.target, *common))
        return self._insert(Special(name, self, node.kind, node.device, *common))

    def add_file(self, path: str | os.PathLike[str], name: str | None = None, *, all_times: bool = False) -> File:
        """Add the file at `path`, under its own name or another; a symbolic link stands for what it points to.

        `all_times` is as for `add_tree`.
        """
        file = self.create_file(as_utf_8(os.path.basename(os.fspath(path))) if name is None else name, path)
        if all_times:
            file.times = times_of(os.stat(openable(path)))
        return file

    def add_tree(
        self,
        path: str | os.PathLike[str],
        *,
        all_times: bool = False,
        exclude: Iterable[str] = (),
        follow_links: bool = False,
    ) -> None:
        """Add what the folder at `path` holds, with all that lies below it.

        Symbolic links are taken as such unless they are to be followed; what no image knows is listed in `skipped`.
        What one of the globs `exclude` matches is left out with all below it: a glob without a slash is for names, one
        with a slash for paths, as they start with `path` or from the root. Directories that are there already take in
        what the folder has for them; any other name that is there already is a LayoutError. A folder that cannot be
        read is a SourceError. After an error nothing was added.

        Of the times that of the last change counts, and with `all_times` those of the last access and of the last
        change of attributes too.
        """
        scanned = Directory(folders=self._folders)
        scan = Scan(self._folders, all_times=all_times, exclude=Globs(exclude), follow_links=follow_links)
        scan.scan(os.fspath(path), scanned)
        merges = list(self._merges(scanned))
        if self.parent is None or self.mtime_ns is None:
            self.mtime_ns, self.attributes, self.times = scanned.mtime_ns, scanned.attributes, scanned.times
        for target, found in merges:
            target._adopt(found)

    def graft(
        self,
        target: str,
        path: str | os.PathLike[str],
        *,
        all_times: bool = False,
        exclude: Iterable[str] = (),
        follow_links: bool = False,
    ) -> None:
        """Add the file at `path`, or what the folder there holds, at `target`, a path from this directory on.

        Directories on the way are made where there are none. A file keeps its own name if `target` ends with a slash or
        leads to a directory. The rest is as for `add_tree`.
        """
        names = [name for name in target.split("/") if name not in ("", ".")]
        if os.path.isdir(openable(path)):
            into = self._make_directories(names)
            into.add_tree(path, all_times=all_times, exclude=exclude, follow_links=follow_links)
        elif not names or target.endswith("/") or isinstance(self.find(target), Directory):
            self._make_directories(names).add_file(path, all_times=all_times)
        else:
            self._make_directories(names[:-1]).add_file(path, names[-1], all_times=all_times)

    def _make_directories(self, names: Iterable[str]) -> Directory:
        directory = self
        for name in names:
            node = directory._children.get(name) or directory.create_directory(name)
            if not isinstance(node, Directory):
                raise LayoutError(f"{printable(node.path)} is no directory, so that nothing can lie below it")
            directory = node
        return directory

    def add_missing(self, other: Directory) -> None:
        """Take from another tree what has no namesake here, at any depth; `other` is of no use afterwards.

        A directory with a file for its namesake, or the other way round, is a LayoutError; nothing was changed then.
        """
        pairs = list[tuple[Directory, Directory]]()
        stack = [(self, other)]
        while stack:
            target, found = stack.pop()
            pairs.append((target, found))
            for name in target._children.keys() & found._children.keys():
                old, new = target._children[name], found._children[name]
                if isinstance(old, Directory) and isinstance(new, Directory):
                    stack.append((old, new))
                elif isinstance(old, Directory) or isinstance(new, Directory):
                    target._refuse_second(name)
        for target, found in pairs:
            if target.mtime_ns is None:
                target.mtime_ns, target.attributes, target.times = found.mtime_ns, found.attributes, found.times
            target._adopt(found)

    def remove(self, path: str) -> Node:
        """Take a node, with all below it, out of the tree and return it; KeyError where there is none."""
        node = self[path]
        if node.parent is None:
            raise LayoutError("the root of a tree cannot be removed")
        del node.parent._children[node.name]
        node.parent = None
        return node

    def rename(self, path: str, name: str) -> None:
        """Give a node another name in the same directory; KeyError where there is none."""
        node = self[path]
        if node.parent is None:
            raise LayoutError("the root of a tree has no name")
        check_name(name)
        if name != node.name:
            node.parent._refuse_second(name)
            siblings = node.parent._children
            siblings[name] = siblings.pop(node.name)
            node.name = name

    def take(self, leaves: Iterable[Leaf]) -> None:
        """Put nodes that know this directory as their parent, under names that it has not yet."""
        self._children.update((leaf.name, leaf) for leaf in leaves)

    def _insert(self, node: AnyNode) -> AnyNode:
        check_name(node.name)
        self._refuse_second(node.name)
        self._children[node.name] = node
        return node

    def _refuse_second(self, name: str) -> None:
        if name in self._children:
            where = printable(f"{self.path.rstrip('/')}/{name}")
            raise LayoutError(f"{where} is in the tree already; remove it or give the new one another name")

    def _merges(self, scanned: Directory) -> Iterator[tuple[Directory, Directory]]:
        """Yield the pairs of directories to be merged; refuse what clashes before anything is changed."""
        stack = [(self, scanned)]
        while stack:
            target, found = stack.pop()
            yield target, found
            for name in target._children.keys() & found._children.keys():
                old, new = target._children[name], found._children[name]
                if not (isinstance(old, Directory) and isinstance(new, Directory)):
                    target._refuse_second(name)
                else:
                    stack.append((old, new))

    def _adopt(self, found: Directory) -> None:
        self.skipped = (*self.skipped, *found.skipped)
        for name, node in found._children.items():
            if name not in self._children:
                node.parent = self
                self._children[name] = node


def check_name(name: str) -> None:
    """Refuse what cannot be a name in any tree."""
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise LayoutError(f"{name!r} cannot be the name of a file or directory")


def _as_source(name: str, content: bytes | bytearray | Source | Callable[[], BinaryIO], size: int | None) -> Source:
    if isinstance(content, Source):
        return content
    if isinstance(content, bytes | bytearray):
        return BytesSource(bytes(content), name)
    if not callable(content):
        kind = type(content).__name__
        raise TypeError(f"{name!r} is made of bytes, a path, or a function that opens its data, not of {kind}")
    if size is None:
        raise ValueError(f"the size of {name!r} must be given, since only its reader will know its data")
    return FactorySource(content, size, name)
