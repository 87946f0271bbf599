"""The two passes that all views share: place regions first, then give out their bytes in address order.

An emitter reserves regions on a `Plan` and keeps the `Region` it gets back. Regions build their bytes only when asked,
which is after the placing pass, so an `emit` function may read `region.lba` of any region and `plan.sectors`.
Unless said otherwise, addresses and lengths are in sectors of 2048 bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from discstack.fs.errors import LayoutError
from discstack.fs.sources import Source

SECTOR: Final = 2048
SYSTEM_AREA: Final = 16  # sectors that every standard leaves alone, ECMA-119 6.2.1

Emit = Callable[[], bytes]
EmitPiece = Callable[[int], bytes | bytearray]
Name = Callable[[int], str]
_NONE: Final[tuple[int, bytes | bytearray]] = (-1, b"")


def sectors_for(size: int) -> int:
    """Return how many sectors hold `size` bytes."""
    return -(-size // SECTOR)


def round_up(value: int, unit: int) -> int:
    """Return the next multiple of `unit` that is not below `value`."""
    return -(-value // unit) * unit


@dataclass(frozen=True, slots=True)
class Span:
    """Who owns the sectors from `lba` on: a path for file data (`is_file`), else the name of a structure."""

    lba: int
    sectors: int
    label: str
    is_file: bool = False


class Region:
    """A run of sectors with one owner, whose bytes come from one call of `emit`."""

    __slots__ = ("_built", "_emit", "label", "lba", "sectors")

    def __init__(self, sectors: int, label: str, emit: Emit) -> None:
        self.lba = 0
        self.sectors = sectors
        self.label = label
        self._emit = emit
        self._built = b""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.label!r}, lba={self.lba}, sectors={self.sectors})"

    @property
    def end(self) -> int:
        """The first sector after the region."""
        return self.lba + self.sectors

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the region's sectors from its `first` on into `buffer`, which lies wholly within the region.

        The built bytes are kept until the end of the region was asked for.
        """
        data = self._built or self._emit()
        self._check(len(data), self.sectors, self.label)
        copy_padded(data, first * SECTOR, buffer)
        ends = first * SECTOR + len(buffer) == self.sectors * SECTOR
        self._built = b"" if ends else data

    def spans(self, first: int, count: int) -> Iterator[Span]:
        """Tell who owns `count` of the region's sectors from its `first` on."""
        yield Span(self.lba + first, count, self.label)

    def sources(self) -> Iterator[Source]:
        """Yield the sources that the region's bytes are read from, in address order."""
        return iter(())

    @staticmethod
    def _check(size: int, sectors: int, label: str) -> None:
        if size > sectors * SECTOR:
            raise LayoutError(f"{label} gave {size} bytes for the {sectors} sectors that it reserved")


