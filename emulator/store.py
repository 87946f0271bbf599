"""The recorded blocks of a disc: block N lies at offset N * 2048 of a sparse file; whole CD sectors in another one."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import Final

from discstack.mmc.spec.msf import LOWEST

BLOCK: Final = 2048
PROBE: Final = 16  # bytes that tell most data from zeros
ZEROS: Final = bytes(32 << 10)
MAIN: Final = 2352  # bytes of a sector's main channel
RECORD: Final = MAIN + 96
CHANNELS_SUFFIX: Final = ".channels"


class BlockStore:
    """Blocks in an unbuffered file; what was never written reads as zeros."""

    def __init__(self, file: io.FileIO, path: Path | None = None) -> None:
        self.file, self._path = file, path
        self._channels: ChannelStore | None = None

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

    @property
    def channels(self) -> ChannelStore:
        """What a CD holds besides blocks of 2048 bytes; the file is opened when it is first asked for."""
        if self._channels is None:
            self._channels = ChannelStore(self._open_channels())
        return self._channels

    def _open_channels(self) -> io.FileIO:
        if self._path is None:
            return tempfile.TemporaryFile(buffering=0)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return io.FileIO(os.open(self._path.with_name(self._path.name + CHANNELS_SUFFIX), flags, 0o666), "r+")

    def close(self) -> None:
        """Close the files."""
        self.file.close()
        if self._channels is not None:
            self._channels.file.close()


class ChannelStore:
    """Whole sectors of a CD with their sub-channels, from the lead-in of the first session on, in a sparse file.

    A record is 2352 bytes of main channel and the sub-channels P to W, 12 bytes each.
    """

    def __init__(self, file: io.FileIO) -> None:
        self.file = file

    def write(self, lba: int, records: bytes) -> None:
        """Put the `record`s of one sector after the other, from `lba` on."""
        self.file.seek((lba - LOWEST) * RECORD)
        rest = memoryview(records)
        while rest:
            rest = rest[self.file.write(rest) :]

    def read(self, lba: int) -> tuple[bytes, bytes]:
        """Return main channel and sub-channels of the sector at `lba`; zeros where there is none."""
        self.file.seek((lba - LOWEST) * RECORD)
        record = b""
        while len(record) < RECORD and (more := self.file.read(RECORD - len(record))):
            record += more
        record = record.ljust(RECORD, b"\0")
        return record[:MAIN], record[MAIN:]

    def cut(self, lba: int) -> None:
        """Forget everything from `lba` on."""
        if self.file.seek(0, io.SEEK_END) > (lba - LOWEST) * RECORD:
            self.file.truncate((lba - LOWEST) * RECORD)


def record(main: bytes, channels: bytes) -> bytes:
    """Return a sector as a ChannelStore keeps it; what there is not of its sub-channels is zeros."""
    return main + channels.ljust(RECORD - MAIN, b"\0")


def _is_zero(data: memoryview) -> bool:
    """Say whether there is nothing but zeros, in pieces that are copied without asking the system for memory."""
    if any(data[:PROBE]):
        return False
    pieces = (data[at : at + len(ZEROS)] for at in range(0, len(data), len(ZEROS)))
    return all(piece.tobytes() == (ZEROS if len(piece) == len(ZEROS) else bytes(len(piece))) for piece in pieces)
