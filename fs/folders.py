"""What folders of this machine hold, looked at ahead of whoever makes nodes of it.

Looking at a file takes the system longer than making its node, and Python asks for its lock for each of them. Whoever
has something better hands it to the root of a tree; it then works in threads of its own. Without it all is the same,
but slower.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import islice
from queue import SimpleQueue
from struct import Struct
from threading import Thread
from types import TracebackType
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from discstack.fs.system_paths import listed

# mode, links, owner, group, device, inode, special device, size, and in nanoseconds since 1970 the times of the last
# change, of the last access, of the last change of attributes and of creation
Facts: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int, int]
Found: TypeAlias = tuple[str, Facts]
Answer: TypeAlias = tuple[bytes, bytes, list[int]]
T = TypeVar("T")

JUNCTION: Final = 0xA0000003  # Windows's IO_REPARSE_TAG_MOUNT_POINT: a folder that is another one
UNKNOWN: Final = -(1 << 63)  # instead of the time of creation
TOGETHER: Final = 32  # folders that are looked into in one call
THREADS: Final = 2  # that look into folders: more does not help, as nodes are made beside them
AHEAD: Final = 4  # calls that are not answered yet
_FACTS: Final = Struct("=8Q4q")


class FolderReader(Protocol):
    """Looks into folders, up to the first that cannot be read or holds something that cannot be told of in this way."""

    def look_into(self, paths: bytes, count: int, /) -> Answer:
        """Return names, facts and the number of entries of each folder; `paths` and names end with a NUL each.

        The facts of an entry are packed as twelve 64-bit numbers, the times signed.
        """
        ...


def facts_of(status: os.stat_result) -> Facts:
    """Return what the system says of a file; what Windows calls a junction is a link, or a folder could hold itself."""
    mode = status.st_mode
    if getattr(status, "st_reparse_tag", 0) == JUNCTION:
        mode = stat.S_IFLNK | stat.S_IMODE(mode)
    whose = mode, status.st_nlink, status.st_uid, status.st_gid
    what = status.st_dev, status.st_ino, getattr(status, "st_rdev", 0), status.st_size
    return *whose, *what, status.st_mtime_ns, *other_times_of(status)


def other_times_of(status: os.stat_result) -> tuple[int, int, int]:
    """Return the times of the last access, of the last change of attributes and of creation, in nanoseconds since 1970.

    Windows has the time of creation where others have that of the last change of attributes, which it does not know.
    """
    if os.name == "nt":
        return status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns
    birth = getattr(status, "st_birthtime", None)
    return status.st_atime_ns, status.st_ctime_ns, UNKNOWN if birth is None else int(birth * 10**6) * 1000


def entries_of(path: str) -> Iterator[Found]:
    """Yield what a folder holds; by its descriptor where that goes, as the system then looks each path up only once.

    What Windows lists has neither inodes nor counts of links, and sizes that may be out of date: each file is asked.
    """
    if os.scandir not in os.supports_fd:
        with os.scandir(listed(path)) as entries:
            for entry in entries:
                yield entry.name, facts_of(os.lstat(listed(entry.path)))
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                yield entry.name, facts_of(entry.stat(follow_symlinks=False))
    finally:
        os.close(descriptor)


class Folders(Generic[T]):
    """Folders to be looked into, each with what belongs to it; more may be added while what they hold is gone through.

    They come in any order, and each is gone through to its end before the next.
    """

    def __init__(self, reader: FolderReader | None) -> None:
        self._reader = reader
        self._waiting = list[tuple[str, T]]()
        self._asked: SimpleQueue[list[tuple[str, T]] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[list[tuple[str, T]], Answer | BaseException]] = SimpleQueue()
        self._threads = list[Thread]()

    def __enter__(self) -> Folders[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join()

    def add(self, path: str, context: T) -> None:
        """Let a folder be looked into."""
        self._waiting.append((path, context))

    def __iter__(self) -> Iterator[tuple[str, T, Iterator[Found]]]:
        """Yield each folder with its context and what it holds; OSError on the way where that cannot be read."""
        if self._reader is None:
            while self._waiting:
                path, context = self._waiting.pop()
                yield path, context, entries_of(path)
            return
        for _ in range(THREADS):
            thread = Thread(target=self._look, args=(self._reader,), name="discstack-folders", daemon=True)
            thread.start()
            self._threads.append(thread)
        asked = 0
        while asked or self._waiting:
            while self._waiting and asked < AHEAD:
                self._asked.put(self._waiting[-TOGETHER:])
                del self._waiting[-TOGETHER:]
                asked += 1
            yield from self._answered()
            asked -= 1

    def _answered(self) -> Iterator[tuple[str, T, Iterator[Found]]]:
        folders, answer = self._answers.get()
        if isinstance(answer, BaseException):
            raise answer
        names, facts, counts = answer
        entries = zip(os.fsdecode(names).split("\0"), _FACTS.iter_unpack(facts), strict=False)
        for (path, context), count in zip(folders, counts, strict=False):
            yield path, context, islice(entries, count)
        if len(counts) < len(folders):  # this one tells by itself what is wrong
            path, context = folders[len(counts)]
            yield path, context, entries_of(path)
            self._waiting += folders[len(counts) + 1 :]

    def _look(self, reader: FolderReader) -> None:
        while (folders := self._asked.get()) is not None:
            try:
                paths = os.fsencode("".join([f"{path}\0" for path, _ in folders]))
                self._answers.put((folders, reader.look_into(paths, len(folders))))
            except BaseException as error:  # for whoever waits for the answer
                self._answers.put((folders, error))
