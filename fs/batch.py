"""Many small files in one call: what reading them without Python in between looks like to those who ask for it.

Python needs its interpreter lock several times for each file it reads, and waits up to 5 ms each time that another
thread computes. Whoever has something better hands it to `build_image`; everything works without it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple, Protocol

from discstack.fs.plan import SECTOR
from discstack.fs.sources import PathSource

SMALL: Final = 1 << 20  # bytes of the largest file that is read in a batch
MOST: Final = 4096  # files in a batch
_FACTS: Final = Struct("=QqQQQ")


class BatchReader(Protocol):
    """Reads whole files, each checked to be what it was; stops at the first that cannot be read or is not.

    `paths` are those of `count` files, each ended by a NUL. `facts` are packed for each: size, mtime in nanoseconds,
    inode, and the bytes where its data starts and where the zeros behind it end.
    """

    def read_files(self, paths: bytes, facts: bytes, count: int, memory: memoryview, /) -> int:
        """Fill `memory`, which begins where the first file starts, and return how many files were read."""
        ...

    def copy_files(self, paths: bytes, facts: bytes, count: int, target: int, position: int, /) -> int:
        """Write them to an open file, byte 0 at `position`, and return how many; OSError if writing fails."""
        ...


class Batch(NamedTuple):
    """Files that follow each other; `size` counts their bytes with the zeros behind each."""

    paths: bytes
    facts: bytes
    files: int
    size: int


def make_batch(files: Iterable[tuple[object, int, int]]) -> Batch:
    """Return a batch of (source, sector where it starts, sector where the next one starts) as far as all are small."""
    paths, facts, origin, end = list[str](), list[bytes](), None, 0
    pack = _FACTS.pack
    for source, start, following in files:
        if not isinstance(source, PathSource) or source.size > SMALL:
            break
        if origin is None:
            origin = start
        end = (following - origin) * SECTOR
        paths.append(source.label)
        facts.append(pack(source.size, source.mtime_ns, source.inode, (start - origin) * SECTOR, end))
    paths.append("")
    return Batch(os.fsencode("\0".join(paths)), b"".join(facts), len(facts), end)
