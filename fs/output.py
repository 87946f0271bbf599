"""Writing an image to a file or device that takes bytes at any position, by the cheapest calls there are.

The file data comes from a second thread, while this one makes the structures; then both see to the data that is left.
Large files are copied by the kernel, which shares their blocks where the file system can do that.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from threading import Lock, Thread
from types import TracebackType
from typing import Final

from discstack.fs.batch import MOST
from discstack.fs.data import DataReader, FileData, is_large
from discstack.fs.plan import SECTOR, Plan
from discstack.fs.sources import PathReader, PathSource

if sys.platform != "win32":
    from fcntl import F_GETFL, fcntl

CHUNK: Final = 1 << 20  # bytes moved at a time by way of memory
EXTENT: Final = 64 << 20  # bytes that the kernel is asked to copy at a time
SHARE: Final = 32 << 20  # bytes of small files that one thread takes on at a time
SHARED_BLOCK: Final = 4096  # bytes; only whole blocks can be shared between files
# what copy_file_range answers where it cannot copy between these two files
NOT_BETWEEN: Final = frozenset({errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF})

Tell = Callable[[int, range], None]  # hears how many bytes were written so far, and which sectors came last


def can_be_positioned(target: int) -> bool:
    """Tell whether an open file can be written at any position."""
    if sys.platform == "win32":
        return False
    try:
        os.pwrite(target, b"", 0)
    except OSError:
        return False
    return not fcntl(target, F_GETFL) & os.O_APPEND


def write_all(target: int, view: memoryview, position: int) -> None:
    """Write all of `view` to an open file at a position."""
    while view:
        written = os.pwrite(target, view, position)
        view = view[written:]
        position += written


class Tally:
    """Counts bytes in several threads and tells the sum so far."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell, self._lock, self._total = tell, Lock(), 0

    def add(self, count: int, sectors: range) -> None:
        """Count some more bytes, among them those of some sectors."""
        if self._tell:
            with self._lock:
                self._total += count
                self._tell(self._total, sectors)


