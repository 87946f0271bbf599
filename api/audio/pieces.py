"""Parts of files as streams of blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from discstack.fs.errors import SourceError

STEP: Final = 32  # blocks that are taken apart at once


class Piece(Protocol):
    """A run of bytes that can be opened again and again."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    def open(self) -> ByteStream:
        """Start at its first byte."""
        ...


class ByteStream(Protocol):
    """Bytes in order."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Put the next bytes into `buffer` and return how many; 0 only at the end."""
        ...


class FilePiece:
    """`size` bytes of a file from `offset` on; `swap` exchanges the bytes of each 16-bit sample."""

    def __init__(self, path: Path, offset: int, size: int, *, swap: bool = False) -> None:
        self.path, self.offset, self.size, self.swap = path, offset, size, swap

    def open(self) -> FileStream:
        """Open the file; SourceError if that cannot be done."""
        return FileStream(self)


class FileStream:
    """The bytes of a piece of a file; the file is closed at their end, after an error, or with the last reference."""

    def __init__(self, piece: FilePiece) -> None:
        self._piece, self._left = piece, piece.size
        self._descriptor: int | None = None

    def __del__(self) -> None:
        self._close()

    def readinto(self, buffer: memoryview, /) -> int:
        """Read on; a file that has become shorter is a SourceError."""
        wanted = min(len(buffer), self._left)
        if self._piece.swap:
            wanted &= ~1
        if not wanted:
            return 0
        try:
            self._read(buffer[:wanted])
        except OSError as error:
            self._close()
            raise SourceError(str(self._piece.path), error.strerror or str(error)) from error
        if self._piece.swap:
            buffer[:wanted:2], buffer[1:wanted:2] = bytes(buffer[1:wanted:2]), bytes(buffer[:wanted:2])
        self._left -= wanted
        if not self._left:
            self._close()
        return wanted

    def _read(self, buffer: memoryview) -> None:
        if self._descriptor is None:
            self._descriptor = os.open(self._piece.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            os.lseek(self._descriptor, self._piece.offset, os.SEEK_SET)
        got = 0
        while got < len(buffer):
            data = os.read(self._descriptor, len(buffer) - got)
            if not data:
                self._close()
                missing = self._left - got
                raise SourceError(str(self._piece.path), f"it became shorter: {missing} bytes are missing")
            buffer[got : got + len(data)] = data
            got += len(data)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Zeros:
    """`size` bytes of nothing."""

    def __init__(self, size: int) -> None:
        self.size = size

    def open(self) -> ZeroStream:
        """Start at the first of them."""
        return ZeroStream(self.size)


class ZeroStream:
    """So many zeros."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer, or the rest of them."""
        count = min(len(buffer), self._left)
        buffer[:count] = bytes(count)
        self._left -= count
        return count


class Joined:
    """Pieces one after the other, in whole blocks of `block` bytes; what is missing in the last one is zeros.

    With `cut`, each block is only a part of `stride` bytes of the pieces.
    """

    def __init__(self, pieces: Sequence[Piece], block: int, *, stride: int | None = None, cut: int = 0) -> None:
        self._pieces = list(pieces)
        self._block, self._stride, self._cut = block, stride or block, cut
        size = sum(piece.size for piece in pieces)
        self.sectors = -(-size // self._stride)
        self._streams = iter([piece.open for piece in self._pieces])
        self._stream: ByteStream | None = None
        self._left = self.sectors * self._block
        self._ready = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        """Put the next bytes into `buffer` and return how many; 0 only at the end."""
        wanted = min(len(buffer), self._left)
        if not wanted:
            return 0
        count = self._plain(buffer[:wanted]) if self._stride == self._block else self._taken_apart(buffer[:wanted])
        self._left -= count
        return count

    def _plain(self, buffer: memoryview) -> int:
        while True:
            if self._stream is None:
                opener: Callable[[], ByteStream] | None = next(self._streams, None)
                if opener is None:
                    buffer[:] = bytes(len(buffer))
                    return len(buffer)
                self._stream = opener()
            count = self._stream.readinto(buffer)
            if count:
                return count
            self._stream = None

    def _taken_apart(self, buffer: memoryview) -> int:
        if not self._ready:
            blocks = min(STEP, -(-self._left // self._block))
            raw = bytearray(blocks * self._stride)
            filled, view = 0, memoryview(raw)
            while filled < len(raw):
                filled += self._plain(view[filled:])
            ends = range(self._cut, len(raw), self._stride)
            self._ready = memoryview(b"".join(raw[at : at + self._block] for at in ends))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def size_of(path: Path) -> int:
    """Return the length of a regular file, which may be read again and again; SourceError if there is none."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(str(path), "it is no regular file, and could not be read again")
    return status.st_size
