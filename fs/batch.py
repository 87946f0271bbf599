"""Many files in one call: what reading them without Python in between looks like to those who ask for it.

Python needs its interpreter lock several times for each file it reads, and waits up to 5 ms each time that another
thread computes. Whoever has something better hands it to `build_image`; everything works without it too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice, takewhile
from typing import Final, NamedTuple, Protocol

from discstack.fs.plan import SECTOR
from discstack.fs.sources import PathSource, Source, paths_of

SMALL: Final = 1 << 20  # bytes of the largest file that is read in a batch
ANY_SIZE: Final = (1 << 64) - 1
MOST: Final = 4096  # files in a batch
MOST_POURED: Final = 1 << 16  # files that are poured at once: between two batches a thread waits for the lock
_NARROW: Final = range(-(1 << 63), 1 << 63)  # the times that a column holds; file systems have later ones


class BatchReader(Protocol):
    """Reads whole files, each checked to be what it was; stops at the first that cannot be read or is not.

    `paths` are those of `count` files, each ended by a NUL. `facts` are columns of 64-bit numbers as this machine has
    them: all sizes, all mtimes in nanoseconds, all inodes, and the sectors where the files start, with the one where
    the zeros behind the last one end.
    """

    def read_files(self, paths: bytes, facts: bytes, count: int, memory: memoryview, /) -> int:
        """Fill `memory`, which begins where the first file starts, and return how many files were read."""
        ...

    def copy_files(self, paths: bytes, facts: bytes, count: int, target: int, position: int, /) -> int:
        """Write them to an open file, the first at byte `position`, and return how many; OSError if writing fails."""
        ...

    def check_files(self, paths: bytes, facts: bytes, count: int, /) -> int:
        """Open files of any size and close them again, and return how many."""
        ...


class Pouring(Protocol):
    """Takes files in on the way of an image to where it goes."""

    def files(self, paths: bytes, facts: bytes, count: int, skip: int, digests: memoryview | None = None, /) -> int:
        """Take in files of any size, given as to a BatchReader, the first one from byte `skip` on.

        `digests` gets the SHA-256 of each that goes in whole, when it does. Returns how many bytes that were; less than
        all where something is wrong with a file: reading it tells what.
        """
        ...


class Batch(NamedTuple):
    """Files that follow each other; `size` counts their bytes with the zeros behind each."""

    paths: bytes
    facts: bytes
    files: int
    size: int


NOTHING: Final = Batch(b"", b"", 0, 0)


def make_batch(sources: Sequence[Source], starts: Sequence[int], largest: int = SMALL) -> Batch:
    """Return a batch of sources as far as all are files of up to `largest` bytes.

    `starts` has their sectors, and that where the last ends. A file with a time that its column cannot hold ends the
    batch, too.
    """
    files = _files(sources, largest)
    count = len(files)
    if not count:
        return NOTHING
    facts = (
        array("Q", [file.size for file in files]),
        array("q", [file.mtime_ns for file in files]),
        array("Q", [file.inode for file in files]),
        array("Q", starts[: count + 1]),
    )
    return Batch(paths_of(files), b"".join(facts), count, (starts[count] - starts[0]) * SECTOR)


def check_all(sources: Iterable[Source], batches: BatchReader | None) -> None:
    """Open and close sources; raise SourceError for the first that cannot be opened or is not what it was."""
    left = iter(sources)
    while some := list(islice(left, MOST)):
        starts, index = [0] * (len(some) + 1), 0
        while index < len(some):
            batch = make_batch(some[index:], starts, ANY_SIZE) if batches else NOTHING
            if batches and batch.files:
                index += batches.check_files(batch.paths, batch.facts, batch.files)
            if index < len(some):
                some[index].open().close()
                index += 1


def _files(sources: Sequence[Source], largest: int) -> list[PathSource]:
    """Return the first of some sources, as far as all are files of up to `largest` bytes."""
    files = [source for source in sources if type(source) is PathSource and source.size <= largest]
    times = [file.mtime_ns for file in files]
    if len(files) == len(sources) and times and min(times) in _NARROW and max(times) in _NARROW:
        return files
    pairs = takewhile(lambda pair: pair[0] is pair[1], zip(files, sources, strict=False))
    return [file for file, _ in takewhile(lambda pair: pair[0].mtime_ns in _NARROW, pairs)]
