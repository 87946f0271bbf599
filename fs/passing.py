"""Writing an image in order, such as into a pipe: the kernel passes the pages of large files on without a copy."""

from __future__ import annotations

import os
import stat
import sys
from typing import Final, Protocol

from discstack.fs.data import FileData
from discstack.fs.output import EXTENT, NOT_BETWEEN, Tell
from discstack.fs.plan import SECTOR
from discstack.fs.sources import PathSource

if sys.platform == "linux":
    from fcntl import F_GETPIPE_SZ, F_SETPIPE_SZ, fcntl

CHUNK: Final = 1 << 20  # bytes; also what Linux lets everybody have in a pipe


class DataStream(Protocol):
    """An image in order; see `image.ImageStream`."""

    position: int
    end: int

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` with whole sectors from `position` on and return their bytes."""
        ...


def write_in_order(stream: DataStream, data: FileData, target: int, tell: Tell | None) -> None:
    """Write an image to an open file in order; that may be a pipe, which somebody empties meanwhile."""
    buffer = memoryview(bytearray(CHUNK))
    kept = _kept_back(target) if data.digests is None else None
    while stream.position < stream.end:
        here = stream.position - data.lba
        large = None if kept is None else data.large_at(here)
        if large and kept is not None and (passed := _pass_on(large, target, large.size - kept, tell, stream.position)):
            stream.position += passed // SECTOR
        else:
            following = None if kept is None else data.next_large(here + 1)
            limit = stream.end if following is None else data.lba + following
            start = stream.position
            _write(target, buffer[: stream.readinto(buffer[: (limit - start) * SECTOR])])
            if tell:
                tell(stream.position * SECTOR, range(start, stream.position))


def _write(target: int, part: memoryview) -> None:
    while part:
        part = part[os.write(target, part) :]


def _kept_back(target: int) -> int | None:
    """Return how much of a large file must not be passed on without a copy, None for all of it.

    A pipe holds pages of the file itself, so that a change of it would still reach the reader after it was checked.
    Once as much as the pipe holds was written behind them they have been read.
    """
    mode = os.fstat(target).st_mode
    if sys.platform != "linux" or not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        return None
    if stat.S_ISREG(mode):
        return 0
    try:
        return fcntl(target, F_SETPIPE_SZ, CHUNK)
    except OSError:  # somebody has too much in pipes already
        return fcntl(target, F_GETPIPE_SZ)


def _pass_on(source: PathSource, target: int, size: int, tell: Tell | None, position: int) -> int:
    """Let the kernel move the first whole sectors of a file to where `target` stands; return how many bytes it did.

    The file lies at sector `position` of the image.
    """
    done, end = 0, max(size, 0) // SECTOR * SECTOR
    reader = source.open()
    try:
        while done < end:
            count = os.sendfile(target, reader.descriptor, done, min(end - done, EXTENT))
            if not count:
                raise reader.ended(done)
            done += count
            if tell:
                tell(position * SECTOR + done, range(position, position + 1))
        reader.finish()
    except OSError as error:
        if done or error.errno not in NOT_BETWEEN:
            raise
    finally:
        reader.close()
    return done
