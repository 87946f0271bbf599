"""The UDF view of an image.

Behind the fixed part (see `sequences`) one run of sectors holds the file set, the data of every directory that is too
large for its entry, one block for the entry of every directory and file - the root's first, and the children of a
directory one after the other - and the allocation extents of files of hundreds of GiB. The file data follows, which all
views share. With a metadata partition that run is recorded once more behind the file data. A virtual allocation table
ends the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from typing import Final

from discstack.fs.attributes import Kind
from discstack.fs.errors import LayoutError, printable
from discstack.fs.items import FileItem, SpecialItem
from discstack.fs.options import ImageOptions
from discstack.fs.plan import Plan, Region, Series, sectors_for
from discstack.fs.snapshot import Snapshot
from discstack.fs.udf.allocation import pieces_of
from discstack.fs.udf.cs0 import decode
from discstack.fs.udf.directory import index_entries
from discstack.fs.udf.ending import Ending
from discstack.fs.udf.entries import Addresses, EntryBuilder, entry_form, in_range
from discstack.fs.udf.file import MAX_EXTENT
from discstack.fs.udf.identifiers import volume_ids
from discstack.fs.udf.metadata import MetadataEnding
from discstack.fs.udf.regions import Entries, Run
from discstack.fs.udf.revisions import Revision, revision_of
from discstack.fs.udf.sequences import (
    ANCHOR,
    FILE_SET_BLOCKS,
    INTEGRITY_SECTORS,
    INTEGRITY_SEQUENCE,
    MAIN_SEQUENCE,
    RESERVE_SEQUENCE,
    SEQUENCE_SECTORS,
    VolumeFacts,
    anchor,
    file_set_sequence,
    integrity_sequence,
    volume_descriptor_sequence,
)
from discstack.fs.udf.space import space_of
from discstack.fs.udf.structure import BLOCK, LongAd
from discstack.fs.udf.symlinks import path_components
from discstack.fs.udf.vat import VirtualEnding
from discstack.fs.udf.volume import recognition_sequence
from discstack.fs.view import Change, Issue, View

# The three descriptors, and the sector of zeros that ends the sequence (ECMA-167 2/8.3.1)
RECOGNITION_SECTORS: Final = 4


class UdfEmitter:
    """Places and emits the UDF view of a snapshot; see `discstack.fs.view.Emitter` for the order of calls."""

    view = View.UDF

    def __init__(self, snapshot: Snapshot, options: ImageOptions) -> None:
        self._snapshot, self._options = snapshot, options
        self._revision = revision = _revision(options)
        self._clock = in_range(snapshot.clock)
        self._ids = volume_ids(options, self._clock)
        self._index = index_entries(snapshot, specials=options.udf_specials)
        self._start = options.base.start if options.base else 0
        self._space = space_of(revision, vat=options.udf_vat)
        self.first_sector = self._space.partition
        form = entry_form(revision)
        self.ends_recording = options.udf_vat
        self.embeds = form.room if _may_embed(options) and not self._space.metadata else 0
        self._builder = EntryBuilder(self._index, form, self._space, embed=self.embeds, exact=options.udf_permissions)
        endings = MetadataEnding if self._space.metadata else VirtualEnding if self._space.virtual else Ending
        self._ending = endings(form, self._space, self._facts)

    @property
    def tail_sectors(self) -> int:
        """How many sectors `place_tail` will append."""
        return self._ending.tail_sectors

    def issues(self) -> Iterator[Issue]:
        """Tell which names, times and ids became others in this view, and what it leaves out."""
        if self._ids.logical_volume != self._options.volume_ids.get(View.UDF, self._options.volume_id):
            yield Issue("/", Change.VOLUME_ID, self._ids.logical_volume, View.UDF)
        for item, reason in self._index.left_out(self._snapshot):
            yield Issue(item.path, Change.SKIPPED, reason, View.UDF)
        for renamed, identifier in self._index.renamed():
            yield Issue(renamed.path, Change.RENAMED, decode(identifier), View.UDF)
        if any(time != in_range(time) for time in self._snapshot.span):
            yield from self._time_changes()

    def _time_changes(self) -> Iterator[Issue]:
        for each in self._index.items:
            times = (each.mtime_ns,) if each.times is None else (each.mtime_ns, *each.times)
            if any(time is not None and time != in_range(time) for time in times):
                yield Issue(each.path, Change.TIME_CLAMPED, "UDF has the years 1 to 9999", View.UDF)

    def place_descriptors(self, plan: Plan) -> None:
        """Append the recognition sequence; pin the descriptor sequences and the first anchor."""
        recognition = recognition_sequence(self._revision.standard)
        plan.append(RECOGNITION_SECTORS, "UDF volume recognition sequence", lambda: recognition)
        for place, label in ((MAIN_SEQUENCE, "main"), (RESERVE_SEQUENCE, "reserve")):
            start = plan.start + place
            emit = partial(self._volume_descriptors, start)
            plan.pin(start, SEQUENCE_SECTORS, f"UDF {label} volume descriptor sequence", emit)
        integrity, first = plan.start + INTEGRITY_SEQUENCE, plan.start + ANCHOR
        plan.pin(integrity, INTEGRITY_SECTORS, "UDF logical volume integrity sequence", self._integrity)
        plan.pin(first, 1, "UDF anchor", lambda: anchor(self._facts(), first))

    def place_metadata(self, plan: Plan) -> None:
        """Append the file set, the directories, the entries and the allocation extents: the start of the partition."""
        self._ending.place_before(plan)
        directories = self._directories()
        embedded = self._builder.embedded if self.embeds else None
        self._entries = Entries(len(self._index.items), self._builder.fill, embedded)
        chains = self._chains()
        file_set = Region(FILE_SET_BLOCKS, "UDF file set", lambda: file_set_sequence(self._facts()))
        run = Run([file_set, directories, self._entries, chains], "UDF directories", self._ending.unit)
        plan.append_region(run, self._ending.unit)
        run.settle()
        self._ending.place_after(plan, run, self._entries)
        self._settle(plan, file_set, directories, chains)

    def place_tail(self, plan: Plan) -> None:
        """Append what the image ends with."""
        self._ending.place_tail(plan)

    def _directories(self) -> Series:
        """Return the region of the directories that are too large for their entries."""
        sizes, room = self._index.sizes, self._builder.directories.room
        self._large = [number for number, size in enumerate(sizes) if size > room]
        lengths = [sectors_for(sizes[number]) for number in self._large]
        starts = [0, *accumulate(lengths)]
        sectors, self._large_starts = starts.pop(), starts
        return Series(sectors, "UDF directories", starts, self._directory, self._directory_name)

    def _chains(self) -> Series:
        """Return the region of the allocation extents of huge files, each of them (entry, number within the file)."""
        self._chained = list[tuple[int, int]]()
        self._chain_starts = dict[int, int]()
        for number, item in enumerate(self._index.items):
            if isinstance(item, FileItem) and (item.size > MAX_EXTENT or type(item) is not FileItem):
                count = self._builder.files.allocation_extents(len(pieces_of(item.runs)))
                self._chain_starts[number] = len(self._chained)
                self._chained += [(number, index) for index in range(count)]
        starts = range(len(self._chained))
        return Series(len(starts), "UDF allocation extents", starts, self._allocation_extent, self._chain_name)

    def _long_links(self, plan: Plan) -> dict[int, int]:
        """Append the data, a block each, of symbolic links too long for their entries; return its blocks by entry."""
        paths, links = list[bytes](), dict[int, int]()
        for number, item in enumerate(self._index.items):
            if isinstance(item, SpecialItem) and item.kind is Kind.SYMBOLIC_LINK:
                path = path_components(item.target) or b""
                if len(path) > self._builder.files.room:
                    links[number] = len(paths)
                    paths.append(path)
        label = "UDF symbolic links"
        region = plan.append_series(label, [1] * len(paths), paths.__getitem__, lambda _: label)
        return {number: region.lba - self._space.partition + start for number, start in links.items()}

    def _settle(self, plan: Plan, file_set: Region, directories: Series, chains: Series) -> None:
        """Tell the builder of entries all addresses."""
        origin, virtual = self._ending.origin, self._space.virtual
        self._file_set = 0 if virtual else file_set.lba - origin
        self._builder.addresses = Addresses(
            entries=FILE_SET_BLOCKS if virtual else self._entries.lba - origin,
            directories={
                number: directories.lba - origin + start
                for number, start in zip(self._large, self._large_starts, strict=True)
            },
            chains={number: chains.lba - origin + start for number, start in self._chain_starts.items()},
            links=self._long_links(plan),
        )

    def _partition_end(self) -> int:
        """Return the first sector behind the partition.

        A volume with a virtual allocation table may go on in its track, where readers find the first descriptors and
        the last table: its partition reaches as far as the medium can be written.
        """
        end, room = self._ending.partition_end, self._options.max_sectors
        return max(end, self._start + room) if self._options.udf_vat and room is not None else end

    def _facts(self) -> VolumeFacts:
        space, ending = self._space, self._ending
        return VolumeFacts(
            revision=self._revision,
            start=self._start,
            clock=self._clock,
            volume_id=self._ids.short,
            logical_volume_id=self._ids.logical_volume,
            volume_set_id=self._ids.unique_volume_set(self._snapshot.digest),
            file_set_id=self._ids.short,
            file_set=LongAd(FILE_SET_BLOCKS * BLOCK, self._file_set, space.entries),
            root=LongAd(BLOCK, self._builder.addresses.entries, space.entries),
            partition=space.partition,
            access_type=ending.access_type,
            maps=ending.maps(),
            free=(0, *ending.further_free()),
            sizes=(self._partition_end() - space.partition, *ending.further_sizes()),
            files=self._index.files,
            directories=len(self._index.sizes),
            next_unique_id=self._index.next_unique_id,
        )

    def _volume_descriptors(self, start: int) -> bytes:
        return volume_descriptor_sequence(self._facts(), start)

    def _integrity(self) -> bytes:
        return integrity_sequence(self._facts())

    def _directory(self, piece: int) -> bytes:
        item = self._snapshot.directories[self._large[piece]]
        return self._builder.directory(item, self._builder.addresses.directories[item.number])

    def _directory_name(self, piece: int) -> str:
        return f"UDF directory {printable(self._snapshot.directories[self._large[piece]].path)}"

    def _allocation_extent(self, piece: int) -> bytes:
        number, index = self._chained[piece]
        item, chain = self._index.items[number], self._builder.addresses.chains[number]
        assert isinstance(item, FileItem)
        pieces = pieces_of(item.runs, self._space.partition)
        return self._builder.files.allocation_extent(pieces, chain, index, self._revision.tag_version)

    def _chain_name(self, piece: int) -> str:
        return f"UDF allocation extents of {printable(self._index.items[self._chained[piece][0]].path)}"


def _may_embed(options: ImageOptions) -> bool:
    """Tell whether small files may lie in their entries.

    Other views need sectors for each, digests are made where these are read, and a file that is hidden has no entry.
    (Nor may they where entries are recorded twice: no source is read twice.)
    """
    return options.views == {View.UDF} and not options.digests and not options.hidden.get(View.UDF)


def _revision(options: ImageOptions) -> Revision:
    """Return the revision that the options ask for; LayoutError where it has not what they ask for."""
    revision = revision_of(options.udf_revision)
    if options.udf_vat and not revision.vat:
        raise LayoutError(f"UDF {revision.text} has no virtual allocation table; take 1.50 or a later revision")
    return revision
