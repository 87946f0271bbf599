"""The entry of everything that has one: type, owner, permissions, times, and where its data is (UDF 1.02 2.3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from discstack.fs.attributes import Attributes, Kind, rationalized
from discstack.fs.items import DirectoryItem, FileItem
from discstack.fs.plan import sectors_for
from discstack.fs.udf.allocation import Allocation, pieces_of
from discstack.fs.udf.directory import Index, Item, unique_id
from discstack.fs.udf.extended import HEADER_SIZE, FileTimesExtendedAttribute, attribute_space, file_attributes
from discstack.fs.udf.file import MAX_EXTENT, NOT_SPECIFIED, FileType, IcbFlags, permissions
from discstack.fs.udf.packing import (
    EXTENDED_FILE_ENTRY_SIZE,
    FILE_ENTRY_SIZE,
    EntryWriter,
    UsualEntries,
    UsualEntry,
    UsualStart,
    entry_start,
    pack_directory,
    write_extended_file_entry,
    write_file_entry,
)
from discstack.fs.udf.revisions import Revision
from discstack.fs.udf.space import Space
from discstack.fs.udf.structure import BLOCK, timestamp, timestamps
from discstack.fs.udf.symlinks import path_components

# The first and the last nanosecond of the years that a timestamp can name (ECMA-167 1/7.3.2)
EARLIEST: Final = -62_135_596_800 * 10**9
LATEST: Final = 253_402_300_800 * 10**9 - 1
FILE_TYPES: Final = {
    Kind.FIFO: FileType.FIFO,
    Kind.SOCKET: FileType.SOCKET,
    Kind.CHARACTER_DEVICE: FileType.CHARACTER_DEVICE,
    Kind.BLOCK_DEVICE: FileType.BLOCK_DEVICE,
    Kind.SYMBOLIC_LINK: FileType.SYMBOLIC_LINK,
}
_SPECIAL_BITS: Final = {0o4000: IcbFlags.SETUID, 0o2000: IcbFlags.SETGID, 0o1000: IcbFlags.STICKY}
_TIMES_SIZE: Final = HEADER_SIZE + FileTimesExtendedAttribute(file_creation_time=0).attribute_length


def in_range(nanoseconds: int) -> int:
    """Return the time, or the nearest that UDF can record."""
    if EARLIEST <= nanoseconds <= LATEST:
        return nanoseconds
    return EARLIEST if nanoseconds < EARLIEST else LATEST


@dataclass(frozen=True, slots=True)
class EntryForm:
    """The entries of a revision: File Entries of ECMA-167's 2nd edition, or Extended File Entries.

    `size` is the length in bytes of one without anything behind it, `room` what is left of a block for data or
    allocation descriptors when the largest attributes of a file with data are there; `stamps` counts the times,
    `version` is that of the tags.
    """

    revision: Revision
    size: int
    room: int
    write: EntryWriter
    stamps: int
    version: int

    def system_entry(
        self,
        file_type: FileType,
        location: int,
        clock: int,
        size: int,
        recorded: int,
        tail: bytes,
        attributes: bytes = b"",
    ) -> bytes:
        """Return the entry of a file that has no name, and so neither links nor a unique id."""
        flags = IcbFlags.SHORT_ADS if recorded else IcbFlags.EMBEDDED
        start = entry_start(file_type, flags, NOT_SPECIFIED, NOT_SPECIFIED, permissions(0o444))
        block = bytearray(BLOCK)
        content = attributes + tail
        block[self.size : self.size + len(content)] = content
        rest = timestamp(clock) * self.stamps, 0, len(attributes), len(tail)
        self.write(memoryview(block), location, self.version, start, 0, size, recorded, *rest)
        return bytes(block)


def entry_form(revision: Revision) -> EntryForm:
    """Return the form of the entries of a revision."""
    if revision.extended_entries:
        size = EXTENDED_FILE_ENTRY_SIZE
        return EntryForm(revision, size, BLOCK - size, write_extended_file_entry, 4, revision.tag_version)
    size = FILE_ENTRY_SIZE
    return EntryForm(revision, size, BLOCK - size - _TIMES_SIZE, write_file_entry, 3, revision.tag_version)


class Body(NamedTuple):
    """What an entry says of its data: `tail` are the data itself or its allocation descriptors."""

    file_type: FileType
    flags: IcbFlags
    size: int
    recorded: int
    tail: bytes | bytearray


@dataclass(slots=True)
class Addresses:
    """Blocks: of entry 0; of data that is not in an entry, by the numbers of directories (not of their entries).

    `chains` has the first allocation extents of files, `links` the data of symbolic links, both by entry number.
    """

    entries: int = 0
    directories: dict[int, int] = field(default_factory=dict)
    chains: dict[int, int] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)


class EntryBuilder:
    """Writes the entry of an item by its number; files of up to `embed` bytes are embedded."""

    def __init__(self, index: Index, form: EntryForm, space: Space, *, embed: int, exact: bool) -> None:
        self._index, self._form, self._space = index, form, space
        self._embed, self._exact = embed, exact
        self.files = Allocation(space.file_form, form.room)
        self.directories = Allocation(space.directory_form, form.room)
        self._starts = dict[tuple[int, int, Attributes], bytes]()
        self._usual = UsualEntries(form.version, self.files.form, extended=form.revision.extended_entries)
        self._usual_starts = dict[tuple[Attributes, int], UsualStart]()
        self.addresses = Addresses()

    def fill(self, first: int, buffer: memoryview) -> None:
        """Write the entries from number `first` on into `buffer`, which is some whole blocks."""
        embed = self._embed
        items = self._index.items[first : first + len(buffer) // BLOCK]
        usual = {
            place: item
            for place, item in enumerate(items)
            if type(item) is FileItem and item.times is None and (embed < item.size <= MAX_EXTENT or not item.size)
        }
        if len(usual) < len(items):
            for place, item in enumerate(items):
                if place not in usual:
                    self._fill_entry(first + place, item, buffer[place * BLOCK : (place + 1) * BLOCK])
        self._usual.write(buffer, self._usual_entries(first, usual))

    def _usual_entries(self, first: int, usual: Mapping[int, FileItem]) -> Iterable[UsualEntry]:
        """Return what is to be written of files of at most one extent that have no extended attributes.

        They are given by their places behind entry number `first`.
        """
        copies, partition = self._form.stamps, self._space.partition
        block, ids = self.addresses.entries + first, unique_id(first + 1) - 1
        files = usual.values()
        times = [file.mtime_ns for file in files]
        if times and not (min(times) >= EARLIEST and max(times) <= LATEST):
            times = [in_range(time) for time in times]
        return zip(
            [place * BLOCK for place in usual],
            [block + place for place in usual],
            self._usual_starts_of(first, usual),
            [file.size for file in files],
            [stamp * copies for stamp in timestamps(times)],
            [ids + place for place in usual],
            [file.lba - partition for file in files],
            strict=True,
        )

    def _usual_starts_of(self, first: int, usual: Mapping[int, FileItem]) -> Iterator[UsualStart]:
        links, attributes, start = self._index.links, None, (b"", 0)
        for place, file in usual.items():
            if file.attributes is not attributes or first + place in links:
                start = self._usual_start(file.attributes, links.get(first + place, 1))
                attributes = None if first + place in links else file.attributes
            yield start

    def _usual_start(self, attributes: Attributes, links: int) -> UsualStart:
        key = attributes, links
        if key not in self._usual_starts:
            start = self._start(FileType.REGULAR, self.files.form.flags, attributes)
            self._usual_starts[key] = self._usual.start(start, links)
        return self._usual_starts[key]

    def _fill_entry(self, number: int, item: Item, block: memoryview) -> None:
        """Write an entry with all that it may have into a block."""
        form = self._form
        block[:] = bytes(BLOCK)
        location = self.addresses.entries + number
        attributes = self._attributes(item, location)
        file_type, flags, size, recorded, tail = self._body(number, item)
        start = self._start(file_type, flags, item.attributes)
        at = form.size + len(attributes)
        block[form.size : at] = attributes
        block[at : at + len(tail)] = tail
        links = self._index.links.get(number, 1)
        rest = unique_id(number), len(attributes), len(tail)
        form.write(block, location, form.version, start, links, size, recorded, self._stamps(item), *rest)

    def embedded(self, number: int) -> FileItem | None:
        """Return the file whose data is embedded in entry `number`, if there is one."""
        item = self._index.items[number]
        return item if isinstance(item, FileItem) and 0 < item.size <= self._embed else None

    def _body(self, number: int, item: Item) -> Body:
        if isinstance(item, FileItem):
            return self._file(number, item)
        if isinstance(item, DirectoryItem):
            return self._directory(item)
        file_type = FILE_TYPES[item.kind]
        if item.kind is not Kind.SYMBOLIC_LINK:
            return Body(file_type, IcbFlags.EMBEDDED, 0, 0, b"")
        path = path_components(item.target) or b""
        if number not in self.addresses.links:
            return Body(file_type, IcbFlags.EMBEDDED, len(path), 0, path)
        ads = self.files.in_entry(pieces_of([(self.addresses.links[number], len(path))]))
        return Body(file_type, self.files.form.flags, len(path), sectors_for(len(path)), ads)

    def _file(self, number: int, item: FileItem) -> Body:
        size = item.size
        if 0 < size <= self._embed:
            data = bytearray(size)
            item.source.read_whole(memoryview(data))
            return Body(FileType.REGULAR, IcbFlags.EMBEDDED, size, 0, data)
        pieces = pieces_of(item.runs, self._space.partition)
        ads = self.files.in_entry(pieces, self.addresses.chains.get(number, 0))
        recorded = sum(sectors_for(length) for length, _ in pieces)
        return Body(FileType.REGULAR, self.files.form.flags, size, recorded, ads)

    def _directory(self, item: DirectoryItem) -> Body:
        size = self._index.sizes[item.number]
        block = self.addresses.directories.get(item.number)
        if block is None:
            location = self.addresses.entries + self._index.directories[item.number]
            return Body(FileType.DIRECTORY, IcbFlags.EMBEDDED, size, 0, self.directory(item, location))
        ads = self.directories.in_entry(pieces_of([(block, size)]))
        return Body(FileType.DIRECTORY, self.directories.form.flags, size, sectors_for(size), ads)

    def directory(self, item: DirectoryItem, location: int) -> bytes:
        """Return the data of a directory that is recorded from block `location` on."""
        revision = self._form.revision
        names = self._index.names(item, self.addresses.entries, own_ids=revision.names_have_ids)
        return pack_directory(revision.tag_version, self._space.entries, location, names)

    def _start(self, file_type: FileType, flags: IcbFlags, attributes: Attributes) -> bytes:
        """Return what entries of a type and with some attributes have in common, and remember it."""
        key = file_type.value, flags.value, attributes
        if key in self._starts:
            return self._starts[key]
        if file_type is FileType.REGULAR:
            flags |= IcbFlags.ARCHIVE
        if self._exact:
            mode, uid, gid, _ = attributes
            for bit, flag in _SPECIAL_BITS.items():
                if mode & bit:
                    flags |= flag
        else:
            mode = rationalized(attributes, directory=file_type is FileType.DIRECTORY).mode
            uid = gid = NOT_SPECIFIED
        self._starts[key] = start = entry_start(file_type, flags, uid, gid, permissions(mode))
        return start

    def _stamps(self, item: Item) -> bytes:
        """Return the times of access, modification, creation (in Extended File Entries only) and attributes."""
        modified = timestamp(in_range(item.mtime_ns))
        if item.times is None:
            return modified * self._form.stamps
        accessed, changed = timestamp(in_range(item.times.atime_ns)), timestamp(in_range(item.times.ctime_ns))
        if not self._form.revision.extended_entries:
            return accessed + modified + changed
        birth = item.times.birth_ns
        created = modified if birth is None else timestamp(in_range(birth))
        return accessed + modified + created + changed

    def _attributes(self, item: Item, location: int) -> bytes:
        """Return the extended attributes: what the entry itself has no field for."""
        extended = self._form.revision.extended_entries
        birth = None if item.times is None or extended else item.times.birth_ns
        device = None if isinstance(item, FileItem | DirectoryItem) else item.device
        attributes = file_attributes(None if birth is None else in_range(birth), device)
        return attribute_space(self._form.revision, location, attributes)
