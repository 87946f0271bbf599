"""Streams of blocks for the ring: extents one after the other, CD-TEXT over and over again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from discstack.mmc.cd.program import Extent, Layout, TrackForm
from discstack.mmc.spec.cd.sector import DATA_SUB_HEADER, FORM_2_SUB_HEADER
from discstack.mmc.spec.cd.text import spread

if TYPE_CHECKING:
    from discstack.mmc.spec.toc import CdTextPack
    from discstack.mmc.stream import BlockSource

TEXT_BLOCK: Final = 96  # bytes of a lead-in block that carries CD-TEXT
SUB_HEADERS: Final = {TrackForm.XA_FORM_1: DATA_SUB_HEADER * 2, TrackForm.XA_FORM_2: FORM_2_SUB_HEADER * 2}
STEP: Final = 64  # blocks that are converted at once


class ExtentSource:
    """The blocks of extents of one block size, as a session at once takes them."""

    def __init__(self, extents: Sequence[Extent]) -> None:
        self._blocks = sum(extent.blocks for extent in extents)
        self._parts = iter([_Part(extent) for extent in extents])
        self._part: _Part | None = None

    @property
    def sectors(self) -> int:
        """How many blocks there are."""
        return self._blocks

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        while self._part is None or not self._part.left:
            self._part = next(self._parts, None)
            if self._part is None:
                return 0
        return self._part.readinto(buffer)


class _Part:
    """What is left of an extent, in bytes as they are written."""

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.left = extent.blocks * extent.form.at_once
        self._ready = memoryview(b"")

    def readinto(self, buffer: memoryview) -> int:
        extent, wanted = self.extent, min(len(buffer), self.left)
        if extent.source is None or extent.form.size != extent.form.at_once:
            count = self._converted(buffer[:wanted])
        else:
            count = extent.source.readinto(buffer[:wanted])
        self.left -= count
        return count

    def _converted(self, buffer: memoryview) -> int:
        if not self._ready:
            blocks = min(STEP, self.left // self.extent.form.at_once)
            self._ready = memoryview(self._blocks(blocks))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _blocks(self, count: int) -> bytes:
        form = self.extent.form
        size, head = form.size, SUB_HEADERS.get(form, b"")
        data = bytearray(count * size)
        if self.extent.source is not None:
            read_fully(self.extent.source, memoryview(data))
        if form.size == form.at_once:
            return bytes(data)
        pieces = (head + data[at : at + size] for at in range(0, len(data), size))
        return b"".join(piece.ljust(form.at_once, b"\0") for piece in pieces)


def read_fully(source: BlockSource, buffer: memoryview) -> None:
    """Fill `buffer` from a source; EOFError where it ends before."""
    filled = 0
    while filled < len(buffer):
        count = source.readinto(buffer[filled:])
        if count <= 0:
            raise EOFError("a track's source ended early")
        filled += count


class TextSource:
    """Blocks of the lead-in with CD-TEXT: the packs over and over again."""

    def __init__(self, packs: Sequence[CdTextPack], blocks: int) -> None:
        self._blocks = blocks
        self._symbols = spread(packs)
        self._at = 0

    @property
    def sectors(self) -> int:
        """How many blocks there are."""
        return self._blocks

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer`; 0 at the end."""
        start = self._at % len(self._symbols)
        count = min(len(buffer), len(self._symbols) - start, self._blocks * TEXT_BLOCK - self._at)
        buffer[:count] = self._symbols[start : start + count]
        self._at += count
        return count


def runs_at_once(layout: Layout) -> Iterator[tuple[int, int, ExtentSource]]:
    """Give address, block size and source of each run of blocks of one size."""
    group: list[Extent] = []
    for extent in layout.extents:
        if group and group[0].form.at_once != extent.form.at_once:
            yield group[0].start, group[0].form.at_once, ExtentSource(group)
            group = []
        group.append(extent)
    yield group[0].start, group[0].form.at_once, ExtentSource(group)
