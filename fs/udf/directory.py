"""What has an entry, what leads there, and the directories that say so (ECMA-167 4/8.6, UDF 1.02 2.3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final, TypeAlias

from discstack.fs.attributes import Kind
from discstack.fs.errors import LayoutError, printable
from discstack.fs.items import DirectoryItem, FileItem, SpecialItem
from discstack.fs.snapshot import Snapshot
from discstack.fs.udf.file import FileCharacteristics
from discstack.fs.udf.names import file_identifiers
from discstack.fs.udf.packing import Name, directory_size
from discstack.fs.udf.symlinks import path_components

Item: TypeAlias = DirectoryItem | FileItem | SpecialItem

_PARENT: Final = FileCharacteristics.PARENT | FileCharacteristics.DIRECTORY
# A File Link Count is a Uint16, and every subdirectory counts through the entry of its parent (ECMA-167 4/14.9.6)
MAX_LINKS: Final = 0xFFFF
# Lower ones but 0 are kept for Macintosh implementations (UDF 1.02 3.2.1.1)
FIRST_UNIQUE_ID: Final = 16
ON_REQUEST: Final = "which UDF holds only on request, as 7-Zip refuses a volume that has one"


@dataclass(slots=True)
class Index:
    """What has an entry, by entry number, and what leads there.

    The root has number 0. `numbers[d]` are the entries of the children of directory d, its subdirectories first, and
    `directories[d]` is its own entry. A file with several names (hard links) has one entry. `sizes[d]` is the length of
    a directory's data, `identifiers[d]` are its File Identifiers, and `changed[d]` says which of them are not names.
    `further` has the names that lead to a file with an earlier name: (directory, place in it) by the order of names.
    """

    specials: bool
    items: list[Item]
    links: dict[int, int] = field(default_factory=dict)
    directories: list[int] = field(default_factory=list)
    numbers: list[Sequence[int]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    identifiers: list[list[bytes]] = field(default_factory=list)
    changed: dict[int, list[int]] = field(default_factory=dict)
    further: dict[tuple[int, int], int] = field(default_factory=dict)
    files: int = 0

    def children(self, item: DirectoryItem) -> list[Item]:
        """Return what a directory holds in this view, in the order of its entries."""
        return [*item.directories, *item.files, *self.kept(item)]

    def kept(self, item: DirectoryItem) -> list[SpecialItem]:
        """Return the links and special files of a directory that this view has."""
        if not self.specials:
            return []
        return [special for special in item.specials if is_representable(special)]

    def left_out(self, snapshot: Snapshot) -> Iterator[tuple[SpecialItem, str]]:
        """Yield what this view has not, and why."""
        why = "which OSTA CS0 cannot spell, or which is too long for it" if self.specials else ON_REQUEST
        for item in snapshot.directories:
            for special in item.specials:
                if not self.specials or not is_representable(special):
                    yield special, f"{special.kind.described}, {why}"

    def renamed(self) -> Iterator[tuple[Item, bytes]]:
        """Yield what has a File Identifier that is not its name."""
        for item in map(self.items.__getitem__, self.directories):
            if isinstance(item, DirectoryItem) and item.number in self.changed:
                children, identifiers = self.children(item), self.identifiers[item.number]
                yield from ((children[place], identifiers[place]) for place in self.changed[item.number])

    @property
    def next_unique_id(self) -> int:
        """The first unique id that nothing has."""
        return unique_id(len(self.items) + len(self.further))

    def names(self, item: DirectoryItem, entries: int, *, own_ids: bool) -> Iterator[Name]:
        """Yield what the directory says: first of its parent, then of its children.

        Entry number n is in block `entries` + n. With `own_ids` a further name of a file has a unique id of its own
        (UDF 2.00 3.2.1.1), otherwise the file's.
        """
        parent = self.directories[item.parent.number]
        yield _PARENT, b"", entries + parent, unique_id(parent)
        numbers = self.numbers[item.number]
        blocks: Sequence[int] = [entries + number for number in numbers]
        ids = [number + FIRST_UNIQUE_ID - 1 for number in numbers]
        if own_ids and not isinstance(numbers, range):
            for place in range(len(ids)):
                further = self.further.get((item.number, place))
                if further is not None:
                    ids[place] = unique_id(len(self.items) + further)
        below = len(item.directories)
        flags: Iterable[int] = chain(repeat(int(FileCharacteristics.DIRECTORY), below), repeat(0, len(numbers) - below))
        hidden = [child.attributes.hidden for child in self.children(item)]
        if True in hidden:
            flags = [kind | FileCharacteristics.HIDDEN * each for kind, each in zip(flags, hidden, strict=True)]
        yield from zip(flags, self.identifiers[item.number], blocks, ids, strict=True)


def is_representable(special: SpecialItem) -> bool:
    """Tell whether UDF can hold what a symbolic link points to; other special files it always holds."""
    return special.kind is not Kind.SYMBOLIC_LINK or path_components(special.target) is not None


def unique_id(number: int) -> int:
    """Return the unique id of an entry by its number: 0 for the root, 16 and on for all others (UDF 1.02 3.2.1.1)."""
    return number + FIRST_UNIQUE_ID - 1 if number else 0


def index_entries(snapshot: Snapshot, *, specials: bool = False) -> Index:
    """Number everything; `specials` takes symbolic links and special files in. LayoutError for too many links."""
    index = Index(specials, [snapshot.root], directories=[0] * len(snapshot.directories))
    shared = dict[int, int]()
    for item in snapshot.directories:
        _number_children(index, item, shared)
    for number, links in index.links.items():
        if links > MAX_LINKS:
            path = printable(index.items[number].path)
            raise LayoutError(
                f"{path}: {links} links lead here (subdirectories, or names of one file), "
                f"and UDF counts to {MAX_LINKS}: leave some of them out, or UDF"
            )
    return index


def _number_children(index: Index, item: DirectoryItem, shared: dict[int, int]) -> None:
    leaves: list[FileItem | SpecialItem] = [*item.files, *index.kept(item)]
    first = len(index.items)
    # a name above leads to a directory, and the entry of the parent in each subdirectory; the root is its own parent
    index.links[index.directories[item.number]] = 1 + len(item.directories)
    for number, directory in enumerate(item.directories, first):
        index.directories[directory.number] = number
    index.items += item.directories
    if not item.plain and any(leaf.link is not None for leaf in leaves):
        index.numbers.append([*range(first, len(index.items)), *_number_links(index, item, leaves, shared)])
    else:
        index.items += leaves
        index.numbers.append(range(first, len(index.items)))
    identifiers, changed = file_identifiers([child.name for child in index.children(item)])
    if changed:
        index.changed[item.number] = changed
    index.identifiers.append(identifiers)
    index.sizes.append(directory_size(identifiers))
    index.files += len(leaves)


def _number_links(
    index: Index, item: DirectoryItem, leaves: list[FileItem | SpecialItem], shared: dict[int, int]
) -> Iterator[int]:
    """Number what a directory holds beside directories; all names of one file have the number of its first."""
    items, links = index.items, index.links
    for place, leaf in enumerate(leaves, len(item.directories)):
        number = len(items)
        if leaf.link is not None:
            number = shared.setdefault(id(leaf.link), number)
            links[number] = links.get(number, 0) + 1
        if number == len(items):
            items.append(leaf)
        else:
            index.further[item.number, place] = len(index.further)
        yield number