class Series(Region):
    """A region of many pieces that are built one by one: a directory each, or a file entry each.

    `starts[i]` is the sector within the region where piece i begins; it ends where the next begins, the last one at
    the end of the region. `emit_piece(i)` gives its bytes. The last piece built is kept until its end was
    asked for.
    """

    __slots__ = ("_emit_piece", "_kept", "_name", "_starts")

    def __init__(self, sectors: int, label: str, starts: Sequence[int], emit_piece: EmitPiece, name: Name) -> None:
        super().__init__(sectors, label, bytes)
        self._starts = starts
        self._emit_piece = emit_piece
        self._name = name
        self._kept = _NONE

    def fill(self, first: int, buffer: memoryview) -> None:
        """Put the region's sectors from its `first` on into `buffer`, which lies wholly within the region."""
        done = 0
        for index, skip, sectors in self._pieces(first, len(buffer) // SECTOR):
            number, data = self._kept
            if number != index:
                data = self._emit_piece(index)
                self._check(len(data), self._length(index), self._name(index))
                self._kept = (index, data)
            copy_padded(data, skip * SECTOR, buffer[done : done + sectors * SECTOR])
            if skip + sectors == self._length(index):
                self._kept = _NONE
            done += sectors * SECTOR

    def spans(self, first: int, count: int) -> Iterator[Span]:
        """Tell which pieces own `count` of the region's sectors from its `first` on."""
        for index, skip, sectors in self._pieces(first, count):
            yield Span(self.lba + self._starts[index] + skip, sectors, self._name(index))

    def _length(self, index: int) -> int:
        following = index + 1
        end = self._starts[following] if following < len(self._starts) else self.sectors
        return end - self._starts[index]

    def _pieces(self, first: int, count: int) -> Iterator[tuple[int, int, int]]:
        """Yield (piece, sectors to skip in it, sectors to take of it)."""
        index = bisect_right(self._starts, first) - 1
        end = first + count
        while first < end:
            skip = first - self._starts[index]
            take = min(self._length(index) - skip, end - first)
            yield index, skip, take
            first += take
            index += 1


def copy_padded(data: bytes | bytearray, offset: int, buffer: memoryview) -> None:
    """Copy `data` from `offset` on into `buffer` and fill the rest of it with zeros."""
    part = memoryview(data)[offset : offset + len(buffer)]
    buffer[: len(part)] = part
    if len(part) < len(buffer):
        buffer[len(part) :] = bytes(len(buffer) - len(part))


class Plan:
    """The addresses of everything on the volume; what no region owns is zeros.

    They count from the start of the medium; `start` is that of the session.
    """

    def __init__(self, start: int = 0) -> None:
        self.regions: list[Region] = []  # by address, never overlapping
        self._starts: list[int] = []
        self.start = start
        self.cursor = start + SYSTEM_AREA

    @property
    def sectors(self) -> int:
        """The length of the volume, from the start of the medium on."""
        return self.regions[-1].end if self.regions else 0

    def pin(self, lba: int, sectors: int, label: str, emit: Emit) -> Region:
        """Reserve an address that a standard fixes, such as sector 16 or 256."""
        return self.pin_region(lba, Region(sectors, label, emit))

    def append(self, sectors: int, label: str, emit: Emit) -> Region:
        """Reserve the next gap from the cursor on that is large enough, and move the cursor behind it."""
        return self.append_region(Region(sectors, label, emit))

    def append_series(self, label: str, lengths: Sequence[int], emit_piece: EmitPiece, name: Name) -> Region:
        """Reserve one run of pieces of `lengths` sectors each; `name(i)` is the label of piece i.

        A million pieces of one sector each are `[1] * n`; nothing is built before it is asked for.
        """
        starts = list[int]()
        total = 0
        for length in lengths:
            starts.append(total)
            total += length
        return self.append_region(Series(total, label, starts, emit_piece, name))

    def advance(self, lba: int) -> None:
        """Let nothing more be appended below `lba`."""
        self.cursor = max(self.cursor, lba)

    def pin_region(self, lba: int, region: Region) -> Region:
        """Reserve `lba` and on for a region made by the caller; a region without sectors owns nothing."""
        region.lba = lba
        if not region.sectors:
            return region
        other = self._clash(lba, region.sectors)
        if other is not None:
            raise LayoutError(f"{region.label} at sector {lba} overlaps {other.label} at sector {other.lba}")
        index = bisect_right(self._starts, lba)
        self._starts.insert(index, lba)
        self.regions.insert(index, region)
        return region

    def append_region(self, region: Region, alignment: int = 1) -> Region:
        """Reserve the next gap from the cursor on, at a multiple of `alignment`, for a region made by the caller.

        A region without sectors needs no gap, and the cursor stays.
        """
        if not region.sectors:
            return self.pin_region(self.cursor, region)
        lba = round_up(self.cursor, alignment)
        while (other := self._clash(lba, region.sectors)) is not None:
            lba = round_up(other.end, alignment)
        self.cursor = lba + region.sectors
        return self.pin_region(lba, region)

    def is_free(self, lba: int, sectors: int) -> bool:
        """Tell whether nobody owns any of these sectors."""
        return self._clash(lba, sectors) is None

    def _clash(self, lba: int, sectors: int) -> Region | None:
        """Return the region, if any, that owns one of these sectors; only neighbours can."""
        after = bisect_right(self._starts, lba)
        if after and self.regions[after - 1].end > lba:
            return self.regions[after - 1]
        if after < len(self.regions) and self.regions[after].lba < lba + sectors:
            return self.regions[after]
        return None

    def owners(self, lba: int, sectors: int) -> Iterator[tuple[Region | None, int, int]]:
        """Yield (owner or None, first sector within the owner, sectors) for a range, in address order.

        The range ends where the volume ends. For what nobody owns, "first" is the address.
        """
        end = min(lba + sectors, self.sectors)
        index = max(bisect_right(self._starts, lba) - 1, 0)
        while lba < end:
            while index < len(self.regions) and self.regions[index].end <= lba:
                index += 1
            region = self.regions[index]
            owner, start, limit = (None, 0, region.lba) if region.lba > lba else (region, region.lba, region.end)
            take = min(limit, end) - lba
            yield owner, lba - start, take
            lba += take
