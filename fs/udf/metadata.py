"""The metadata file and its mirror, whose blocks are the metadata partition (UDF 2.50 2.2.13)."""

from __future__ import annotations

from typing import Final

from discstack.fs.errors import LayoutError
from discstack.fs.plan import Plan, Region
from discstack.fs.udf.allocation import Form
from discstack.fs.udf.ending import Ending
from discstack.fs.udf.entries import EntryForm
from discstack.fs.udf.file import FileType
from discstack.fs.udf.partitions import METADATA_PARTITION, METADATA_UNIT, MetadataPartitionMap
from discstack.fs.udf.regions import Copy, Run
from discstack.fs.udf.structure import BLOCK, Structure

# Extents of these files are whole allocation units (UDF 2.50 2.2.13.1)
METADATA_EXTENT: Final = (1 << 30) - METADATA_UNIT * BLOCK


class MetadataEnding(Ending):
    """Makes the run of directories and entries the metadata file's mirror, and puts that file itself behind all data.

    So they are as far apart as can be, and 7-Zip takes the volume for whole: it wants nothing but zeros between the
    last block that it read and the last anchor, and mirrors it does not read.
    """

    unit = METADATA_UNIT

    @property
    def tail_sectors(self) -> int:
        """The file's entry, what aligns its blocks, these, and the anchor."""
        return 1 + METADATA_UNIT - 1 + self.run.sectors + 1

    @property
    def origin(self) -> int:
        """The sector of block 0 of the metadata partition, in the copy that lies before the file data."""
        return self.run.lba

    def place_before(self, plan: Plan) -> None:
        """Append the mirror's entry."""
        super().place_before(plan)
        self._mirror_entry = plan.append(1, "UDF metadata mirror file entry", self._emit_mirror_entry)

    def place_after(self, plan: Plan, run: Run, entries: Region) -> None:
        """Take note of the run; LayoutError where it is too long for one file."""
        super().place_after(plan, run, entries)
        check_metadata(self.form, run.sectors)

    def place_tail(self, plan: Plan) -> None:
        """Append the metadata file's entry, the file, and the anchor."""
        end = plan.cursor + self.tail_sectors
        self._entry = plan.append(1, "UDF metadata file entry", self._emit_entry)
        self._file = plan.append_region(Copy(self.run, "UDF metadata file"), METADATA_UNIT)
        plan.advance(end - 1)
        self.place_anchor(plan)

    def maps(self) -> tuple[Structure, ...]:
        """Return the maps of the partition and of the metadata partition."""
        metadata = MetadataPartitionMap(
            partition_type_identifier=self.form.revision.udf_id(METADATA_PARTITION),
            metadata_file_location=self._block(self._entry),
            metadata_mirror_file_location=self._block(self._mirror_entry),
        )
        return *super().maps(), metadata

    def further_free(self) -> tuple[int, ...]:
        """Nothing is free in the metadata partition."""
        return (0,)

    def further_sizes(self) -> tuple[int, ...]:
        """The blocks of the metadata partition."""
        return (self.run.sectors,)

    def _block(self, region: Region) -> int:
        return region.lba - self.space.partition

    def _emit_entry(self) -> bytes:
        return self._entry_of(FileType.METADATA, self._entry, self._file)

    def _emit_mirror_entry(self) -> bytes:
        return self._entry_of(FileType.METADATA_MIRROR, self._mirror_entry, self.run)

    def _entry_of(self, file_type: FileType, entry: Region, data: Region) -> bytes:
        position, size = self._block(data), data.sectors * BLOCK
        starts = range(0, size, METADATA_EXTENT)
        ads = b"".join([Form().extent(min(size - at, METADATA_EXTENT), position + at // BLOCK) for at in starts])
        clock = self.facts().clock
        return self.form.system_entry(file_type, self._block(entry), clock, size, data.sectors, ads)


def check_metadata(form: EntryForm, blocks: int) -> None:
    """Refuse a metadata file of more extents than its entry has room for."""
    most = form.room // Form().size * METADATA_EXTENT // BLOCK
    if blocks > most:
        raise LayoutError(
            f"directories and file entries take {blocks} blocks, and one metadata file has {most}: "
            f"leave something out, or take a UDF revision before 2.50"
        )
