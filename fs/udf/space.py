"""Where the view's own structures lie, and by which addresses they are known.

A plain volume has everything in partition 0. A metadata partition, number 1, has the directories and file entries; its
blocks are those of the metadata file (UDF 2.50 2.2.13). A virtual partition, also number 1, has the file entries, whose
blocks the virtual allocation table finds; all else stays in partition 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discstack.fs.udf.allocation import Form
from discstack.fs.udf.partitions import METADATA_UNIT
from discstack.fs.udf.revisions import Revision
from discstack.fs.udf.sequences import PARTITION

ALIGNED_PARTITION: Final = -(-PARTITION // METADATA_UNIT) * METADATA_UNIT


@dataclass(frozen=True, slots=True)
class Space:
    """The partitions of the logical volume: `partition` is the sector where partition 0 starts.

    `entries` and `directories` are the partition reference numbers of file entries and of the data of directories, with
    which the allocation extents go.
    """

    partition: int
    entries: int
    directories: int

    @property
    def metadata(self) -> bool:
        """Whether there is a metadata partition."""
        return self.directories == 1

    @property
    def virtual(self) -> bool:
        """Whether there is a virtual partition."""
        return self.entries != self.directories

    @property
    def file_form(self) -> Form:
        """How the extents of files are recorded: their data lies in partition 0."""
        return Form() if self.entries == 0 else Form(0, self.directories)

    @property
    def directory_form(self) -> Form:
        """How the extents of directories are recorded."""
        return Form(0, 0) if self.virtual else Form()


PLAIN: Final = Space(PARTITION, 0, 0)
METADATA: Final = Space(ALIGNED_PARTITION, 1, 1)
VIRTUAL: Final = Space(PARTITION, 1, 0)


def space_of(revision: Revision, *, vat: bool) -> Space:
    """Return the partitions of a volume.

    A metadata partition is for media that are only read or can be overwritten (UDF 2.50 2.2.10), a virtual allocation
    table for those that are written sequentially: a volume never has both.
    """
    if vat:
        return VIRTUAL
    return METADATA if revision.metadata_partition else PLAIN
