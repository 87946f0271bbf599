"""The UDF 1.02 view of an image.

Behind the fixed part (see `sequences`) the partition holds the file set, the data of every directory, and one block
for the entry of every directory and file: the root's first, and the children of a directory in one run. The allocation
extents of files above 234 GiB follow, and then the file data that all views share.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from typing import Final

from discstack.fs.errors import printable
from discstack.fs.options import ImageOptions
from discstack.fs.plan import Plan, sectors_for
from discstack.fs.snapshot import DirectoryItem, FileItem, Snapshot
from discstack.fs.udf.allocation import allocation_extent, allocation_extents_for, file_entry_ads
from discstack.fs.udf.cs0 import decode
from discstack.fs.udf.directory import directory_size, index_entries, pack_directory, unique_id
from discstack.fs.udf.file import MAX_EXTENT, FileType, pack_file_entry, permissions
from discstack.fs.udf.identifiers import volume_ids
from discstack.fs.udf.sequences import (
    ANCHOR,
    FILE_SET_BLOCKS,
    INTEGRITY_SECTORS,
    INTEGRITY_SEQUENCE,
    MAIN_SEQUENCE,
    PARTITION,
    RESERVE_SEQUENCE,
    SEQUENCE_SECTORS,
    VolumeFacts,
    anchor,
    file_set_sequence,
    integrity_sequence,
    volume_descriptor_sequence,
)
from discstack.fs.udf.structure import BLOCK, timestamp
from discstack.fs.udf.volume import RECOGNITION
from discstack.fs.view import Change, Issue, View

# The three descriptors, and the sector of zeros that ends the sequence (ECMA-167 2/8.3.1)
RECOGNITION_SECTORS: Final = sectors_for(len(RECOGNITION)) + 1
# Entries that are built in one go: 64 KiB
ENTRIES: Final = 32
ZEROS: Final = memoryview(bytes(BLOCK))
# What ISO 9660 without further permissions amounts to: everybody may read and execute
PERMISSIONS: Final = permissions(0o555)
# The first and the last microsecond that a timestamp can name (ECMA-167 1/7.3.2)
EARLIEST: Final = -62_135_596_800 * 10**9
LATEST: Final = 253_402_300_800 * 10**9 - 1000


def in_range(nanoseconds: int) -> int:
    """Return the time, or the nearest that UDF can record."""
    if EARLIEST <= nanoseconds <= LATEST:
        return nanoseconds
    return EARLIEST if nanoseconds < EARLIEST else LATEST


class UdfEmitter:
    """Places and emits the UDF 1.02 view of a snapshot; see `discstack.fs.view.Emitter` for the order of calls."""

    view = View.UDF
    tail_sectors = 1

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        self._snapshot = snapshot
        self._options = options
        self._clock = in_range(snapshot.clock)
        self._ids = volume_ids(options, self._clock, snapshot.digest)
        self._index = index_entries(snapshot)
        self._sizes = [directory_size(names) for names in self._index.names]
        # Allocation extents: the number of the first one by entry; of each one its file, the first of that, its place
        self._chain_starts: dict[int, int] = {}
        self._chained: list[tuple[FileItem, int, int]] = []

    def issues(self) -> Iterator[Issue]:
        """Tell which names, times and ids became others in this view."""
        if self._ids.logical_volume != self._options.volume_ids.get(View.UDF, self._options.volume_id):
            yield Issue("/", Change.VOLUME_ID, self._ids.logical_volume, View.UDF)
        yield from self._snapshot.without_specials(View.UDF)
        for directory, identifiers in zip(self._snapshot.directories, self._index.names, strict=True):
            children: list[DirectoryItem | FileItem] = [*directory.directories, *directory.files]
            for child, identifier in zip(children, identifiers, strict=True):
                if (name := decode(identifier)) != child.name:
                    yield Issue(child.path, Change.RENAMED, name, View.UDF)
        for item in self._index.items:
            if item.mtime_ns != in_range(item.mtime_ns):
                yield Issue(item.path, Change.TIME_CLAMPED, "UDF has the years 1 to 9999", View.UDF)

    def place_descriptors(self, plan: Plan) -> None:
        """Append the recognition sequence; pin the descriptor sequences and the first anchor."""
        plan.append(RECOGNITION_SECTORS, "UDF volume recognition sequence", lambda: RECOGNITION)
        for start, label in ((MAIN_SEQUENCE, "main"), (RESERVE_SEQUENCE, "reserve")):
            emit = partial(self._volume_descriptors, start)
            plan.pin(start, SEQUENCE_SECTORS, f"UDF {label} volume descriptor sequence", emit)
        plan.pin(INTEGRITY_SEQUENCE, INTEGRITY_SECTORS, "UDF logical volume integrity sequence", self._integrity)
        plan.pin(ANCHOR, 1, "UDF anchor", lambda: anchor(ANCHOR))

    def place_metadata(self, plan: Plan) -> None:
        """Append the file set, the directories, the entries and the allocation extents: the start of the partition."""
        plan.advance(PARTITION)
        self._file_set = plan.append(FILE_SET_BLOCKS, "UDF file set", lambda: file_set_sequence(self._facts()))
        lengths = [sectors_for(size) for size in self._sizes]
        self._starts = [0, *accumulate(lengths)]
        self._directories = plan.append_series("UDF directories", lengths, self._directory, self._directory_name)
        count = len(self._index.items)
        lengths = [min(ENTRIES, count - first) for first in range(0, count, ENTRIES)]
        self._entries = plan.append_series("UDF file entries", lengths, self._entry_run, lambda _: "UDF file entries")
        self._chain_huge_files()
        ones = [1] * len(self._chained)
        self._extents = plan.append_series("UDF allocation extents", ones, self._allocation_extent, self._chained_name)

    def place_tail(self, plan: Plan) -> None:
        """Append the last anchor, before which the partition ends."""
        self._last = plan.append(1, "UDF anchor", lambda: anchor(self._last.lba))

    def _facts(self) -> VolumeFacts:
        return VolumeFacts(
            clock=self._clock,
            volume_id=self._ids.short,
            logical_volume_id=self._ids.logical_volume,
            volume_set_id=self._ids.volume_set,
            file_set_id=self._ids.short,
            file_set_block=self._file_set.lba - PARTITION,
            root_block=self._entries.lba - PARTITION,
            partition_length=self._last.lba - PARTITION,
            files=self._index.files,
            directories=len(self._sizes),
            next_unique_id=unique_id(len(self._index.items)),
        )

    def _volume_descriptors(self, start: int) -> bytes:
        return volume_descriptor_sequence(self._facts(), start)

    def _integrity(self) -> bytes:
        return integrity_sequence(self._facts())

    def _directory(self, number: int) -> bytes:
        item = self._snapshot.directories[number]
        return pack_directory(self._index, item, self._directory_block(number), self._entries.lba - PARTITION)

    def _directory_block(self, number: int) -> int:
        return self._directories.lba - PARTITION + self._starts[number]

    def _directory_name(self, number: int) -> str:
        return f"UDF directory {printable(self._snapshot.directories[number].path)}"

    def _entry_run(self, index: int) -> bytes:
        first = index * ENTRIES
        parts = list[bytes | memoryview]()
        for number in range(first, min(first + ENTRIES, len(self._index.items))):
            entry = self._entry(number)
            parts += entry, ZEROS[len(entry) :]
        return b"".join(parts)

    def _entry(self, number: int) -> bytes:
        item = self._index.items[number]
        if isinstance(item, FileItem):
            kind, size = FileType.REGULAR, item.size
            chain = self._extents.lba - PARTITION + self._chain_starts.get(number, 0)
            ads = file_entry_ads(size, item.lba - PARTITION, chain)
        else:
            kind, size = FileType.DIRECTORY, self._sizes[item.number]
            ads = file_entry_ads(size, self._directory_block(item.number))
        block, links = self._entries.lba - PARTITION + number, self._index.links.get(number, 1)
        stamp = timestamp(in_range(item.mtime_ns))
        return pack_file_entry(block, kind, PERMISSIONS, links, size, stamp, unique_id(number), ads)

    def _chain_huge_files(self) -> None:
        for number, item in enumerate(self._index.items):
            if isinstance(item, FileItem) and item.size > MAX_EXTENT and (count := allocation_extents_for(item.size)):
                self._chain_starts[number] = first = len(self._chained)
                self._chained += [(item, first, index) for index in range(count)]

    def _allocation_extent(self, number: int) -> bytes:
        item, first, index = self._chained[number]
        return allocation_extent(item.size, item.lba - PARTITION, self._extents.lba - PARTITION + first, index)

    def _chained_name(self, number: int) -> str:
        return f"UDF allocation extents of {printable(self._chained[number][0].path)}"
