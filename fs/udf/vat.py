"""The virtual allocation table: where the blocks of the virtual partition are (UDF 1.50 2.2.10, UDF 2.00 2.2.10).

It is a file without a name whose entry is the last block that was recorded, so that a reader finds it from the end.
Virtual block 0 is the file set, 1 the descriptor that ends its sequence, and the file entries follow.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from typing import Annotated, Final

from discstack.fs.plan import Plan, Region, sectors_for
from discstack.fs.udf.allocation import Allocation, Form, pieces_of
from discstack.fs.udf.ending import Ending
from discstack.fs.udf.entries import EntryForm
from discstack.fs.udf.extended import LogicalVolumeExtension, attribute_space, implementation_attribute
from discstack.fs.udf.file import FileType
from discstack.fs.udf.partitions import NOT_RECORDED, VIRTUAL_PARTITION, VirtualPartitionMap
from discstack.fs.udf.regions import Run
from discstack.fs.udf.sequences import FILE_SET_BLOCKS, VolumeFacts
from discstack.fs.udf.structure import EntityId, Structure, Uint16, Uint32, text, zeros
from discstack.fs.udf.volume import AccessType

# The anchor before the end of a closed session, and what lies between it and the table's entry (UDF 1.50 6.10.1.2)
END_OF_SESSION: Final = 256
_HEADER_SIZE: Final = 152
_FOOTER_SIZE: Final = 36
_EXTENSION: Final = "*UDF VAT LVExtension"
_EXTENSION_SIZE: Final = 146


class VirtualAllocationTableHeader(Structure):
    """What a virtual allocation table starts with from UDF 2.00 on (UDF 2.00 2.2.10)."""

    length_of_header: Uint16 = _HEADER_SIZE
    length_of_implementation_use: Uint16 = 0
    logical_volume_identifier: Annotated[str, text(128)]
    previous_vat_icb_location: Uint32 = NOT_RECORDED
    number_of_files: Uint32
    number_of_directories: Uint32
    minimum_udf_read_revision: Uint16
    minimum_udf_write_revision: Uint16
    maximum_udf_write_revision: Uint16
    reserved: Annotated[None, zeros(2)] = None


class VirtualAllocationTableFooter(Structure):
    """What a virtual allocation table of UDF 1.50 ends with (UDF 1.50 2.2.10)."""

    entity_identifier: EntityId
    previous_vat_icb_location: Uint32 = NOT_RECORDED


class VirtualEnding(Ending):
    """Ends a volume with a virtual allocation table, whose entry is the last sector of the image."""

    access_type = AccessType.WRITE_ONCE

    @property
    def tail_sectors(self) -> int:
        """The anchor, and all up to the table's entry."""
        return END_OF_SESSION + 1

    @property
    def partition_end(self) -> int:
        """The partition ends with the table's entry."""
        return self._entry.end

    def place_after(self, plan: Plan, run: Run, entries: Region) -> None:
        """Append the table where its entry has no room for it."""
        super().place_after(plan, run, entries)
        size = table_size(self.form, FILE_SET_BLOCKS + entries.sectors)
        sectors = 0 if is_embedded(self.form, size) else sectors_for(size)
        self._data = plan.append(sectors, "UDF virtual allocation table", self._table)

    def place_tail(self, plan: Plan) -> None:
        """Append the anchor of a closed session and the table's entry."""
        self.place_anchor(plan)
        plan.advance(self.last.lba + END_OF_SESSION)
        self._entry = plan.append(1, "UDF virtual allocation table entry", self._table_entry)

    def maps(self) -> tuple[Structure, ...]:
        """Return the maps of the partition and of the virtual partition."""
        identifier = self.form.revision.udf_id(VIRTUAL_PARTITION)
        return *super().maps(), VirtualPartitionMap(partition_type_identifier=identifier)

    def further_free(self) -> tuple[int, ...]:
        """Nobody knows what is free in a virtual partition (UDF 2.00 2.2.6.2)."""
        return (NOT_RECORDED,)

    def further_sizes(self) -> tuple[int, ...]:
        """A virtual partition has no size (UDF 2.00 2.2.6.3)."""
        return (NOT_RECORDED,)

    def _table(self) -> bytes:
        first, entries = self.run.lba - self.space.partition, self.entries.lba - self.space.partition
        blocks = [*range(first, first + FILE_SET_BLOCKS), *range(entries, entries + self.entries.sectors)]
        return table(self.facts(), blocks)

    def _table_entry(self) -> bytes:
        data, entry = (region.lba - self.space.partition for region in (self._data, self._entry))
        return table_entry(self.form, self.facts(), self._table(), data, entry)


def table_size(form: EntryForm, blocks: int) -> int:
    """Return the bytes of a table of `blocks` virtual blocks."""
    return 4 * blocks + (_HEADER_SIZE if form.revision.vat_header else _FOOTER_SIZE)


def table(facts: VolumeFacts, blocks: Iterable[int]) -> bytes:
    """Return the table: for each virtual block the block of partition 0 that holds it."""
    revision = facts.revision
    entries = array("I", blocks)
    if sys.byteorder == "big":
        entries.byteswap()
    if not revision.vat_header:
        footer = VirtualAllocationTableFooter(entity_identifier=revision.udf_id("*UDF Virtual Alloc Tbl"))
        return entries.tobytes() + footer.pack()
    header = VirtualAllocationTableHeader(
        logical_volume_identifier=facts.logical_volume_id,
        number_of_files=facts.files,
        number_of_directories=facts.directories,
        minimum_udf_read_revision=revision.minimum_read,
        minimum_udf_write_revision=revision.minimum_write,
        maximum_udf_write_revision=revision.number,
    )
    return header.pack() + entries.tobytes()


def is_embedded(form: EntryForm, size: int) -> bool:
    """Tell whether a table of `size` bytes is embedded in its entry.

    One of UDF 1.50 never is: it would stand behind extended attributes, over which Linux does not step.
    """
    return form.revision.vat_header and size <= form.room


def table_entry(form: EntryForm, facts: VolumeFacts, data: bytes, position: int, location: int) -> bytes:
    """Return the entry of the table in block `location`; what does not fit into it starts in block `position`."""
    attributes = _attributes(facts, location)
    file_type = FileType.VIRTUAL_ALLOCATION_TABLE if form.revision.vat_header else FileType.UNSPECIFIED
    size = len(data)
    if is_embedded(form, size):
        return form.system_entry(file_type, location, facts.clock, size, 0, data, attributes)
    ads = Allocation(Form(), form.room).in_entry(pieces_of([(position, size)]))
    return form.system_entry(file_type, location, facts.clock, size, sectors_for(size), ads, attributes)


def _attributes(facts: VolumeFacts, location: int) -> bytes:
    """Return the extended attributes of the table: before it had a header, they had to say what that says now."""
    revision = facts.revision
    if revision.vat_header:
        return b""
    identifier = revision.udf_id(_EXTENSION)
    start = implementation_attribute(identifier, _EXTENSION_SIZE, b"")[:48]
    extension = LogicalVolumeExtension(
        header_checksum=sum(start) & 0xFFFF,
        verification_id=0,
        number_of_files=facts.files,
        number_of_directories=facts.directories,
        logical_volume_identifier=facts.logical_volume_id,
    )
    attribute = implementation_attribute(identifier, _EXTENSION_SIZE, extension.pack())
    return attribute_space(revision, location, b"", attribute)
