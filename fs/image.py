"""A planned image: its size is known, its blocks are streamed or read at random, and nothing of it is ever stored."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import lcm
from types import TracebackType
from typing import BinaryIO

from discstack.fs.base import WRITE_UNIT, Base, lies_at, parts_of, stage
from discstack.fs.batch import Pouring, check_all
from discstack.fs.data import DataReader, FileData
from discstack.fs.errors import LayoutError
from discstack.fs.manifest import manifest_line
from discstack.fs.options import ImageOptions
from discstack.fs.output import Tell, can_be_positioned, write_positioned
from discstack.fs.passing import CHUNK, write_in_order
from discstack.fs.plan import SECTOR, Plan, Region, Span
from discstack.fs.reading.extents import MediumSource
from discstack.fs.snapshot import Snapshot
from discstack.fs.sources import PathSource, Source, digest_of, origin_of
from discstack.fs.system_paths import openable
from discstack.fs.view import Emitter, Issue


class Image:
    """An image of 2048-byte sectors; several threads may read it at the same time, each with a stream of its own."""

    def __init__(
        self, plan: Plan, data: FileData, snapshot: Snapshot, emitters: Sequence[Emitter], options: ImageOptions
    ) -> None:
        self._plan, self._data = plan, data
        self._snapshot, self._emitters = snapshot, emitters
        self._base, self._unit = options.base, options.multiple

    @property
    def sectors(self) -> int:
        """The image's length in sectors."""
        return self._plan.sectors

    @property
    def ends_recording(self) -> bool:
        """Whether nothing may be recorded behind the image: something in it is found from the end of the recording."""
        return any(emitter.ends_recording for emitter in self._emitters)

    @property
    def size(self) -> int:
        """The image's length in bytes."""
        return self._plan.sectors * SECTOR

    @property
    def regions(self) -> Sequence[Region]:
        """What lies where, by address; what no region owns is zeros."""
        return self._plan.regions

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        """Everything that the image, or one of its views, does not hold exactly as the tree has it."""
        found = list(self._snapshot.issues)
        for emitter in self._emitters:
            found += emitter.issues()
        return tuple(found)

    @property
    def start(self) -> int:
        """The first sector of the session; addresses count from the start of the medium."""
        return self._plan.start

    @property
    def base(self) -> Base | None:
        """The medium to which the image is added, if it is."""
        return self._base

    @property
    def parts(self) -> tuple[range, ...]:
        """The sectors that have to be written, in the order in which to write them; all of them for a new medium.

        Of an image that is added to a medium these are the next session, or the new data and then the descriptors.
        """
        if self._base is None:
            return (range(self.sectors),)
        return parts_of(self._plan, self._base, lcm(self._unit, WRITE_UNIT))

    def stage(self) -> None:
        """Read what is copied from the medium that the image is added to; a drive does not read while it writes."""
        if self._base is not None:
            stage(self._plan, self.parts)

    def stream(self, part: range | None = None) -> ImageStream:
        """Return a reader of the whole image from its start on, or of one of its `parts`."""
        self._data.check_twins()
        return ImageStream(self._plan, self._data, range(self.sectors) if part is None else part)

    def read_at(self, lba: int, buffer: bytearray | memoryview) -> None:
        """Fill `buffer`, which is some whole sectors long, with the image from sector `lba` on.

        Raises ValueError for what lies outside of the image, SourceError where a file is not what it was.
        """
        view = memoryview(buffer).cast("B")
        count, rest = divmod(len(view), SECTOR)
        if rest or lba < 0 or lba + count > self.sectors:
            raise ValueError(f"{len(view)} bytes from sector {lba} on are no sectors of an image of {self.sectors}")
        _fill(self._plan, lba, view, None)

    def digests(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and SHA-256 of every file, in the order of the directories, once the image was streamed whole.

        ValueError before that, and for an image without the option `digests`.
        """
        for file in self._snapshot.files:
            digest = self._data.digest_of(file)
            if digest is None and self._base is not None and self._base.extents_of(file.source):
                digest = digest_of(file.source)  # it lies on the medium already and was not streamed
            if digest is None:
                raise ValueError(f"{file.path} was not read yet, or the image was not asked for digests")
            yield file.path, digest

    def manifest(self) -> bytes:
        """Return `digests` as text for `sha256sum --check`, with paths from the root of the image on."""
        return b"".join(manifest_line(path, digest) for path, digest in self.digests())

    def check_sources(self) -> None:
        """Open and close every source, so that a missing, changed or unreadable one is known before the first byte.

        Raises SourceError for the first of them, and where the medium that the image is added to is another one now.
        """
        if self._base is not None:
            self._base.check()
        for region in self._plan.regions:
            check_all(region.sources(), self._data.batches)

    def reads(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a file of this machine is one that the image is made from, beside what it is added to."""
        try:
            status = os.stat(openable(path))
        except OSError:
            return False
        origins = (origin_of(source) for region in self._plan.regions for source in region.sources())
        return any(self._lies_at(origin, path, status) for origin in origins)

    def _lies_at(self, origin: Source, path: str | os.PathLike[str], status: os.stat_result) -> bool:
        if isinstance(origin, MediumSource):
            added_to = self._base is not None and self._base.holds(origin)
            return not added_to and lies_at(origin.medium, path)
        return isinstance(origin, PathSource) and origin.is_at(status)

    def check_target(self, path: str | os.PathLike[str]) -> None:
        """See to it that what lies at a path is not written over for nothing, by an image that cannot be made.

        Raises LayoutError if that is one of the sources or what the image is added to, and what `check_sources` does.
        """
        if self._base is not None and self._base.lies_at(path):
            raise LayoutError(f"{os.fspath(path)} holds what the image is added to; let it grow, or write elsewhere")
        self._check_no_source(path)
        if _holds_something(path):
            self.check_sources()

    def _check_no_source(self, path: str | os.PathLike[str]) -> None:
        if self.reads(path):
            raise LayoutError(f"{os.fspath(path)} is one of the sources; leave it out, or write elsewhere")

    def file_at(self, lba: int) -> Span:
        """Return the file or structure that a sector belongs to."""
        return next(self.files_in(lba, 1))

    def files_in(self, lba: int, count: int) -> Iterator[Span]:
        """Tell which files and structures some sectors belong to, in address order."""
        if lba < 0 or lba + count > self.sectors:
            raise ValueError(f"{count} sectors from {lba} on are not all in an image of {self.sectors}")
        position = lba
        for owner, first, sectors in self._plan.owners(lba, count):
            if owner is None:
                yield Span(position, sectors, "unused")
            else:
                yield from owner.spans(first, sectors)
            position += sectors

    def write_to(
        self, target: str | os.PathLike[str] | BinaryIO, tell: Tell | None = None, *, part: range | None = None
    ) -> int:
        """Write the image, or one of its `parts`, to a path or a binary file and return how many bytes that were.

        `tell` hears how many bytes were written so far and which sectors of them came last, perhaps from another
        thread. When something fails, what was written so far stays; the caller decides what becomes of it.
        What lies at a path already is lost only if `check_target` finds no fault and `tell`, which then hears of 0
        bytes, does not raise.
        """
        if isinstance(target, str | os.PathLike):
            self.check_target(target)
            if tell:
                tell(0, range(0))
            with open(openable(target), "wb", buffering=0) as file:
                return self.write_to(file, tell, part=part)
        if part is None and isinstance(getattr(target, "raw", target), io.FileIO):  # nothing between it and the system
            target.flush()
            self._write_to_system(target, tell)
            return self.size
        whole = range(self.sectors) if part is None else part
        buffer = memoryview(bytearray(min(CHUNK, len(whole) * SECTOR) or SECTOR))
        with self.stream(whole) as stream:
            while count := stream.readinto(buffer):
                _write_all(target, buffer[:count])
                if tell:
                    end = stream.position
                    tell((end - whole.start) * SECTOR, range(end - count // SECTOR, end))
        return len(whole) * SECTOR

    def write_parts(self, path: str | os.PathLike[str], tell: Tell | None = None) -> int:
        """Write only the `parts`, to where they belong in the file at `path`, and return how many bytes that were.

        Nothing is written unless all sources are what they were, and that file is none of them; `tell` hears what
        `write_to` tells.
        """
        self._check_no_source(path)
        self.check_sources()
        self.stage()
        done = 0
        with open(openable(path), "r+b", buffering=0) as file:
            for part in self.parts:
                file.seek(part.start * SECTOR)
                done += self.write_to(file, _after(done, tell), part=part)
        return done

    def _write_to_system(self, target: BinaryIO, tell: Tell | None) -> None:
        descriptor = target.fileno()
        if can_be_positioned(descriptor):
            self._data.check_twins()
            base = target.tell()
            write_positioned(self._plan, self._data, descriptor, base, tell)
            target.seek(base + self.size)
        else:
            with self.stream() as stream:
                write_in_order(stream, self._data, descriptor, tell)


class ImageStream:
    """The image in address order, once; for one thread. Holds at most one source open."""

    def __init__(self, plan: Plan, data: FileData, part: range) -> None:
        self.sectors = len(part)
        self.position = part.start  # the next sector to be read
        self.end = part.stop
        self._plan, self._data = plan, data
        self._reader = DataReader(data)

    def __enter__(self) -> ImageStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` with as many whole sectors as it and the image have, and return their bytes; 0 at the end.

        Stops where file data begins, so that `pour` can go on there. Raises SourceError where a file is not what it
        was; the stream is of no use then.
        """
        view = memoryview(buffer).cast("B")
        count = min(len(view) // SECTOR, self.end - self.position)
        if not count and len(view) < SECTOR:
            raise ValueError(f"a buffer of {len(view)} bytes holds no sector of {SECTOR}")
        if self.position < self._data.lba:
            count = min(count, self._data.lba - self.position)
        _fill(self._plan, self.position, view[: count * SECTOR], (self._data, self._reader))
        self.position += count
        return count * SECTOR

    def pour(self, into: Pouring, /) -> int:
        """Let `into` take in what comes next, if that is files, and return how many bytes it took.

        0 where there is something else, or something is wrong: then `readinto` goes on.
        """
        owner, first, count = next(self._plan.owners(self.position, self.end - self.position), (None, 0, 0))
        if owner is not self._data:
            return 0
        sectors = self._reader.pour(first, first + count, into)
        self.position += sectors
        return sectors * SECTOR

    def go_to(self, sector: int, /) -> None:
        """Go on from a sector, which counts from where the stream started."""
        self.position = self.end - self.sectors + sector
        self._reader.go_to(self.position - self._data.lba)

    def close(self) -> None:
        """Release the source that is open, if any."""
        self._reader.close()


def _fill(plan: Plan, lba: int, view: memoryview, reading: tuple[FileData, DataReader] | None) -> None:
    """Fill `view` from `lba` on, file data by the reader that is given."""
    done = 0
    for owner, first, count in plan.owners(lba, len(view) // SECTOR):
        part = view[done : done + count * SECTOR]
        if owner is None:
            part[:] = bytes(len(part))
        elif reading is not None and owner is reading[0]:
            reading[1].fill(first, part)
        else:
            owner.fill(first, part)
        done += count * SECTOR


def _holds_something(path: str | os.PathLike[str]) -> bool:
    """Tell whether something would be lost if a path was written over."""
    try:
        status = os.stat(openable(path))
    except OSError:
        return False
    return stat.S_ISBLK(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_size > 0)


def _after(before: int, tell: Tell | None) -> Tell | None:
    """Return what tells the bytes written, with those `before`."""
    return None if tell is None else lambda done, sectors: tell(before + done, sectors)


def _write_all(target: BinaryIO, view: memoryview) -> None:
    while view:
        written = target.write(view)
        view = view[written:]
