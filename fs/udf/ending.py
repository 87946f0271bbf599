"""What differs between volumes by their partitions: what stands around the file data, and how the image ends.

`Ending` is that of a volume of one partition; `metadata` and `vat` have the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from discstack.fs.plan import Plan, Region
from discstack.fs.udf.entries import EntryForm
from discstack.fs.udf.partitions import Type1PartitionMap
from discstack.fs.udf.regions import Run
from discstack.fs.udf.sequences import VolumeFacts, anchor
from discstack.fs.udf.space import Space
from discstack.fs.udf.structure import Structure
from discstack.fs.udf.volume import AccessType

Facts = Callable[[], VolumeFacts]


class Ending:
    """Ends a volume of one partition with an anchor, before which the partition ends."""

    access_type: ClassVar[AccessType] = AccessType.READ_ONLY
    unit: ClassVar[int] = 1  # sectors: of this is the run of directories and entries a multiple

    def __init__(self, form: EntryForm, space: Space, facts: Facts) -> None:
        self.form, self.space, self.facts = form, space, facts

    @property
    def tail_sectors(self) -> int:
        """How many sectors `place_tail` appends."""
        return 1

    @property
    def partition_end(self) -> int:
        """The first sector behind partition 0."""
        return self.last.lba

    @property
    def origin(self) -> int:
        """The sector of block 0 of the partition where directories lie."""
        return self.space.partition

    def place_before(self, plan: Plan) -> None:
        """Append what comes before the run of directories and entries: the start of the partition."""
        plan.advance(self.space.partition)

    def place_after(self, plan: Plan, run: Run, entries: Region) -> None:
        """Take note of the run, which has its address, and append what comes behind it."""
        self.run, self.entries = run, entries

    def place_tail(self, plan: Plan) -> None:
        """Append what the image ends with."""
        self.place_anchor(plan)

    def place_anchor(self, plan: Plan) -> None:
        """Append an anchor."""
        self.last = plan.append(1, "UDF anchor", lambda: anchor(self.facts(), self.last.lba))

    def maps(self) -> tuple[Structure, ...]:
        """Return the partition maps."""
        return (Type1PartitionMap(),)

    def further_free(self) -> tuple[int, ...]:
        """Return how many blocks are free in the partitions beside partition 0, which has none."""
        return ()

    def further_sizes(self) -> tuple[int, ...]:
        """Return how many blocks the partitions beside partition 0 have."""
        return ()
