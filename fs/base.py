"""What lies on a medium already where an image is added to it: old data keeps its place and is recorded by address."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from threading import Lock
from typing import IO, Final, Protocol, runtime_checkable
from weakref import finalize

from discstack.fs.errors import SourceError
from discstack.fs.items import DirectoryItem, FileItem, ScatteredItem
from discstack.fs.nodes import File
from discstack.fs.plan import SECTOR, Plan, Region, sectors_for
from discstack.fs.reading.blocks import Medium
from discstack.fs.reading.extents import Extent, MediumSource
from discstack.fs.sources import DerivedSource, Reader, Source
from discstack.fs.system_paths import openable

WRITE_UNIT: Final = 32  # sectors: the largest unit that any overwritable medium is written in
WITNESSES: Final = range(16, 48)  # sectors behind a session's start that tell one disc from another
MOST_RUNS: Final = 100  # the Linux kernel gives up a file of ISO 9660 that has more sections
NEAR: Final = 256  # sectors that are written again rather than left out between two parts
_IN_MEMORY: Final = 1 << 18  # bytes of a file that is read beforehand, up to which it stays in memory


@runtime_checkable
class _InFile(Protocol):
    """A medium that is the image in a file."""

    @property
    def path(self) -> os.PathLike[str]:
        """Where it is."""
        ...


@dataclass(frozen=True, slots=True)
class Base:
    """A medium, and from which sector on new data may be written.

    With `grow` the volume stays the one from sector 0 on: its descriptors are written anew, as on DVD+RW and BD-RE.
    Otherwise a session of its own starts at `end`. `session` is where the session starts that was read. `udf` says that
    the volume has UDF, which has to be written anew with it: what is left as it was would show the old files.
    """

    medium: Medium
    end: int
    grow: bool = False
    session: int = 0
    udf: bool = False
    witness: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "witness", self._look())

    @property
    def start(self) -> int:
        """The first sector of the volume that is going to be written."""
        return 0 if self.grow else self.end

    def extents_of(self, source: Source) -> tuple[Extent, ...]:
        """Return where the data of a source lies on this medium; empty if it must be copied."""
        if not isinstance(source, MediumSource) or source.medium is not self.medium:
            return ()
        inside = all(extent.lba * SECTOR + extent.length <= self.end * SECTOR for extent in source.extents)
        return source.extents if source.shareable and inside else ()

    def holds(self, source: Source) -> bool:
        """Tell whether data is copied from this medium."""
        return isinstance(source, MediumSource) and source.medium is self.medium

    def make_file(self, node: File, parent: DirectoryItem, mtime_ns: int) -> FileItem:
        """Return the item of a file, which may lie on the medium in several runs."""
        extents = self.extents_of(node.source)
        if len(extents) > 1:
            return ScatteredItem(node, parent, mtime_ns, extents)
        return FileItem(node, parent, mtime_ns)

    def lies_at(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether the medium is the image in a file."""
        return lies_at(self.medium, path)

    def check(self) -> None:
        """Raise SourceError unless the medium is still the one that was read."""
        if self._look() != self.witness:
            raise SourceError("the earlier session", "the disc is not the one that was read, or was written to since")

    def _look(self) -> bytes:
        first = self.session + WITNESSES.start
        count = max(min(len(WITNESSES), self.medium.sectors - first), 0)
        buffer = bytearray(count * SECTOR)
        if count:
            self.medium.read_at(first, buffer)
        return blake2b(buffer, digest_size=16).digest()


def leave_in_place(
    files: list[FileItem], base: Base, plan: Plan, *, first: int, embedded: int, scattered: bool
) -> list[FileItem]:
    """Give the files whose data lies on the medium already their addresses, and return the others.

    Data is copied where a view could not describe it, below sector `first`, in many runs or in several unless it may
    be `scattered`, where something new must lie, and where it is so small that it goes into the structures of a view.
    """
    others = list[FileItem]()
    for file in files:
        extents = base.extents_of(file.source) if file.size > embedded else ()
        fits = len(extents) == 1 or (scattered and 0 < len(extents) <= MOST_RUNS)
        if fits and all(lba >= first and plan.is_free(lba, sectors_for(length)) for lba, length in extents):
            file.lba = extents[0].lba
            continue
        if isinstance(file, ScatteredItem):
            file.gather()
        if base.holds(file.source):
            file.source = StagedSource(file.source)
        others.append(file)
    return others


