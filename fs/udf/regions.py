"""Runs of sectors that only this view has: a run of several regions, another copy of a region, and the file entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from discstack.fs.items import FileItem
from discstack.fs.plan import SECTOR, Region, Span
from discstack.fs.sources import Source

EntriesFill = Callable[[int, memoryview], None]
Embedded = Callable[[int], FileItem | None]


class Run(Region):
    """Regions that follow each other without a gap, the whole a multiple of `unit` sectors long."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Region], label: str, unit: int = 1) -> None:
        length = sum(part.sectors for part in parts)
        padding = Region(-length % unit, label, bytes)
        self.parts = [*parts, padding]
        super().__init__(length + padding.sectors, label, bytes)

    def settle(self) -> None:
        """Tell the parts their addresses, once the run has one."""
        lba = self.lba
        for part in self.parts:
            part.lba = lba
            lba = part.end

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the sectors from the run's `first` on into `buffer`, which lies wholly within it."""
        done = 0
        for part, skip, count in self._within(first, len(buffer) // SECTOR):
            part.fill(skip, buffer[done : done + count * SECTOR])
            done += count * SECTOR

    def spans(self, first: int, count: int) -> Iterator[Span]:
        """Tell who owns `count` of the run's sectors from its `first` on."""
        for part, skip, sectors in self._within(first, count):
            yield from part.spans(skip, sectors)

    def sources(self) -> Iterator[Source]:
        """Yield the sources that the parts read."""
        for part in self.parts:
            yield from part.sources()

    def _within(self, first: int, count: int) -> Iterator[tuple[Region, int, int]]:
        """Yield (part, sectors to skip in it, sectors to take of it)."""
        start, end = self.lba + first, self.lba + first + count
        for part in self.parts:
            low, high = max(part.lba, start), min(part.end, end)
            if low < high:
                yield part, low - part.lba, high - low


class Copy(Region):
    """The same bytes as another region."""

    __slots__ = ("_original",)

    def __init__(self, original: Region, label: str) -> None:
        super().__init__(original.sectors, label, bytes)
        self._original = original

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the sectors from the region's `first` on into `buffer`."""
        self._original.fill(first, buffer)


class Entries(Region):
    """Blocks that are written in place, some at a time: `fill_entries(n, buffer)` writes those from number n on.

    `embedded(n)` gives the file whose data is in block n, if there is one; it is None where no block has any.
    """

    __slots__ = ("_embedded", "_fill_entries")

    def __init__(self, count: int, fill_entries: EntriesFill, embedded: Embedded | None) -> None:
        super().__init__(count, "UDF file entries", bytes)
        self._fill_entries, self._embedded = fill_entries, embedded

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the blocks from number `first` on into `buffer`."""
        self._fill_entries(first, buffer)

    def spans(self, first: int, count: int) -> Iterator[Span]:
        """Tell what some blocks are."""
        if self._embedded is None:
            yield from super().spans(first, count)
            return
        for file, group in groupby(range(first, first + count), self._embedded):
            numbers = list(group)
            label = self.label if file is None else file.path
            yield Span(self.lba + numbers[0], len(numbers), label, file is not None)

    def sources(self) -> Iterator[Source]:
        """Yield the sources of the files whose data is in their entries."""
        if self._embedded is not None:
            files = map(self._embedded, range(self.sectors))
            yield from (file.source for file in files if file is not None)
