"""Where the data of files comes from: opened only while it is read, and never believed unchecked.

A source that is not what it was when the tree was made raises SourceError; it is never cut, never filled up.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO, Final, Protocol, runtime_checkable

from discstack.fs.errors import SourceError
from discstack.fs.system_paths import listed

# O_NONBLOCK: a file that was replaced by a FIFO must not stop the image
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


_PIECE: Final = 1 << 20  # bytes read at a time for a digest


class Reader(Protocol):
    """An open source."""

    def read_at(self, offset: int, buffer: memoryview) -> None:
        """Fill the whole buffer with the data from `offset` on, or raise SourceError."""
        ...

    def finish(self) -> None:
        """Raise SourceError unless the source is still what it was and ends where it should."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


@runtime_checkable
class Source(Protocol):
    """The data of one file: `size` bytes. Files that have a source with `shared` set in common share their sectors."""

    @property
    def size(self) -> int:
        """Length in bytes."""
        ...

    @property
    def mtime_ns(self) -> int | None:
        """Time of the last change in nanoseconds since 1970, None if the source has none."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several files may have this source."""
        ...

    def open(self) -> Reader:
        """Open it for reading, or raise SourceError."""
        ...

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer`, which is `size` bytes long, with all data; open and close it for that."""
        ...


def read_through(source: Source, buffer: memoryview) -> None:
    """Fill `buffer` with all data of a source by way of its reader."""
    reader = source.open()
    try:
        reader.read_at(0, buffer)
        reader.finish()
    finally:
        reader.close()


class BytesSource:
    """Data in memory; its own reader."""

    __slots__ = ("_data", "label")
    mtime_ns = None
    shared = False

    def __init__(self, data: bytes, label: str) -> None:
        self._data = data
        self.label = label

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def open(self) -> Reader:
        """Return the data itself."""
        return self

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        buffer[:] = self._data

    def read_at(self, offset: int, buffer: memoryview) -> None:
        """Fill the whole buffer with the data from `offset` on."""
        buffer[:] = memoryview(self._data)[offset : offset + len(buffer)]

    def finish(self) -> None:
        """Bytes stay what they are."""

    def close(self) -> None:
        """Bytes hold nothing open."""


class FactorySource:
    """What a function opens: a binary reader that can seek. It is called anew whenever the data is wanted."""

    __slots__ = ("_factory", "label", "size")
    mtime_ns = None
    shared = False

    def __init__(self, factory: Callable[[], BinaryIO], size: int, label: str) -> None:
        if size < 0:
            raise ValueError(f"the size of {label!r} is {size}")
        self._factory = factory
        self.size = size
        self.label = label

    def open(self) -> Reader:
        """Call the function."""
        try:
            return _FileObjectReader(self._factory(), self.size, self.label)
        except OSError as error:
            raise SourceError(self.label, _words(error)) from error

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        read_through(self, buffer)


class MadeSource(FactorySource):
    """Data that is made with the image, and is not known before all addresses are."""

    __slots__ = ()


class DerivedSource:
    """A source of which the data, or some of it, is that of another: its `origin`."""

    __slots__ = ("origin",)

    def __init__(self, origin: Source) -> None:
        self.origin = origin

    @property
    def mtime_ns(self) -> int | None:
        """Time of the last change of the origin."""
        return self.origin.mtime_ns


def origin_of(source: Source) -> Source:
    """Return where the data of a source comes from in the end, through all that derive from one another."""
    while isinstance(source, DerivedSource):
        source = source.origin
    return source


class _FileObjectReader:
    """Reads from any binary reader that can seek."""

    def __init__(self, file: BinaryIO, size: int, label: str) -> None:
        self._file, self._size, self._label = file, size, label

    def read_at(self, offset: int, buffer: memoryview) -> None:
        position = offset
        try:
            self._file.seek(offset)
            while position < offset + len(buffer):
                data = self._file.read(offset + len(buffer) - position)
                if not data:
                    raise SourceError(self._label, _ended(position, self._size))
                buffer[position - offset : position - offset + len(data)] = data
                position += len(data)
        except OSError as error:
            raise SourceError(self._label, _words(error)) from error

    def finish(self) -> None:
        try:
            self._file.seek(self._size)
            if self._file.read(1):
                raise SourceError(self._label, f"it is longer than the {self._size} bytes that were announced")
        except OSError as error:
            raise SourceError(self._label, _words(error)) from error

    def close(self) -> None:
        self._file.close()


class PathSource:
    """A regular file as it was when it was looked at; size, time of change and inode are compared when it is read.

    Where the system tells no inode (Windows, of files that it lets nobody open), that one is not compared.
    """

    __slots__ = ("folder", "inode", "mtime_ns", "name", "size")
    shared = False

    def __init__(self, folder: str, name: str, size: int, mtime_ns: int, inode: int) -> None:
        self.folder = folder
        self.name = name
        self.size = size
        self.mtime_ns = mtime_ns
        self.inode = inode

    @property
    def label(self) -> str:
        """The path of the file."""
        return f"{self.folder}{os.sep}{self.name}"

    def is_at(self, status: os.stat_result) -> bool:
        """Tell whether a status is that of the file."""
        if self.inode not in (0, status.st_ino):
            return False
        try:
            return os.path.samestat(os.stat(listed(self.label)), status)
        except OSError:
            return False

    def open(self) -> PathReader:
        """Open the file and check that it is still the one that was looked at."""
        reader = PathReader(self)
        try:
            reader.finish()
        except SourceError:
            reader.close()
            raise
        return reader

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data and check the file afterwards, so that no change goes unseen."""
        try:
            descriptor = os.open(listed(f"{self.folder}{os.sep}{self.name}"), _FLAGS)
            try:
                count = read_into(descriptor, buffer, 0)
            finally:
                try:
                    self.check(os.fstat(descriptor))  # which tells more than an error of reading
                finally:
                    os.close(descriptor)
        except OSError as error:
            raise SourceError(self.label, _words(error)) from error
        if count < self.size:  # the system gives large files in several parts
            read_through(self, buffer)

    def check(self, status: os.stat_result) -> None:
        """Raise SourceError unless the file is what it was."""
        same_inode = self.inode in (0, status.st_ino)
        if same_inode and status.st_size == self.size and status.st_mtime_ns == self.mtime_ns:
            return
        if not stat.S_ISREG(status.st_mode):
            raise SourceError(self.label, "it is no regular file any more")
        if status.st_size != self.size:
            change = "shrank" if status.st_size < self.size else "grew"
            reason = f"it {change} from {self.size} to {status.st_size} bytes since the image was planned"
        elif status.st_mtime_ns != self.mtime_ns:
            reason = "it was written to since the image was planned"
        else:
            reason = "another file took its place since the image was planned"
        raise SourceError(self.label, reason)


class PathReader:
    """Reads a file by its `descriptor`."""

    __slots__ = ("_source", "descriptor")

    def __init__(self, source: PathSource) -> None:
        self._source = source
        try:
            self.descriptor = os.open(listed(source.label), _FLAGS)
        except OSError as error:
            raise SourceError(source.label, _words(error)) from error

    def read_at(self, offset: int, buffer: memoryview) -> None:
        """Fill the whole buffer with the data from `offset` on."""
        done, length = 0, len(buffer)
        while done < length:
            try:
                count = read_into(self.descriptor, buffer[done:] if done else buffer, offset + done)
            except OSError as error:
                raise SourceError(self._source.label, _words(error)) from error
            if not count:
                raise self.ended(offset + done)
            done += count

    def ended(self, position: int) -> SourceError:
        """Return the error for a file that had no data at `position`; raise SourceError if it is not what it was."""
        self.finish()
        return SourceError(self._source.label, _ended(position, self._source.size))

    def finish(self) -> None:
        """Raise SourceError unless the file is what it was."""
        self._source.check(os.fstat(self.descriptor))

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def absolute_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute form of a path that a user names; SourceError for one that is empty."""
    named = os.fspath(path)
    if not named:  # not even the folder that one is in
        raise SourceError("''", "an empty path leads nowhere")
    return os.path.abspath(named)


def source_of(path: str | os.PathLike[str]) -> tuple[PathSource, os.stat_result]:
    """Return the source for the file at a path, and its status; a symbolic link stands for what it points to."""
    absolute = absolute_path(path)
    try:
        status = os.stat(listed(absolute))
    except OSError as error:
        raise SourceError(absolute, _words(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(absolute, "it is no regular file")
    return PathSource(*os.path.split(absolute), status.st_size, status.st_mtime_ns, status.st_ino), status


def paths_of(sources: Iterable[PathSource]) -> bytes:
    """Return the paths of some files, each ended by a NUL; those of a folder are put together at once."""
    paths = list[str]()
    for folder, together in groupby(sources, attrgetter("folder")):
        start = folder + os.sep
        paths += start, f"\0{start}".join([source.name for source in together]), "\0"
    return os.fsencode("".join(paths))


def digest_of(source: Source) -> bytes:
    """Read a source from start to end and return its SHA-256."""
    total, buffer = sha256(), memoryview(bytearray(min(_PIECE, source.size)))
    reader = source.open()
    try:
        for offset in range(0, source.size, _PIECE):
            part = buffer[: source.size - offset]
            reader.read_at(offset, part)
            total.update(part)
        reader.finish()
    finally:
        reader.close()
    return total.digest()


def _words(error: OSError) -> str:
    return error.strerror or str(error)


def _ended(position: int, size: int) -> str:
    return f"it ended after {position} of {size} bytes"


if hasattr(os, "preadv"):

    def read_into(descriptor: int, buffer: memoryview, offset: int) -> int:
        """Read from an open file at an offset, and return how many bytes that were."""
        return os.preadv(descriptor, (buffer,), offset)

else:

    def read_into(descriptor: int, buffer: memoryview, offset: int) -> int:
        """Read from an open file at an offset, and return how many bytes that were; one thread at a time."""
        os.lseek(descriptor, offset, os.SEEK_SET)
        data = os.read(descriptor, min(len(buffer), 1 << 20))
        buffer[: len(data)] = data
        return len(data)
