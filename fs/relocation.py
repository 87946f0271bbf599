"""Moving directories that lie too deep for ECMA-119 to where they do not, RRIP 1.12 4.1.5.

No directory may be below the eighth level, ECMA-119 6.8.2.1. One that is goes into a directory in the root made for
that, and a record without data stays in its place, which leads to it.
"""

from __future__ import annotations

from typing import Final

from discstack.fs.attributes import DIRECTORY, Attributes, Times
from discstack.fs.errors import LayoutError
from discstack.fs.items import DirectoryItem
from discstack.fs.snapshot import Snapshot

DEEPEST: Final = 8
NAMES: Final = ("rr_moved", ".rr_moved")  # libarchive knows the directory by these alone


class MovedDirectory:
    """What stays in the place of a directory that was moved."""

    __slots__ = ("directory",)

    def __init__(self, directory: DirectoryItem) -> None:
        self.directory = directory

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.directory.name

    @property
    def path(self) -> str:
        """The directory's path in the image."""
        return self.directory.path

    @property
    def attributes(self) -> Attributes:
        """The directory's attributes."""
        return self.directory.attributes

    @property
    def mtime_ns(self) -> int:
        """The directory's time of the last change."""
        return self.directory.mtime_ns

    @property
    def times(self) -> Times | None:
        """The directory's other times."""
        return self.directory.times


class Relocation:
    """The directories of a snapshot that are moved, and the one that takes them in; both are empty where none is."""

    def __init__(self, snapshot: Snapshot) -> None:
        root = snapshot.root
        levels, self._away = {root.number: 1}, set[int]()
        self.numbers = set[int]()  # of the directories that are moved
        moved = list[DirectoryItem]()
        for directory in snapshot.directories[1:]:
            level = levels[directory.parent.number] + 1
            if level > DEEPEST:
                moved.append(directory)
                self.numbers.add(directory.number)
                level = 3
            if directory.number in self.numbers or directory.parent.number in self._away:
                self._away.add(directory.number)
            levels[directory.number] = level
        name = _free_name(root) if moved else ""
        self.home = DirectoryItem(name, root, root.mtime_ns, len(snapshot.directories))
        self.home.attributes, self.home.times = DIRECTORY, None
        self.home.directories = moved

    def hides(self, item: object) -> bool:
        """Tell whether the record of an item is not where the item belongs."""
        return isinstance(item, DirectoryItem) and (item is self.home or item.number in self.numbers)

    def place(self, directory: DirectoryItem) -> tuple[int, int]:
        """Return what the directories are to be ordered by on the medium.

        The root is the first and the home of the moved ones the second; then come all that are moved, or within one
        that is, and then the others: libarchive, which reads forwards only, takes no other order.
        """
        if directory.parent is directory:
            return 0, 0
        if directory is self.home:
            return 1, 0
        return 2 if directory.number in self._away else 3, directory.number

    def children(self, directory: DirectoryItem) -> tuple[list[DirectoryItem], list[MovedDirectory]]:
        """Return which directories are recorded in a directory, and what stands there for others."""
        if directory is self.home:
            return directory.directories, []
        below = [child for child in directory.directories if child.number not in self.numbers]
        if directory.parent is directory and self.numbers:
            below.append(self.home)
        return below, [MovedDirectory(child) for child in directory.directories if child.number in self.numbers]


def _free_name(root: DirectoryItem) -> str:
    taken = {item.name for item in (*root.files, *root.specials, *root.directories)}
    for name in NAMES:
        if name not in taken:
            return name
    raise LayoutError(f"no name of {' and '.join(NAMES)} is free in the root for the directories that are moved")
