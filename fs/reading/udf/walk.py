"""Walking the directories of a UDF volume into a tree (ECMA-167 4/8.6, 4/14.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final, NamedTuple

from discstack.fs.attributes import DEVICES, Kind
from discstack.fs.nodes import File, Leaf, Special, Symlink
from discstack.fs.reading.blocks import Medium
from discstack.fs.reading.extents import MediumSource
from discstack.fs.reading.names import Names, too_deep
from discstack.fs.reading.notes import Oddity
from discstack.fs.reading.udf.entries import Address, Entries, Entry
from discstack.fs.reading.udf.names import decode
from discstack.fs.reading.udf.tags import Tag, tag_of
from discstack.fs.reading.udf.volume import LogicalVolume
from discstack.fs.sources import BytesSource, Source
from discstack.fs.tree import Directory

_FIXED: Final = 38  # bytes of a File Identifier Descriptor before its implementation use
# At 18: characteristics, length of the identifier, ICB's block and partition, L_IU
_FIELDS: Final = Struct("<BB4xIH6xH")
_HIDDEN, _DELETED, _PARENT, _METADATA = 0x01, 0x04, 0x08, 0x10  # 4/14.4.3
# What a volume keeps for itself: the file that owns what must not be written, UDF 1.50 2.3.13
_OWN: Final = b"\x08Non-Allocatable Space"
_TYPE_DIRECTORY: Final = 4  # 4/14.6.6
_REGULAR: Final = frozenset({0, 5, 249})  # unspecified, regular, real-time (UDF 2.01 2.3.5.2)
_KINDS: Final = {6: Kind.BLOCK_DEVICE, 7: Kind.CHARACTER_DEVICE, 9: Kind.FIFO, 10: Kind.SOCKET}
_SYMBOLIC_LINK: Final = 12
_MOST_TARGET: Final = 1 << 16  # bytes of the path components of a symbolic link
_ROOT, _PARENT_COMPONENT, _CURRENT, _NAME = (1, 2), 3, 4, 5  # 4/14.16.1.1


class Identifier(NamedTuple):
    """A name in a directory."""

    name: str
    icb: Address
    hidden: bool


class UdfWalk:
    """One walk over the directories of a logical volume; `heard` is told of every one that has been read."""

    def __init__(self, volume: LogicalVolume, medium: Medium, heard: Callable[[Directory], None]) -> None:
        self._entries: Entries = volume.entries
        self._root = volume.root
        self._medium = medium
        self._heard = heard
        self._notes = volume.entries.blocks.notes
        self._token = object()  # hard links are links within one reading
        self._visited = set[int]()
        self._linked = dict[int, Entry]()

    def read(self) -> Directory | None:
        """Return the tree; None, with a note, where there is no root directory."""
        entry = self._entries.read(self._root, "/")
        if entry is None or entry.file_type != _TYPE_DIRECTORY:
            self._notes.add(Oddity.MALFORMED, "/", "there is no UDF root directory")
            return None
        top = Directory("", None, entry.mtime_ns, entry.attributes, entry.times)
        self._visited.add(entry.lba)
        stack = [(entry, top)]
        while stack:
            entry, directory = stack.pop()
            stack.extend(reversed(list(self._fill(directory, entry))))
            self._heard(directory)
        return top

    def _fill(self, directory: Directory, entry: Entry) -> Iterator[tuple[Entry, Directory]]:
        """Put the leaves of a directory into it; yield the directories below."""
        where = directory.path
        names = Names(directory, self._notes)
        leaves = list[Leaf]()
        for identifier in self._identifiers(entry, where):
            found = self._entry(identifier.icb, where)
            if found is None:
                self._notes.add(Oddity.MALFORMED, where, f"{identifier.name!r} has no file entry; left out")
                continue
            name = names.give(identifier.name, identifier.name)
            if found.file_type != _TYPE_DIRECTORY:
                leaf = self._leaf(directory, name, found, where)
                leaf.hidden = identifier.hidden
                leaves.append(leaf)
            elif found.lba in self._visited:
                self._notes.add(Oddity.LOOP, where, f"{name!r} is a directory that has another name; left out")
            elif not too_deep(directory, name, self._notes):
                self._visited.add(found.lba)
                below = directory.create_directory(name, mtime_ns=found.mtime_ns, attributes=found.attributes)
                below.times, below.hidden = found.times, identifier.hidden
                yield found, below
        directory.take(leaves)

    def _entry(self, address: Address, where: str) -> Entry | None:
        lba = self._entries.locate(address)
        if lba in self._linked:
            return self._linked[lba]
        entry = self._entries.read(address, where)
        if entry is not None and entry.links > 1 and lba is not None and entry.file_type != _TYPE_DIRECTORY:
            self._linked[lba] = entry
        return entry

    def _identifiers(self, entry: Entry, where: str) -> Iterator[Identifier]:
        """Yield the names of a directory but those of its parent and of what was deleted."""
        data = b""
        for piece in self._entries.data(entry, where):
            data += piece
            at = 0
            while at + _FIXED <= len(data):
                characteristics, length, block, partition, use = _FIELDS.unpack_from(data, at + 18)
                size = _FIXED + use + length + 3 & ~3
                if at + size > len(data):
                    break
                if tag_of(data[at : at + size], None, where, self._notes) != Tag.FILE_IDENTIFIER:
                    self._notes.add(Oddity.MALFORMED, where, "something that is no file identifier; the rest left out")
                    return
                raw = data[at + _FIXED + use : at + _FIXED + use + length]
                own = characteristics & _HIDDEN and raw == _OWN
                if not characteristics & (_DELETED | _PARENT | _METADATA) and not own:
                    hidden = bool(characteristics & _HIDDEN)
                    yield Identifier(decode(raw, where, self._notes), Address(partition, block), hidden)
                at += size
            data = data[at:]
        if any(data):
            self._notes.add(Oddity.MALFORMED, where, f"{len(data)} bytes at its end are no file identifier; left out")

    def _leaf(self, directory: Directory, name: str, entry: Entry, where: str) -> Leaf:
        link = (self._token, entry.lba) if entry.links > 1 else None
        common = (entry.mtime_ns, entry.attributes, entry.times, link)
        kind = _KINDS.get(entry.file_type)
        if entry.file_type == _SYMBOLIC_LINK:
            target = self._target(entry, where)
            if target and b"\0" not in target:
                return Symlink(name, directory, target, *common)
            self._notes.add(Oddity.MALFORMED, where, f"{name!r} is a link that leads nowhere; taken for a file")
        elif kind is not None and (kind not in DEVICES or entry.device is not None):
            return Special(name, directory, kind, entry.device if kind in DEVICES else None, *common)
        elif entry.file_type not in _REGULAR:
            self._notes.add(Oddity.UNSUPPORTED, where, f"{name!r} is of type {entry.file_type}; taken for a file")
        return File(name, directory, self._source(directory, name, entry), *common)

    def _source(self, directory: Directory, name: str, entry: Entry) -> Source:
        if entry.embedded is not None:
            return BytesSource(entry.embedded, name)
        source = MediumSource(self._medium, entry.extents, directory, name, entry.mtime_ns)
        if not source.inside:
            self._notes.add(Oddity.OUT_OF_BOUNDS, source.label, "its data; reading it will fail")
        return source

    def _target(self, entry: Entry, where: str) -> bytes:
        """Return the target of a symbolic link, 4/14.16.1."""
        data = b""
        for piece in self._entries.data(entry, where):
            data += piece
            if len(data) > _MOST_TARGET:
                break
        parts, at, absolute = list[str](), 0, False
        while at + 4 <= len(data):
            kind, length = data[at], data[at + 1]
            text = decode(data[at + 4 : at + 4 + length], where, self._notes)
            if kind in _ROOT:
                parts, absolute = [], True
            elif kind == _PARENT_COMPONENT:
                parts.append("..")
            elif kind == _CURRENT:
                parts.append(".")
            elif kind == _NAME:
                parts.append(text)
            at += 4 + length
        return ("/" * absolute + "/".join(parts)).encode("utf-8", "surrogatepass")