class DataCopy:
    """Writes the file data of an image to an open file, in a thread of its own.

    Whoever waits for the `result` helps with small files, and is told what went wrong in either thread. Large files
    are left to one, since two would only make the head of a disk go to and fro.
    """

    def __init__(self, data: FileData, target: int, base: int, tally: Tally) -> None:
        self._data, self._target, self._base, self._tally = data, target, base, tally
        self._next, self._lock = 0, Lock()
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="discstack-data", daemon=True)

    def __enter__(self) -> DataCopy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped = True
        self._thread.join()

    def result(self) -> None:
        """Do what is left to do, wait until all is written, or raise why it was not."""
        self._work(large=False)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work(large=True)
        except BaseException as error:  # kept for whoever asks for the result
            self._error = error
            self._stopped = True

    def _work(self, *, large: bool) -> None:
        """Write files until there are none left, or only large ones that somebody else has to write."""
        reader, buffer = DataReader(self._data), memoryview(bytearray(CHUNK))
        try:
            while (files := self._claim(large=large)) and not self._stopped:
                index = files.start
                while index < files.stop and not self._stopped:
                    index = self._copy(range(index, files.stop), reader, buffer)
        finally:
            reader.close()

    def _claim(self, *, large: bool) -> range:
        """Take the numbers of some files to write: one that is large, or as many as a `SHARE` of bytes has."""
        data = self._data
        with self._lock:
            first = self._next
            if first == len(data) or (is_large(data.file(first)[0].source) and not large):
                return range(0)
            end = data.start_of(first) + SHARE // SECTOR
            self._next = min(max(data.index_at(end), first + 1), first + MOST) if end < data.sectors else len(data)
            return range(first, self._next)

    def _copy(self, files: range, reader: DataReader, buffer: memoryview) -> int:
        """Write the first of some files, or several, with what follows each, and return the number of the next."""
        index = files.start
        if self._data.digests is not None:
            return self._copy_by_memory(files, reader, buffer)
        source = self._data.file(index)[0].source
        if is_large(source):
            self._copy_large(index, source, buffer)
            return index + 1
        return self._copy_batch(files) or self._copy_by_memory(files, reader, buffer)

    def _copy_batch(self, files: range) -> int:
        batches, batch = self._data.batches, self._data.batch(files.start, self._data.start_of(files.stop))
        if batches is None or not batch.files:
            return 0
        count = batches.copy_files(batch.paths, batch.facts, batch.files, self._target, self._position(files.start))
        if not count:
            return 0
        following = files.start + count
        start, last, end = map(self._data.start_of, (files.start, following - 1, following))
        self._tally.add((end - start) * SECTOR, self._sectors(last, end))
        return following

    def _copy_by_memory(self, files: range, reader: DataReader, buffer: memoryview) -> int:
        """Write one file, or several small ones where they have to be seen or nobody reads batches."""
        first, stop = self._data.start_of(files.start), files.start + 1
        if self._data.batches is None or self._data.digests is not None:
            stop = min(max(self._data.index_at(first + CHUNK // SECTOR), stop), files.stop)
        end = self._data.start_of(stop)
        while first < end and not self._stopped:
            part = buffer[: (end - first) * SECTOR]
            reader.fill(first, part)
            write_all(self._target, part, self._base + (self._data.lba + first) * SECTOR)
            following = first + len(part) // SECTOR
            self._tally.add(len(part), self._sectors(first, following))
            first = following
        return stop

    def _copy_large(self, index: int, source: PathSource, buffer: memoryview) -> None:
        start = self._data.start_of(index)
        room = (self._data.start_of(index + 1) - start) * SECTOR
        reader = source.open()
        try:
            done = self._share(reader, source.size, self._data.lba + start)
            while done < room and not self._stopped:
                part = buffer[: room - done]
                data = part[: max(source.size - done, 0)]
                reader.read_at(done, data)
                part[len(data) :] = bytes(len(part) - len(data))
                write_all(self._target, part, self._position(index) + done)
                self._tally.add(len(part), self._sectors(start, start + 1))
                done += len(part)
            reader.finish()
        finally:
            reader.close()

    def _share(self, reader: PathReader, size: int, lba: int) -> int:
        """Let the kernel copy the whole blocks of a file, as far as it can, and return how many bytes it did."""
        position = self._base + lba * SECTOR
        done, end = 0, size - size % SHARED_BLOCK
        while done < end and not self._stopped:
            length = min(end - done, EXTENT)
            try:
                count = os.copy_file_range(reader.descriptor, self._target, length, done, position + done)
            except OSError as error:
                if error.errno in NOT_BETWEEN:
                    break
                raise
            if not count:
                raise reader.ended(done)
            self._tally.add(count, range(lba, lba + 1))
            done += count
        return done

    def _sectors(self, start: int, end: int) -> range:
        """Return the sectors of the image for some of the data."""
        return range(self._data.lba + start, self._data.lba + end)

    def _position(self, index: int) -> int:
        return self._base + (self._data.lba + self._data.start_of(index)) * SECTOR


def write_positioned(plan: Plan, data: FileData, target: int, base: int, tell: Tell | None) -> None:
    """Write an image to an open file that can be written at any position; it starts at byte `base`."""
    tally = Tally(tell)
    buffer = memoryview(bytearray(CHUNK))
    with DataCopy(data, target, base, tally) as copy:
        for owner, first, count in plan.owners(0, plan.sectors):
            if owner is data:
                continue
            lba = first if owner is None else owner.lba
            for skip in range(0, count, CHUNK // SECTOR):
                part = buffer[: (count - skip) * SECTOR]
                if owner is None:
                    part[:] = bytes(len(part))
                else:
                    owner.fill(skip, part)
                write_all(target, part, base + (lba + skip) * SECTOR)
                tally.add(len(part), range(lba + skip, lba + skip + len(part) // SECTOR))
        copy.result()
