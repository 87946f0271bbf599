"""The tree of files and directories that becomes an image. Nothing is opened and no data is read here.

Names are text; bytes of a name that are no text in the file system's encoding are kept as Python keeps them (surrogate
escapes), and each view decides what to show for them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Final, TypeAlias

from discstack.fs.errors import LayoutError, SourceError, printable
from discstack.fs.sources import BytesSource, FactorySource, LinkedPathSource, PathSource, Source, source_of

Content: TypeAlias = bytes | bytearray | str | os.PathLike[str] | Source | Callable[[], BinaryIO]
Node: TypeAlias = "File | Directory"

KINDS: Final = {
    stat.S_IFLNK: "a symbolic link, which no view of this image can hold",
    stat.S_IFIFO: "a FIFO, which no view of this image can hold",
    stat.S_IFSOCK: "a socket, which no view of this image can hold",
    stat.S_IFCHR: "a character device, which no view of this image can hold",
    stat.S_IFBLK: "a block device, which no view of this image can hold",
}


class _Node:
    """What files and directories have in common."""

    __slots__ = ("mtime_ns", "name", "parent")

    def __init__(self, name: str, parent: Directory | None, mtime_ns: int | None) -> None:
        self.name = name
        self.parent = parent
        self.mtime_ns = mtime_ns

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    @property
    def path(self) -> str:
        """The path from the root of the tree, which is "/"."""
        names = list[str]()
        node: _Node = self
        while node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))


class File(_Node):
    """A file; `source` gives its data. `mtime_ns` None means: the time of the image."""

    __slots__ = ("source",)

    def __init__(self, name: str, parent: Directory, source: Source, mtime_ns: int | None) -> None:
        super().__init__(name, parent, mtime_ns)
        self.source = source

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.source.size


class Directory(_Node):
    """A directory; the one that is made without arguments is the root of a tree.

    `skipped` lists what `add_tree` found here and could not take: pairs of a name and the reason.
    """

    __slots__ = ("_children", "skipped")

    def __init__(self, name: str = "", parent: Directory | None = None, mtime_ns: int | None = None) -> None:
        super().__init__(name, parent, mtime_ns)
        self._children = dict[str, Node]()
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

    def create_directory(self, name: str, *, mtime_ns: int | None = None) -> Directory:
        """Add an empty directory and return it."""
        directory = Directory(name, self, mtime_ns)
        self._insert(directory)
        return directory

    def create_file(self, name: str, content: Content, *, size: int | None = None, mtime_ns: int | None = None) -> File:
        """Add a file of bytes, of the file at a path, or of what a function opens each time that it is called.

        Such a function returns a binary reader that can seek; it needs the `size` in bytes.
        """
        source = _as_source(name, content, size)
        file = File(name, self, source, source.mtime_ns if mtime_ns is None else mtime_ns)
        self._insert(file)
        return file

    def add_file(self, path: str | os.PathLike[str], name: str | None = None) -> File:
        """Add the file at `path`, under its own name or another; a symbolic link stands for what it points to."""
        return self.create_file(os.path.basename(os.fspath(path)) if name is None else name, path)

    def add_tree(self, path: str | os.PathLike[str]) -> None:
        """Add what the folder at `path` holds, with all that lies below it.

        Symbolic links and special files are not followed or read but listed in `skipped`. Directories that are there
        already take in what the folder has for them; any other name that is there already is a LayoutError. A folder
        that cannot be read is a SourceError. After an error nothing was added.
        """
        top = os.path.abspath(os.fspath(path))
        scanned = Directory(mtime_ns=_stat(top).st_mtime_ns)
        _scan(top, scanned)
        merges = list(self._merges(scanned))
        if self.parent is None or self.mtime_ns is None:
            self.mtime_ns = scanned.mtime_ns
        for target, found in merges:
            target._adopt(found)

    def remove(self, path: str) -> Node:
        """Take a node, with all below it, out of the tree and return it."""
        node = self[path]
        if node.parent is None:
            raise LayoutError("the root of a tree cannot be removed")
        del node.parent._children[node.name]
        node.parent = None
        return node

    def rename(self, path: str, name: str) -> None:
        """Give a node another name in the same directory."""
        node = self[path]
        if node.parent is None:
            raise LayoutError("the root of a tree has no name")
        check_name(name)
        if name != node.name:
            node.parent._refuse_second(name)
            siblings = node.parent._children
            siblings[name] = siblings.pop(node.name)
            node.name = name

    def _insert(self, node: Node) -> None:
        check_name(node.name)
        self._refuse_second(node.name)
        self._children[node.name] = node

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


def _as_source(name: str, content: Content, size: int | None) -> Source:
    if isinstance(content, Source):
        return content
    if isinstance(content, bytes | bytearray):
        return BytesSource(bytes(content), name)
    if callable(content):
        if size is None:
            raise ValueError(f"the size of {name!r} must be given, since only its reader will know its data")
        return FactorySource(content, size, name)
    return source_of(content)


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        raise SourceError(path, error.strerror or str(error)) from error


def _scan(top: str, into: Directory) -> None:
    """Read a folder and all below it, without following links; each entry is looked at once."""
    links = dict[tuple[int, int], PathSource]()
    stack = [(top, into)]
    while stack:
        path, directory = stack.pop()
        try:
            with os.scandir(path) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            raise SourceError(error.filename or path, error.strerror or str(error)) from error
        children, skipped = directory._children, list[tuple[str, str]]()
        for name, status in found:
            kind = stat.S_IFMT(status.st_mode)
            if kind == stat.S_IFREG:
                source = _path_source(path, name, status, links)
                children[name] = File(name, directory, source, source.mtime_ns)
            elif kind == stat.S_IFDIR:
                below = Directory(name, directory, status.st_mtime_ns)
                children[name] = below
                stack.append((os.path.join(path, name), below))
            else:
                skipped.append((name, KINDS.get(kind, "neither a file nor a directory")))
        directory.skipped = tuple(sorted(skipped))


def _path_source(
    folder: str, name: str, status: os.stat_result, links: dict[tuple[int, int], PathSource]
) -> PathSource:
    """Return the source of a scanned file; hard links to one file share one."""
    if status.st_nlink <= 1:
        return PathSource(folder, name, status)
    key = (status.st_dev, status.st_ino)
    if key not in links:
        links[key] = LinkedPathSource(folder, name, status)
    return links[key]
