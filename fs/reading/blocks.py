"""Sectors of a medium, within its bounds, and no more of them than it has."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Protocol

from discstack.fs.errors import SourceError
from discstack.fs.plan import SECTOR, sectors_for
from discstack.fs.reading.notes import Notes, Oddity

CHUNK: Final = 16  # sectors that are read at a time: file entries and small directories lie next to each other
CHUNKS: Final = 64  # that are kept
# Directories and file entries of a sound volume lie on it once; whoever asks for more than this goes in circles
PASSES: Final = 2
# Since chunks are read whole, what leads to and fro costs more than it is long: there is a limit to that too
MOST_READ: Final = 20
SLACK: Final = 64 << 20


class Medium(Protocol):
    """What can be read sector by sector: an image, an image file, a disc in a drive."""

    @property
    def sectors(self) -> int:
        """Length in sectors of 2048 bytes."""
        ...

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer`, some whole sectors within the medium, from sector `lba` on; SourceError if that fails."""
        ...


class Blocks:
    """Reads for one look at a volume, with a cache of few chunks and a budget of bytes."""

    def __init__(self, medium: Medium, notes: Notes) -> None:
        self.sectors = medium.sectors
        self.notes = notes
        self._medium = medium
        self._kept = OrderedDict[int, bytes | None]()
        self._budget = PASSES * medium.sectors * SECTOR
        self._reads = MOST_READ * medium.sectors * SECTOR + SLACK

    def spend(self, count: int, where: str) -> bool:
        """Take `count` bytes from the budget; False, with a note, if they are not there any more."""
        if count > self._budget:
            self.notes.add(Oddity.TOO_MUCH, where, "more directories and entries than the medium can hold; left out")
            return False
        self._budget -= count
        return True

    def sector(self, lba: int) -> bytes | None:
        """Return a sector, None if it lies outside of the medium or cannot be read."""
        if not 0 <= lba < self.sectors:
            return None
        start = lba - lba % CHUNK
        chunk = self._chunk(start)
        if chunk is None:
            return self._alone(lba)
        return chunk[(lba - start) * SECTOR : (lba - start + 1) * SECTOR]

    def span(self, lba: int, length: int, where: str) -> Iterator[bytes]:
        """Yield the sectors of `length` bytes from `lba` on, the last one cut to size; paid from the budget.

        Ends early, with a note, where the medium ends, a sector cannot be read or the budget is used up.
        """
        for number in range(sectors_for(length)):
            if not 0 <= lba + number < self.sectors:
                self.notes.add(Oddity.OUT_OF_BOUNDS, where, f"{length} bytes at sector {lba}; read up to there")
                return
            if not self.spend(SECTOR, where):
                return
            data = self.sector(lba + number)
            if data is None:
                self.notes.add(Oddity.UNREADABLE, where, f"sector {lba + number}; read up to there")
                return
            yield data[: length - number * SECTOR]

    def _chunk(self, start: int) -> bytes | None:
        if start in self._kept:
            self._kept.move_to_end(start)
            return self._kept[start]
        chunk = self._kept[start] = self._read(start, min(CHUNK, self.sectors - start))
        if len(self._kept) > CHUNKS:
            self._kept.popitem(last=False)
        return chunk

    def _alone(self, lba: int) -> bytes | None:
        return self._read(lba, 1)

    def _read(self, lba: int, count: int) -> bytes | None:
        buffer = bytearray(count * SECTOR)
        if len(buffer) > self._reads:
            self.notes.add(Oddity.TOO_MUCH, "/", "structures that lead to and fro without end; left out")
            return None
        self._reads -= len(buffer)
        try:
            self._medium.read_at(lba, buffer)
        except SourceError:
            return None
        return bytes(buffer)
