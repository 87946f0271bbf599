"""Directories of the view: their names, how long those make them, and their bytes (ECMA-167 4/8.6, UDF 1.02 2.3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from discstack.fs.errors import LayoutError, printable
from discstack.fs.snapshot import DirectoryItem, FileItem, Snapshot
from discstack.fs.udf.file import FileCharacteristics, file_identifier_size, pack_file_identifier
from discstack.fs.udf.names import file_identifiers
from discstack.fs.udf.structure import BLOCK

_PARENT: Final = FileCharacteristics.PARENT | FileCharacteristics.DIRECTORY
_PARENT_SIZE: Final = file_identifier_size(b"", 0)[0]
# A File Link Count is a Uint16, and every subdirectory counts through the entry of its parent (ECMA-167 4/14.9.6)
MAX_LINKS: Final = 0xFFFF
# Lower ones but 0 are kept for Macintosh implementations (UDF 1.02 3.2.1.1)
FIRST_UNIQUE_ID: Final = 16


@dataclass(slots=True)
class Index:
    """What has an entry, by entry number, and what leads there.

    The root has number 0. `names[d]` are the File Identifiers in directory d, its subdirectories' first, and
    `numbers[d]` the entries they lead to; `directories[d]` is its own entry. A file with several names (hard links of
    the source) has one entry.
    """

    items: list[DirectoryItem | FileItem]
    links: dict[int, int] = field(default_factory=dict)
    directories: list[int] = field(default_factory=list)
    names: list[list[bytes]] = field(default_factory=list)
    numbers: list[list[int]] = field(default_factory=list)
    files: int = 0


def unique_id(number: int) -> int:
    """Return the unique id of an entry by its number: 0 for the root, 16 and on for all others (UDF 1.02 3.2.1.1)."""
    return number + FIRST_UNIQUE_ID - 1 if number else 0


def index_entries(snapshot: Snapshot) -> Index:
    """Name and number everything; LayoutError where UDF cannot count the links."""
    index = Index([snapshot.root], directories=[0] * len(snapshot.directories))
    shared = dict[tuple[int, int], int]()
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


def _number_children(index: Index, item: DirectoryItem, shared: dict[tuple[int, int], int]) -> None:
    items, numbers, links = index.items, list[int](), index.links
    children: list[DirectoryItem | FileItem] = [*item.directories, *item.files]
    # a name above leads to a directory, and the entry of the parent in each subdirectory; the root is its own parent
    links[index.directories[item.number]] = 1 + len(item.directories)
    for below in item.directories:
        index.directories[below.number] = len(items)
        numbers.append(len(items))
        items.append(below)
    for file in item.files:
        number = len(items)
        owner = file.link or (file.source if file.source.shared else None)
        if owner is not None:
            number = shared.setdefault((id(owner), file.mtime_ns), number)
            links[number] = links.get(number, 0) + 1
        if number == len(items):
            items.append(file)
        numbers.append(number)
    identifiers = file_identifiers([child.name for child in children])
    index.names.append([identifiers[child.name] for child in children])
    index.numbers.append(numbers)
    index.files += len(item.files)


def directory_size(identifiers: Iterable[bytes]) -> int:
    """Return how many bytes the entry of the parent and these names take."""
    offset = _PARENT_SIZE
    for identifier in identifiers:
        offset += file_identifier_size(identifier, offset)[0]
    return offset


def pack_directory(index: Index, item: DirectoryItem, block: int, entries: int) -> bytes:
    """Return the data of a directory that starts in `block`; entry number n is in block `entries` + n."""
    parent = index.directories[item.parent.number]
    parts = [pack_file_identifier(block, _PARENT, b"", entries + parent, unique_id(parent), 0)]
    offset = _PARENT_SIZE
    flags, subdirectories = FileCharacteristics.DIRECTORY, len(item.directories)
    for identifier, number in zip(index.names[item.number], index.numbers[item.number], strict=True):
        if len(parts) > subdirectories:
            flags = FileCharacteristics.NONE
        length, use = file_identifier_size(identifier, offset)
        location = block + offset // BLOCK
        parts.append(pack_file_identifier(location, flags, identifier, entries + number, unique_id(number), use))
        offset += length
    return b"".join(parts)
