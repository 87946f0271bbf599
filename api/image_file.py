"""Images that are files already."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from discstack.fs.batch import ANY_SIZE, Pouring, make_batch
from discstack.fs.errors import LayoutError, SourceError
from discstack.fs.sources import PathSource, read_into
from discstack.fs.system_paths import path_of

SECTOR: Final = 2048
_FIRST_DESCRIPTOR: Final = 16  # sector, ECMA-119 6.2.1 and ECMA-167 2/8.3
_MOST_DESCRIPTORS: Final = 64
_FILE_ENTRIES: Final = (261, 266)  # ECMA-167 4/7.2.1
_ALLOCATION_TABLES: Final = (0, 248)  # UDF 1.50 2.2.10, UDF 2.00 2.2.10
_PRIMARY: Final = b"\x01CD001"  # ECMA-119 8.4
_IDENTIFIERS: Final = {b"CD001": "ISO 9660", b"NSR02": "UDF", b"NSR03": "UDF"}


class ImageFile:
    """An image in a regular file, to be burnt as it is: `stream()` gives its sectors.

    A last sector that is not whole is filled up with zeros. Any thread may open streams; each is for one thread. Raises
    SourceError if the file cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self.path = path_of(path)
            status = self.path.stat()
        except OSError as error:
            raise SourceError(str(path), error.strerror or str(error)) from error
        self.size = status.st_size
        self._identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if not self.size:
            raise LayoutError(f"{path} is empty: there is no image in it")

    @property
    def sectors(self) -> int:
        """Length in sectors of 2048 bytes."""
        return -(-self.size // SECTOR)

    @property
    def ends_recording(self) -> bool:
        """Whether nothing may be recorded behind the image: it ends with the entry of a virtual allocation table."""
        last = bytearray(SECTOR)
        self.read_at(self.sectors - 1, last)
        tag, file_type = int.from_bytes(last[:2], "little"), last[27]
        checked = (sum(last[:4]) + sum(last[5:16])) & 0xFF == last[4]
        return checked and tag in _FILE_ENTRIES and file_type in _ALLOCATION_TABLES

    @property
    def last_session(self) -> int:
        """The first sector of the last session: not 0 in the image of a disc with several."""
        from discstack.fs.reading.notes import Notes
        from discstack.fs.reading.sessions import last_session

        return last_session(self, Notes())

    def check_whole(self, start: int = 0) -> None:
        """Raise LayoutError if the primary volume descriptor has more sectors than there are: something cut the file.

        `start` is the sector that the image was made for: volumes count from the first one of the disc on.
        """
        if self.sectors <= _FIRST_DESCRIPTOR:
            return
        sector = bytearray(SECTOR)
        self.read_at(_FIRST_DESCRIPTOR, sector)
        if not sector.startswith(_PRIMARY):
            return
        blocks, block_size = (int.from_bytes(sector[at : at + size], "little") for at, size in ((80, 4), (128, 2)))
        wanted = blocks * block_size - start * SECTOR
        if wanted > self.sectors * SECTOR:
            raise LayoutError(
                f"{self.path} is cut off: it has {self.sectors} of the {-(-wanted // SECTOR)} sectors of its volume; "
                f"if only padding is missing, fill it up: truncate -s {wanted} {self.path}"
            )

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer`, some whole sectors, with the image from sector `lba` on; SourceError if that fails."""
        view = memoryview(buffer).cast("B")
        try:
            with open(self.path, "rb") as file:
                file.seek(lba * SECTOR)
                got = file.readinto(view)
        except OSError as error:
            raise SourceError(str(self.path), error.strerror or str(error)) from error
        if lba * SECTOR + got < min(lba * SECTOR + len(view), self.size):
            raise SourceError(str(self.path), f"it ended after {lba * SECTOR + got} of {self.size} bytes")
        view[got:] = bytes(len(view) - got)

    def stream(self) -> ImageFileStream:
        """Open the file at its start."""
        return ImageFileStream(self.path, self.sectors, self._identity)


class ImageFileStream:
    """The sectors of an image file, in order; opened at the first read and closed at the end."""

    def __init__(self, path: Path, sectors: int, identity: tuple[int, int, int, int]) -> None:
        self.sectors = sectors
        self._path, self._identity = path, identity
        self._descriptor: int | None = None
        self._done = 0

    def readinto(self, buffer: memoryview) -> int:
        """Put the next bytes into `buffer` and return how many; SourceError if the file is not what it was."""
        size = self._identity[2]
        length = min(len(buffer), self.sectors * SECTOR - self._done)
        wanted = min(length, size - self._done)
        try:
            got = self._read(buffer[:wanted]) if wanted > 0 else 0
        except OSError as error:
            raise SourceError(str(self._path), error.strerror or str(error)) from error
        if got < wanted:
            raise SourceError(str(self._path), f"it ended after {self._done + got} of {size} bytes: something cut it")
        buffer[wanted:length] = bytes(length - max(wanted, 0))
        self._done += length
        if self._done >= self.sectors * SECTOR:
            self._finish()
        return length

    def pour(self, into: Pouring, /) -> int:
        """Let the rest be read without Python; see `discstack.mmc.stream`."""
        _, inode, size, mtime = self._identity
        folder, name = os.path.split(os.path.abspath(self._path))
        batch = make_batch((PathSource(folder, name, size, mtime, inode),), (0, self.sectors), ANY_SIZE)
        if not batch.files or self._done >= batch.size:
            return 0
        poured = into.files(batch.paths, batch.facts, batch.files, self._done)
        self._done += poured
        return poured

    def go_to(self, sector: int, /) -> None:
        """Go on from a sector."""
        self._done = sector * SECTOR

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            self._check()
        return self._descriptor

    def _read(self, buffer: memoryview) -> int:
        descriptor, got = self._open(), 0
        while got < len(buffer):
            count = read_into(descriptor, buffer[got:], self._done + got)
            if count == 0:
                break
            got += count
        return got

    def _check(self) -> None:
        if self._descriptor is None:
            return
        status = os.fstat(self._descriptor)
        if (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) != self._identity:
            raise SourceError(str(self._path), "it changed since it was looked at")

    def _finish(self) -> None:
        self._check()
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.close()


def file_system_of(path: str | os.PathLike[str]) -> str | None:
    """Say which file system the image in a regular file has, "ISO 9660" or "UDF"; None if it is none, or no file.

    Raises SourceError if the file cannot be read.
    """
    try:
        place = path_of(path)
        return _recognised(place) if place.is_file() else None
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error)) from error


def _recognised(path: Path) -> str | None:
    with open(path, "rb") as file:
        file.seek(_FIRST_DESCRIPTOR * SECTOR)
        for _ in range(_MOST_DESCRIPTORS):
            sector = file.read(SECTOR)
            if len(sector) < SECTOR:
                return None
            identifier = sector[1:6]
            if identifier in _IDENTIFIERS:
                return _IDENTIFIERS[identifier]
            if identifier != b"BEA01":
                return None
    return None
