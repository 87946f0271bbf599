"""What an image is made of: files, special files and directories as they were when it was planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from discstack.fs.attributes import Attributes, Times
from discstack.fs.nodes import File, Special, Symlink

GIANT: Final = 1 << 30  # bytes of a file that some view may have to record in several runs


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
        self.attributes = node.attributes or node.usual
        self.times = None
        self.link = None
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

    `files`, `specials` and `directories` are sorted by name, in code-point order. `plain` says that views may take all
    of them for alike: there are no special files, no other times, and each file has one name and one run of less than
    `GIANT` bytes.
    """

    __slots__ = ("directories", "files", "number", "plain", "prefix", "specials")

    def __init__(self, name: str, parent: DirectoryItem | None, mtime_ns: int, number: int) -> None:
        self.name = name
        self.parent = self if parent is None else parent
        self.mtime_ns = mtime_ns
        self.number = number
        self.prefix: str = "/" if parent is None else f"{parent.prefix}{name}/"
        self.files = list[FileItem]()
        self.specials = list[SpecialItem]()
        self.directories = list[DirectoryItem]()
        self.plain = False

    @property
    def path(self) -> str:
        """The path in the image, from "/" on."""
        return self.prefix.rstrip("/") or "/"
