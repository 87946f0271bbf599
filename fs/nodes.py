"""What a tree is made of beside directories: files, symbolic links and special files.

Names are text; bytes of a name that are no text in the file system's encoding are kept as Python keeps them (surrogate
escapes), and each view decides what to show for them.
"""

from __future__ import annotations

from collections.abc import Hashable
from io import BufferedReader
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from discstack.fs.attributes import FILE, SYMBOLIC_LINK, Attributes, Device, Kind, Times
from discstack.fs.errors import printable
from discstack.fs.file_object import open_source
from discstack.fs.sources import Source

if TYPE_CHECKING:
    from discstack.fs.tree import Directory

Leaf: TypeAlias = "File | Symlink | Special"


class BaseNode:
    """What all nodes have in common.

    `mtime_ns` None means the time of the image, `attributes` None root's with the usual permissions; `times` are set
    where more than the time of the last change is to be recorded.
    """

    __slots__ = ("attributes", "mtime_ns", "name", "parent", "times")
    usual: ClassVar[Attributes] = FILE  # what it has without attributes of its own

    def __init__(
        self,
        name: str,
        parent: Directory | None,
        mtime_ns: int | None,
        attributes: Attributes | None,
        times: Times | None = None,
    ) -> None:
        self.name = name
        self.parent = parent
        self.mtime_ns = mtime_ns
        self.attributes = attributes
        self.times = times

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    @property
    def hidden(self) -> bool:
        """Whether all views mark the name as one that is not to be shown; programs may show it all the same."""
        return self.attributes is not None and self.attributes.hidden

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        if hidden != self.hidden:
            self.attributes = (self.attributes or self.usual)._replace(hidden=hidden)

    @property
    def path(self) -> str:
        """The path from the root of the tree, which is "/"."""
        names = list[str]()
        node: BaseNode = self
        while node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))


class File(BaseNode):
    """A file; `source` gives its data. Nodes with equal `link` (not None) are hard links: several names of one file.

    It belongs to its tree, which is used by one thread at a time.
    """

    __slots__ = ("link", "source")

    def __init__(
        self,
        name: str,
        parent: Directory,
        source: Source,
        mtime_ns: int | None,
        attributes: Attributes | None = None,
        times: Times | None = None,
        link: Hashable = None,
    ) -> None:
        # what the base class does, without the call: most nodes are files
        self.name = name
        self.parent = parent
        self.mtime_ns = mtime_ns
        self.attributes = attributes
        self.times = times
        self.source = source
        self.link = link

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.source.size

    def open(self) -> BufferedReader:
        """Open the data for reading, as a binary file that can seek; SourceError if it cannot be had."""
        return open_source(self.source)


class Symlink(BaseNode):
    """A symbolic link; `target` is what it points to, a path of any form, in bytes. Hard links as for files."""

    __slots__ = ("link", "target")
    kind = Kind.SYMBOLIC_LINK
    usual = SYMBOLIC_LINK

    def __init__(
        self,
        name: str,
        parent: Directory,
        target: bytes,
        mtime_ns: int | None,
        attributes: Attributes | None = None,
        times: Times | None = None,
        link: Hashable = None,
    ) -> None:
        super().__init__(name, parent, mtime_ns, attributes, times)
        self.target = target
        self.link = link

    @property
    def shown_target(self) -> str:
        """The target, fit for a message."""
        return printable(self.target.decode("utf-8", "surrogateescape"))


class Special(BaseNode):
    """A FIFO, a socket or a device node; `device` is what a device node stands for. Hard links as for files."""

    __slots__ = ("device", "kind", "link")

    def __init__(
        self,
        name: str,
        parent: Directory,
        kind: Kind,
        device: Device | None,
        mtime_ns: int | None,
        attributes: Attributes | None = None,
        times: Times | None = None,
        link: Hashable = None,
    ) -> None:
        super().__init__(name, parent, mtime_ns, attributes, times)
        self.kind = kind
        self.device = device
        self.link = link
