"""The recorded blocks of a disc: block N lies at offset N * 2048 of a sparse file."""

from __future__ import annotations

import io
import tempfile
from typing import Final

BLOCK: Final = 2048
PROBE: Final = 16  # bytes that tell most data from zeros


class BlockStore:
    """Blocks in an unbuffered file; what was never written reads as zeros."""

    def __init__(self, file: io.FileIO) -> None:
        self.file = file

    @classmethod
    def in_memory(cls) -> BlockStore:
        """Return a store that vanishes when it is closed."""
        return cls(tempfile.TemporaryFile(buffering=0))

    @property
    def blocks(self) -> int:
        """How many blocks the file holds, a part of one counted in full."""
        return -(-self.file.seek(0, io.SEEK_END) // BLOCK)

    def write(self, lba: int, data: bytes | bytearray | memoryview) -> None:
        """Put whole blocks at `lba`; raises OSError where the host's file system cannot take them.

        Zeros behind the end of the file become a hole: an empty image costs no room.
        """
        rest = memoryview(data)
        if lba * BLOCK >= self.file.seek(0, io.SEEK_END) and _is_zero(rest):
            self.file.truncate(lba * BLOCK + len(rest))
            return
        self.file.seek(lba * BLOCK)
        while rest:
            rest = rest[self.file.write(rest) :]

    def readinto(self, lba: int, buffer: memoryview) -> None:
        """Fill `buffer` with the blocks from `lba` on."""
        self.file.seek(lba * BLOCK)
        rest = buffer
        while rest:
            count = self.file.readinto(rest)
            if not count:
                rest[:] = bytes(len(rest))
                return
            rest = rest[count:]

    def extend(self, blocks: int) -> None:
        """Make the file at least `blocks` long, filled up with zeros."""
        if self.file.seek(0, io.SEEK_END) < blocks * BLOCK:
            self.file.truncate(blocks * BLOCK)

    def cut(self, blocks: int) -> None:
        """Forget everything from `blocks` on."""
        if self.file.seek(0, io.SEEK_END) > blocks * BLOCK:
            self.file.truncate(blocks * BLOCK)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def _is_zero(data: memoryview) -> bool:
    return not any(data[:PROBE]) and data.tobytes() == bytes(len(data))