def lies_at(medium: Medium, path: str | os.PathLike[str]) -> bool:
    """Tell whether a medium is the image in a file."""
    if not isinstance(medium, _InFile):
        return False
    place = openable(path)
    return os.path.exists(place) and os.path.samefile(openable(medium.path), place)


class KeptRegion(Region):
    """Sectors of the medium that stay as they are."""

    __slots__ = ("_base", "_staged")

    def __init__(self, base: Base, sectors: int, label: str = "earlier session") -> None:
        super().__init__(sectors, label, bytes)
        self._base = base
        self._staged = (0, b"")

    def stage(self, first: int, count: int) -> None:
        """Read sectors that are going to be written again beforehand: a drive cannot read and write at once."""
        buffer = bytearray(count * SECTOR)
        self.fill(first, memoryview(buffer))
        self._staged = (first, bytes(buffer))

    def fill(self, first: int, buffer: memoryview) -> None:
        """Read what is there; zeros stand for what lies behind the end of the medium."""
        start, data = self._staged
        at = (first - start) * SECTOR
        if at >= 0 and at + len(buffer) <= len(data):
            buffer[:] = data[at : at + len(buffer)]
            return
        lba = self.lba + first
        there = min(max(self._base.medium.sectors - lba, 0) * SECTOR, len(buffer))
        if there:
            self._base.medium.read_at(lba, buffer[:there])
        buffer[there:] = bytes(len(buffer) - there)


def keep_the_rest(plan: Plan, base: Base) -> None:
    """Give everything below the new data that nobody owns to the medium's old contents."""
    unowned = [(lba, count) for owner, lba, count in plan.owners(0, base.end) if owner is None]
    for lba, count in unowned:
        plan.pin_region(lba, KeptRegion(base, count))


def parts_of(plan: Plan, base: Base, unit: int) -> tuple[range, ...]:
    """Return what must be written, the new data first; all of it starts and ends at whole write units.

    What lies between two rewritten parts is written again where it is short.
    """
    new = range(base.end, plan.sectors)
    if not base.grow:
        return (new,)
    parts = list[range]()
    for region in plan.regions:
        if isinstance(region, KeptRegion) or region.lba >= base.end:
            continue
        start, stop = region.lba - region.lba % unit, -(-region.end // unit) * unit
        if parts and start <= parts[-1].stop + NEAR:
            start = parts.pop().start
        parts.append(range(start, stop))
    return (new, *parts)


class StagedSource(DerivedSource):
    """Data that is copied from the medium that is written to: read away before, for a drive cannot do both at once."""

    __slots__ = ("__weakref__", "_file", "_lock", "size")
    shared = True

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.size = source.size
        self._file: IO[bytes] | None = None
        self._lock = Lock()

    def stage(self) -> None:
        """Read all of it."""
        import tempfile  # takes longer than all else here, and few images need it

        if self._file is not None:
            return
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # lives as long as the source
        finalize(self, file.close)
        reader = self.origin.open()
        try:
            for offset in range(0, self.size, 1 << 20):
                piece = memoryview(bytearray(min(1 << 20, self.size - offset)))
                reader.read_at(offset, piece)
                file.write(piece)
        finally:
            reader.close()
        self._file = file

    def open(self) -> Reader:
        """Return what was staged, or else the source itself."""
        return self.origin.open() if self._file is None else _StagedReader(self._file, self._lock)

    def read_whole(self, buffer: memoryview) -> None:
        """Fill `buffer` with all data."""
        self.open().read_at(0, buffer)


class _StagedReader:
    def __init__(self, file: IO[bytes], lock: Lock) -> None:
        self._file, self._lock = file, lock

    def read_at(self, offset: int, buffer: memoryview) -> None:
        with self._lock:
            self._file.seek(offset)
            buffer[:] = self._file.read(len(buffer))

    def finish(self) -> None:
        """Nothing can have changed."""

    def close(self) -> None:
        """The file stays for whoever reads next."""


def stage(plan: Plan, parts: Iterable[range]) -> None:
    """Read everything that is going to be written and still lies on the medium that is written to."""
    for region in plan.regions:
        for source in region.sources():
            if isinstance(source, StagedSource):
                source.stage()
    for part in parts:
        for owner, first, count in plan.owners(part.start, len(part)):
            if isinstance(owner, KeptRegion):
                owner.stage(first, count)
